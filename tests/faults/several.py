"""Several processes of one town on one PostgreSQL: an owner, a standby and workers that die one at a time."""

import asyncio
import signal
import socket
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

import aiohttp
import psycopg
from tests.faults.forks import Bots, Order, open_bots
from tests.faults.kills import Ours, opened
from tests.postgres import fresh_database

from wangge.sandbox.server import Sandbox
from wangge.sandbox.town import Town

RUN, WORKER = ("run",), ("run", "--worker")
ONE_OF_EACH = (RUN, RUN, WORKER, WORKER)
HASTE = 20.0
"""A lease of 3 seconds instead of 60."""
ASKS_AGAIN = 3.0


@dataclass
class Shared:
    """A made-up town on a server, to be copied by each test."""

    folder: Path
    server: str
    name: str
    """Of its database."""


class Crew:
    """The processes; a kill hits one at random, and only a polite stop ends all."""

    def __init__(self, members: Sequence[Bots], bot: "Several", dice: Random) -> None:
        self.members, self._bot, self._dice = members, bot, dice
        self.killed = [0] * len(members)

    async def start(self, order: Order, *, afresh: bool = False) -> None:
        """Start whoever does not run."""
        for number, member in enumerate(self.members):
            if not member.pid:
                await member.start(self._bot.order_of(number, order), afresh=afresh)

    async def kill(self, number: signal.Signals = signal.SIGKILL) -> int:
        if number == signal.SIGKILL:
            victim = self._dice.randrange(len(self.members))
            self.killed[victim] += 1
            return await self.members[victim].kill()
        return max([await member.kill(number) for member in self.members if member.pid])


class Several(Ours):
    """Ours as several processes, each with a health port and, if asked, a way to the platform of its own."""

    module = "tests.faults.hasty"

    def __init__(
        self,
        shared: Shared,
        sorts: Sequence[tuple[str, ...]] = ONE_OF_EACH,
        *,
        seed: int = 1,
        haste: float = HASTE,
    ) -> None:
        super().__init__(shared.folder)
        self.name = f"wangge, {len(sorts)} processes"
        self._shared, self._sorts, self._dice, self._haste = shared, sorts, Random(seed), haste
        self.ports = [lasting_port() for _ in sorts]
        self.apart: dict[int, dict[str, str]] = {}
        """Process → settings of its own."""
        self._url = ""
        self._ids: set[int] = set()

    def order(self, folder: Path, sandbox: Sandbox) -> Order:
        order = super().order(folder, sandbox)
        self._url = fresh_database(self._shared.server, folder, self._shared.name)
        order.environment |= {
            "WANGGE_DATABASE_URL": self._url,
            "HASTE": str(self._haste),
            "NOTES": str(folder.with_suffix(".leases")),
        }
        return order

    def order_of(self, number: int, order: Order) -> Order:
        """Return the order of one of the processes."""
        own = {"WANGGE_HEALTH_PORT": str(self.ports[number]), **self.apart.get(number, {})}
        return order.model_copy(
            update={"words": list(self._sorts[number]), "environment": order.environment | own}
        )

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Crew]:
        async with AsyncExitStack() as stack:
            opening = (stack.enter_async_context(open_bots(self.module, *self.warm)) for _ in self._sorts)
            yield Crew(await asyncio.gather(*opening), self, self._dice)

    async def settle(self, town: Town, order: Order) -> None:
        """Ask whoever owns the channels, who may be another the next time."""
        while True:
            owner = await self.owner()
            town.health_url = f"http://127.0.0.1:{self.ports[owner]}"
            with suppress(TimeoutError, aiohttp.ClientError):
                async with asyncio.timeout(ASKS_AGAIN):
                    await town.settled()
                    return

    async def owner(self) -> int:
        """Wait until a process says that it owns the channels, and return which."""
        while True:
            for number in range(len(self.ports)):
                with suppress(aiohttp.ClientError, TimeoutError):
                    if (await self.page(number, "/health"))[1].get("owner"):
                        return number

    async def started(self, number: int) -> None:
        """Wait until a process serves its pages."""
        while True:
            with suppress(aiohttp.ClientError, TimeoutError):
                await self.page(number, "/health/live")
                return

    async def page(self, number: int, path: str) -> tuple[int, dict[str, Any]]:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=1)) as session,
            session.get(f"http://127.0.0.1:{self.ports[number]}{path}") as answer,
        ):
            return answer.status, await answer.json()

    def select(self, folder: Path, query: str) -> list[Any]:
        with psycopg.connect(self._url.replace("+psycopg", "")) as connection:
            return connection.execute(query.encode()).fetchall()

    def stored(self, folder: Path, since: int) -> list[tuple[str, str]]:
        """Ids have gaps here, and a lower one may be committed later."""
        rows = self.select(folder, "SELECT id, number, body FROM records")
        new = [row for row in rows if row[0] not in self._ids]
        self._ids |= {row[0] for row in new}
        return opened(folder, [row[1:] for row in new])

    def check_kept(self, folder: Path, sandbox: Sandbox) -> None:
        self._seen = 0  # as above
        super().check_kept(folder, sandbox)

    def check_whole(self, folder: Path) -> None:
        """No file of ours."""


def lasting_port() -> int:
    """Return a free port that the system gives nobody while its process is dead."""
    while True:
        port = SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as one, suppress(OSError):
            one.bind(("127.0.0.1", port))
            return port


def check_one_owner(folder: Path) -> int:
    """Check that no two processes could call the platform at one time; return how many have owned it in turn."""
    spans: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for line in folder.with_suffix(".leases").read_text().splitlines():
        pid, begin, end = line.split()
        if float(end):
            spans[pid].append((float(begin), float(end)))
        elif spans[pid]:  # given back: what was left of it has not been used
            spans[pid][-1] = (spans[pid][-1][0], float(begin))
    found = sorted((begin, end, pid) for pid, mine in spans.items() for begin, end in mine)
    changes = [(one, two) for one, two in pairwise(found) if one[2] != two[2]]
    for one, two in changes:
        assert one[1] <= two[0], f"{one[2]} and {two[2]} owned the channels at {two[0]}"
    return 1 + len(changes)


def introductions(sandbox: Sandbox) -> int:
    """Count how often somebody who had taken the channels asked who he is."""
    return sum(call.method.lower() == "getme" for call in sandbox.calls)


async def taken_over(sandbox: Sandbox, since: int, within: float) -> None:
    """Wait until somebody takes the channels, and his first call is there."""
    assert await sandbox.world.bell.wait_until(lambda: introductions(sandbox) > since, within)


@dataclass
class Relay:
    """A way to the platform of one process's own, so that its calls can be told from others'."""

    platform: int
    heard: int = 0
    """Bytes that the process has sent."""

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        """Yield its address."""
        server = await asyncio.start_server(self._pass_on, "127.0.0.1", 0)
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, there = await asyncio.open_connection("127.0.0.1", self.platform)
        back = asyncio.create_task(_copy(answers, writer))
        with suppress(ConnectionError):
            while chunk := await reader.read(65536):
                self.heard += len(chunk)
                there.write(chunk)
        back.cancel()
        there.close()
        writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while chunk := await reader.read(65536):
            writer.write(chunk)
    writer.close()
