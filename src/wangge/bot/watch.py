"""The thin edge of health: measure, answer probes, and at each tick tell the administrator what is wrong."""

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from math import inf
from pathlib import Path

import structlog

from wangge.bot.alarms import raise_alarm
from wangge.bot.clock import Clock, elapsed, elapsed_ms
from wangge.bot.health import SILENT, TICK_LATE, Beat, Contact, Facts, Mode, troubles
from wangge.bot.metrics import Measured, Metrics
from wangge.handlers.context import Outgoing
from wangge.storage import jobs
from wangge.storage.database import Database, NotStored, Transaction, check_still_open, savepoint
from wangge.storage.migrate import is_current
from wangge.storage.queues import Queue, queues

log = structlog.get_logger()
BEAT = "beat"
ANSWERS_WITHIN = 5.0
TICK_EVERY = 60.0
MEGABYTE = 1_000_000


@dataclass
class Watch:
    """Knows how the bot is."""

    database: Database
    clock: Clock
    folder: Path
    disk_limit: int
    """Megabytes."""
    owns: Callable[[], bool] = lambda: True
    """Whether this process has the channels: only then has it to reach them, and to tick."""
    metrics: Metrics = field(default_factory=Metrics)
    contacts: dict[str, Contact] = field(default_factory=dict)
    _reached: dict[str, float] = field(default_factory=dict)
    _is_displaced: bool = False
    _ticked: float = field(default_factory=elapsed)
    _heads: dict[str, tuple[int, float]] = field(default_factory=dict)
    """Queue → (its oldest row, since when it has been that)."""

    def meet(self, channel: str, mode: Mode) -> None:
        """Begin to watch a channel."""
        self.contacts[channel] = Contact(mode=mode)
        self.metrics.expect(channel)

    def hear(self, channel: str, method: str, error: str) -> None:
        """Take note of how a call to a platform ended."""
        contact = self.contacts[channel]
        self.metrics.called(channel, method, error)
        contact.hear(error, self.clock.now())
        if not contact.error:
            self._reached[channel] = elapsed()
        if error == "Displaced" and self.owns():  # else by another process of ours
            self._is_displaced = True

    def note_contact(self, tx: Transaction) -> None:
        """Let `wangge status` know of a first contact before the next tick does."""
        if beat := last_beat(tx):
            jobs.set_mark(tx, BEAT, beat.model_copy(update={"contacts": self.contacts}).model_dump_json())

    def ticked(self) -> None:
        """Take note that a tick is done."""
        self._ticked = elapsed()

    async def ready(self) -> dict[str, bool]:
        """Return each thing that must be well, and whether it is."""
        try:
            async with asyncio.timeout(ANSWERS_WITHIN):
                schema = await self.database.snapshot(is_current)
        except (*NotStored, TimeoutError):
            answers = schema = False
        else:
            answers = True
        silent = self._silent()
        return {
            "database": answers,
            "schema": schema,
            "channel": not self.owns()
            or all(silent.get(name, inf) < SILENT.total_seconds() for name in self.contacts),
            "tick": self._late() < TICK_LATE.total_seconds(),
        }

    async def page(self) -> bytes:
        """Return the figures for Prometheus."""
        now = self.clock.now()
        found = await self.database.snapshot(lambda tx: (queues(tx, now), last_beat(tx)))
        return self.metrics.page(
            Measured(
                queues=found[0],
                now=now,
                ticked_at=found[1].ticked_at if found[1] else now,
                tick_late=self._late(),
                silent=self._silent(),
                disk_free=await asyncio.to_thread(free_bytes, self.folder),
            )
        )

    def look(self, disk_free: int, outgoing: Outgoing) -> None:
        """Tell what is wrong and leave a beat, in the tick's transaction; reminders go out all the same."""
        letters = list(outgoing.letters)
        try:
            with savepoint(outgoing.tx):
                for trouble in troubles(self._measure(outgoing, disk_free)):
                    raise_alarm(outgoing, trouble.kind, **trouble.values)
                beat = Beat(at_ms=elapsed_ms(), ticked_at=outgoing.now, contacts=self.contacts)
                jobs.set_mark(outgoing.tx, BEAT, beat.model_dump_json())
        except Exception as error:
            check_still_open(outgoing.tx)
            outgoing.letters[:] = letters
            log.exception("watch_failed", error=type(error).__name__)

    def _measure(self, outgoing: Outgoing, disk_free: int) -> Facts:
        found, beat = queues(outgoing.tx, outgoing.now), last_beat(outgoing.tx)
        is_displaced, self._is_displaced = self._is_displaced, False
        return Facts(
            inbox_stands=self._stands("inbox", found.inbox),
            inbox_waiting=found.inbox.waiting,
            outbox_stands=self._stands("outbox", found.outbox),
            outbox_waiting=found.outbox.waiting,
            tick_gap=timedelta(milliseconds=elapsed_ms() - beat.at_ms) if beat else timedelta(0),
            disk_free=disk_free // MEGABYTE,
            disk_limit=self.disk_limit,
            is_displaced=is_displaced,
        )

    def _stands(self, name: str, queue: Queue) -> timedelta:
        """Return for how long the same row has been the oldest."""
        if queue.oldest is None:
            self._heads.pop(name, None)
            return timedelta(0)
        row, since = self._heads.get(name, (None, 0.0))
        if row != queue.oldest:
            since = elapsed()
            self._heads[name] = (queue.oldest, since)
        return timedelta(seconds=elapsed() - since)

    def _late(self) -> float:
        return max(0.0, elapsed() - self._ticked - TICK_EVERY) if self.owns() else 0.0

    def _silent(self) -> dict[str, float]:
        return {channel: elapsed() - at if self.owns() else 0.0 for channel, at in self._reached.items()}


def last_beat(tx: Transaction) -> Beat | None:
    """Return what a running bot left at its last tick."""
    found = jobs.mark(tx, BEAT)
    return Beat.model_validate_json(found) if found else None


def free_bytes(folder: Path) -> int:
    """Return how much room is left where a folder lies."""
    return shutil.disk_usage(folder).free
