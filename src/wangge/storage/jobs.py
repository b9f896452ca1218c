"""Work longer than a message, and what is due by the clock: claimed once, done once or more."""

import json
from base64 import b64decode, b64encode
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select, update
from sqlalchemy import insert as sql_insert

from wangge.storage.database import announce, seal_of
from wangge.storage.inbox import insert
from wangge.storage.ledger import timers
from wangge.storage.prepared import Prepared, among, parameters
from wangge.storage.tables import due, jobs, marks

ATTEMPTS = 5
LEASE_MS = 90_000
"""How long a job belongs to the process that has taken it."""


class DoneAlready(Exception):
    """Another process has finished the job."""


@dataclass(frozen=True)
class Job:
    """A piece of work to be done outside the transaction that asked for it."""

    id: int
    kind: str
    key: str
    arguments: Mapping[str, Any]
    attempts: int


_TAKE = Prepared(
    update(jobs)
    .where(
        jobs.c.id
        == select(jobs.c.id)
        .where(jobs.c.state == "open", jobs.c.not_before <= bindparam("now_ms"), ~among(jobs.c.kind, "but"))
        .order_by(jobs.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    .values(not_before=bindparam("until_ms"))
    .returning(*jobs.c["id", "kind", "key", "arguments", "attempts"])
)
_STOP = Prepared(delete(timers).where(timers.c.record == bindparam("record"), among(timers.c.kind, "kinds")))
_START = Prepared(sql_insert(timers).values(parameters("record", "kind", "due_at", "round")))
_MARK = Prepared(select(marks.c.value).where(marks.c.name == bindparam("of")))


def put(tx: Connection, kind: str, key: str, arguments: Mapping[str, Any], now: datetime) -> bool:
    """Ask for a piece of work; the second one under one key is the same work."""
    row = {"kind": kind, "key": key, "arguments": _close(tx, arguments), "created_at": now}
    added = tx.execute(insert(tx)(jobs).values(row).on_conflict_do_nothing().returning(jobs.c.id))
    announce(tx, "jobs")
    return added.first() is not None


def take(tx: Connection, elapsed_ms: int, but: Collection[str] = ()) -> Job | None:
    """Return the oldest open job whose pause is over, and keep it from others for LEASE_MS.

    Args:
        tx: the open transaction.
        elapsed_ms: now, in milliseconds of the host's clock.
        but: kinds that this process cannot do.
    """
    row = _TAKE.first(tx, now_ms=elapsed_ms, until_ms=elapsed_ms + LEASE_MS, but=list(but))
    return Job(row.id, row.kind, row.key, _open(tx, row.arguments), row.attempts) if row else None


def keep(tx: Connection, job: Job, elapsed_ms: int) -> None:
    """Work that takes long stays with its process for LEASE_MS more."""
    mine = (jobs.c.id == job.id, jobs.c.state == "open")
    tx.execute(update(jobs).where(*mine).values(not_before=elapsed_ms + LEASE_MS))


def free_all(tx: Connection) -> None:
    """After the start of the only process: nobody else is at work on any job."""
    tx.execute(update(jobs).where(jobs.c.state == "open").values(not_before=0))


def count_open(tx: Connection) -> int:
    """Return how many jobs are not finished."""
    return tx.execute(select(func.count()).select_from(jobs).where(jobs.c.state == "open")).scalar_one()


def mark_done(tx: Connection, job: Job) -> None:
    """Remember that the work is finished.

    Raises:
        DoneAlready: another process took it when this one was silent for too long.
    """
    done = update(jobs).where(jobs.c.id == job.id, jobs.c.state == "open").values(state="done")
    if not tx.execute(done).rowcount:
        raise DoneAlready


def retry_later(tx: Connection, job: Job, not_before_ms: int, *, counts: bool) -> bool:
    """Let a failed job wait; return whether it is set aside for good. An outage does not count.

    What another process has finished meanwhile stays finished.
    """
    attempts = job.attempts + counts
    state = "dead" if attempts >= ATTEMPTS else "open"
    changed = tx.execute(
        update(jobs)
        .where(jobs.c.id == job.id, jobs.c.state == "open")
        .values(attempts=attempts, state=state, not_before=not_before_ms)
    )
    return bool(changed.rowcount) and state == "dead"


def claim(tx: Connection, kind: str, subject: str, period: str, decision: str, now: datetime) -> bool:
    """Decide a due thing once: False if it has been decided before."""
    row = {"kind": kind, "subject": subject, "period": period, "decision": decision, "decided_at": now}
    added = tx.execute(insert(tx)(due).values(row).on_conflict_do_nothing().returning(due.c.kind))
    return added.first() is not None


def is_decided(tx: Connection, kind: str, subject: str, period: str) -> bool:
    """Tell whether a due thing has been decided."""
    query = select(due.c.kind).where(due.c.kind == kind, due.c.subject == subject, due.c.period == period)
    return tx.execute(query).first() is not None


def set_timer(tx: Connection, record: int, kind: str, due_at: datetime, round_: int = 0) -> None:
    """Start a record's timer, or move it."""
    values = {"record": record, "kind": kind, "due_at": due_at, "round": round_}
    tx.execute(
        insert(tx)(timers)
        .values(values)
        .on_conflict_do_update(index_elements=["record", "kind"], set_={"due_at": due_at, "round": round_})
    )


def stop_timer(tx: Connection, record: int, kind: str) -> None:
    """Stop a record's timer."""
    tx.execute(delete(timers).where(timers.c.record == record, timers.c.kind == kind))


def replace_timers(
    tx: Connection, record: int, kinds: Collection[str], due_at: Mapping[str, datetime]
) -> None:
    """Stop a record's timers of those kinds and start these instead."""
    _STOP.run(tx, record=record, kinds=list(kinds))
    _START.run_each(
        tx, ({"record": record, "kind": kind, "due_at": at, "round": 0} for kind, at in due_at.items())
    )


def decided(tx: Connection, kinds: Collection[str], subject: str) -> list[tuple[str, datetime]]:
    """Return (kind, decided_at) of what was decided about a subject, oldest first."""
    query = select(due.c.kind, due.c.decided_at).where(due.c.kind.in_(kinds), due.c.subject == subject)
    return [(row.kind, row.decided_at) for row in tx.execute(query.order_by(due.c.decided_at))]


def ringing(tx: Connection, now: datetime) -> list[tuple[int, str, datetime, int]]:
    """Return (record, kind, due_at, round) of the timers whose time has come."""
    query = select(timers).where(timers.c.due_at <= now).order_by(timers.c.due_at)
    return [(row.record, row.kind, row.due_at, row.round) for row in tx.execute(query)]


def timers_of(tx: Connection, kind: str) -> list[tuple[int, datetime]]:
    """Return (record, due_at) of the timers of a kind, the first to ring first."""
    query = select(timers.c.record, timers.c.due_at).where(timers.c.kind == kind)
    return [(row.record, row.due_at) for row in tx.execute(query.order_by(timers.c.due_at))]


def mark(tx: Connection, name: str) -> str | None:
    """Return what was remembered under that name."""
    found = _MARK.first(tx, of=name)
    return found.value if found else None


def set_mark(tx: Connection, name: str, value: str) -> None:
    """Remember one value under one name."""
    statement = insert(tx)(marks).values(name=name, value=value)
    tx.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def _close(tx: Connection, arguments: Mapping[str, Any]) -> str:
    """Seal the arguments: a file's name may be a person's."""
    return b64encode(seal_of(tx).close_json(dict(arguments))).decode()


def _open(tx: Connection, arguments: str) -> Any:  # noqa: ANN401 - any JSON
    if arguments.startswith("{"):  # put before arguments were sealed
        return json.loads(arguments)
    return seal_of(tx).open_json(b64decode(arguments))
