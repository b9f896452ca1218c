"""A month of two villages of the year that `make replay` plays, and what it promises."""

from datetime import date
from pathlib import Path

import pytest
from tests.faults import replay, town_year

VILLAGES = (1, 2)
FEBRUARY, DAYS = date(2025, 2, 1), 28
SHARE = round(town_year.VALID * DAYS / 365 * len(VILLAGES) / 16)


async def test_a_month_of_two_villages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All figures are what was played, digests are plain SQL, nights are quiet; one left open shows."""
    played = await replay.play(tmp_path, town_year.draw(FEBRUARY, DAYS, SHARE, VILLAGES))
    with capsys.disabled():
        print("\n" + "\n".join((*replay.report(played), *replay.burden(played.replay))))
    assert replay.faults(played) == []
    assert played.one_open.rate == "99.0%"
    assert played.all_closed.rate == "100.0%"
