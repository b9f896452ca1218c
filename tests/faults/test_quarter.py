"""Two days of the quarter that `make quarter` plays: quiet outside the open hours, no notice twice."""

from pathlib import Path

import pytest
from tests.faults import quarter


async def test_two_days_of_the_town(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    played = await quarter.play(tmp_path, 2, 1)
    with capsys.disabled():
        print("\n" + "\n".join(quarter.burden(played, 2)))
    assert played.filed > 40
    assert quarter.faults(played) == []
