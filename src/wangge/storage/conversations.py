"""What is open in each chat: the question last asked, and the person's drafts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from wangge.records.draft import Draft
from wangge.storage import inbox
from wangge.storage.database import seal_of
from wangge.storage.tables import conversations, drafts, strangers


@dataclass(frozen=True)
class Conversation:
    """What a chat is about at the moment; kept sealed, for labels may hold names."""

    draft: int | None = None
    """The draft whose question or card is open."""
    choices: tuple[tuple[str, str], ...] = ()
    """(label, payload) of the open question, for those who type instead of tapping."""
    takes_ordinals: bool = True
    """Whether a bare number chooses; not on cards that ask nothing."""
    about: str = ""
    """What free words belong to beside a draft: an act that waits for its words."""
    words: str = ""
    """Words already given for the act in `about`."""
    working_on: int | None = None
    """The event that a handler has just taken; his next words may be about it."""
    asked_at: str = ""
    """When the open question was put (ISO 8601): after a while a 好 no longer answers it."""
    misses: int = 0
    """Senseless inputs running."""


_BODY = ("values", "guessed", "asked", "trail", "offered", "from_record")


def load(tx: Connection, channel: str, chat: str) -> Conversation:
    """Return what the chat is about; an empty conversation if nothing is open."""
    sealed = tx.execute(
        select(conversations.c.body).where(conversations.c.channel == channel, conversations.c.chat == chat)
    ).scalar()
    if sealed is None:
        return Conversation()
    body = seal_of(tx).open_json(sealed)
    return Conversation(**{**body, "choices": tuple(tuple(choice) for choice in body["choices"])})


def save(tx: Connection, channel: str, chat: str, person: int, conversation: Conversation) -> None:
    """Remember what the chat is about."""
    body = seal_of(tx).close_json(vars(conversation))
    values = {"channel": channel, "chat": chat, "person": person, "body": body}
    statement = inbox.insert(tx)(conversations).values(values)
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=["channel", "chat"], set_={"person": person, "body": body}
        )
    )


def load_stranger(tx: Connection, channel: str, chat: str) -> str:
    """Return the invitation code that a chat has shown and not proved yet; "" if none."""
    sealed = tx.execute(
        select(strangers.c.body).where(strangers.c.channel == channel, strangers.c.chat == chat)
    ).scalar()
    return seal_of(tx).open(sealed) if sealed else ""


def save_stranger(tx: Connection, channel: str, chat: str, code: str) -> None:
    """Remember the invitation code that a chat has shown."""
    body = seal_of(tx).close(code)
    statement = inbox.insert(tx)(strangers).values(channel=channel, chat=chat, body=body)
    tx.execute(statement.on_conflict_do_update(index_elements=["channel", "chat"], set_={"body": body}))


def forget_stranger(tx: Connection, channel: str, chat: str) -> None:
    """Whoever wrote here is known now."""
    tx.execute(delete(strangers).where(strangers.c.channel == channel, strangers.c.chat == chat))


def open_draft(tx: Connection, draft: Draft) -> Draft:
    """Store a new draft and return it with its id."""
    row = {
        "person": draft.person,
        "channel": draft.channel,
        "chat": draft.chat,
        "kind": draft.kind,
        "state": draft.state,
        "body": _close(tx, draft),
        "record": draft.record,
        "message": draft.message,
        "opened_at": draft.opened_at,
        "touched_at": draft.touched_at,
    }
    return replace(draft, id=tx.execute(insert(drafts).values(row).returning(drafts.c.id)).scalar_one())


def save_draft(tx: Connection, draft: Draft, now: datetime) -> Draft:
    """Store a draft that has changed; its version tells old buttons from new ones."""
    changed = replace(draft, version=draft.version + 1, touched_at=now)
    tx.execute(
        update(drafts)
        .where(drafts.c.id == draft.id)
        .values(
            state=changed.state,
            body=_close(tx, changed),
            version=changed.version,
            record=changed.record,
            touched_at=now,
        )
    )
    return changed


def draft(tx: Connection, draft_id: int) -> Draft | None:
    """Return a draft by its id."""
    row = tx.execute(select(drafts).where(drafts.c.id == draft_id)).one_or_none()
    return _draft(tx, row) if row else None


def draft_of_message(tx: Connection, channel: str, chat: str, message: str) -> Draft | None:
    """Return the draft that began with that message of the chat."""
    row = tx.execute(
        select(drafts)
        .where(drafts.c.channel == channel, drafts.c.chat == chat, drafts.c.message == message)
        .order_by(drafts.c.id.desc())
        .limit(1)
    ).one_or_none()
    return _draft(tx, row) if row else None


def latest_draft(tx: Connection, person: int, since: datetime) -> Draft | None:
    """Return the draft that the person touched last, if that was after `since`."""
    row = tx.execute(
        select(drafts)
        .where(drafts.c.person == person, drafts.c.state.in_(("open", "filed")), drafts.c.touched_at >= since)
        .order_by(drafts.c.touched_at.desc(), drafts.c.id.desc())
        .limit(1)
    ).one_or_none()
    return _draft(tx, row) if row else None


def open_drafts(tx: Connection, person: int) -> list[Draft]:
    """Return a person's open drafts, newest first."""
    rows = tx.execute(
        select(drafts).where(drafts.c.person == person, drafts.c.state == "open").order_by(drafts.c.id.desc())
    )
    return [_draft(tx, row) for row in rows]


def unanswered(tx: Connection, before: datetime, after: datetime) -> list[Draft]:
    """Return open drafts last touched in [after, before): their card was not answered."""
    rows = tx.execute(
        select(drafts)
        .where(drafts.c.state == "open", drafts.c.touched_at < before, drafts.c.touched_at >= after)
        .order_by(drafts.c.id)
    )
    return [_draft(tx, row) for row in rows]


def drop_old(tx: Connection, before: datetime) -> None:
    """Drop drafts that nobody has touched since that moment, and forget what dropped ones said.

    The rows stay: SQLite would give the id of a deleted one to another draft, and old buttons with it.
    """
    empty = Draft(0, 0, "", "dropped", {}, before, before)
    tx.execute(
        update(drafts)
        .where(drafts.c.state.in_(("open", "dropped")), drafts.c.touched_at < before)
        .values(state="dropped", body=_close(tx, empty))
    )


def _close(tx: Connection, draft: Draft) -> bytes:
    body = {name: getattr(draft, name) for name in _BODY}
    return seal_of(tx).close_json({**body, "guessed": sorted(draft.guessed), "values": dict(draft.values)})


def _draft(tx: Connection, row: Row[Any]) -> Draft:
    body = seal_of(tx).open_json(row.body)
    return Draft(
        id=row.id,
        person=row.person,
        kind=row.kind,
        state=row.state,
        version=row.version,
        record=row.record,
        opened_at=row.opened_at,
        touched_at=row.touched_at,
        channel=row.channel,
        chat=row.chat,
        message=row.message,
        values=body["values"],
        guessed=frozenset(body["guessed"]),
        asked=body["asked"],
        trail=_words(body["trail"]),
        offered=_words(body["offered"]),
        from_record=body["from_record"],
    )


def _words(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(values)
