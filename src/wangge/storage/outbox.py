"""What is to be said and not yet sent, and what each chat shows."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Date,
    and_,
    bindparam,
    exists,
    func,
    insert,
    null,
    select,
    update,
)

from wangge.rules.calendar import local_day
from wangge.storage.database import announce, seal_of
from wangge.storage.inbox import upsert
from wangge.storage.people import in_post
from wangge.storage.prepared import Prepared, among, parameters
from wangge.storage.tables import accounts, outbox, posts, replaced, shown

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
    sealed: bytes
    body: Any
    slot: str
    calls_done: int
    attempts: int
    useless_after: datetime | None
    message: str | None
    """The platform's id of what the slot shows now."""
    is_ended: bool
    """Whom it is for holds no post any more."""


@dataclass(frozen=True)
class Sent:
    """A message that has left, and which message of the platform shows its slot now."""

    letter: Ready
    message: str
    at: datetime


AT_ONCE = 4
"""Rows of one chat that are looked at together."""
_SAME_SLOT = (
    outbox.c.state == "waiting",
    outbox.c.calls_done == 0,
    *(outbox.c[name] == bindparam(f"in_{name}") for name in ("channel", "chat", "slot")),
)
_SUPERSEDE = Prepared(update(outbox).where(*_SAME_SLOT).values(state="superseded", body=null()))
_WAITING = Prepared(select(*outbox.c["id", "body"]).where(*_SAME_SLOT).order_by(outbox.c.id.desc()))
_REWRITE = Prepared(update(outbox).where(outbox.c.id == bindparam("letter")).values(body=bindparam("body")))
_COLUMNS = ("channel", "chat", "person", "body", "slot", "ready_at", "useless_after", "hold_until")
_PUT = Prepared(insert(outbox).values(parameters(*_COLUMNS, "created_at", "cause")))
_SENT = Prepared(
    update(outbox)
    .where(
        outbox.c.id == bindparam("letter"),
        outbox.c.state == "waiting",
        outbox.c.body == bindparam("sealed"),
    )
    .values(state="sent", sent_at=bindparam("now"), body=null())
)
_CHANGED = Prepared(
    select(*outbox.c["id", "body"]).where(among(outbox.c.id, "letters"), outbox.c.state == "waiting")
)
_SHOW = Prepared(upsert(shown, "channel", "chat", "slot"))
_REPLACE = Prepared(
    lambda insert_: (
        insert_(replaced)
        .values(parameters("channel", "chat", "message", "slot", "at"))
        .on_conflict_do_nothing()
    )
)
_SENDABLE = (
    outbox.c.state == "waiting",
    outbox.c.ready_at <= bindparam("now"),
    outbox.c.hold_until <= bindparam("elapsed_ms"),
)
_RANKED = (
    select(
        outbox.c.id,
        func.row_number()
        .over(partition_by=(outbox.c.channel, outbox.c.chat), order_by=outbox.c.id)
        .label("place"),
    )
    .where(*_SENDABLE)
    .subquery()
)
_READ: list[Any] = [
    *(outbox.c[name] for name in Ready.__dataclass_fields__ if name in outbox.c),
    outbox.c.body.label("sealed"),
    shown.c.message,
    and_(
        outbox.c.person.is_not(None),
        ~exists().where(posts.c.person == outbox.c.person, in_post(bindparam("day", type_=Date))),
    ).label("is_ended"),
]
_WITH_SHOWN = select(*_READ).outerjoin(
    shown,
    (shown.c.channel == outbox.c.channel) & (shown.c.chat == outbox.c.chat) & (shown.c.slot == outbox.c.slot),
)
_READY = Prepared(
    _WITH_SHOWN.join(_RANKED, (_RANKED.c.id == outbox.c.id) & (_RANKED.c.place <= AT_ONCE))
    .order_by(outbox.c.id)
    .limit(bindparam("most"))
)
_NEXT = Prepared(
    _WITH_SHOWN.where(
        *_SENDABLE, outbox.c.channel == bindparam("in_channel"), outbox.c.chat == bindparam("in_chat")
    )
    .order_by(outbox.c.id)
    .limit(AT_ONCE)
)


def put(tx: Connection, letters: Sequence[Letter], now: datetime, cause: int | None = None) -> None:
    """Put messages; of unsent ones with one slot in one chat only the newest goes.

    A mere refresh never takes the place of a message that is still to be sent: it only
    brings that one up to date, or the person would never hear of the matter. `cause` is the
    message in the inbox that they answer or follow from.
    """
    taps: list[Letter] = []
    letters = [letter for letter in letters if not (letter.slot and _joins_waiting(tx, letter, taps))] + taps
    if not letters:
        return
    announce(tx, "outbox")
    seal = seal_of(tx)
    _PUT.run_each(
        tx,
        (
            {**vars(letter), "body": seal.close_json(letter.body), "created_at": now, "cause": cause}
            for letter in letters
        ),
    )


