"""What is open in each chat: the question last asked, and the person's drafts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

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
    practice: str = ""
    """What is practised next in 练习村 (`event`, `visit`); "": all that is said is real."""


_OPEN = (drafts.c.state == "open", drafts.c.is_practice.is_(False))
_BODY = ("values", "guessed", "asked", "trail", "offered", "from_record")


_OF_CHAT = select(conversations.c.body).where(
    conversations.c.channel == bindparam("channel"), conversations.c.chat == bindparam("chat")
)
_DRAFT = select(drafts).where(drafts.c.id == bindparam("id"))
_SAVE_DRAFT = update(drafts).where(drafts.c.id == bindparam("draft"))


def load(tx: Connection, channel: str, chat: str) -> Conversation:
    """Return what the chat is about; an empty conversation if nothing is open."""
    sealed = tx.execute(_OF_CHAT, {"channel": channel, "chat": chat}).scalar()
    if sealed is None:
        return Conversation()
    body = seal_of(tx).open_json(sealed)
    return Conversation(**{**body, "choices": tuple(tuple(choice) for choice in body["choices"])})


def save(tx: Connection, channel: str, chat: str, person: int, conversation: Conversation) -> None:
    """Remember what the chat is about."""
    body = seal_of(tx).close_json(vars(conversation))
    row = {"channel": channel, "chat": chat, "person": person, "body": body}
    inbox.put_row(tx, conversations, ("channel", "chat"), row)


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
        "is_practice": draft.is_practice,
        "opened_at": draft.opened_at,
        "touched_at": draft.touched_at,
    }
    return replace(draft, id=tx.execute(insert(drafts).values(row).returning(drafts.c.id)).scalar_one())


def save_draft(tx: Connection, draft: Draft, now: datetime) -> Draft:
    """Store a draft that has changed; its version tells old buttons from new ones."""
    changed = replace(draft, version=draft.version + 1, touched_at=now)
    row = {
        "draft": draft.id,
        "state": changed.state,
        "body": _close(tx, changed),
        "version": changed.version,
        "record": changed.record,
        "is_practice": changed.is_practice,
        "touched_at": now,
    }
    tx.execute(_SAVE_DRAFT, row)
    return changed


def draft(tx: Connection, draft_id: int) -> Draft | None:
    """Return a draft by its id."""
    row = tx.execute(_DRAFT, {"id": draft_id}).one_or_none()
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


def latest_draft(tx: Connection, person: int, since: datetime, *, is_practice: bool = False) -> Draft | None:
    """Return the draft the person touched last, if that was after `since`: a real one, or of practice."""
    row = tx.execute(
        select(drafts)
        .where(drafts.c.person == person, drafts.c.state.in_(("open", "filed")), drafts.c.touched_at >= since)
        .where(drafts.c.is_practice == is_practice)
        .order_by(drafts.c.touched_at.desc(), drafts.c.id.desc())
        .limit(1)
    ).one_or_none()
    return _draft(tx, row) if row else None


def open_drafts(tx: Connection, person: int) -> list[Draft]:
    """Return a person's open drafts, newest first; practice is none."""
    rows = tx.execute(select(drafts).where(drafts.c.person == person, *_OPEN).order_by(drafts.c.id.desc()))
    return [_draft(tx, row) for row in rows]


def unanswered(tx: Connection, before: datetime, after: datetime) -> list[Draft]:
    """Return open drafts last touched in [after, before), whose card was not answered; no practice."""
    rows = tx.execute(
        select(drafts)
        .where(*_OPEN, drafts.c.touched_at < before, drafts.c.touched_at >= after)
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
        is_practice=row.is_practice,
        values=body["values"],
        guessed=frozenset(body["guessed"]),
        asked=body["asked"],
        trail=_words(body["trail"]),
        offered=_words(body["offered"]),
        from_record=body["from_record"],
    )


def _words(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(values)
