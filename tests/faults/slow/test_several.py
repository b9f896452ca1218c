"""I10 in full: a hundred kills among owner, standby and workers, a take-over in real time, and what more processes bring."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.faults.kills import Campaign, table
from tests.faults.several import (
    RUN,
    WORKER,
    Several,
    Shared,
    check_one_owner,
    introductions,
    taken_over,
)
from tests.office import MONDAY_10, make_template
from tests.postgres import fresh_database, open_server

from wangge.sandbox.acts import ACTS
from wangge.sandbox.server import Sandbox
from wangge.sandbox.town import Town

KILLS = int(os.environ.get("KILLS", "100"))
SEED = int(os.environ.get("SEED", "4"))
TAKES_OVER_WITHIN = 90.0
SENTENCES = 60
"""Of each of 25 people."""


async def test_a_hundred_kills_lose_nothing_and_double_nothing(
    shared: Shared, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    tally = await Campaign(Several(shared, seed=SEED), 100, KILLS, SEED, tmp_path / "town").run()
    owners = check_one_owner(tmp_path / "town")
    abandoned = (tmp_path / "town.log").read_text().count("handling_abandoned")
    lines = f"owners one after the other: {owners}; batches given up by the database: {abandoned}"
    record_property("printed", f"SEED={SEED}\n{table([tally])}\n{lines}")
    assert (tally.kills, tally.lost) == (KILLS, 0)
    assert tally.set_aside <= max(1, KILLS // 50)
    assert owners > KILLS // 10


async def test_a_killed_owner_is_followed_within_ninety_seconds(
    shared: Shared, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """With the leases of the product."""
    bot = Several(shared, (RUN, RUN), haste=1.0)
    async with Sandbox(town_time=MONDAY_10) as sandbox, bot.open() as crew:
        order = bot.order(tmp_path / "town", sandbox)
        await crew.members[0].start(bot.order_of(0, order))
        await taken_over(sandbox, 0, 30.0)
        await crew.start(order)
        await bot.started(1)
        before, since = introductions(sandbox), time.monotonic()
        await crew.members[0].kill()
        await taken_over(sandbox, before, TAKES_OVER_WITHIN)
        seconds = time.monotonic() - since
    record_property("printed", f"from kill -9 of the owner to the first call of the standby: {seconds:.1f} s")


@pytest.fixture(scope="session")
def durable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    """The town on a server that waits for its disk, as a real one does."""
    with open_server(tmp_path_factory.mktemp("durable"), is_durable=True) as server:
        folder = tmp_path_factory.mktemp("durable_town") / "data"
        url = fresh_database(server, folder)
        asyncio.run(make_template(folder, asks_near=False, database_url=url))
        yield Shared(folder, server, urlsplit(url).path[1:])


async def test_what_more_processes_bring(
    durable: Shared, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Sentences of people who wait for nothing; each is answered with a card. Sandbox and server share the machine."""
    rows = [f"sentences a second; bot, PostgreSQL and sandbox share {os.cpu_count()} processors"]
    for processes in (1, 2, 4):
        bot = Several(durable, (RUN, *([WORKER] * (processes - 1))))
        rate = await sentences_a_second(bot, tmp_path / f"town{processes}")
        rows.append(f"{processes} process{'es' if processes > 1 else '  '} {rate:>6.0f}")
    record_property("printed", "\n".join(rows))


async def sentences_a_second(bot: Several, folder: Path) -> float:
    """Let everybody say everything in one moment; return how many were answered a second."""
    async with Sandbox(town_time=MONDAY_10) as sandbox, Town(sandbox.url) as town, bot.open() as crew:
        sandbox.world.checks = False
        order = bot.order(folder, sandbox)
        people = await bot.people(town, 100)
        await crew.start(order)
        await taken_over(sandbox, 0, 60.0)
        for number in range(len(crew.members)):
            await bot.started(number)
        await bot.settle(town, order)
        form, say = ACTS["says"]
        since = time.monotonic()
        for number in range(SENTENCES):
            for person in people:
                say(
                    sandbox.world,
                    sandbox.world.account(person.id),
                    form.model_validate({"text": f"村口第{number + 1}盏灯不亮了"}),
                )
        await bot.settle(town, order)
        seconds = time.monotonic() - since
        cards = sum("灯不亮了" in call.params.get("text", "") for call in sandbox.calls)
        assert cards >= SENTENCES * len(people)
        assert await crew.kill(signal.SIGTERM) == 0
    return SENTENCES * len(people) / seconds
