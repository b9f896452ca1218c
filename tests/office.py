"""A whole made-up town for tests: the sandbox, the bot as it runs, and people to act as."""

import asyncio
import itertools
import shutil
import socket
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any

from benchmarks.town import ask_nothing_near

from wangge.bot import office
from wangge.bot.app import App, open_app
from wangge.bot.settings import Settings
from wangge.handlers import roster
from wangge.rules.calendar import TOWN_ZONE
from wangge.sandbox.person import Person
from wangge.sandbox.server import TOKEN, Sandbox
from wangge.sandbox.town import Town
from wangge.storage import people
from wangge.storage.database import Database, Transaction

MONDAY_10 = datetime(2026, 11, 23, 10, 0, tzinfo=TOWN_ZONE)
"""A Monday within the open hours."""


def settings_for(folder: Path, **values: Any) -> Settings:
    """Return settings of a data folder, fit for tests: no pace, hardly any waiting."""
    fit: dict[str, Any] = {
        "telegram_pace": 0,
        "health_port": 0,
        "album_wait": 0.05,
        "log_level": "warning",
        "disk_limit": 0,
    }
    return Settings(data_dir=folder, **{**fit, **values})


async def make_template(
    folder: Path, staff: Collection[int] = (), *, asks_near: bool = True, **values: Any
) -> Path:
    """Make a data folder of the made-up town with its roster, to be copied by each test.

    Args:
        folder: where it is made.
        staff: the only people on the roster, by staff number; all if none is named.
        asks_near: False for crowds that say the same again and again, and answer no question about it.
        values: settings.
    """
    settings = settings_for(folder, **values)
    await office.init(settings, None, "")
    headings, *lines = resources.files("wangge.demo").joinpath("roster.csv").read_text().splitlines()
    kept = [line for line in lines if not staff or int(line.split(",")[0]) in staff]
    file = "\n".join([headings, *kept]).encode()
    async with office.opened(settings) as database:
        changes = await office.read_roster(database, file, "roster.csv", MONDAY_10)
        assert not changes.mistakes
        await office.apply_roster(database, changes, MONDAY_10, end_missing=False)
        await database.transaction(link_everybody)
        if not asks_near:
            await database.transaction(ask_nothing_near)
    return folder


def link_everybody(tx: Transaction) -> None:
    """Let account 1000 + n speak for the person with staff number n."""
    for entry in roster.present(tx, MONDAY_10):
        person = people.by_staff_no(tx, entry.staff_no, MONDAY_10.date())
        assert person is not None
        account = str(1000 + int(entry.staff_no))
        people.link_account(tx, "telegram", account, account, person.id, MONDAY_10)


@dataclass
class Office:
    """A running town. `say`-like helpers live on the persons it hands out."""

    folder: Path
    sandbox: Sandbox
    town: Town
    settings: Settings
    app: App | None = None
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _running: asyncio.Task[None] | None = None
    _draws: Iterable[int] = field(default_factory=lambda: itertools.count(101))

    async def start(self) -> None:
        """Start the bot in this process."""
        ready = asyncio.get_running_loop().create_future()
        self._stop = asyncio.Event()
        self._running = asyncio.create_task(self._run(ready))
        await asyncio.wait([ready, self._running], return_when=asyncio.FIRST_COMPLETED)
        if self._running.done():
            self._running.result()
        self.app = ready.result()
        self.town.health_url = f"http://127.0.0.1:{self.app.port}"

    async def stop(self) -> None:
        """Stop the bot as SIGTERM would."""
        self._stop.set()
        if self._running:
            await self._running

    async def restart(self) -> None:
        """Stop it and start it again on the same data."""
        await self.stop()
        await self.start()

    async def person(self, staff_no: int) -> Person:
        """Return somebody of the roster, who has an account already."""
        return await self.town.person(self.names[staff_no], user_id=1000 + staff_no, has_started=True)

    @property
    def names(self) -> dict[int, str]:
        """Staff number → name."""
        text = resources.files("wangge.demo").joinpath("roster.csv").read_text()
        return {int(line.split(",")[0]): line.split(",")[1] for line in text.splitlines()[1:]}

    @property
    def database(self) -> Database:
        """The bot's database."""
        assert self.app is not None
        return self.app.database

    async def _run(self, ready: asyncio.Future[App]) -> None:
        draws = iter(self._draws)
        async with open_app(self.settings, lambda: next(draws)) as app:
            ready.set_result(app)
            await app.run(self._stop)


def free_port() -> int:
    """Return a port nobody listens on, for an address that must be known before the bot is there."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@asynccontextmanager
async def open_office(
    template: Path, folder: Path, at: datetime = MONDAY_10, **values: Any
) -> AsyncIterator[Office]:
    """Open a copy of the template town at a town time, with the bot running."""
    shutil.copytree(template, folder, dirs_exist_ok=True)
    async with Sandbox(town_time=at) as sandbox, Town(sandbox.url) as town:
        settings = settings_for(
            folder, telegram_token=TOKEN, telegram_api=sandbox.url, clock=sandbox.url, **values
        )
        here = Office(folder, sandbox, town, settings)
        await here.start()
        try:
            yield here
        finally:
            await here.stop()


def moment(at: str) -> datetime:
    """Return a town's moment from 2026-12-01 08:30."""
    return datetime.fromisoformat(at).replace(tzinfo=TOWN_ZONE)
