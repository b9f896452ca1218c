"""The tables of what the township writes down: records, and all that belongs to them."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from wangge.rules.loop import OPEN
from wangge.storage.columns import Word, at, key, number, sealed, to, while_in, word
from wangge.storage.tables import metadata

__all__ = [
    "attachments",
    "audit",
    "closed_figures",
    "closings",
    "files",
    "history",
    "links",
    "metadata",
    "parties",
    "records",
    "requests",
    "stays",
    "timers",
]

_CHOSEN = (
    "to_at",
    "from_at",
    "state",
    "class",
    "area",
    "urgency",
    "outcome",
    "happened_on",
    "source",
    "grade",
    "record",
)
_OPEN = f"state IN ({', '.join(repr(state) for state in sorted(OPEN))})"
_STAYS = (
    ("ix_stays_now", ("kind", "reported_at", *_CHOSEN), "to_at IS NULL"),
    ("ix_stays_past", ("kind", "reported_at", "to_at"), "to_at IS NOT NULL"),
    ("ix_stays_open", ("from_at",), f"to_at IS NULL AND {_OPEN}"),
    ("ix_stays_were_open", ("to_at", "from_at"), f"to_at IS NOT NULL AND {_OPEN}"),
    ("ix_stays_due", ("kind", "due_at", "to_at", "from_at", "state", "record"), "due_at IS NOT NULL"),
)
"""By what figures are found: the stays that hold are counted without a look at the rows themselves, which
takes `to_at` among the columns, though it is NULL. What is open has an index of its own, so that PostgreSQL
knows how little that is; a new state in which an event is open takes a migration.
"""


def _either(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


records = Table(
    "records",
    metadata,
    key(),
    word("kind"),
    number("year"),
    Column("number", String(16), nullable=False),
    Column("origin", String(60), nullable=False, unique=True),
    to("author", "people"),
    Column("area", String(15), nullable=False),
    Column("class", String(12), nullable=False, server_default=""),
    Column("happened_on", Date, nullable=False),
    at("reported_at"),
    at("recorded_at"),
    word("state"),
    word("outcome", nullable=True),
    word("urgency", nullable=True),
    to("holder", "people", nullable=True),
    number("quantity", 1),
    at("accept_by", nullable=True),
    at("accepted_at", nullable=True),
    at("due_at", nullable=True),
    at("closed_at", nullable=True),
    at("start_by", nullable=True),
    word("upper", nullable=True),
    Column("upper_number", String(40)),
    word("source", default="own"),
    word("grade", nullable=True),
    number("version", 1),
    number("schema_version", 1),
    number("policy", 1),
    sealed("body"),
    UniqueConstraint("year", "number"),
    Index("ix_records_kind_reported", "kind", "reported_at"),
    Index("ix_records_kind_happened", "kind", "happened_on"),
    Index("ix_records_kind_author", "kind", "author", "happened_on"),
    Index("ix_records_kind_area", "kind", "area", "happened_on"),
    Index("ix_records_kind_state", "kind", "state", "due_at"),
    Index("ix_records_kind_due", "kind", "due_at"),
    Index("ix_records_holder", "holder", "state"),
    Index("ix_records_upper_number", "upper_number"),
    Index("ix_records_kind_upper", "kind", "upper", "state"),
)
history = Table(
    "history",
    metadata,
    key(),
    to("record", "records"),
    number("version"),
    word("act"),
    to("actor", "people", nullable=True),
    at("at"),
    sealed("body"),
    UniqueConstraint("record", "version"),
    Index("ix_history_act_at", "act", "at"),
)
stays = Table(
    "stays",
    metadata,
    key(),
    to("record", "records", index=True),
    number("version", 1),
    word("kind"),
    Column("class", String(12), nullable=False, server_default=""),
    Column("happened_on", Date, nullable=False),
    at("reported_at"),
    word("state"),
    word("outcome", nullable=True),
    word("urgency", nullable=True),
    to("holder", "people", nullable=True),
    Column("area", String(15), nullable=False),
    number("quantity", 1),
    at("accept_by", nullable=True),
    at("due_at", nullable=True),
    word("source", default="own"),
    word("grade", nullable=True),
    at("from_at"),
    at("to_at", nullable=True),
    Index("ix_stays_happened", "kind", "happened_on"),
    *(Index(name, *columns, **_either(condition)) for name, columns, condition in _STAYS),
)
"""What counts about a record, and from when to when it was so: a change of any of it begins a new stay.
Figures are chosen from these rows alone, as they held at a cut-off."""
links = Table(
    "links",
    metadata,
    Column("from_record", ForeignKey("records.id"), primary_key=True),
    Column("to_record", ForeignKey("records.id"), primary_key=True),
    Column("why", String(40), primary_key=True),
)
parties = Table(
    "parties",
    metadata,
    Column("record", ForeignKey("records.id"), primary_key=True),
    Column("person", ForeignKey("people.id"), primary_key=True),
    Column("part", Word(40), primary_key=True),
    Index("ix_parties_person", "person", "part"),
)
requests = Table(
    "requests",
    metadata,
    key(),
    word("kind"),
    to("record", "records", nullable=True, index=True),
    to("asked_by", "people"),
    sealed("body"),
    Column("until", Date),
    word("state", default="open"),
    at("asked_at"),
    at("answered_at", nullable=True),
    to("answered_by", "people", nullable=True),
    while_in("open", "ix_requests_open", "kind", "id"),
)
attachments = Table(
    "attachments",
    metadata,
    key(),
    to("draft", "drafts", nullable=True, index=True),
    to("record", "records", nullable=True, index=True),
    word("sort"),
    word("state", default="waiting"),
    sealed("source"),
    Column("file", String(64)),
    at("added_at"),
)
timers = Table(
    "timers",
    metadata,
    Column("record", ForeignKey("records.id"), primary_key=True),
    Column("kind", String(40), primary_key=True),
    at("due_at"),
    number("round"),
    Index("ix_timers_due", "due_at"),
)
closings = Table(
    "closings",
    metadata,
    key(),
    Column("month", Date, nullable=False, unique=True),
    at("cutoff"),
    at("closed_at"),
    number("policy", 1),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)
closed_figures = Table(
    "closed_figures",
    metadata,
    Column("closing", ForeignKey("closings.id"), primary_key=True),
    Column("area", String(15), primary_key=True),
    Column("figure", Word(40), primary_key=True),
    number("value"),
    Column("base", Integer),
    number("definition", 1),
    Column("records", Text, nullable=False),
)
files = Table(
    "files",
    metadata,
    Column("hash", String(64), primary_key=True),
    word("media_type"),
    Column("size", BigInteger, nullable=False),
    at("stored_at"),
)
audit = Table(
    "audit",
    metadata,
    key(),
    to("actor", "people", nullable=True),
    word("act"),
    Column("target", String(60), nullable=False),
    at("at"),
    sealed("body", nullable=True),
)
