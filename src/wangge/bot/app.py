"""The only place where the parts meet: open, wire, close in the reverse order."""

import asyncio
import fcntl
import os
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import structlog
from aiohttp import web

from wangge.bot.clock import Clock
from wangge.bot.delivery import Delivery
from wangge.bot.dispatch import Dispatch
from wangge.bot.jobs import Jobs
from wangge.bot.settings import Settings
from wangge.bot.web import Settled, make_app
from wangge.channels.channel import Channel, ChannelError
from wangge.channels.telegram.channel import TelegramChannel
from wangge.handlers.context import Worlds
from wangge.scheduler.tick import tick, tick_forever
from wangge.storage import jobs
from wangge.storage.database import Database, NotStored, open_database
from wangge.storage.files import FileStore
from wangge.storage.seal import read_key
from wangge.texts import say

log = structlog.get_logger()
STOP_SECONDS = 7.0
RETRY_SECONDS = 5.0
REST_SECONDS = 1.0
COMMANDS = ("report", "visit", "mine", "progress", "leave", "help", "feedback", "cancel")


class AlreadyRunning(RuntimeError):
    """Another `wangge run` holds this data folder."""


@dataclass
class App:
    """Everything that runs, wired; `run` starts it and stops it in order."""

    settings: Settings
    database: Database
    clock: Clock
    channels: dict[str, Channel]
    dispatch: Dispatch
    delivery: Delivery
    jobs: Jobs
    worlds: Worlds
    settled: Settled
    changed: Callable[[], None]
    port: int = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set: then stop taking, finish what is in hand, and return."""
        loops: list[Callable[[], Coroutine[Any, Any, None]]] = [
            self.dispatch.handle_forever,
            self.jobs.run_forever,
            self.delivery.deliver_forever,
            lambda: tick_forever(self.tick),
            *(self._listen(channel) for channel in self.channels.values()),
        ]
        if self.clock.follows:
            loops.append(lambda: self.clock.follow(self.tick))
        tasks = [asyncio.create_task(_lasting(loop)) for loop in loops]
        try:
            await stop.wait()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=STOP_SECONDS)

    async def tick(self) -> None:
        """Decide what is due at the present town time; a failed tick is made up for by the next."""
        version = self.clock.version
        try:
            await tick(self.database, self.worlds, self.clock.now())
        except NotStored as error:
            log.exception("tick_failed", error=type(error).__name__)
            return
        self.settled.ticked = max(version, self.settled.ticked)
        self.changed()

    def _listen(self, channel: Channel) -> Callable[[], Coroutine[Any, Any, None]]:
        async def listen() -> None:
            await self._connect(channel)
            await channel.listen(self.dispatch.accept)

        return listen

    async def _connect(self, channel: Channel) -> None:
        """Tell the platform our commands and learn our link; a platform that is down is waited for."""
        while True:
            try:
                link = await channel.introduce([(word, say(f"command.{word}")) for word in COMMANDS])
                break
            except ChannelError as error:
                log.warning("channel_not_reached", channel=channel.name, error=type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)
        await self.database.transaction(lambda tx: jobs.set_mark(tx, "invitation_link", link))


async def _lasting(loop: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Begin a loop again when it fails: a full disk in one place must not end the others."""
    while True:
        try:
            await loop()
        except Exception as error:
            log.exception("loop_failed", error=type(error).__name__)
            if (task := asyncio.current_task()) and task.cancelling():
                return  # the error came of being stopped
            await asyncio.sleep(REST_SECONDS)


@asynccontextmanager
async def open_app(settings: Settings, draw: Callable[[], int] | None = None) -> AsyncIterator[App]:
    """Open every part and close them in the reverse order.

    Args:
        draw: yields the random digits of reference numbers; tests hand in their own.

    Raises:
        AlreadyRunning: another process holds the data folder.
    """
    async with AsyncExitStack() as parts:
        parts.enter_context(held(settings.data_dir / "running.lock"))
        seal = read_key(settings.key_file)
        database = await parts.enter_async_context(open_database(settings.database, seal))
        clock = Clock(settings.clock)
        if clock.follows:
            await clock.ask_once()
        channels = open_channels(settings)
        for channel in channels.values():
            await parts.enter_async_context(channel)
        app = wire(settings, database, clock, channels, FileStore(settings.files_dir, seal), draw)
        app.port = await parts.enter_async_context(_serving(make_app(app.settled), settings.health_port))
        yield app


def wire(
    settings: Settings,
    database: Database,
    clock: Clock,
    channels: dict[str, Channel],
    store: FileStore,
    draw: Callable[[], int] | None,
) -> App:
    """Put the parts together; nothing runs yet."""
    worlds = Worlds()
    settled = Settled(database, clock)
    wakes: list[Callable[[], None]] = [settled.note]

    def changed() -> None:
        for wake in wakes:
            wake()

    dispatch = Dispatch(
        database, worlds, clock, draw or (lambda: secrets.randbelow(10_000)), settings.album_wait, changed
    )
    delivery = Delivery(database, channels, worlds, store, clock, settled.note)
    runner = Jobs(database, worlds, channels, store, clock, changed)
    wakes += [delivery.wake_up, runner.wake_up]
    return App(settings, database, clock, channels, dispatch, delivery, runner, worlds, settled, changed)


def open_channels(settings: Settings) -> dict[str, Channel]:
    """Return the channels that are configured."""
    if settings.telegram_token is None:
        return {}
    token = settings.telegram_token.get_secret_value()
    telegram = TelegramChannel(token, settings.telegram_api, settings.telegram_pace)
    return {telegram.name: telegram}


@contextmanager
def held(path: Path) -> Any:  # noqa: ANN401 - an iterator of nothing
    """Hold a lock file as long as the process lives; a dead process's lock is free.

    Raises:
        AlreadyRunning: somebody else holds it.
    """
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AlreadyRunning from None
        _write_pid(file)
        yield


def _write_pid(file: TextIO) -> None:
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()


@asynccontextmanager
async def _serving(app: web.Application, port: int) -> AsyncIterator[int]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        with suppress(Exception):
            await runner.cleanup()
