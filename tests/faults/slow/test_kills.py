"""I1, I2, I5 in full: hundreds of kills under load, the control beside it, and a polite stop with a thousand waiting.

`KILLS=2000 SEED=7 make faults` kills oftener, and elsewhere.
"""

import asyncio
import os
import signal
from collections.abc import Callable
from functools import reduce
from operator import add
from pathlib import Path

from tests.faults.kills import STOPS_WITHIN, Bot, Campaign, Control, Ours, Tally, at_work, table

KILLS = int(os.environ.get("KILLS", "510"))
SEED = int(os.environ.get("SEED", "4"))
BACKLOGS = (1, 100, 1000)
AT_ONCE = 3


async def fought(wars: list[tuple[Bot, int, int]], folder: Path) -> list[Tally]:
    """Play (bot, backlog, kills) of each, some at a time; print what each came to as soon as it is over."""
    free = asyncio.Semaphore(AT_ONCE)

    async def fight(bot: Bot, backlog: int, kills: int, seed: int) -> Tally:
        async with free:
            tally = await Campaign(bot, backlog, kills, seed, folder / f"{bot.name} {backlog}").run()
        print(table([tally]), flush=True)
        return tally

    return list(await asyncio.gather(*(fight(*war, SEED + number) for number, war in enumerate(wars))))


async def test_hundreds_of_kills_lose_nothing_and_the_control_shows_what_there_is_to_lose(
    template: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    each, every = -(-KILLS // 6), -(-KILLS // 30)
    wars: list[tuple[Bot, int, int]] = [
        (Ours(template, webhook=is_pushed), backlog, each)
        for backlog in reversed(BACKLOGS)
        for is_pushed in (False, True)
    ]
    tallies = await fought([*wars, *((Control(), backlog, every) for backlog in BACKLOGS)], tmp_path)
    ours, control = tallies[: len(wars)], tallies[len(wars) :]
    whole = reduce(add, ours)
    lines = table([*ours, whole, *control, reduce(add, control)])
    record_property("printed", f"SEED={SEED}\n{lines}")
    assert whole.kills >= KILLS
    assert whole.lost == 0
    assert whole.set_aside <= whole.kills // 50, "innocents that deaths hit three times, and were told of"
    assert sum(tally.lost for tally in control) > 0


async def test_a_polite_stop_with_a_thousand_waiting_takes_no_longer_than_eight_seconds(
    template: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    campaign = Campaign(
        Ours(template), 1000, 5, SEED, tmp_path / "town", at_work, signal.SIGTERM, is_short=True
    )
    tally = await campaign.run()
    stops = ", ".join(f"{seconds:.2f}" for seconds in campaign.stops)
    record_property("printed", f"{table([tally])}\nseconds from SIGTERM to the end: {stops}")
    assert max(campaign.stops) <= STOPS_WITHIN
    assert (tally.lost, tally.said_twice, tally.confirmed) == (0, 0, 1000)
