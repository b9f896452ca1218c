"""I10: several processes on one PostgreSQL, killed at random, stopped, frozen. The long one is slow/."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from tests.faults.forks import Order
from tests.faults.kills import Campaign, table
from tests.faults.several import (
    HASTE,
    Crew,
    Relay,
    Several,
    Shared,
    check_one_owner,
    introductions,
    taken_over,
)
from tests.office import MONDAY_10

from wangge.bot.lease import LEASE_SECONDS
from wangge.sandbox.person import Person
from wangge.sandbox.server import Sandbox
from wangge.sandbox.town import Town

SEED = 20261123
WITHIN = 90.0 / HASTE
NEXT_MONDAY = (MONDAY_10 + timedelta(days=7)).replace(hour=8, minute=30)
MONDAYS = 2
LEADER = 1047


@dataclass
class Here:
    """A town with several processes."""

    bot: Several
    crew: Crew
    order: Order
    sandbox: Sandbox
    town: Town
    people: list[Person]
    folder: Path

    async def settled(self) -> None:
        await self.bot.settle(self.town, self.order)

    async def start_first(self) -> None:
        """Start the first process, then the others when it owns the channels."""
        await self.crew.members[0].start(self.bot.order_of(0, self.order))
        await taken_over(self.sandbox, 0, 30.0)
        await self.crew.start(self.order)
        for number in range(len(self.crew.members)):
            await self.bot.started(number)


@asynccontextmanager
async def opened_here(bot: Several, folder: Path) -> AsyncIterator[Here]:
    async with Sandbox(town_time=MONDAY_10) as sandbox, Town(sandbox.url) as town, bot.open() as crew:
        order = bot.order(folder, sandbox)
        yield Here(bot, crew, order, sandbox, town, await bot.people(town, 100), folder)
        for number, member in enumerate(crew.members):
            await bot.started(number)
            assert await member.kill(signal.SIGTERM) == 0


async def test_random_kills_of_owner_standby_and_workers_lose_nothing_and_double_nothing(
    shared: Shared, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    tally = await Campaign(Several(shared, seed=SEED), 15, 6, SEED, tmp_path / "town").run()
    owners = check_one_owner(tmp_path / "town")
    record_property("printed", f"{table([tally])}\nowners of the channels one after the other: {owners}")
    assert (tally.kills, tally.lost, tally.set_aside) == (6, 0, 0)
    assert tally.confirmed


async def test_the_channels_change_hands_and_each_reminder_is_said_once(
    shared: Shared, tmp_path: Path
) -> None:
    """Frozen and stopped; then Mondays at half past eight in which the owner dies, or anybody."""
    bot = Several(shared, seed=SEED)
    async with opened_here(bot, tmp_path / "town") as here:
        relay = Relay(here.sandbox.port)
        async with relay.open() as address:
            bot.apart[0] = {"WANGGE_TELEGRAM_API": address, "WANGGE_TELEGRAM_PACE": "2"}
            await here.start_first()
            await check_pages(here)
            await freeze(here, relay)
            await here.crew.members[0].kill()
        del bot.apart[0]
        await here.crew.start(here.order)
        await stop_politely(here)
        await spend_mondays(here)
    check_one_owner(tmp_path / "town")


async def check_pages(here: Here) -> None:
    """Each is ready and says whether it owns; only the owner knows when all is settled."""
    await here.settled()
    for number in range(len(here.crew.members)):
        code, found = await here.bot.page(number, "/health/ready")
        assert (code, found["ready"]) == (200, True)
        assert (await here.bot.page(number, "/health"))[1]["owner"] is (number == 0)
        settled = (await here.bot.page(number, "/settled?timeout=0.1"))[0]
        assert settled == (200 if number == 0 else 503)


async def freeze(here: Here, relay: Relay) -> None:
    """The owner freezes with messages in its hands that stand in line at the pace.

    When it wakes up, another owns the channels and has said them all.
    """
    before, people, owner = introductions(here.sandbox), here.people[:8], here.crew.members[0]
    for person in people:
        await person.says("帮助", wait=False)
    assert await here.sandbox.world.bell.wait_until(lambda: len(helped(here)) == 3, 30.0)
    os.kill(owner.pid, signal.SIGSTOP)
    await taken_over(here.sandbox, before, WITHIN)
    await here.settled()
    heard = relay.heard
    os.kill(owner.pid, signal.SIGCONT)
    assert (await here.bot.page(0, "/health"))[1]["owner"] is False
    for person in people:
        await person.says("帮助", wait=False)
    await here.settled()
    assert relay.heard == heard, "a deposed owner called the platform"
    assert sorted(helped(here).values()) in ([2] * 8, [2] * 7 + [3]), "what was on its way may be said again"


def helped(here: Here) -> Counter[int]:
    """Return how often each chat was told what can be done."""
    calls = [call for call in here.sandbox.calls if call.method.lower() == "sendmessage"]
    return Counter(call.params["chat_id"] for call in calls if "值班电话" in call.params["text"])


async def stop_politely(here: Here) -> None:
    """Who owns gives the lease back, and the standby has it long before its time."""
    owner, before = await here.bot.owner(), introductions(here.sandbox)
    assert await here.crew.members[owner].kill(signal.SIGTERM) == 0
    await taken_over(here.sandbox, before, LEASE_SECONDS / HASTE / 2)
    await here.crew.start(here.order)


async def kill_owner(here: Here) -> None:
    owner, before = await here.bot.owner(), introductions(here.sandbox)
    await here.crew.members[owner].kill()
    await taken_over(here.sandbox, before, WITHIN)


async def spend_mondays(here: Here) -> None:
    dice = Random(SEED)
    for week in range(MONDAYS):
        at = NEXT_MONDAY + timedelta(days=7 * week)
        await here.town.clock_to(at, wait=False)
        await asyncio.sleep(dice.uniform(0, 0.3))  # the fault itself: nothing is waited for
        await (here.crew.kill() if week else kill_owner(here))
        await here.crew.start(here.order)
        await here.settled()
        check_monday(here, at)


def check_monday(here: Here, at: datetime) -> None:
    """Nobody was told twice, and the leader has the digest of the week before."""
    said = here.bot.select(
        here.folder,
        "SELECT person, count(*) FROM outbox WHERE cause IS NULL AND (slot = '' OR slot LIKE 'digest%') "
        f"AND created_at = '{at.astimezone(UTC):%F %T}' GROUP BY 1",
    )
    assert said and all(times == 1 for _, times in said), said
    screen = here.sandbox.world.chats[LEADER].messages.values()
    weeks = {message.words for message in screen if message.sender.user["is_bot"] and "周报" in message.words}
    assert len(weeks) == 1 + (at - NEXT_MONDAY).days // 7
    assert here.bot.check_done(here.folder) == 0


async def test_two_officers_race_for_the_same_events(shared: Shared, tmp_path: Path) -> None:
    """Their taps are handled by different processes: one assignment an event, and the other reads who was quicker."""
    bot = Several(shared)
    async with opened_here(bot, tmp_path / "town") as here:
        await here.start_first()
        reporters = [Person(here.town, 1000 + staff_no, "") for staff_no in range(1, 9)]
        officers = [Person(here.town, 1000 + staff_no, "") for staff_no in (45, 46)]
        for reporter in reporters:
            await reporter.says("村口的井盖丢了", wait=False)
        await here.settled()
        for reporter in reporters:
            await reporter.taps("上报", wait=False)
        await here.settled()
        numbers = [number for (number,) in bot.select(here.folder, "SELECT number FROM records")]
        assert len(numbers) == len(reporters)
        for number in numbers:
            await officers[1].says(number, wait=False)
        await here.settled()
        screens = [(officer, await officer.screen()) for officer in officers]
        cards = [
            (officer, next(one for one in reversed(screen) if one.buttons and number in one.words))
            for number in numbers
            for officer, screen in screens
        ]
        await asyncio.gather(
            *(officer.taps_again(card.labels[0][0], card, wait=False) for officer, card in cards)
        )
        await here.settled()
        acts = bot.select(here.folder, "SELECT count(*) FROM history WHERE act = 'assign' GROUP BY record")
        assert acts == [(1,)] * len(numbers)
        toasts = [toast.text for officer in officers for toast in await officer.toasts()]
        assert sum(toast.startswith("已由") for toast in toasts) == len(numbers), toasts
