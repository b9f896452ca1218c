"""The tables of the town, and of the way of a message; records are in storage.ledger.

Personal text is sealed bytes; moments are UTC; days are the town's.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from wangge.storage.columns import at, ident, key, number, sealed, to, while_in, word

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# The town: areas, policy, people
areas = Table(
    "areas",
    metadata,
    Column("code", String(15), primary_key=True),
    Column("name", String(60), nullable=False),
    Column("parent", String(15), nullable=False, index=True),
    word("level"),
)
policies = Table(
    "policies",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
    at("applied_at"),
)
people = Table(
    "people",
    metadata,
    key(),
    Column("staff_no", String(30), nullable=False, unique=True),
    sealed("name"),
    sealed("phone"),
    Column("phone_mark", String(32), nullable=False, index=True),
    Column("is_ended", Boolean, nullable=False, server_default=text("false")),
)
posts = Table(
    "posts",
    metadata,
    key(),
    to("person", "people", index=True),
    word("role"),
    Column("area", String(15), nullable=False),
    Column("start_day", Date),
    Column("end_day", Date),
    Index("ix_posts_role_area", "role", "area"),
)
accounts = Table(
    "accounts",
    metadata,
    ident("channel", primary_key=True),
    ident("account", primary_key=True),
    ident("chat"),
    to("person", "people", index=True),
    at("joined_at"),
    at("unreachable_at", nullable=True),
)
invitations = Table(
    "invitations",
    metadata,
    Column("code_mark", String(32), primary_key=True),
    to("person", "people", index=True),
    at("made_at"),
    at("expires_at"),
    at("used_at", nullable=True),
)
wrong_tries = Table(
    "wrong_tries",
    metadata,
    key(),
    ident("channel"),
    ident("account"),
    at("at"),
    Index("ix_wrong_tries_account", "channel", "account", "at"),
)
leaves = Table(
    "leaves",
    metadata,
    key(),
    to("person", "people", index=True),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    to("substitute", "people", nullable=True),
)
duties = Table(
    "duties",
    metadata,
    Column("day", Date, primary_key=True),
    to("person", "people"),
    at("handed_over_at", nullable=True),
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
    key(),
    ident("channel"),
    ident("key"),
    ident("chat"),
    sealed("body", nullable=True),
    at("received_at"),
    word("state", default="open"),
    number("attempts"),
    Column("is_suspect", Boolean, nullable=False, server_default=text("false")),
    at("handled_at", nullable=True),
    UniqueConstraint("channel", "key"),
    while_in("open", "ix_inbox_open", "channel", "chat", "id"),
    while_in("dead", "ix_inbox_dead", "handled_at"),
)
outbox = Table(
    "outbox",
    metadata,
    key(),
    ident("channel"),
    ident("chat"),
    to("person", "people", nullable=True),
    to("cause", "inbox", nullable=True, index=True),
    sealed("body", nullable=True),
    Column("slot", String(60), nullable=False, server_default=""),
    word("state", default="waiting"),
    at("created_at"),
    at("ready_at"),
    at("useless_after", nullable=True),
    Column("hold_until", BigInteger, nullable=False, server_default="0"),
    number("calls_done"),
    number("attempts"),
    word("reason", nullable=True),
    at("sent_at", nullable=True),
    while_in("waiting", "ix_outbox_waiting", "ready_at"),
    while_in("given_up", "ix_outbox_given_up", "sent_at"),
    while_in("waiting", "ix_outbox_slot", "channel", "chat", "slot"),
)
shown = Table(
    "shown",
    metadata,
    ident("channel", primary_key=True),
    ident("chat", primary_key=True),
    Column("slot", String(60), primary_key=True),
    ident("message"),
    Index("ix_shown_message", "channel", "chat", "message"),
)
replaced = Table(
    "replaced",
    metadata,
    ident("channel", primary_key=True),
    ident("chat", primary_key=True),
    ident("message", primary_key=True),
    Column("slot", String(60), nullable=False),
    at("at"),
    Index("ix_replaced_at", "at"),
)
conversations = Table(
    "conversations",
    metadata,
    ident("channel", primary_key=True),
    ident("chat", primary_key=True),
    to("person", "people"),
    sealed("body"),
)
strangers = Table(
    "strangers", metadata, ident("channel", primary_key=True), ident("chat", primary_key=True), sealed("body")
)
drafts = Table(
    "drafts",
    metadata,
    key(),
    to("person", "people"),
    ident("channel"),
    ident("chat"),
    word("kind"),
    word("state", default="open"),
    sealed("body"),
    number("version", 1),
    to("record", "records", nullable=True),
    ident("message", nullable=True),
    Column("is_practice", Boolean, nullable=False, server_default=text("false")),
    at("opened_at"),
    at("touched_at"),
    Index("ix_drafts_person", "person", "state"),
    Index("ix_drafts_message", "channel", "chat", "message"),
)
jobs = Table(
    "jobs",
    metadata,
    key(),
    word("kind"),
    Column("key", String(120), nullable=False, unique=True),
    Column("arguments", Text, nullable=False),
    word("state", default="open"),
    number("attempts"),
    Column("not_before", BigInteger, nullable=False, server_default="0"),
    at("created_at"),
    while_in("open", "ix_jobs_open", "id"),
)
due = Table(
    "due",
    metadata,
    Column("kind", String(40), primary_key=True),
    Column("subject", String(60), primary_key=True),
    Column("period", String(40), primary_key=True),
    word("decision"),
    at("decided_at"),
)
marks = Table(
    "marks", metadata, Column("name", String(60), primary_key=True), Column("value", Text, nullable=False)
)
leases = Table(
    "leases",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("holder", String(40), nullable=False),
    Column("until", Float, nullable=False),
)
