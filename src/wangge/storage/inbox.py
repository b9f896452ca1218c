"""What has come in and is not handled yet: stored before it is acknowledged."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, bindparam, exists, func, or_, select, update

from wangge.storage.database import announce, seal_of
from wangge.storage.prepared import INSERTS, Made, Prepared, all_but, among, parameters
from wangge.storage.tables import inbox, jobs, outbox

ATTEMPTS = 3
SHARE = 10
"""Of how many chats one of several processes takes a message at a time."""


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
    return INSERTS[tx.dialect.name]


def upsert(table: Table, *keys: str) -> Made:
    """Return what makes a statement that inserts a row, or writes it over the one with the same keys."""

    def make(insert_: Any) -> Any:  # noqa: ANN401 - see insert
        statement = insert_(table).values(all_but(table))
        changed = {name: statement.excluded[name] for name in all_but(table, *keys)}
        return statement.on_conflict_do_update(index_elements=keys, set_=changed)

    return make


_ADD = Prepared(
    lambda insert_: (
        insert_(inbox)
        .values(parameters("channel", "key", "chat", "body", "received_at"))
        .on_conflict_do_nothing()
    )
)
_HEADS = (
    select(func.min(inbox.c.id))
    .where(inbox.c.state == "open")
    .group_by(inbox.c.channel, inbox.c.chat)
    .order_by(func.min(inbox.c.id))
    .limit(bindparam("most"))
)
_CLAIM = Prepared(
    select(*inbox.c["id", "channel", "chat", "body", "attempts", "is_suspect"])
    .where(inbox.c.id.in_(_HEADS))
    .order_by(inbox.c.id)
)
_CHAT = func.hashtextextended(inbox.c.channel + " " + inbox.c.chat, 0)
_LOCK = Prepared(
    select(inbox.c.id, func.pg_try_advisory_xact_lock(_CHAT).label("is_ours")).where(
        among(inbox.c.id, "messages")
    )
)
_STILL_OPEN = Prepared(
    select(*inbox.c["id", "channel", "chat", "body", "attempts", "is_suspect"])
    .where(among(inbox.c.id, "messages"), inbox.c.state == "open")
    .order_by(inbox.c.id)
)
_DONE = Prepared(
    update(inbox).where(inbox.c.id == bindparam("message")).values(state="done", handled_at=bindparam("now"))
)


def add(tx: Connection, messages: Sequence[tuple[str, str, str, Any]], now: datetime) -> int:
    """Store (channel, key, chat, body) once each, in their order; return how many were new."""
    seal = seal_of(tx)
    announce(tx, "inbox")
    return _ADD.run_each(
        tx,
        (
            {"channel": channel, "key": key, "chat": chat, "body": seal.close_json(body), "received_at": now}
            for channel, key, chat, body in messages
        ),
    )


def claim_heads(
    tx: Connection, limit: int, resting: Collection[int] = (), *, may_suspect: bool = True
) -> list[Waiting]:
    """Return the oldest open message of up to `limit` chats, oldest first.

    `resting` are messages that failed a moment ago: their chats wait. Without `may_suspect`
    suspects are left to another process.
    """
    if tx.dialect.name != "sqlite":
        return _claim_among_others(tx, limit, resting, may_suspect=may_suspect)
    rows = _CLAIM.all(tx, most=limit + len(resting))
    return [_waiting(tx, row) for row in rows if row.id not in resting][:limit]


def _claim_among_others(
    tx: Connection, limit: int, resting: Collection[int], *, may_suspect: bool
) -> list[Waiting]:
    """Claim where other processes do the same; the locks end with the transaction."""
    rows = _CLAIM.all(tx, most=4 * limit + len(resting))
    seen = [row.id for row in rows if row.id not in resting and (may_suspect or not row.is_suspect)]
    share = min(limit, SHARE)
    for start in range(0, len(seen), share):
        if ours := _lock_chats(tx, seen[start : start + share]):
            return [_waiting(tx, row) for row in ours]
    return []


def is_to_be_handled(tx: Connection, message: Waiting) -> bool:
    """Tell whether a message that an earlier transaction claimed is still ours to handle; claim it again."""
    return tx.dialect.name == "sqlite" or bool(_lock_chats(tx, [message.id]))


def _lock_chats(tx: Connection, messages: Collection[int]) -> list[Any]:
    """Lock the chats of messages that are their heads; return those that are ours and still open.

    A chat is locked first, its message read after: whoever had the chat before has handled the
    message that was seen, or it is still open and the oldest.
    """
    locked = [row.id for row in _LOCK.all(tx, messages=list(messages)) if row.is_ours]
    return _STILL_OPEN.all(tx, messages=locked)


def mark_done(tx: Connection, ids: Collection[int], now: datetime) -> None:
    """Remember that these have been handled."""
    _DONE.run_each(tx, ({"message": message, "now": now} for message in ids))


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
    """After a start: any open message may be the one that killed the process before.

    One that another process is just marking has killed nobody, and is not waited for.
    """
    still_open = select(inbox.c.id).where(inbox.c.state == "open").with_for_update(skip_locked=True)
    tx.execute(update(inbox).where(inbox.c.id.in_(still_open)).values(is_suspect=True))


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
