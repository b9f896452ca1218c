"""Town time."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.sandbox.hand import BotHand

from wangge.sandbox.clock import TownClock
from wangge.sandbox.person import Person
from wangge.sandbox.town import Refused, Town

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


async def test_time_stands_still_until_it_is_moved(bot: BotHand, li: Person, town: Town) -> None:
    first = await town.get("/clock")
    assert first == {"now": "2026-11-23T01:00:00+00:00", "version": 1, "running": False}
    await town.clock_to(NOON)
    await town.forward(minutes=5, hours=1)
    assert await town.now() == NOON + timedelta(minutes=65)
    await town.clock_to(NOON - timedelta(days=1))
    await li.says("几点了", wait=False)
    assert (await bot.takes())[0]["message"]["date"] == int((NOON - timedelta(days=1)).timestamp())


async def test_followers_hear_of_every_move(town: Town) -> None:
    waiting = asyncio.create_task(town.get("/clock", after=1, timeout=30))
    await town.forward(minutes=1)
    assert (await waiting)["version"] == 2
    assert (await town.get("/clock", after=2, timeout=0))["version"] == 2


async def test_a_time_without_a_zone_is_refused(town: Town) -> None:
    with pytest.raises(Refused, match="time zone"):
        await town.post("/clock", {"now": "2026-11-23T12:00:00"})
    with pytest.raises(Refused):
        await town.post("/clock", {"forwards": 1})


def test_a_running_clock_goes_on_from_where_it_stood() -> None:
    elapsed = 100.0
    clock = TownClock(NOON, elapsed=lambda: elapsed)
    clock.run(True)
    elapsed = 160.0
    assert clock.now() == NOON + timedelta(minutes=1)
    clock.run(False)
    elapsed = 200.0
    assert clock.now() == NOON + timedelta(minutes=1)
    assert clock.now().tzinfo is UTC
