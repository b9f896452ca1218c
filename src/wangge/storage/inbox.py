"""What has come in and is not handled yet: stored before it is acknowledged."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Table, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from wangge.storage.database import seal_of
from wangge.storage.tables import inbox, jobs, outbox

ATTEMPTS = 3


@dataclass(frozen=True)
class Waiting:
    """An open message at the head of its chat."""

    id: int
    channel: str
    chat: str
    body: Any
    attempts: int
    is_suspect: bool


def insert(tx: Connection) -> Any:  # noqa: ANN401 - the dialects' inserts share no type
    """Return the dialect's insert, which knows ON CONFLICT."""
    return sqlite.insert if tx.dialect.name == "sqlite" else postgresql.insert


def put_row(tx: Connection, table: Table, keys: tuple[str, ...], row: dict[str, Any]) -> None:
    """Insert a row, or write it over the one that has the same keys."""
    tx.execute(_put_row(insert(tx), table, keys, tuple(row)), row)


@cache
def _put_row(insert_: Any, table: Table, keys: tuple[str, ...], columns: tuple[str, ...]) -> Any:  # noqa: ANN401 - see insert
    statement = insert_(table)
    changed = {name: statement.excluded[name] for name in columns if name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=changed)


def add(tx: Connection, messages: Sequence[tuple[str, str, str, Any]], now: datetime) -> int:
    """Store (channel, key, chat, body) once each, in their order; return how many were new."""
    seal = seal_of(tx)
    rows = [
        {"channel": channel, "key": key, "chat": chat, "body": seal.close_json(body), "received_at": now}
        for channel, key, chat, body in messages
    ]
    added = tx.execute(insert(tx)(inbox).values(rows).on_conflict_do_nothing().returning(inbox.c.id))
    return len(added.all())


def claim_heads(tx: Connection, limit: int, resting: Collection[int] = ()) -> list[Waiting]:
    """Return the oldest open message of up to `limit` chats, oldest first.

    `resting` are messages that failed a moment ago: their chats wait.
    """
    heads = (
        select(func.min(inbox.c.id))
        .where(inbox.c.state == "open")
        .group_by(inbox.c.channel, inbox.c.chat)
        .order_by(func.min(inbox.c.id))
        .limit(limit + len(resting))
    )
    rows = tx.execute(
        select(inbox).where(inbox.c.id.in_(heads), inbox.c.id.not_in(resting)).order_by(inbox.c.id)
    )
    return [_waiting(tx, row) for row in rows.all()[:limit]]


def mark_done(tx: Connection, ids: Sequence[int], now: datetime) -> None:
    """Remember that these have been handled."""
    tx.execute(update(inbox).where(inbox.c.id.in_(ids)).values(state="done", handled_at=now))


def count_attempt(tx: Connection, message_id: int, now: datetime) -> bool:
    """Count a failed attempt, and set the message aside after the last; return whether it was."""
    attempts = tx.execute(
        update(inbox)
        .where(inbox.c.id == message_id)
        .values(attempts=inbox.c.attempts + 1, is_suspect=True)
        .returning(inbox.c.attempts)
    ).scalar_one()
    if attempts < ATTEMPTS:
        return False
    tx.execute(update(inbox).where(inbox.c.id == message_id).values(state="dead", handled_at=now))
    return True


def suspect_all_open(tx: Connection) -> None:
    """After a start: any open message may be the one that killed the process before."""
    tx.execute(update(inbox).where(inbox.c.state == "open").values(is_suspect=True))


def count_open(tx: Connection) -> int:
    """Return how many wait to be handled."""
    return tx.execute(select(func.count()).select_from(inbox).where(inbox.c.state == "open")).scalar_one()


def is_work_left(tx: Connection, now: datetime) -> bool:
    """Tell whether a message is to be handled, a job to be run or a message to be sent at that time."""
    waiting = [
        exists().where(inbox.c.state == "open"),
        exists().where(jobs.c.state == "open"),
        exists().where(outbox.c.state == "waiting", outbox.c.ready_at <= now),
    ]
    return bool(tx.execute(select(or_(*waiting))).scalar())


def purge_bodies(tx: Connection, before: datetime) -> None:
    """Forget the words of what was handled before that moment; the keys stay against doubles."""
    tx.execute(update(inbox).where(inbox.c.state == "done", inbox.c.handled_at < before).values(body=None))


def _waiting(tx: Connection, row: Row[Any]) -> Waiting:
    return Waiting(
        row.id, row.channel, row.chat, seal_of(tx).open_json(row.body), row.attempts, row.is_suspect
    )
