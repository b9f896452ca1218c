"""What is wrong with the running bot: measured facts → troubles. Pure; `bot.watch` measures and tells.

How long a queue stands still is elapsed time: a town clock that jumps, or a bot that was
off over night, makes no queue late.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel

Mode = Literal["polling", "webhook"]
INBOX_STANDS = timedelta(minutes=5)
OUTBOX_STANDS = timedelta(minutes=15)
"""A short outage of the platform is nobody's trouble."""
TICK_LATE = timedelta(minutes=10)
SILENT = timedelta(minutes=3)
"""A channel asks its platform at least once a minute."""
AT_ONCE = frozenset({"inbox", "outbox", "displaced"})
"""Told at any hour: while these last, nobody hears of danger to life. All else waits for the open hours."""
HEARD = frozenset({"", "SlowDown", "Unreachable", "Refused", "Gone"})
"""Outcomes of a call with which the platform has answered: all but these are trouble of the channel."""


@dataclass(frozen=True)
class Facts:
    """What was measured at one moment."""

    inbox_stands: timedelta = timedelta(0)
    inbox_waiting: int = 0
    outbox_stands: timedelta = timedelta(0)
    outbox_waiting: int = 0
    tick_gap: timedelta = timedelta(0)
    """Between the last tick, also one of the process before, and this one."""
    disk_free: int = 0
    """Megabytes."""
    disk_limit: int = 0
    is_displaced: bool = False


@dataclass(frozen=True)
class Trouble:
    """One thing the administrator should know; its sentence is `alarm.<kind>`."""

    kind: str
    values: Mapping[str, object] = field(default_factory=dict)


def troubles(facts: Facts) -> list[Trouble]:
    """Return what is wrong, the most pressing first."""
    found = []
    if facts.inbox_stands > INBOX_STANDS:
        found.append(_standing("inbox", facts.inbox_stands, facts.inbox_waiting))
    if facts.outbox_stands > OUTBOX_STANDS:
        found.append(_standing("outbox", facts.outbox_stands, facts.outbox_waiting))
    if facts.is_displaced:
        found.append(Trouble("displaced"))
    if facts.disk_free < facts.disk_limit:
        found.append(Trouble("disk", {"free": facts.disk_free}))
    if facts.tick_gap > TICK_LATE:
        found.append(Trouble("tick", {"minutes": _minutes(facts.tick_gap)}))
    return found


def _standing(kind: str, stands: timedelta, waiting: int) -> Trouble:
    return Trouble(kind, {"minutes": _minutes(stands), "count": waiting})


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)


class Contact(BaseModel):
    """What was last heard of one platform; kept with each tick, so that `wangge status` can tell."""

    mode: Mode
    reached_at: datetime | None = None
    error: str = ""
    """Name of the last trouble, a ChannelError's; "" once the platform has answered again."""
    error_at: datetime | None = None

    def hear(self, error: str, now: datetime) -> None:
        """Take note of how a call ended."""
        if error in HEARD:
            self.reached_at, self.error, self.error_at = now, "", None
        else:
            self.error, self.error_at = error, now


class Beat(BaseModel):
    """What a running bot leaves in the database with each tick."""

    at_ms: int
    """Elapsed milliseconds of the host: comparable with a later process's."""
    ticked_at: datetime
    contacts: dict[str, Contact]
