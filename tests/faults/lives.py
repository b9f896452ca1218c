"""Lives of a bot that dies: started again each time, as a supervisor does, until all is done.

The sandbox runs in the tests' process and outlives every bot; its log is the oracle.
"""

import asyncio
import json
import os
import re
import shutil
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
from tests.faults.mortal import DIED, Order, Point
from tests.office import MONDAY_10

from wangge.sandbox.journal import Call
from wangge.sandbox.server import Sandbox
from wangge.sandbox.town import Town
from wangge.storage.seal import read_key

TOP = Path(__file__).parents[2]
NUMBER = re.compile(r"\b\d{4}-\d{3,4}\b")
SAYING = {"sendMessage", "editMessageText", "sendPhoto", "sendDocument", "answerCallbackQuery"}


class Parent:
    """One warmed process that forks a bot when asked to; one at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def start(self, order: Order) -> dict[str, int]:
        """Fork a bot; return its port and pid, or how it ended before it was open."""
        assert self._process.stdin
        self._process.stdin.write(order.model_dump_json().encode() + b"\n")
        return await self.hear()

    async def hear(self) -> dict[str, int]:
        """Return the next thing that the bot or its parent says."""
        assert self._process.stdout
        line = await self._process.stdout.readline()
        assert line, "the parent of the bots is gone"
        found: dict[str, int] = json.loads(line)
        return found


@asynccontextmanager
async def open_parent() -> AsyncIterator[Parent]:
    """Start a process that imports everything once."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.faults.mortal",
        cwd=TOP,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        parent = Parent(process)
        await parent.hear()  # on a busy machine the imports take longer than any life may
        yield parent
    finally:
        assert process.stdin
        process.stdin.close()
        await process.wait()


@dataclass
class Life:
    """A bot that is started again whenever it dies, and the town it works in."""

    parent: Parent
    order: Order
    sandbox: Sandbox
    town: Town
    deaths: int = 0
    on_death: Callable[[], None] = lambda: None
    _running: asyncio.Event = field(default_factory=asyncio.Event)
    _pid: int = 0
    _is_over: bool = False
    _keeper: asyncio.Task[None] | None = None

    async def settled(self) -> None:
        """Wait until everything is done, over however many deaths it takes."""
        async with asyncio.timeout(30):
            while True:
                await self._running.wait()
                self._look_after_keeper()
                with suppress(aiohttp.ClientError):
                    await self.town.settled()
                    return
                await asyncio.sleep(0)

    def begin(self) -> None:
        """Start the bot, and again whenever it has died; only the first one is to die at the point."""
        self._keeper = asyncio.create_task(self._keep())

    async def end(self) -> None:
        """Kill the bot for good."""
        self._is_over = True
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
        if self._keeper:
            await self._keeper

    async def _keep(self) -> None:
        order = self.order
        while True:
            said = await self.parent.start(order)
            if "port" in said:
                self.town.health_url = f"http://127.0.0.1:{said['port']}"
                self._pid = said["pid"]
                self._running.set()
                if self._is_over:
                    os.kill(self._pid, signal.SIGKILL)
                said = await self.parent.hear()
            self._running.clear()
            self._pid = 0
            if self._is_over:
                return
            try:
                assert said["ended"] == DIED, f"the bot ended by itself: {said['ended']}"
                self.deaths += 1
                self.on_death()
            except BaseException:
                self._running.set()  # whoever waits sees the keeper's error
                raise
            order = order.model_copy(update={"point": None})

    def _look_after_keeper(self) -> None:
        if self._keeper and self._keeper.done():
            self._keeper.result()


@asynccontextmanager
async def open_life(
    parent: Parent,
    template: Path,
    folder: Path,
    at: datetime = MONDAY_10,
    on_death: Callable[["Life"], None] | None = None,
    **order: Any,
) -> AsyncIterator[Life]:
    """Open a copy of the template town with a mortal bot in it."""
    shutil.copytree(template, folder)
    async with Sandbox(town_time=at) as sandbox, Town(sandbox.url) as town:
        life = Life(parent, Order(folder=folder, url=sandbox.url, **order), sandbox, town)
        if on_death:
            life.on_death = lambda: on_death(life)
        life.begin()
        try:
            yield life
        finally:
            await life.end()


def stored_words(folder: Path) -> dict[str, Any]:
    """Return number → body of every record, read without the bot's own code of records."""
    seal = read_key(folder / "key")
    rows = select(folder, "SELECT number, body FROM records")
    return {number: seal.open_json(body) for number, body in rows}


def select(folder: Path, query: str) -> list[Any]:
    """Ask the database in plain SQL."""
    with closing(sqlite3.connect(folder / "wangge.db")) as connection:
        return connection.execute(query).fetchall()


def said_numbers(calls: list[Call]) -> set[str]:
    """Return every reference number that ever left for the platform."""
    return {
        number
        for call in calls
        if call.method in SAYING
        for number in NUMBER.findall(json.dumps(call.params, ensure_ascii=False))
    }


async def points_until_the_end(
    play: Callable[[Point], Awaitable[bool]], sort: str, when: str, at_once: int
) -> int:
    """Play with death at point 1, 2, 3 … until a run ends without dying; return how many died.

    Args:
        play: plays one run and tells whether the bot died in it.
    """
    first = 1
    while True:
        points = [Point(sort=sort, when=when, number=first + n) for n in range(at_once)]
        died = await asyncio.gather(*(play(point) for point in points))
        if not all(died):
            return first - 1 + died.index(False)
        first += at_once
