"""Send what the outbox holds: in order per chat, in the open hours, at the platform's pace.

No transaction is open while something is sent. One failing row holds up its own chat
at most: networks and 429 never count as attempts, a refused row is given up, a
blocked person's rows are dropped and the administrator is told.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import structlog

from wangge.bot.alarms import raise_alarm
from wangge.bot.clock import Clock, elapsed, elapsed_ms
from wangge.channels.channel import (
    Channel,
    ChannelError,
    Displaced,
    Gone,
    Interrupted,
    Refused,
    SlowDown,
    Unreachable,
    Upload,
)
from wangge.channels.render import render
from wangge.handlers.context import Outgoing, Worlds
from wangge.handlers.message import Outbound
from wangge.rules.calendar import WorkCalendar
from wangge.rules.window import leaves_at
from wangge.storage import outbox, people
from wangge.storage.database import Database, NotStored, Transaction
from wangge.storage.files import FileStore
from wangge.texts import say

log = structlog.get_logger()
Item = TypeVar("Item")
Result = TypeVar("Result")
Done = tuple[tuple[str, str], list[outbox.Sent], bool]
"""A chat, what it was sent, and whether more is to be sent to it now."""
AT_ONCE = 40
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
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    _busy: dict[tuple[str, str], asyncio.Task[None]] = field(default_factory=dict)
    _pauses: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)
    """Chat → (until when it rests, how long the last rest was)."""
    _left_out: set[tuple[str, str]] = field(default_factory=set)
    """Chats of which the last look has left something out."""
    _is_full: bool = False
    """Whether it has left out a chat only because so many are served already."""
    _is_stopping: bool = False
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
                await self._start_some()
                await self._wait()
        finally:
            self._is_stopping = True
            await asyncio.gather(*self._busy.values(), return_exceptions=True)

    async def _start_some(self) -> None:
        room = AT_ONCE - len(self._busy)
        self._is_full = room <= 0
        if room <= 0 or elapsed() < self._slow_until:
            return
        resting = [chat for chat, (until, _) in self._pauses.items() if until > elapsed()]
        taken = [*self._busy, *resting]
        now, ms = self.clock.now(), elapsed_ms()

        def look(tx: Transaction) -> tuple[list[list[outbox.Ready]], set[tuple[str, str]], WorkCalendar]:
            found, left_out = outbox.ready(tx, now, ms, room, taken)
            return found, left_out, self.worlds.current(tx).calendar

        found, self._left_out, calendar = await self.database.snapshot(look)
        self._is_full = len(found) == room
        for letters in found:
            chat = (letters[0].channel, letters[0].chat)
            self._busy[chat] = asyncio.create_task(self._deliver(chat, letters, calendar))

    async def _deliver(
        self, chat: tuple[str, str], letters: Sequence[outbox.Ready], calendar: WorkCalendar
    ) -> None:
        """Send a chat's messages one after the other until there is none, or it has to wait."""
        has_more = goes_on = False
        while letters:
            sent: list[outbox.Sent] = []
            for letter in letters:
                if not await self._has_gone(chat, letter, calendar, sent):
                    break
            else:
                self._pauses.pop(chat, None)
            has_more = has_more or chat in self._left_out
            self._left_out.discard(chat)  # what comes from now on, the next look adds
            goes_on = has_more and len(sent) == len(letters) and not self._is_stopping
            letters = await self._remember(self._mark, (chat, sent, goes_on)) if sent else []
        del self._busy[chat]
        is_left = (has_more and not goes_on) or chat in self._left_out
        # One look for many: a look for each place that becomes free would cost more than the sending.
        if is_left or (self._is_full and len(self._busy) <= AT_ONCE // 2):
            self.wake.set()

    def _mark(self, tx: Transaction, done: Sequence[Done]) -> list[list[outbox.Ready]]:
        """Remember what each chat was sent, and return what it is to be sent next if it goes on."""
        outbox.mark_sent(tx, [one for _, sent, _ in done for one in sent])
        now, ms = self.clock.now(), elapsed_ms()
        return [outbox.next_of(tx, *chat, now, ms) if goes_on else [] for chat, _, goes_on in done]

    async def _has_gone(
        self, chat: tuple[str, str], letter: outbox.Ready, calendar: WorkCalendar, sent: list[outbox.Sent]
    ) -> bool:
        """Send one message; False if the chat has to wait."""
        try:
            message = await self._try(letter, calendar)
        except SlowDown as error:
            log.warning("asked_to_slow_down", seconds=error.seconds)
            self._slow_until = max(self._slow_until, elapsed() + error.seconds)
            return False
        except (Interrupted, Displaced) as error:
            pause = self._rest(chat)
            log.warning("sending_interrupted", outbox=letter.id, error=str(error), pause=pause)
            return False
        except Exception as error:
            log.exception("sending_failed", outbox=letter.id, error=type(error).__name__)
            self._rest(chat)
            await self._remember(self._count, letter.id)
            return False
        if message is not None:
            sent.append(outbox.Sent(letter, message, self.clock.now()))
        return True

    def _rest(self, chat: tuple[str, str]) -> float:
        """Let a chat wait, longer each time running; return how long."""
        pause = min(2 * self._pauses.get(chat, (0, FIRST_PAUSE / 2))[1], LONGEST_PAUSE)
        self._pauses[chat] = (elapsed() + pause, pause)
        return pause

    def _count(self, tx: Transaction, letters: Sequence[int]) -> Sequence[int]:
        """Count failures that are our own; a message that fails again and again is given up."""
        for letter in letters:
            if outbox.count_attempt(tx, letter) >= ATTEMPTS:
                self._lose(letter, "failed", tx)
        return letters

    async def _try(self, letter: outbox.Ready, calendar: WorkCalendar) -> str | None:
        """Send a message and return the platform's id of it; None if it is not to be sent now."""
        if letter.is_ended:
            await self._give_up(letter, "ended")
            return None
        message = Outbound.model_validate(letter.body)
        now = self.clock.now()
        if letter.useless_after and now > letter.useless_after:
            await self._give_up(letter, "useless")
            return None
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
            return None
        channel = self.channels.get(letter.channel)
        if channel is None:
            await self._give_up(letter, "channel_off")
            return None
        in_words = message.model_copy(update={"file": "", "file_name": "", "is_picture": False})
        for each in (message, in_words) if message.is_picture and message.text else (message,):
            try:
                return await self._send(channel, letter, each)
            except Unreachable:
                await self.database.transaction(partial(self._unreachable, letter))
                return None
            except Refused as error:
                log.warning("message_refused", outbox=letter.id, error=str(error))
        await self.database.transaction(partial(self._lose, letter.id, "refused"))
        return None

    async def _send(self, channel: Channel, letter: outbox.Ready, message: Outbound) -> str:
        """Say it and answer its tap; return the id of the message that shows it."""
        await self._keep_pace(channel)
        if message.tap and not message.text:
            await channel.toast(message.tap, message.toast, alert=message.alert)
            return ""
        sent = await self._show(channel, letter, message)
        if message.tap:
            try:
                await channel.toast(message.tap, "", alert=False)
            except ChannelError as error:  # the message has left: it must not leave again for this
                log.warning("tap_unanswered", outbox=letter.id, error=type(error).__name__)
        return sent

    async def _show(self, channel: Channel, letter: outbox.Ready, message: Outbound) -> str:
        """Send or edit the parts of a message that have not left yet; return the last one's id."""
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
                await self._remember(_mark_calls, (letter.id, number))
        return sent

    async def _remember(
        self, work: Callable[[Transaction, Sequence[Item]], Sequence[Result]], item: Item
    ) -> Result:
        """Store what the platform has done: on a full disk this is tried again, not the sending."""
        while True:
            try:
                return await self.database.share(work, item)
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
        """Stop trying to send it."""
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


def _mark_calls(tx: Transaction, calls: Sequence[tuple[int, int]]) -> Sequence[tuple[int, int]]:
    for letter, done in calls:
        outbox.mark_call(tx, letter, done)
    return calls
