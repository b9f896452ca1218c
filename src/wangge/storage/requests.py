"""What somebody has been asked and has not answered yet: consent, 督办, 批示, a check by sample, feedback."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, insert, select, update

from wangge.storage.database import seal_of
from wangge.storage.ledger import records, requests
from wangge.storage.prepared import Prepared

CONSENTS = ("suspend", "extend")
"""What a leader has to grant."""
ORDERS = ("supervise", "instruct")
"""What a leader has said and the holder confirms."""
SAMPLE = "sample"
"""A self-handled event drawn by lot, for the desk to check."""
FEEDBACK = "feedback"


@dataclass(frozen=True)
class Request:
    """One thing asked for; `record` is the event it is about, None for feedback."""

    id: int
    kind: str
    record: int | None
    asked_by: int
    words: str
    until: date | None
    state: str
    """open, confirmed (an order that is still to be carried out), or ended; the event's end ends all."""
    asked_at: datetime


_OPEN_OF = Prepared(
    select(requests)
    .where(requests.c.record == bindparam("of"), requests.c.state != "ended")
    .order_by(requests.c.id)
)


def ask(
    tx: Connection,
    kind: str,
    record: int | None,
    asked_by: int,
    words: str,
    now: datetime,
    until: date | None = None,
) -> int:
    """Store a request and return its id."""
    row = {
        "kind": kind,
        "record": record,
        "asked_by": asked_by,
        "body": seal_of(tx).close(words),
        "until": until,
        "asked_at": now,
    }
    asked: int = tx.execute(insert(requests).values(row).returning(requests.c.id)).scalar_one()
    return asked


def get(tx: Connection, request: int) -> Request | None:
    """Return a request by an id that may be made up."""
    found = _read(tx, requests.c.id == request)
    return found[0] if found else None


def open_of(tx: Connection, record: int) -> list[Request]:
    """Return what is open on an event, oldest first; a confirmed order is open until the event ends."""
    return [_request(tx, row) for row in _OPEN_OF.all(tx, of=record)]


def all_open(tx: Connection, kinds: Collection[str], states: Collection[str] = ()) -> list[Request]:
    """Return every request of those kinds that has not ended, on events in those states, oldest first."""
    where = [requests.c.state != "ended", requests.c.kind.in_(kinds)]
    if states:
        where.append(requests.c.record.in_(select(records.c.id).where(records.c.state.in_(states))))
    return _read(tx, *where)


def answer(tx: Connection, request: int, state: str, answered_by: int | None, now: datetime) -> bool:
    """Answer a request; False if somebody was quicker."""
    done = tx.execute(
        update(requests)
        .where(requests.c.id == request, requests.c.state == "open")
        .values(state=state, answered_by=answered_by, answered_at=now)
    )
    return bool(done.rowcount)


def _read(tx: Connection, *where: ColumnElement[bool]) -> list[Request]:
    return [_request(tx, row) for row in tx.execute(select(requests).where(*where).order_by(requests.c.id))]


def _request(tx: Connection, row: Any) -> Request:  # noqa: ANN401 - a row
    words = seal_of(tx).open(row.body)
    return Request(row.id, row.kind, row.record, row.asked_by, words, row.until, row.state, row.asked_at)
