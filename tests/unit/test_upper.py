"""The upper platform's columns, its numbers, and the tables that come back from it."""

import tomllib
from datetime import date
from importlib.resources import files
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from wangge.rules.areas import Row
from wangge.rules.errors import PersonError
from wangge.rules.loop import ENDED, FOR_UPPER, OPEN, UNACCEPTED
from wangge.rules.policy import Policy, mistakes
from wangge.rules.upper import (
    MOST_LINES,
    Upper,
    UpperField,
    is_table,
    read_day,
    read_lines,
    read_number,
)
from wangge.texts import say

WRITTEN = tomllib.loads(files("wangge.rules").joinpath("town.toml").read_text("utf-8"))
TODAY = date(2026, 11, 23)


def wrong(**upper: Any) -> list[str]:
    """Return the sentences for a policy that says this of the platform."""
    with pytest.raises(ValidationError) as found:
        Policy.model_validate({**WRITTEN, "upper": upper})
    return mistakes(found.value)


def rows(*lines: tuple[str, ...]) -> list[Row]:
    return [Row(number, cells) for number, cells in enumerate(lines, start=1)]


def refusal(*lines: tuple[str, ...]) -> str:
    with pytest.raises(PersonError) as refused:
        read_lines(rows(*lines), Upper())
    return say(refused.value.text_id, **refused.value.values)


def test_a_town_that_says_nothing_has_every_column_once() -> None:
    assert set(Upper().columns.values()) == set(get_args(UpperField))
    assert Policy.model_validate({**WRITTEN, "upper": {}}).upper == Upper()
    assert Policy.model_validate(WRITTEN).upper == Upper(), "town.toml shows what holds anyway"


def test_the_order_of_the_town_is_kept_as_it_is_stored() -> None:
    columns = {"上级编号": "upper_number", "事由": "what", "编号": "number"}
    stored = Policy.model_validate({**WRITTEN, "upper": {"columns": columns}}).model_dump(mode="json")
    assert list(Policy.model_validate(stored).upper.columns) == ["上级编号", "事由", "编号"]


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"编号": "number", "号": "number", "上级编号": "upper_number"}, say("policy.upper_twice")),
        ({"编号": "number"}, say("policy.upper_needed")),
        ({}, say("policy.upper_needed")),
        ({"编号": "number", "上级编号": "upper_number", "身份证": "identity"}, "只能写"),
        ({"编号": "number", "上级编号": "upper_number", " ": "what"}, "太短"),
        ({"编号": "number", "上级编号": "upper_number", "长" * 21: "what"}, "太长"),
        (["编号"], "要写成几行"),
    ],
)
def test_each_mistake_of_the_columns_is_a_sentence(columns: Any, sentence: str) -> None:
    found = wrong(columns=columns)
    assert len(found) == 1
    assert found[0].startswith("upper › columns") and sentence in found[0]


def test_a_name_too_long_and_an_unknown_key_are_sentences() -> None:
    assert wrong(name="平" * 21, platform="x") == [
        "upper › name：太长，最多20个字",
        "upper › platform：没有这一项，名字写错了吗？",
    ]


@pytest.mark.parametrize(
    ("written", "number"), [("pa-1", "PA-1"), (" ＰＡ－１２ ", "PA-12"), ("7" * 40, "7" * 40), ("A1", "A1")]
)
def test_a_number_is_kept_in_one_way_of_writing(written: str, number: str) -> None:
    assert read_number(written) == number


@pytest.mark.parametrize("written", ["", "1", "7" * 41, "A 1", "A_1", "没有", "PA-1\nPA-2", "2.02E+16"])
def test_what_is_no_number_is_refused(written: str) -> None:
    with pytest.raises(PersonError):
        read_number(written)


def test_headings_are_found_below_a_title_and_with_marks() -> None:
    table = rows(
        ("清河镇待录",),
        ("共2件",),
        ("*编号", "事件描述（必填）", "上级 编号："),
        ("1123-101", "路塌了", "A-1"),
        ("x",),
    )
    assert is_table(table, Upper())
    lines = read_lines(table, Upper())
    assert [(line.row, line.cell("number"), line.cell("upper_number")) for line in lines] == [
        (4, "1123-101", "A-1"),
        (5, "x", ""),
    ]
    assert lines[0].cell("what") == "路塌了" and lines[0].cell("place") == ""


def test_a_table_without_numbers_of_the_platform_is_none_of_its_tables() -> None:
    assert not is_table(rows(("工号", "姓名"), ("1", "张三")), Upper())
    assert "没有找到“上级编号”" in refusal(("编号", "事件描述"), ("1123-101", "路塌了"))
    assert "没有找到“上级编号”" in refusal(*((("空",),) * 5), ("编号", "上级编号"))
    assert "只有列名" in refusal(("编号", "上级编号"))
    assert f"最多{MOST_LINES}行" in refusal(("编号", "上级编号"), *((("1", "2"),) * (MOST_LINES + 1)))


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-11-20 09:05", date(2026, 11, 20)),
        ("2026/3/1", date(2026, 3, 1)),
        ("2026年3月1日", date(2026, 3, 1)),
        ("2026-12-01", TODAY),
        ("2026-02-30", TODAY),
        ("昨天", TODAY),
        ("", TODAY),
    ],
)
def test_a_day_that_cannot_be_read_or_is_to_come_is_today(written: str, day: date) -> None:
    assert read_day(written, TODAY) == day


def test_what_nobody_has_accepted_or_what_does_not_count_is_not_for_the_platform() -> None:
    assert (OPEN - UNACCEPTED - {"returned"}) | (ENDED - {"not_grid"}) == FOR_UPPER
