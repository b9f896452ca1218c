"""What is to be said and not yet sent, and what each chat shows."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, null, select, update

from wangge.storage.database import seal_of
from wangge.storage.inbox import put_row
from wangge.storage.tables import accounts, outbox, shown

SHOWN = ("text", "choices")
"""What of a body a refresh replaces; how and when it is sent stays."""


@dataclass(frozen=True)
class Letter:
    """One message to one chat, as it is put into the outbox."""

    channel: str
    chat: str
    person: int | None
    body: Any
    slot: str
    ready_at: datetime
    useless_after: datetime | None = None
    is_refresh: bool = False
    """Only brings up to date what the slot shows, or is about to show."""
    hold_until: int = 0
    """Elapsed milliseconds of the database's host, for the rest of an album."""


@dataclass(frozen=True)
class Ready:
    """A waiting message whose time has come."""

    id: int
    channel: str
    chat: str
    person: int | None
    body: Any
    slot: str
    calls_done: int
    attempts: int
    useless_after: datetime | None
    message: str | None
    """The platform's id of what the slot shows now."""


# What each message needs is built once: building a statement costs more than executing it.
_SAME_SLOT = (
    outbox.c.state == "waiting",
    outbox.c.calls_done == 0,
    outbox.c.channel == bindparam("in_channel"),
    outbox.c.chat == bindparam("in_chat"),
    outbox.c.slot == bindparam("in_slot"),
)
_SUPERSEDE = update(outbox).where(*_SAME_SLOT).values(state="superseded", body=null())
_WAITING = select(outbox.c.id, outbox.c.body).where(*_SAME_SLOT).order_by(outbox.c.id.desc())
_PUT = insert(outbox)
_SENT = (
    update(outbox)
    .where(outbox.c.id == bindparam("letter"))
    .values(state="sent", sent_at=bindparam("now"), body=null())
)
_FIRSTS = (
    select(func.min(outbox.c.id))
    .where(
        outbox.c.state == "waiting",
        outbox.c.ready_at <= bindparam("now"),
        outbox.c.hold_until <= bindparam("elapsed_ms"),
    )
    .group_by(outbox.c.channel, outbox.c.chat)
)
_READY = (
    select(outbox, shown.c.message)
    .outerjoin(
        shown,
        (shown.c.channel == outbox.c.channel)
        & (shown.c.chat == outbox.c.chat)
        & (shown.c.slot == outbox.c.slot),
    )
    .where(outbox.c.id.in_(_FIRSTS))
    .order_by(outbox.c.id)
    .limit(bindparam("most"))
)


def put(tx: Connection, letters: Sequence[Letter], now: datetime, cause: int | None = None) -> None:
    """Put messages; of unsent ones with one slot in one chat only the newest goes.

    A mere refresh never takes the place of a message that is still to be sent: it only
    brings that one up to date, or the person would never hear of the matter. `cause` is the
    message in the inbox that they answer or follow from.
    """
    letters = [letter for letter in letters if not (letter.slot and _joins_waiting(tx, letter))]
    if not letters:
        return
    seal = seal_of(tx)
    tx.execute(
        _PUT,
        [
            {
                "channel": letter.channel,
                "chat": letter.chat,
                "person": letter.person,
                "body": seal.close_json(letter.body),
                "slot": letter.slot,
                "created_at": now,
                "ready_at": letter.ready_at,
                "useless_after": letter.useless_after,
                "hold_until": letter.hold_until,
                "cause": cause,
            }
            for letter in letters
        ],
    )


def _joins_waiting(tx: Connection, letter: Letter) -> bool:
    """Make room in the letter's slot; tell whether it has gone into a message that waits there."""
    same = {"in_channel": letter.channel, "in_chat": letter.chat, "in_slot": letter.slot}
    if not letter.is_refresh:
        tx.execute(_SUPERSEDE, same)
        return False
    seal = seal_of(tx)
    waiting = tx.execute(_WAITING, same).first()
    if waiting is None:
        return False
    shown = {name: letter.body.get(name) for name in SHOWN if name in letter.body}
    kept = {name: value for name, value in seal.open_json(waiting.body).items() if name not in SHOWN}
    body = seal.close_json({**kept, **shown})
    tx.execute(update(outbox).where(outbox.c.id == waiting.id).values(body=body))
    return True


