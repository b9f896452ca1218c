"""The updates that wait for the bot, and how it takes and acknowledges them.

Rules of the real thing that the bot's promise "kept" rests on: an update stays until a later call names
a higher offset, it is handed out again until then, and of two pollers the older one is turned away.
Source: core.telegram.org/bots/api#getupdates.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wangge.sandbox.bell import Bell
from wangge.sandbox.clock import TownClock
from wangge.sandbox.errors import ApiError
from wangge.sandbox.journal import Journal, UpdateRecord

DISPLACED = (
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
)
UNASKED_KINDS = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


@dataclass
class Waiting:
    """An update in the queue; `insists` keeps a repeated one until it has been handed out once more."""

    update: dict[str, Any]
    insists: bool = False

    @property
    def update_id(self) -> int:
        """Return the identifier the bot acknowledges it by."""
        return int(self.update["update_id"])


class UpdateQueue:
    """Updates in order, from the first identifier given."""

    def __init__(self, first_id: int, clock: TownClock, journal: Journal) -> None:
        self.waiting: list[Waiting] = []
        self.bell = Bell()
        self._next_id = first_id
        self._clock = clock
        self._journal = journal
        self._allowed: frozenset[str] | None = None
        self._turn = 0
        self._reason = DISPLACED

    def put(self, kind: str, content: object) -> int | None:
        """Queue an update of a kind; None if the bot has said that it does not want that kind."""
        if not self.wants(kind):
            return None
        return self.put_raw({kind: content})

    def put_raw(self, fields: dict[str, Any]) -> int:
        """Queue any JSON as an update, whatever the bot wants to see."""
        update_id = self._next_id
        self._next_id += 1
        update = {**fields, "update_id": update_id}
        self._journal.add_update(UpdateRecord(update_id, self._clock.now().isoformat(), update))
        self.waiting.append(Waiting(update))
        self.bell.ring()
        return update_id

    def deliver_again(self, update_id: int) -> None:
        """Hand out an update once more under the same identifier, even if it was acknowledged.

        Raises:
            KeyError: there never was such an update.
        """
        record = self._journal.updates[update_id]
        record.acknowledged_elapsed = None
        self.waiting.insert(0, Waiting(record.payload, insists=True))
        self.bell.ring()

    def allow(self, kinds: Sequence[str] | None) -> None:
        """Remember which kinds the bot wants; an empty list means the usual ones, None no change."""
        if kinds is not None:
            self._allowed = frozenset(kinds) or None

    def wants(self, kind: str) -> bool:
        """Return whether updates of this kind are made for the bot."""
        return kind in self._allowed if self._allowed else kind not in UNASKED_KINDS

    @property
    def allowed(self) -> list[str]:
        """Return the kinds the bot asked for by name."""
        return sorted(self._allowed or ())

    async def poll(self, offset: int, limit: int, timeout: float) -> list[dict[str, Any]]:
        """Forget what is acknowledged by `offset`, then wait for updates and return up to `limit`.

        Raises:
            ApiError: 409, a newer call came while this one waited.
        """
        turn = self.displace()
        self._forget(offset)
        await self.bell.wait_until(lambda: self._turn != turn or bool(self.waiting), timeout)
        if self._turn != turn:
            raise ApiError(409, self._reason)
        return [self._hand_out(entry) for entry in self.waiting[:limit]]

    def displace(self, reason: str = DISPLACED) -> int:
        """End the call that waits at present, for this reason, and return the turn of the next one."""
        self._turn += 1
        self._reason = reason
        self.bell.ring()
        return self._turn

    def first(self) -> dict[str, Any] | None:
        """Hand out the oldest update without forgetting it, as a webhook push does."""
        return self._hand_out(self.waiting[0]) if self.waiting else None

    def take(self, update_id: int) -> None:
        """Forget one update that a webhook has accepted."""
        self._drop([entry for entry in self.waiting if entry.update_id == update_id])

    def drop_all(self) -> None:
        """Throw away what waits, as drop_pending_updates asks."""
        self._drop(list(self.waiting))

    def _hand_out(self, entry: Waiting) -> dict[str, Any]:
        entry.insists = False
        self._journal.hand_out(entry.update_id)
        return entry.update

    def _forget(self, offset: int) -> None:
        if offset < 0:
            self._drop(self.waiting[:offset])
        elif offset > 0:
            self._drop([e for e in self.waiting if e.update_id < offset and not e.insists])

    def _drop(self, entries: Sequence[Waiting]) -> None:
        if not entries:
            return
        gone = {id(entry) for entry in entries}
        self.waiting = [entry for entry in self.waiting if id(entry) not in gone]
        for entry in entries:
            self._journal.acknowledge(entry.update_id)
        self.bell.ring()
