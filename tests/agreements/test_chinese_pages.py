"""docs/zh: what the pages say the bot says, it says; what they say to tap or type, there is.

A line quoted with `>` is the bot's, 〔…〕 is a button, `…` is a word that it understands.
"""

import re
from pathlib import Path
from string import Formatter

import pytest

from wangge.texts import TEXTS

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "zh").glob("*.md"))
ROLES = [page for page in PAGES if page.stem != "合规说明"]
SHORT = [page for page in ROLES if page.stem != "值班台手册"]
PICTURES = {"report", "danger", "visit", "desk", "digest", "roster", "todo", "practice"}
GOLDEN = {
    line.strip().removeprefix("网格助手 ▸ ").partition("…」) ")[2] or line.strip().removeprefix("网格助手 ▸ ")
    for file in (ROOT / "tests" / "stories" / "golden").glob("*.txt")
    for line in file.read_text(encoding="utf-8").splitlines()
}
"""Every line that the bot has said in a story."""
SECTIONS = ("改和撤", "它不会要您做的事", "常有人问")
QUESTIONS = ("照片要不要发？", "夜里会不会响？", "发错了怎么办？")
LEAST_LITERAL = 2
LABELS = ("button.", "word.", "reason.", "outcome.", "handling.")


def pattern(template: str) -> re.Pattern[str]:
    """Return what a line of a text may look like with its values in place."""
    parts = [re.escape(text) + (".+?" if name else "") for text, name, _, _ in Formatter().parse(template)]
    return re.compile("".join(parts))


def literal(template: str) -> int:
    return sum(len(re.findall(r"[\u4e00-\u9fff]", text)) for text, _, _, _ in Formatter().parse(template))


LINES = [
    pattern(line)
    for text in TEXTS.values()
    for line in text.replace("**", "").split("\n")
    if literal(line) >= LEAST_LITERAL
]
BUTTONS = [
    pattern(text)
    for name, text in TEXTS.items()
    if any(part in f"{name}." for part in LABELS) and literal(text)
]
WORDS = {word for name, text in TEXTS.items() if name.startswith("words.") for word in text.split()}
NAMES_OF_FILES = {"town.toml", "[reminders]", "mode", "wangge export"}


def is_said(line: str) -> bool:
    return line in GOLDEN or any(each.fullmatch(line) for each in LINES)


@pytest.mark.parametrize("page", ROLES, ids=lambda page: page.stem)
def test_the_bot_says_what_is_quoted(page: Path) -> None:
    quoted = [line[2:] for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("> ")]
    assert len(quoted) >= 4
    assert not [line for line in quoted if not is_said(line)]


@pytest.mark.parametrize("page", ROLES, ids=lambda page: page.stem)
def test_every_button_and_word_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    buttons = re.findall("〔(.+?)〕", text)
    assert buttons
    assert not [label for label in buttons if not any(each.fullmatch(label) for each in BUTTONS)]
    assert set(re.findall("`(.+?)`", text)) <= WORDS | NAMES_OF_FILES


@pytest.mark.parametrize("page", SHORT, ids=lambda page: page.stem)
def test_a_page_is_short_and_answers_what_everybody_asks(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert len(text) <= 1500
    assert [head for head in SECTIONS if f"\n## {head}\n" not in text] == []
    assert [question for question in QUESTIONS if question not in text] == []


def test_there_is_a_page_for_everybody() -> None:
    assert {page.stem for page in PAGES} == {
        *("网格员", "村干部", "值班员", "领导", "管理员", "站所", "合规说明", "值班台手册"),
    }


@pytest.mark.parametrize("page", ROLES, ids=lambda page: page.stem)
def test_pictures_are_there_and_described(page: Path) -> None:
    """A test of links sees Markdown only; a picture is written as HTML for its width."""
    text = page.read_text(encoding="utf-8")
    assert "![" not in text
    folder = ROOT / "docs" / "pictures"
    for name, words in re.findall(r'<img src="\.\./pictures/(\w+)\.png" width="360" alt="(.*?)">', text):
        assert name in PICTURES
        assert len(re.findall(r"[\u4e00-\u9fff]", words)) >= 10
        assert not folder.exists() or (folder / f"{name}.png").exists()
    assert text.count("<img") == len(re.findall(r'<img src="\.\./pictures/\w+\.png" width="360" alt="', text))


def test_a_made_up_sentence_is_noticed() -> None:
    assert not is_said("请您尽快上传照片。")
    assert not any(each.fullmatch("打卡") for each in BUTTONS)
