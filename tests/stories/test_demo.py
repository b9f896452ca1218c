"""The demo plays a day of the made-up town against the real bot, and notices a wrong figure."""

import sqlite3
from contextlib import closing
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from wangge.demo.checking import Compared
from wangge.demo.people import MAYOR
from wangge.demo.play import play
from wangge.demo.stage import Stage
from wangge.demo.telling import cut, wrap


async def told(**how: object) -> tuple[bool, str]:
    paper = StringIO()
    is_well = await play(days=1, console=Console(file=paper, width=80), with_lists=False, **how)  # type: ignore[arg-type]  # any of its options
    return is_well, paper.getvalue()


async def test_a_day_is_played_and_every_figure_is_right() -> None:
    seen: list[str] = []

    async def look(stage: Stage) -> None:
        seen.extend(message.words for message in await (await stage.person(MAYOR)).screen())

    is_well, text = await told(afterwards=look)
    assert is_well, text
    assert any("平安周报" in words for words in seen)  # the same town, still running
    assert "53人都用邀请码和电话后四位进来了" in text
    assert "▸ 前天下大雨把三组那截路冲塌了" in text
    assert "本周待办" in text and "今日小结" in text and "平安周报" in text
    assert "✗" not in text
    assert max(map(len, text.splitlines())) <= 88


def reopen_one(database: Path) -> None:
    with closing(sqlite3.connect(database)) as file, file:
        (record,) = file.execute("SELECT min(id) FROM records WHERE state = 'closed'").fetchone()
        file.execute("UPDATE records SET state = 'handling', closed_at = NULL WHERE id = ?", (record,))


async def test_an_event_changed_behind_the_back_is_noticed() -> None:
    async def look(_: Stage) -> None:
        raise AssertionError("nobody goes on with a town that does not add up")

    is_well, text = await told(tamper=reopen_one, afterwards=look)
    assert not is_well
    assert "✗ 办结" in text


@pytest.mark.parametrize(("sent", "counted", "is_equal"), [("52", "52", True), ("52", "51", False)])
def test_a_figure_is_right_only_if_both_are_the_same(sent: str, counted: str, is_equal: bool) -> None:
    assert Compared("新增", sent, counted).is_equal is is_equal


def test_lines_are_broken_by_columns_and_never_begin_with_a_closing_mark() -> None:
    assert wrap("甲乙丙丁，戊", 8) == ["甲乙丙丁，", "戊"]
    assert wrap("", 8) == [""]
    assert cut("甲乙丙丁", 7) == "甲乙丙…"