def ready(
    tx: Connection, now: datetime, elapsed_ms: int, limit: int, busy: Collection[tuple[str, str]]
) -> list[Ready]:
    """Return the first sendable message of up to `limit` chats that are not `busy`, oldest first."""
    rows = tx.execute(_READY, {"now": now, "elapsed_ms": elapsed_ms, "most": limit + len(busy)})
    taken = set(busy)
    found: list[Ready] = []
    for row in rows:
        if (row.channel, row.chat) in taken or len(found) == limit:
            continue
        taken.add((row.channel, row.chat))
        found.append(
            Ready(
                row.id,
                row.channel,
                row.chat,
                row.person,
                seal_of(tx).open_json(row.body),
                row.slot,
                row.calls_done,
                row.attempts,
                row.useless_after,
                row.message,
            )
        )
    return found


def mark_call(tx: Connection, letter_id: int, calls_done: int) -> None:
    """Remember how many of a message's platform calls are done."""
    tx.execute(update(outbox).where(outbox.c.id == letter_id).values(calls_done=calls_done))


def mark_sent(tx: Connection, letter: Ready, message: str, now: datetime) -> None:
    """Remember that it was sent, and what its slot shows from now on."""
    tx.execute(_SENT, {"letter": letter.id, "now": now})
    if letter.slot and message:
        row = {"channel": letter.channel, "chat": letter.chat, "slot": letter.slot, "message": message}
        put_row(tx, shown, ("channel", "chat", "slot"), row)


def postpone(tx: Connection, letter_id: int, ready_at: datetime) -> None:
    """Let it wait for that town time: the hours have closed meanwhile."""
    tx.execute(update(outbox).where(outbox.c.id == letter_id).values(ready_at=ready_at))


def count_attempt(tx: Connection, letter_id: int) -> int:
    """Count a failure that the platform has no part in; return how many there were."""
    attempts: int = tx.execute(
        update(outbox)
        .where(outbox.c.id == letter_id)
        .values(attempts=outbox.c.attempts + 1)
        .returning(outbox.c.attempts)
    ).scalar_one()
    return attempts


def give_up(tx: Connection, letter_id: int, reason: str, now: datetime) -> None:
    """Stop trying: the platform will never deliver it, or it is useless by now."""
    tx.execute(
        update(outbox)
        .where(outbox.c.id == letter_id)
        .values(state="given_up", reason=reason, sent_at=now, body=None)
    )


def drop_unreachable(tx: Connection, channel: str, chat: str, now: datetime) -> list[int]:
    """Mark the chat's accounts unreachable and drop what waits for them; return the persons."""
    tx.execute(
        update(outbox)
        .where(outbox.c.channel == channel, outbox.c.chat == chat, outbox.c.state == "waiting")
        .values(state="given_up", reason="blocked", sent_at=now, body=None)
    )
    found = tx.execute(
        update(accounts)
        .where(accounts.c.channel == channel, accounts.c.chat == chat, accounts.c.unreachable_at.is_(None))
        .values(unreachable_at=now)
        .returning(accounts.c.person)
    )
    return list(found.scalars())


def forget_people(tx: Connection, people: Iterable[int]) -> None:
    """Drop whatever still waits for people whose posts have ended."""
    tx.execute(
        update(outbox)
        .where(outbox.c.person.in_(list(people)), outbox.c.state == "waiting")
        .values(state="given_up", reason="ended", body=None)
    )


def waiting_for(tx: Connection, person: int) -> list[tuple[int, str]]:
    """Return id and slot of each message that waits for a person."""
    query = select(outbox.c.id, outbox.c.slot)
    rows = tx.execute(query.where(outbox.c.person == person, outbox.c.state == "waiting"))
    return [(row.id, row.slot) for row in rows]


def slot_of(tx: Connection, channel: str, chat: str, message: str) -> str:
    """Return which slot a message of the chat shows, "" if none."""
    return (
        tx.execute(
            select(shown.c.slot).where(
                shown.c.channel == channel, shown.c.chat == chat, shown.c.message == message
            )
        ).scalar()
        or ""
    )
