"""What is open in each chat: the question last asked, and the person's drafts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, or_, select, update

from wangge.records.draft import Draft
from wangge.storage import inbox
from wangge.storage.database import seal_of
from wangge.storage.prepared import Prepared, all_but, parameters
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


_OF_CHAT = Prepared(
    select(conversations.c.body).where(
        conversations.c.channel == bindparam("in_channel"), conversations.c.chat == bindparam("in_chat")
    )
)
_SAVE = Prepared(inbox.upsert(conversations, "channel", "chat"))
_DRAFT = Prepared(select(drafts).where(drafts.c.id == bindparam("draft")))
_CHANGING = ("kind", "state", "body", "version", "record", "is_practice", "touched_at")
_SAVE_DRAFT = Prepared(update(drafts).where(drafts.c.id == bindparam("draft")).values(parameters(*_CHANGING)))
_OPEN_DRAFT = Prepared(insert(drafts).values(all_but(drafts, "id", "version")).returning(drafts.c.id))
_LATEST = Prepared(
    select(drafts)
    .where(
        drafts.c.person == bindparam("of"),
        or_(drafts.c.state == "open", drafts.c.state == "filed"),
        drafts.c.touched_at >= bindparam("since"),
        drafts.c.is_practice == bindparam("practice"),
    )
    .order_by(drafts.c.touched_at.desc(), drafts.c.id.desc())
    .limit(1)
)


def load(tx: Connection, channel: str, chat: str) -> Conversation:
    """Return what the chat is about; an empty conversation if nothing is open."""
    found = _OF_CHAT.first(tx, in_channel=channel, in_chat=chat)
    if found is None:
        return Conversation()
    body = seal_of(tx).open_json(found.body)
    return Conversation(**{**body, "choices": tuple(tuple(choice) for choice in body["choices"])})


def save(tx: Connection, channel: str, chat: str, person: int, conversation: Conversation) -> None:
    """Remember what the chat is about."""
    body = seal_of(tx).close_json(vars(conversation))
    _SAVE.run(tx, channel=channel, chat=chat, person=person, body=body)


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
    return replace(draft, id=_OPEN_DRAFT.first(tx, **row).id)


def save_draft(tx: Connection, draft: Draft, now: datetime) -> Draft:
    """Store a draft that has changed; its version tells old buttons from new ones."""
    changed = replace(draft, version=draft.version + 1, touched_at=now)
    row = {
        "draft": draft.id,
        "kind": changed.kind,
        "state": changed.state,
        "body": _close(tx, changed),
        "version": changed.version,
        "record": changed.record,
        "is_practice": changed.is_practice,
        "touched_at": now,
    }
    _SAVE_DRAFT.run(tx, **row)
    return changed


def draft(tx: Connection, draft_id: int) -> Draft | None:
    """Return a draft by its id."""
    row = _DRAFT.first(tx, draft=draft_id)
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
    row = _LATEST.first(tx, of=person, since=since, practice=is_practice)
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


def _draft(tx: Connection, row: Any) -> Draft:  # noqa: ANN401 - a row
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
