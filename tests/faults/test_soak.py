"""The soak works, and in a short one already handles, the write-ahead log and the queues stay small."""

from datetime import time
from pathlib import Path

import pytest
from benchmarks.soak import SIZES, Sample, grown, soak

UPDATES, A_DAY, REPORTERS = 250, 30, 2
NIGHT_AND_DAY = (time(3, 30), time(10))
"""From the fourth day on the night's purge takes what came in before."""


async def test_a_town_that_works_on_stays_small(tmp_path: Path) -> None:
    samples, wrong = await soak(tmp_path, UPDATES, A_DAY, REPORTERS, NIGHT_AND_DAY, core=None)
    assert not wrong
    assert samples[-1].day >= 5
    assert not grown(samples, SIZES)
    assert max(sample.wal_mb for sample in samples) < 8.0
    assert samples[-1].inbox < 0.8 * samples[-1].updates


@pytest.mark.parametrize("name", sorted(SIZES))
def test_whatever_grows_is_named(name: str) -> None:
    def sample(at: int) -> Sample:
        sizes = dict.fromkeys(Sample.__dataclass_fields__, 0)
        return Sample(**{**sizes, name: at * 1000})

    assert grown([sample(1)] * 9) == []
    assert [one.split()[0] for one in grown([sample(at) for at in range(9)])] == [name]
