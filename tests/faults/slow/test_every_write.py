"""I4 once more, at every statement that writes."""

import shutil
from collections.abc import Callable
from pathlib import Path

from tests.faults.courses import MONDAY, REPORT, count_points, table, wait_since_early


async def test_a_sentence_becomes_one_event_whichever_write_is_the_last(
    hamlet: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    points = await count_points(REPORT, hamlet, tmp_path, ("write",))
    record_property("printed", table("from a sentence to its number", points))
    assert points.total() >= 58


async def test_monday_is_told_once_whichever_write_is_the_last(
    hamlet: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    early = tmp_path / "early"
    shutil.copytree(hamlet, early)
    await wait_since_early(early)
    points = await count_points(MONDAY, early, tmp_path, ("write",))
    record_property("printed", table("from tick to delivered digest", points))
    assert points.total() >= 36
