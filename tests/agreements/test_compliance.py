"""docs/zh/合规说明.md: every demand has its row, every cell is filled, and every test it names exists."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from wangge.texts import TEXTS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "zh" / "合规说明.md"
DEMANDS = [f"5.{n}" for n in range(1, 29)] + [f"9.{n}" for n in range(1, 16)]
NOT_DONE = {"9.7", "9.11", "9.12", "9.13", "9.14"}
"""What the programme does not do; the page says so. Whoever builds one of them takes it from here."""
NO_TEST = "还没有做，没有测试"
NAMED = re.compile(r"\[(?P<file>\w+\.py)::(?P<test>test_\w+)\]\(\.\./\.\./(?P<path>tests/[\w/]+\.py)\)")
CLAIMS = re.compile(
    "(?<!不代表)(?<!不等于)(?:已经?|完全|全部|全面)(?:合规|符合|通过(?:测评|审查|备案))|合规认证|保证合规"
)


def rows() -> dict[str, list[str]]:
    """Return the cells behind each number, in the order of the page."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in lines if re.match(r"\| \d", line)
    ]
    return {number: rest for number, *rest in cells}


@cache
def names_in(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(
        node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def test_every_demand_has_a_row_and_no_cell_is_empty() -> None:
    found = rows()
    assert list(found) == DEMANDS
    assert [number for number, cells in found.items() if len(cells) != 4 or not all(cells)] == []


@pytest.mark.parametrize("number", DEMANDS)
def test_every_test_that_is_named_exists(number: str) -> None:
    demand, does, shown_by, _ = rows()[number]
    named = list(NAMED.finditer(shown_by))
    if number in NOT_DONE:
        assert shown_by == NO_TEST
        assert "还没有做" in does or "不自动删" in does
        return
    assert named, demand
    assert NAMED.sub("", shown_by).replace("<br>", "") == ""
    for each in named:
        path = ROOT / each["path"]
        assert path.name == each["file"]
        assert each["test"] in names_in(path), each[0]


def test_what_is_not_done_is_said_first() -> None:
    text = PAGE.read_text(encoding="utf-8")
    first = text[text.index("## 先说还没有做的") : text.index("## 一、")]
    assert "9.11—9.14" in first
    assert {number for number in NOT_DONE if number not in first} <= {"9.12", "9.13", "9.14"}


def test_no_sentence_claims_compliance() -> None:
    """Neither the bot nor any page says that the law is complied with; this page says that it does not say so."""
    assert "本说明不代表已合规" in PAGE.read_text(encoding="utf-8").split("\n## ")[0]
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    said = {**TEXTS, **{str(page.relative_to(ROOT)): page.read_text(encoding="utf-8") for page in pages}}
    assert {name: found[0] for name, text in said.items() if (found := CLAIMS.search(text))} == {}


@pytest.mark.parametrize("sentence", ["本程序已合规。", "全部符合国办函要求", "已通过测评"])
def test_a_claim_is_noticed(sentence: str) -> None:
    assert CLAIMS.search(sentence)


@pytest.mark.parametrize(("name", "words"), [("README.md", "abroad"), ("README.zh-CN.md", "境外")])
def test_both_readmes_say_where_the_data_lies(name: str, words: str) -> None:
    """Telegram keeps data abroad: whoever reads how to run the bot reads that too."""
    lines = re.split(r"\n\s*\n|\n- ", (ROOT / name).read_text(encoding="utf-8"))
    assert any("Telegram" in line and words in line for line in lines)
