"""What really happened, as the platform saw it: the oracle the tests trust instead of the bot's word."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from wangge.sandbox.bell import Bell


@dataclass(frozen=True)
class Call:
    """One call the bot made, written down before it was answered."""

    seq: int
    town_time: str
    elapsed: float
    method: str
    params: dict[str, Any]
    outcome: str  # "ok", "refused", or "lost" when a fault swallowed the call before it was carried out
    code: int
    description: str | None = None
    fault: str | None = None
    message_ids: list[int] = field(default_factory=list)


@dataclass
class UpdateRecord:
    """One update made for the bot, how often it was handed out and when it was acknowledged."""

    update_id: int
    town_time: str
    payload: dict[str, Any]
    made_elapsed: float = 0.0
    handed_out: int = 0
    acknowledged_elapsed: float | None = None


class Journal:
    """Keeps calls and updates in memory and, if asked, as lines of JSON that survive a killed bot.

    `handed` names the updates in the order in which the bot first got them.
    """

    def __init__(self, path: Path | None = None, bell: Bell | None = None) -> None:
        self.calls: list[Call] = []
        self.updates: dict[int, UpdateRecord] = {}
        self.handed: list[int] = []
        self._bell = bell or Bell()
        self._started = time.monotonic()
        self._file: IO[str] | None = path.open("a", encoding="utf-8") if path else None

    def elapsed(self) -> float:
        """Return the seconds since the sandbox began, by a clock nobody can move."""
        return round(time.monotonic() - self._started, 6)

    def add_call(self, call: Call) -> None:
        """Write down a call."""
        self.calls.append(call)
        self._write("call", lambda: asdict(call))
        self._bell.ring()

    def add_update(self, record: UpdateRecord) -> None:
        """Write down an update that waits for the bot from now on."""
        record.made_elapsed = self.elapsed()
        self.updates[record.update_id] = record
        self._write("update", lambda: asdict(record))

    def hand_out(self, update_id: int) -> None:
        """Count that the bot, or its webhook, was given an update."""
        record = self.updates[update_id]
        record.handed_out += 1
        if record.handed_out == 1:
            self.handed.append(update_id)
        self._bell.ring()

    def acknowledge(self, update_id: int) -> None:
        """Write down that the bot has taken over an update."""
        self.updates[update_id].acknowledged_elapsed = self.elapsed()
        self._write("acknowledged", lambda: {"update_id": update_id, "elapsed": self.elapsed()})

    def forget(self) -> None:
        """Drop from memory what is over: calls, and updates that were acknowledged."""
        self.calls.clear()
        self.handed.clear()
        self.updates = {key: one for key, one in self.updates.items() if one.acknowledged_elapsed is None}

    def close(self) -> None:
        """Close the file, if there is one."""
        if self._file:
            self._file.close()
            self._file = None

    def _write(self, kind: str, values: Callable[[], dict[str, Any]]) -> None:
        """Write a line of the file; without one the values are not even put together."""
        if self._file:
            self._file.write(json.dumps({"type": kind, **values()}, ensure_ascii=False) + "\n")
            self._file.flush()
