"""Every table. Personal text is sealed bytes; moments are UTC; days are the town's."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """An aware datetime, stored as UTC without zone so that both databases compare it alike."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ANN401 - SQLAlchemy's
        """Refuse a naive moment: it would be read as another zone's."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ANN401 - SQLAlchemy's
        """Give the zone back."""
        return value and value.replace(tzinfo=UTC)


def _id() -> Column[int]:
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)


def _to(name: str, target: str, *, nullable: bool = False, index: bool = False) -> Column[int]:
    return Column(name, ForeignKey(f"{target}.id"), nullable=nullable, index=index)


def _word(name: str, *, nullable: bool = False, default: str | None = None) -> Column[str]:
    return Column(name, String(40), nullable=nullable, server_default=default)


def _number(name: str, default: int = 0) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=str(default))


def _sealed(name: str, *, nullable: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=nullable)


def _at(name: str, *, nullable: bool = False) -> Column[datetime]:
    return Column(name, Moment, nullable=nullable)


def _ident(name: str, *, primary_key: bool = False, nullable: bool = False) -> Column[str]:
    return Column(name, String(120), primary_key=primary_key, nullable=nullable)


# The town: areas, policy, people
areas = Table(
    "areas",
    metadata,
    Column("code", String(15), primary_key=True),
    Column("name", String(60), nullable=False),
    Column("parent", String(15), nullable=False, index=True),
    _word("level"),
)
policies = Table(
    "policies",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
    _at("applied_at"),
)
people = Table(
    "people",
    metadata,
    _id(),
    Column("staff_no", String(30), nullable=False, unique=True),
    _sealed("name"),
    _sealed("phone"),
    Column("phone_mark", String(32), nullable=False, index=True),
    Column("is_ended", Boolean, nullable=False, server_default=text("false")),
)
posts = Table(
    "posts",
    metadata,
    _id(),
    _to("person", "people", index=True),
    _word("role"),
    Column("area", String(15), nullable=False),
    Column("start_day", Date),
    Column("end_day", Date),
    Index("ix_posts_role_area", "role", "area"),
)
accounts = Table(
    "accounts",
    metadata,
    _ident("channel", primary_key=True),
    _ident("account", primary_key=True),
    _ident("chat"),
    _to("person", "people", index=True),
    _at("joined_at"),
    _at("unreachable_at", nullable=True),
)
invitations = Table(
    "invitations",
    metadata,
    Column("code_mark", String(32), primary_key=True),
    _to("person", "people", index=True),
    _at("made_at"),
    _at("expires_at"),
    _at("used_at", nullable=True),
)
wrong_tries = Table(
    "wrong_tries",
    metadata,
    _id(),
    _ident("channel"),
    _ident("account"),
    _at("at"),
    Index("ix_wrong_tries_account", "channel", "account", "at"),
)
leaves = Table(
    "leaves",
    metadata,
    _id(),
    _to("person", "people", index=True),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
)
mutes = Table(
    "mutes",
    metadata,
    Column("person", ForeignKey("people.id"), primary_key=True),
    Column("plan", String(40), primary_key=True),
    Column("period", String(40), primary_key=True),
)

# The way of a message
inbox = Table(
    "inbox",
    metadata,
    _id(),
    _ident("channel"),
    _ident("key"),
    _ident("chat"),
    _sealed("body", nullable=True),
    _at("received_at"),
    _word("state", default="open"),
    _number("attempts"),
    Column("is_suspect", Boolean, nullable=False, server_default=text("false")),
    _at("handled_at", nullable=True),
    UniqueConstraint("channel", "key"),
    Index(
        "ix_inbox_open",
        "channel",
        "chat",
        "id",
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
)
outbox = Table(
    "outbox",
    metadata,
    _id(),
    _ident("channel"),
    _ident("chat"),
    _to("person", "people", nullable=True),
    _sealed("body", nullable=True),
    Column("slot", String(60), nullable=False, server_default=""),
    _word("state", default="waiting"),
    _at("created_at"),
    _at("ready_at"),
    _at("useless_after", nullable=True),
    Column("hold_until", BigInteger, nullable=False, server_default="0"),
    _number("calls_done"),
    _number("attempts"),
    _word("reason", nullable=True),
    _at("sent_at", nullable=True),
    Index(
        "ix_outbox_waiting",
        "ready_at",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
    Index(
        "ix_outbox_slot",
        "channel",
        "chat",
        "slot",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
)
shown = Table(
    "shown",
    metadata,
    _ident("channel", primary_key=True),
    _ident("chat", primary_key=True),
    Column("slot", String(60), primary_key=True),
    _ident("message"),
    Index("ix_shown_message", "channel", "chat", "message"),
)
conversations = Table(
    "conversations",
    metadata,
    _ident("channel", primary_key=True),
    _ident("chat", primary_key=True),
    _to("person", "people"),
    _sealed("body"),
)
strangers = Table(
    "strangers",
    metadata,
    _ident("channel", primary_key=True),
    _ident("chat", primary_key=True),
    _sealed("body"),
)
drafts = Table(
    "drafts",
    metadata,
    _id(),
    _to("person", "people"),
    _ident("channel"),
    _ident("chat"),
    _word("kind"),
    _word("state", default="open"),
    _sealed("body"),
    _number("version", 1),
    _to("record", "records", nullable=True),
    _ident("message", nullable=True),
    _at("opened_at"),
    _at("touched_at"),
    Index("ix_drafts_person", "person", "state"),
    Index("ix_drafts_message", "channel", "chat", "message"),
)
jobs = Table(
    "jobs",
    metadata,
    _id(),
    _word("kind"),
    Column("key", String(120), nullable=False, unique=True),
    Column("arguments", Text, nullable=False),
    _word("state", default="open"),
    _number("attempts"),
    Column("not_before", BigInteger, nullable=False, server_default="0"),
    _at("created_at"),
    Index(
        "ix_jobs_open",
        "id",
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
)
due = Table(
    "due",
    metadata,
    Column("kind", String(40), primary_key=True),
    Column("subject", String(60), primary_key=True),
    Column("period", String(40), primary_key=True),
    _word("decision"),
    _at("decided_at"),
)
marks = Table(
    "marks", metadata, Column("name", String(60), primary_key=True), Column("value", Text, nullable=False)
)

# What the township writes down
records = Table(
    "records",
    metadata,
    _id(),
    _word("kind"),
    _number("year"),
    Column("number", String(12), nullable=False),
    Column("origin", String(60), nullable=False, unique=True),
    _to("author", "people"),
    Column("area", String(15), nullable=False),
    Column("class", String(12), nullable=False, server_default=""),
    Column("happened_on", Date, nullable=False),
    _at("reported_at"),
    _at("recorded_at"),
    _word("state"),
    _word("outcome", nullable=True),
    _word("urgency", nullable=True),
    _to("holder", "people", nullable=True),
    _number("quantity", 1),
    _at("accept_by", nullable=True),
    _at("accepted_at", nullable=True),
    _at("due_at", nullable=True),
    _at("closed_at", nullable=True),
    _number("version", 1),
    _number("schema_version", 1),
    _number("policy", 1),
    _sealed("body"),
    UniqueConstraint("year", "number"),
    Index("ix_records_kind_reported", "kind", "reported_at"),
    Index("ix_records_kind_author", "kind", "author", "happened_on"),
    Index("ix_records_kind_area", "kind", "area", "happened_on"),
    Index("ix_records_kind_state", "kind", "state", "due_at"),
    Index("ix_records_holder", "holder", "state"),
)
history = Table(
    "history",
    metadata,
    _id(),
    _to("record", "records"),
    _number("version"),
    _word("act"),
    _to("actor", "people", nullable=True),
    _at("at"),
    _sealed("body"),
    UniqueConstraint("record", "version"),
    Index("ix_history_act_at", "act", "at"),
)
stays = Table(
    "stays",
    metadata,
    _id(),
    _to("record", "records", index=True),
    _word("state"),
    _to("holder", "people", nullable=True),
    Column("area", String(15), nullable=False),
    _at("from_at"),
    _at("to_at", nullable=True),
    Index("ix_stays_state_from", "state", "from_at"),
)
people_of = Table(
    "people_of",
    metadata,
    Column("record", ForeignKey("records.id"), primary_key=True),
    Column("person", ForeignKey("people.id"), primary_key=True),
    Column("part", String(40), primary_key=True),
)
links = Table(
    "links",
    metadata,
    Column("from_record", ForeignKey("records.id"), primary_key=True),
    Column("to_record", ForeignKey("records.id"), primary_key=True),
    Column("why", String(40), primary_key=True),
)
attachments = Table(
    "attachments",
    metadata,
    _id(),
    _to("draft", "drafts", nullable=True, index=True),
    _to("record", "records", nullable=True, index=True),
    _word("sort"),
    _word("state", default="waiting"),
    _sealed("source"),
    Column("file", String(64)),
    _at("added_at"),
)
timers = Table(
    "timers",
    metadata,
    Column("record", ForeignKey("records.id"), primary_key=True),
    Column("kind", String(40), primary_key=True),
    _at("due_at"),
    _number("round"),
    Index("ix_timers_due", "due_at"),
)
files = Table(
    "files",
    metadata,
    Column("hash", String(64), primary_key=True),
    _word("media_type"),
    Column("size", BigInteger, nullable=False),
    _at("stored_at"),
)
audit = Table(
    "audit",
    metadata,
    _id(),
    _to("actor", "people", nullable=True),
    _word("act"),
    Column("target", String(60), nullable=False),
    _at("at"),
    _sealed("body", nullable=True),
)
