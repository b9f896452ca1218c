"""I4: record, history, outbox and draft are all there or none, wherever the bot dies."""

import shutil
from collections.abc import Callable
from pathlib import Path

from tests.faults.courses import MONDAY, REPORT, count_points, table, wait_since_early

SORTS = ("commit", "call")


async def test_a_sentence_becomes_one_event_wherever_the_bot_dies(
    hamlet: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    points = await count_points(REPORT, hamlet, tmp_path, SORTS)
    record_property("printed", table("from a sentence to its number", points))
    assert points.total() >= 41


async def test_monday_is_told_once_wherever_the_bot_dies(
    hamlet: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    early = tmp_path / "early"
    shutil.copytree(hamlet, early)
    await wait_since_early(early)
    points = await count_points(MONDAY, early, tmp_path, SORTS)
    record_property("printed", table("from tick to delivered digest", points))
    assert points.total() >= 25


async def test_a_pushed_sentence_is_lost_nowhere_between_its_storing_and_its_acknowledgement(
    hamlet: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    points = await count_points(REPORT, hamlet, tmp_path, ("accept",), is_pushed=True)
    record_property("printed", table("over a webhook", points))
    assert points.total() >= 4
