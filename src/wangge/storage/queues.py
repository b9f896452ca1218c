"""How long the queues are and since when their oldest rows wait; counts and row ids only."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, ColumnElement, Connection, func, select

from wangge.storage.tables import inbox, jobs, outbox

LOST = ("refused", "failed")
"""Why an outgoing message is a dead letter; blocked, ended or useless ones were given up on purpose."""


@dataclass(frozen=True)
class Queue:
    """Rows that could go on at this town time."""

    waiting: int
    oldest: int | None
    """The oldest row's id."""
    since: datetime | None
    """Since when the oldest could have gone."""


@dataclass(frozen=True)
class Queues:
    """All that waits, and what is set aside for good."""

    inbox: Queue
    outbox: Queue
    """Sendable messages only."""
    jobs: Queue
    for_hours: int
    """Messages that wait for their hour: these are not late."""
    dead: dict[str, int]
    """inbox | outbox | jobs → how many were set aside."""


def queues(tx: Connection, now: datetime, dead_since: datetime | None = None) -> Queues:
    """Return the state of all queues; of what is set aside only what was so after `dead_since`."""
    waiting = outbox.c.state == "waiting"
    for_hours = select(func.count()).select_from(outbox).where(waiting, outbox.c.ready_at > now)
    return Queues(
        inbox=_queue(tx, inbox.c.received_at, inbox.c.state == "open"),
        outbox=_queue(tx, outbox.c.ready_at, waiting, outbox.c.ready_at <= now),
        jobs=_queue(tx, jobs.c.created_at, jobs.c.state == "open"),
        for_hours=tx.execute(for_hours).scalar_one(),
        dead={
            "inbox": _dead(tx, inbox.c.handled_at, dead_since, inbox.c.state == "dead"),
            "outbox": _dead(
                tx,
                outbox.c.sent_at,
                dead_since,
                outbox.c.state == "given_up",
                outbox.c.reason.in_(LOST),
            ),
            "jobs": _dead(tx, jobs.c.created_at, dead_since, jobs.c.state == "dead"),
        },
    )


def _queue(tx: Connection, since: Column[datetime], *which: ColumnElement[bool]) -> Queue:
    row = tx.execute(select(func.count(), func.min(since.table.c.id), func.min(since)).where(*which)).one()
    return Queue(*row)


def _dead(tx: Connection, at: Column[datetime], after: datetime | None, *which: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(at.table).where(*which)
    return tx.execute(query if after is None else query.where(at >= after)).scalar_one()