def _joins_waiting(tx: Connection, letter: Letter, taps: list[Letter]) -> bool:
    """Make room in the letter's slot; tell whether it has gone into a message that waits there.

    Taps that were to be answered with what is superseded are added to `taps`.
    """
    same = {"in_channel": letter.channel, "in_chat": letter.chat, "in_slot": letter.slot}
    waiting = _WAITING.first(tx, **same)
    if waiting is None:
        return False
    before = seal_of(tx).open_json(waiting.body)
    if not letter.is_refresh:
        _SUPERSEDE.run(tx, **same)
        if "tap" in before:
            taps.append(replace(letter, body={"tap": before["tap"], "asked": True}, slot=""))
        return False
    shown = {name: letter.body.get(name) for name in SHOWN if name in letter.body}
    kept = {name: value for name, value in before.items() if name not in SHOWN}
    _REWRITE.run(tx, letter=waiting.id, body=seal_of(tx).close_json({**kept, **shown}))
    return True


def ready(
    tx: Connection, now: datetime, elapsed_ms: int, limit: int, busy: Collection[tuple[str, str]]
) -> tuple[list[list[Ready]], set[tuple[str, str]]]:
    """Return the next sendable messages of up to `limit` chats that are not `busy`, and who has more.

    A chat's rows are in order. One of them shows a message, the others are notices over taps:
    a message is remembered before the next leaves, so that a crash repeats at most one a chat.
    """
    most = (limit + len(busy)) * AT_ONCE
    rows = _READY.all(tx, now=now, day=local_day(now), elapsed_ms=elapsed_ms, most=most)
    found: dict[tuple[str, str], list[Any]] = {}
    left_out = set[tuple[str, str]]()
    for row in rows:
        chat = (row.channel, row.chat)
        if chat in busy or (chat not in found and len(found) == limit):
            left_out.add(chat)
        else:
            found.setdefault(chat, []).append(row)
    first = {chat: _until_second(tx, rows) for chat, rows in found.items()}
    left_out |= {chat for chat, rows in found.items() if len(first[chat]) < len(rows) or len(rows) == AT_ONCE}
    return list(first.values()), left_out


def next_of(tx: Connection, channel: str, chat: str, now: datetime, elapsed_ms: int) -> list[Ready]:
    """Return the next sendable messages of one chat, as `ready` does."""
    place = {"in_channel": channel, "in_chat": chat}
    return _until_second(tx, _NEXT.all(tx, now=now, day=local_day(now), elapsed_ms=elapsed_ms, **place))


def _until_second(tx: Connection, rows: Sequence[Any]) -> list[Ready]:
    """Return the rows before the second one that shows a message."""
    found: list[Ready] = []
    for row in rows:
        body = seal_of(tx).open_json(row.body)
        if _is_message(body) and any(_is_message(one.body) for one in found):
            break
        found.append(Ready(**row._asdict() | {"body": body}))
    return found


def _is_message(body: Mapping[str, Any]) -> bool:
    """Whether it shows a message, or is only a notice over a tap."""
    return "text" in body or "file" in body


def mark_call(tx: Connection, letter: int, calls_done: int) -> None:
    """Remember how many of a message's platform calls are done."""
    tx.execute(update(outbox).where(outbox.c.id == letter).values(calls_done=calls_done))


def mark_sent(tx: Connection, done: Sequence[Sent]) -> None:
    """Remember what was sent, and what the slots show from now on.

    What was brought up to date while it was on its way has shown the state before:
    it stays, to edit what it has become.
    """
    _SENT.run_each(
        tx, ({"letter": one.letter.id, "sealed": one.letter.sealed, "now": one.at} for one in done)
    )
    _SHOW.run_each(
        tx,
        (
            {
                "channel": one.letter.channel,
                "chat": one.letter.chat,
                "slot": one.letter.slot,
                "message": one.message,
            }
            for one in done
            if one.letter.slot and one.message
        ),
    )
    _REPLACE.run_each(
        tx,
        (
            {
                "channel": one.letter.channel,
                "chat": one.letter.chat,
                "message": one.letter.message,
                "slot": one.letter.slot,
                "at": one.at,
            }
            for one in done
            if one.letter.message and one.message and one.letter.message != one.message
        ),
    )
    seal = seal_of(tx)
    for row in _CHANGED.all(tx, letters=[one.letter.id for one in done]):
        body = {**seal.open_json(row.body), "anew": False, "edit_only": True}
        _REWRITE.run(tx, letter=row.id, body=seal.close_json(body))
        announce(tx, "outbox")


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
