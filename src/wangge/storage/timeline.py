"""The acts on a record (流转记录), as its history keeps them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from wangge.storage.database import seal_of
from wangge.storage.ledger import history
from wangge.storage.prepared import Prepared
from wangge.storage.records import Stored


@dataclass(frozen=True)
class Entry:
    """One act on a record."""

    version: int
    act: str
    actor: int | None
    at: datetime
    reason: str


_MOMENTS = frozenset({"accept_by", "accepted_at", "due_at", "closed_at", "start_by"})
_TIMELINE = Prepared(select(history).where(history.c.record == bindparam("of")).order_by(history.c.version))


def of(tx: Connection, record_id: int) -> list[Entry]:
    """Return the acts on a record, oldest first."""
    seal = seal_of(tx)
    return [
        Entry(row.version, row.act, row.actor, row.at, seal.open_json(row.body)["reason"])
        for row in _TIMELINE.all(tx, of=record_id)
    ]


def before_last(tx: Connection, stored: Stored) -> tuple[Entry, dict[str, Any]]:
    """Return the last act on a record, and the columns as they were before it."""
    row = _TIMELINE.all(tx, of=stored.id)[-1]
    body = seal_of(tx).open_json(row.body)
    before = {
        name: datetime.fromisoformat(value) if value and name in _MOMENTS else value
        for name, value in body["before"].items()
    }
    return Entry(row.version, row.act, row.actor, row.at, body["reason"]), before


def since(tx: Connection, record_id: int) -> datetime:
    """Return since when a record is in its present state; an act that was taken back has not ended it."""
    rows = _TIMELINE.all(tx, of=record_id)
    place = len(rows) - 1
    while place > 0:
        body = seal_of(tx).open_json(rows[place].body)
        if rows[place].act == "undo":
            place -= 2
        elif body["before"].get("state") != body["after"].get("state"):
            break
        else:
            place -= 1
    moment: datetime = rows[place].at
    return moment
