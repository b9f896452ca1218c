"""I4: record, history, outbox and draft are all there or none, wherever the bot dies."""

import shutil
from pathlib import Path

import pytest
from tests.faults.courses import MONDAY, REPORT, count_points, table, wait_since_early

SORTS = ("commit", "call")


async def test_a_sentence_becomes_one_event_wherever_the_bot_dies(
    hamlet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    points = await count_points(REPORT, hamlet, tmp_path, SORTS)
    with capsys.disabled():
        print("\n" + table("from a sentence to its number", points))
    assert points.total() >= 41


async def test_monday_is_told_once_wherever_the_bot_dies(
    hamlet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    early = tmp_path / "early"
    shutil.copytree(hamlet, early)
    await wait_since_early(early)
    points = await count_points(MONDAY, early, tmp_path, SORTS)
    with capsys.disabled():
        print("\n" + table("from tick to delivered digest", points))
    assert points.total() >= 25
