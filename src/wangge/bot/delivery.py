"""Send what the outbox holds: in order per chat, in the open hours, at the platform's pace.

No transaction is open while something is sent. One failing row holds up its own chat
at most: networks and 429 never count as attempts, a refused row is given up, a
blocked person's rows are dropped and the administrator is told.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog

from wangge.bot.alarms import raise_alarm
from wangge.bot.clock import Clock, elapsed, elapsed_ms
from wangge.channels.channel import Channel, Gone, Interrupted, Refused, SlowDown, Unreachable, Upload
from wangge.channels.render import render
from wangge.handlers.context import Outgoing, Worlds
from wangge.handlers.message import Outbound
from wangge.rules.calendar import WorkCalendar, local_day
from wangge.rules.window import leaves_at
from wangge.storage import outbox, people
from wangge.storage.database import Database, NotStored, Transaction
from wangge.storage.files import FileStore
from wangge.texts import say

log = structlog.get_logger()
AT_ONCE = 30
"""Chats served at the same time."""
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 60.0
ATTEMPTS = 5
REST_SECONDS = 1.0


@dataclass
class Delivery:
    """Drains the outbox through the channels."""

    database: Database
    channels: Mapping[str, Channel]
    worlds: Worlds
    files: FileStore
    clock: Clock
    changed: Callable[[], None]
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    _busy: dict[tuple[str, str], asyncio.Task[None]] = field(default_factory=dict)
    _pauses: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)
    """Chat → (until when it rests, how long the last rest was)."""
    _slow_until: float = 0.0
    _next_slot: float = 0.0

    def wake_up(self) -> None:
        """Look into the outbox now."""
        self.wake.set()

    async def deliver_forever(self) -> None:
        """Send until cancelled; what is in hand is finished then."""
        try:
            while True:
                self.wake.clear()
                started = await self._start_some()
                if not started:
                    await self._wait()
        finally:
            await asyncio.gather(*self._busy.values(), return_exceptions=True)

    async def _start_some(self) -> int:
        room = AT_ONCE - len(self._busy)
        if room <= 0 or elapsed() < self._slow_until:
            return 0
        resting = [chat for chat, (until, _) in self._pauses.items() if until > elapsed()]
        taken = [*self._busy, *resting]
        now, ms = self.clock.now(), elapsed_ms()

        def look(tx: Transaction) -> tuple[list[outbox.Ready], WorkCalendar, set[int]]:
            found = outbox.ready(tx, now, ms, room, taken)
            known = people.in_post(tx, [one.person for one in found if one.person], local_day(now))
            return found, self.worlds.current(tx).calendar, known

        letters, calendar, in_post = await self.database.snapshot(look)
        for letter in letters:
            chat = (letter.channel, letter.chat)
            is_ended = letter.person is not None and letter.person not in in_post
            work = self._give_up(letter, "ended") if is_ended else self._try(letter, calendar)
            self._busy[chat] = asyncio.create_task(self._deliver(letter, work))
        return len(letters)

    async def _deliver(self, letter: outbox.Ready, work: Coroutine[Any, Any, None]) -> None:
        chat = (letter.channel, letter.chat)
        try:
            await work
            self._pauses.pop(chat, None)
        except SlowDown as error:
            log.warning("asked_to_slow_down", seconds=error.seconds)
            self._slow_until = max(self._slow_until, elapsed() + error.seconds)
        except Interrupted as error:
            pause = self._rest(chat)
            log.warning("sending_interrupted", outbox=letter.id, error=str(error), pause=pause)
        except Exception as error:
            log.exception("sending_failed", outbox=letter.id, error=type(error).__name__)
            self._rest(chat)
            await self._remember(partial(self._count, letter.id))
        finally:
            del self._busy[chat]
            self.wake.set()
            self.changed()

    def _rest(self, chat: tuple[str, str]) -> float:
        """Let a chat wait, longer each time running; return how long."""
        pause = min(2 * self._pauses.get(chat, (0, FIRST_PAUSE / 2))[1], LONGEST_PAUSE)
        self._pauses[chat] = (elapsed() + pause, pause)
        return pause

    def _count(self, letter_id: int, tx: Transaction) -> None:
        """Count a failure that is our own; a message that fails again and again is given up."""
        if outbox.count_attempt(tx, letter_id) >= ATTEMPTS:
            self._lose(letter_id, "failed", tx)

    async def _try(self, letter: outbox.Ready, calendar: WorkCalendar) -> None:
        message = Outbound.model_validate(letter.body)
        now = self.clock.now()
        if letter.useless_after and now > letter.useless_after:
            await self._give_up(letter, "useless")
            return
        at = leaves_at(
            now,
            calendar,
            asked=message.asked,
            urgent=message.urgent,
            edit_only=message.edit_only,
            not_before=message.not_before,
        )
        if at > now:
            await self.database.transaction(lambda tx: outbox.postpone(tx, letter.id, at))
            return
        channel = self.channels.get(letter.channel)
        if channel is None:
            await self._give_up(letter, "channel_off")
            return
        try:
            sent = await self._send(channel, letter, message)
        except Unreachable:
            await self.database.transaction(partial(self._unreachable, letter))
        except Refused as error:
            log.warning("message_refused", outbox=letter.id, error=str(error))
            await self.database.transaction(partial(self._lose, letter.id, "refused"))
        else:
            await self._remember(lambda tx: outbox.mark_sent(tx, letter, sent, self.clock.now()))

    async def _send(self, channel: Channel, letter: outbox.Ready, message: Outbound) -> str:
        """Make the platform calls of one message that are not done yet; return the last one's id."""
        await self._keep_pace(channel)
        if message.tap:
            await channel.toast(message.tap, message.toast, alert=message.alert)
            return ""
        editing = None if message.anew or not channel.capabilities.edits else letter.message
        if message.edit_only and editing is None:
            return ""
        upload = await self._upload(message)
        parts = render(message, channel.capabilities)
        sent = ""
        for number, part in enumerate(parts, start=1):
            if number <= letter.calls_done:
                continue
            is_last = number == len(parts)
            try:
                sent = await channel.send(
                    letter.chat, part, editing if is_last else None, upload if is_last else None
                )
            except Gone:
                if message.edit_only:
                    return ""
                sent = await channel.send(letter.chat, part, None, upload)
            if not is_last:
                await self._remember(partial(_mark_call, letter.id, number))
        return sent

    async def _remember(self, work: Callable[[Transaction], None]) -> None:
        """Store what the platform has done: on a full disk this is tried again, not the sending."""
        while True:
            try:
                await self.database.share(work)
                return
            except NotStored as error:
                log.exception("sending_not_stored", error=type(error).__name__)
                await asyncio.sleep(REST_SECONDS)

    async def _upload(self, message: Outbound) -> Upload | None:
        if not message.file:
            return None
        content = await asyncio.to_thread(self.files.read, message.file)
        return Upload(content, message.file_name)

    async def _keep_pace(self, channel: Channel) -> None:
        if not channel.pace:
            return
        at = max(self._next_slot, elapsed())
        self._next_slot = at + 1 / channel.pace
        await asyncio.sleep(at - elapsed())
        if (rest := self._slow_until - elapsed()) > 0:
            raise SlowDown(rest)  # a pause was asked for while we stood in line

    async def _give_up(self, letter: outbox.Ready, reason: str) -> None:
        await self.database.transaction(lambda tx: outbox.give_up(tx, letter.id, reason, self.clock.now()))

    def _lose(self, letter_id: int, reason: str, tx: Transaction) -> None:
        """Set a message aside that should have been sent, and tell the administrator."""
        now = self.clock.now()
        outbox.give_up(tx, letter_id, reason, now)
        outgoing = Outgoing(tx, self.worlds.current(tx), now)
        raise_alarm(outgoing, "undelivered", outbox=letter_id)
        outgoing.post()

    def _unreachable(self, letter: outbox.Ready, tx: Transaction) -> None:
        now = self.clock.now()
        lost = outbox.drop_unreachable(tx, letter.channel, letter.chat, now)
        outbox.give_up(tx, letter.id, "blocked", now)
        outgoing = Outgoing(tx, self.worlds.current(tx), now)
        for person in people.by_ids(tx, lost, outgoing.today).values():
            text = say("alarm.unreachable", staff_no=person.staff_no)
            outgoing.tell_administrators(Outbound(text=text))
        outgoing.post()

    async def _wait(self) -> None:
        """Wait for something to send, or for a pause to end."""
        ends = [until for until, _ in self._pauses.values()] + [self._slow_until]
        pauses = [end - elapsed() for end in ends if end > elapsed()]
        try:
            async with asyncio.timeout(min([*pauses, 1.0])):  # wait_for may swallow being stopped
                await self.wake.wait()
        except TimeoutError:
            return


def _mark_call(letter_id: int, calls_done: int, tx: Transaction) -> None:
    outbox.mark_call(tx, letter_id, calls_done)
