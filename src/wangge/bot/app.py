"""The only place where the parts meet: open, wire, close in the reverse order."""

import asyncio
import errno
import fcntl
import os
import secrets
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import structlog
from aiohttp import web

from wangge.bot.clock import Clock
from wangge.bot.delivery import Delivery
from wangge.bot.dispatch import Dispatch
from wangge.bot.jobs import Jobs
from wangge.bot.lease import Lease
from wangge.bot.settings import Settings
from wangge.bot.watch import Watch, free_bytes
from wangge.bot.web import Settled, make_app, webhook_app
from wangge.channels.channel import Channel, ChannelError, Webhook, WrongToken
from wangge.channels.telegram.channel import SECRET_HEADER, TelegramChannel
from wangge.handlers.context import Worlds
from wangge.scheduler.tick import tick, tick_forever
from wangge.storage import jobs
from wangge.storage.database import Database, NotStored, Transaction, open_database
from wangge.storage.files import FileStore
from wangge.storage.seal import Seal, read_key
from wangge.texts import say

log = structlog.get_logger()
STOP_SECONDS = 7.0
RETRY_SECONDS = 5.0
Loop = Callable[[], Coroutine[Any, Any, None]]
REST_SECONDS = 1.0
COMMANDS = (
    "report",
    "visit",
    "mine",
    "progress",
    "search",
    "practice",
    "leave",
    "help",
    "feedback",
    "cancel",
)


class AlreadyRunning(RuntimeError):
    """Another `wangge run` holds this data folder."""


