"""Accept an update; handle the next ones in ONE transaction.

Accepting stores and commits, only then is anything acknowledged. Handling takes the
oldest message of several chats, each in a savepoint, and commits once: inbox done,
records, history, drafts and outbox together, or nothing.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import structlog

from wangge.bot.alarms import raise_alarm
from wangge.bot.clock import Clock, elapsed, elapsed_ms
from wangge.bot.metrics import Metrics
from wangge.handlers import router
from wangge.handlers.context import Outgoing, World, Worlds
from wangge.handlers.message import Inbound, Outbound
from wangge.storage import inbox
from wangge.storage.database import (
    Database,
    DatabaseError,
    DuplicateError,
    NotStored,
    Transaction,
    check_still_open,
    savepoint,
)
from wangge.texts import say

log = structlog.get_logger()
Heads = Sequence[inbox.Waiting]
BATCH = 50
REST_SECONDS = 1.0


@dataclass
class Dispatch:
    """Moves messages from a channel through the inbox and one transaction."""

    database: Database
    worlds: Worlds
    clock: Clock
    draw: Callable[[], int]
    album_wait: float
    is_owner: Callable[[], bool] = lambda: True
    """Whether this process is the one that may try what may kill."""
    metrics: Metrics = field(default_factory=Metrics)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _resting: dict[int, float] = field(default_factory=dict)

    async def accept(self, messages: Sequence[Inbound]) -> None:
        """Store messages; when this returns they are durable and may be acknowledged."""
        if not messages:
            return
        rows = [
            (
                message.channel,
                message.key,
                message.chat,
                message.model_dump(mode="json", exclude_defaults=True),
            )
            for message in messages
        ]
        now = self.clock.now()
        await self.database.transaction(lambda tx: inbox.add(tx, rows, now))
        for message in messages:
            self.metrics.took_in(message.channel, message.sort)

    async def handle_forever(self) -> None:
        """Handle whatever is open, then whatever arrives, until cancelled."""
        await self.database.transaction(inbox.suspect_all_open)
        while True:
            self.arrived.clear()
            try:
                handled = await self.handle_some()
            except NotStored as error:
                log.exception("handling_abandoned", error=type(error).__name__)
                await asyncio.sleep(REST_SECONDS)
                continue
            if not handled:
                await self._wait()

    async def handle_some(self) -> int:
        """Handle the heads of up to BATCH chats; return how many messages were tried."""
        self._resting = {key: until for key, until in self._resting.items() if until > elapsed()}
        now, began = self.clock.now(), elapsed()
        usual, suspects, failed = await self.database.transaction(partial(self._handle_usual, now=now))
        self._note(usual, failed, began)
        for head in sorted(suspects, key=lambda head: head.attempts):
            await self._try_suspect(head)
        return len(usual) + len(suspects)

    def _handle_usual(self, tx: Transaction, now: datetime) -> tuple[Heads, Heads, Heads]:
        """Return what was tried, the suspects that were left alone, and of the first what has failed."""
        heads = inbox.claim_heads(tx, BATCH, self._resting, may_suspect=self.is_owner())
        usual = [head for head in heads if not head.is_suspect]
        failed = self._handle_batch(tx, usual, now) if usual else []
        return usual, [head for head in heads if head.is_suspect], failed

    async def _try_suspect(self, head: inbox.Waiting) -> None:
        """Try a message that was open when a process died.

        It is counted in a transaction of its own before it is tried, so that a message which
        kills the process is set aside after three deaths. Who was tried at a death is tried last:
        of innocents that a power cut hits, hardly one is hit thrice.
        """
        now, began = self.clock.now(), elapsed()
        if await self.database.transaction(partial(self._may_try, head, now)):
            failed = await self.database.transaction(partial(self._handle_suspect, head, now))
            self._note([head], failed, began)

    def _may_try(self, head: inbox.Waiting, now: datetime, tx: Transaction) -> bool:
        return inbox.is_to_be_handled(tx, head) and not self._count(head, now, tx)

    def _handle_suspect(self, head: inbox.Waiting, now: datetime, tx: Transaction) -> list[inbox.Waiting]:
        return self._handle_batch(tx, [head], now) if inbox.is_to_be_handled(tx, head) else []

    def _note(self, tried: Heads, failed: Heads, began: float) -> None:
        if tried:
            self.metrics.handled(elapsed() - began, len(tried))
        for head in failed:
            self._resting[head.id] = elapsed() + REST_SECONDS

    def _handle_batch(self, tx: Transaction, heads: Heads, now: datetime) -> list[inbox.Waiting]:
        world = self.worlds.current(tx)
        failed: list[inbox.Waiting] = []
        for head in heads:
            try:
                with savepoint(tx):
                    self._handle_one(tx, world, head, now)
            except DatabaseError as error:
                if not isinstance(error, DuplicateError):
                    raise  # the whole batch is abandoned: the driver may have rolled back already
                self._set_back(tx, head, now, error)
                failed.append(head)
            except Exception as error:  # noqa: BLE001 - one poisoned message must not stop the rest
                self._set_back(tx, head, now, error)
                failed.append(head)
        inbox.mark_done(tx, [head.id for head in heads if head not in failed], now)
        return failed

    def _set_back(self, tx: Transaction, head: inbox.Waiting, now: datetime, error: Exception) -> None:
        check_still_open(tx)
        log.error("message_failed", inbox=head.id, error=type(error).__name__, exc_info=error)
        self._count(head, now, tx)

    def _handle_one(self, tx: Transaction, world: World, head: inbox.Waiting, now: datetime) -> None:
        message = Inbound.model_validate(head.body)
        outgoing = Outgoing(tx, world, now, elapsed_ms(), cause=head.id)
        router.handle(outgoing, message, draw=self.draw, album_wait=self.album_wait)

    def _count(self, head: inbox.Waiting, now: datetime, tx: Transaction) -> bool:
        """Count an attempt; a message set aside is told to its sender and the administrator."""
        if not inbox.count_attempt(tx, head.id, now):
            return False
        log.error("message_set_aside", inbox=head.id, channel=head.channel)
        world = self.worlds.current(tx)
        outgoing = Outgoing(tx, world, now)
        raise_alarm(outgoing, "dead_letter", inbox=head.id)
        if head.chat:
            text = say("error.set_aside", phone=world.policy.desk.phone)
            outgoing.to_chat(head.channel, head.chat, None, Outbound(text=text, asked=True))
        outgoing.post()
        return True

    async def _wait(self) -> None:
        # Where several processes work on one database, a wake-up may be lost with its connection.
        pause = REST_SECONDS if self._resting or not self.database.is_sqlite else None
        try:
            async with asyncio.timeout(pause):  # wait_for may swallow being stopped
                await self.arrived.wait()
        except TimeoutError:
            return