class PortTaken(RuntimeError):
    """Another program listens on a port of ours."""

    def __init__(self, port: int, setting: str) -> None:
        """`setting` is the name of the variable that chose the port."""
        super().__init__(f"{port} {setting}")
        self.port, self.setting = port, setting


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
    watch: Watch
    lease: Lease
    is_worker: bool = False
    """Only helps another process that has the channels."""
    port: int = 0
    notice: Callable[[str], object] = lambda _sentence: None
    """Shows the operator a sentence on the terminal."""

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set: then stop taking, finish what is in hand, and return.

        Raises:
            WrongToken: a platform does not know us at the start.
        """
        loops = [self.database.hear, self.dispatch.handle_forever, self.jobs.run_forever]
        if self.clock.follows:
            loops.append(lambda: self.clock.follow(self.tick))
        if not self.is_worker:
            loops.append(self._own)
        await _together(stop.wait(), loops)
        await self.lease.give_back()

    async def _own(self) -> None:
        """Do what only the owner of the channels does, as long as this process is it."""
        await self.lease.take()
        log.info("channels_taken")
        loops: list[Loop] = [
            self.delivery.deliver_forever,
            lambda: tick_forever(self.tick),
            *(self._listen(channel) for channel in self.channels.values()),
        ]
        await _together(self.lease.keep(), loops)
        log.warning("channels_lost")

    async def tick(self) -> None:
        """Decide what is due at the present town time; a failed tick is made up for by the next."""
        if not self.lease.is_held:
            return
        version = self.clock.version
        try:
            free = await asyncio.to_thread(free_bytes, self.settings.data_dir)
            await tick(self.database, self.worlds, self.clock.now(), partial(self.watch.look, free))
        except NotStored as error:
            log.exception("tick_failed", error=type(error).__name__)
            return
        self.watch.ticked()
        self.settled.ticked = max(version, self.settled.ticked)
        self.changed(("inbox", "outbox", "jobs"))  # what had to wait for a later hour may be due

    def changed(self, queues: Collection[str]) -> None:
        """Wake whoever works on those queues, and whoever waits for something to have happened."""
        if "inbox" in queues:
            self.dispatch.arrived.set()
        if "outbox" in queues:
            self.delivery.wake_up()
        if "jobs" in queues:
            self.jobs.wake_up()
        self.settled.note()

    def _listen(self, channel: Channel) -> Loop:
        async def listen() -> None:
            await self._connect(channel)
            await channel.listen(self.dispatch.accept)

        return listen

    async def _connect(self, channel: Channel) -> None:
        """Tell the platform our commands and learn our link; a platform that is down is waited for."""
        is_told = False
        while True:
            try:
                link = await channel.introduce([(word, say(f"command.{word}")) for word in COMMANDS])
                break
            except WrongToken:
                raise
            except ChannelError as error:
                log.warning("channel_not_reached", channel=channel.name, error=type(error).__name__)
                if not is_told:
                    self.notice(say("health.waiting", channel=channel.name))
                    is_told = True
                await asyncio.sleep(RETRY_SECONDS)

        def remember(tx: Transaction) -> None:
            jobs.set_mark(tx, "invitation_link", link)
            self.watch.note_contact(tx)

        await self.database.transaction(remember)


async def _together(end: Coroutine[Any, Any, Any], loops: Sequence[Loop]) -> None:
    """Run the loops until `end` comes or one of them fails for good; then let them finish what is in hand."""
    tasks = [asyncio.create_task(end), *(asyncio.create_task(_lasting(loop)) for loop in loops)]
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=STOP_SECONDS)
    for task in ended:
        task.result()


async def _lasting(loop: Loop) -> None:
    """Begin a loop again when it fails: a full disk in one place must not end the others."""
    while True:
        try:
            await loop()
        except WrongToken:
            raise
        except Exception as error:
            log.exception("loop_failed", error=type(error).__name__)
            if (task := asyncio.current_task()) and task.cancelling():
                return  # the error came of being stopped
            await asyncio.sleep(REST_SECONDS)


@asynccontextmanager
async def open_app(
    settings: Settings, draw: Callable[[], int] | None = None, *, is_worker: bool = False
) -> AsyncIterator[App]:
    """Open every part and close them in the reverse order.

    Args:
        settings: what the operator has configured.
        draw: yields the random digits of reference numbers; tests hand in their own.
        is_worker: handle messages and run jobs only; another process has the channels.

    Raises:
        AlreadyRunning: another process holds the data folder, and its SQLite database.
        PortTaken: another program listens on a port of ours.
    """
    async with AsyncExitStack() as parts:
        if not settings.database_url:
            parts.enter_context(held(settings.data_dir / "running.lock"))
        seal = read_key(settings.key_file)
        database = await parts.enter_async_context(open_database(settings.database, seal))
        clock = Clock(settings.clock)
        if clock.follows:
            await clock.ask_once()
        lease = Lease(database)
        watch = Watch(database, clock, settings.data_dir, settings.disk_limit, lambda: lease.is_held)
        channels = {} if is_worker else open_channels(settings, seal, watch)
        for channel in channels.values():
            await parts.enter_async_context(channel)
        app = wire(settings, watch, channels, FileStore(settings.files_dir, seal), draw, lease)
        app.is_worker = is_worker
        pages = make_app(app.settled, watch)
        app.port = await parts.enter_async_context(
            _serving(pages, settings.health_port, "WANGGE_HEALTH_PORT")
        )
        if any(channel.webhook for channel in channels.values()):
            pushes = webhook_app(channels.values(), app.dispatch.accept, watch.metrics)
            await parts.enter_async_context(_serving(pushes, settings.webhook_port, "WANGGE_WEBHOOK_PORT"))
        yield app


def wire(
    settings: Settings,
    watch: Watch,
    channels: dict[str, Channel],
    store: FileStore,
    draw: Callable[[], int] | None,
    lease: Lease,
) -> App:
    """Put the parts together; nothing runs yet."""
    database, clock, worlds = watch.database, watch.clock, Worlds()
    settled = Settled(database, clock, watch.owns)
    drawn = draw or (lambda: secrets.randbelow(10_000))
    dispatch = Dispatch(database, worlds, clock, drawn, settings.album_wait, watch.owns, watch.metrics)
    delivery = Delivery(database, channels, worlds, store, clock)
    runner = Jobs(database, worlds, channels, store, clock, drawn, watch.owns)
    app = App(settings, database, clock, channels, dispatch, delivery, runner, worlds, settled, watch, lease)
    database.changed = app.changed
    return app


def open_channels(settings: Settings, seal: Seal, watch: Watch) -> dict[str, Channel]:
    """Return the channels that are configured, each of them watched and used only by their owner."""
    if settings.telegram_token is None:
        return {}
    name = TelegramChannel.name
    watch.meet(name, "webhook" if settings.telegram_webhook else "polling")
    telegram = TelegramChannel(
        settings.telegram_token.get_secret_value(),
        settings.telegram_api,
        settings.telegram_pace,
        _webhook(settings.telegram_webhook, SECRET_HEADER, seal),
        partial(watch.hear, name),
        watch.owns,
    )
    return {name: telegram}


def _webhook(url: str, header: str, seal: Seal) -> Webhook | None:
    """Return where to push to; the secret follows from the town's key and the address."""
    return Webhook(url, header, seal.mark(f"webhook {url}")) if url else None


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
async def _serving(app: web.Application, port: int, setting: str) -> AsyncIterator[int]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    try:
        try:
            await site.start()
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise PortTaken(port, setting) from None
        yield runner.addresses[0][1]
    finally:
        with suppress(Exception):
            await runner.cleanup()
