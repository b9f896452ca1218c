"""Keep what counts in each stay, and closed months: figures of a past moment follow no later change.

Revision: 0006, after 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

IDENT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COPIED = (
    "kind",
    "class",
    "happened_on",
    "reported_at",
    "outcome",
    "urgency",
    "quantity",
    "accept_by",
    "due_at",
)
"""Columns of records that each stay has from now on."""
CHOSEN = (
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
OPEN = (
    "state IN ('accepted', 'assigned', 'done', 'escalated', 'handling', 'reopened', 'reported', 'returned', "
    "'suspended')"
)
INDEXES = {
    "ix_stays_now": (("kind", "reported_at", *CHOSEN), "to_at IS NULL"),
    "ix_stays_past": (("kind", "reported_at", "to_at"), "to_at IS NOT NULL"),
    "ix_stays_due": (("kind", "due_at", "to_at", "from_at", "state", "record"), "due_at IS NOT NULL"),
    "ix_stays_open": (("from_at",), f"to_at IS NULL AND {OPEN}"),
    "ix_stays_were_open": (("to_at", "from_at"), f"to_at IS NOT NULL AND {OPEN}"),
    "ix_stays_happened": (("kind", "happened_on"), None),
}


def _copy(name: str) -> str:
    return f'"{name}" = (SELECT r."{name}" FROM records r WHERE r.id = stays.record)'  # noqa: S608 - our columns


def upgrade() -> None:
    """Bring the database here; what a record is now stands for all of its stays so far."""
    for table in ("records", "stays"):
        op.add_column(table, sa.Column("source", sa.String(length=40), nullable=False, server_default="own"))
        op.add_column(table, sa.Column("grade", sa.String(length=40), nullable=True))
    for column in (
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("kind", sa.String(length=40), nullable=False, server_default=""),
        sa.Column("class", sa.String(length=12), nullable=False, server_default=""),
        sa.Column("happened_on", sa.Date(), nullable=True),
        sa.Column("reported_at", sa.DateTime(), nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("urgency", sa.String(length=40), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("accept_by", sa.DateTime(), nullable=True),
        sa.Column("due_at", sa.DateTime(), nullable=True),
    ):
        op.add_column("stays", column)
    op.execute(sa.text(" ".join(("UPDATE stays SET", ", ".join(map(_copy, COPIED))))))
    with op.batch_alter_table("stays") as stays:
        stays.alter_column("kind", server_default=None, existing_type=sa.String(length=40))
        stays.alter_column("happened_on", nullable=False, existing_type=sa.Date())
        stays.alter_column("reported_at", nullable=False, existing_type=sa.DateTime())
    op.drop_index("ix_stays_state_to", "stays")
    for name, (columns, condition) in INDEXES.items():
        where = sa.text(condition) if condition else None
        op.create_index(name, "stays", list(columns), sqlite_where=where, postgresql_where=where)
    op.create_table(
        "closings",
        sa.Column("id", IDENT, autoincrement=True, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("cutoff", sa.DateTime(), nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=False),
        sa.Column("policy", sa.Integer(), server_default="1", nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_closings"),
        sa.UniqueConstraint("month", name="uq_closings_month"),
    )
    op.create_table(
        "closed_figures",
        sa.Column("closing", IDENT, nullable=False),
        sa.Column("area", sa.String(length=15), nullable=False),
        sa.Column("figure", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Integer(), server_default="0", nullable=False),
        sa.Column("base", sa.Integer(), nullable=True),
        sa.Column("definition", sa.Integer(), server_default="1", nullable=False),
        sa.Column("records", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["closing"], ["closings.id"], name="fk_closed_figures_closing"),
        sa.PrimaryKeyConstraint("closing", "area", "figure", name="pk_closed_figures"),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("closed_figures")
    op.drop_table("closings")
    for name in INDEXES:
        op.drop_index(name, "stays")
    op.create_index("ix_stays_state_to", "stays", ["state", "to_at"])
    for name in (*COPIED, "version", "source", "grade"):
        op.drop_column("stays", name)
    for name in ("source", "grade"):
        op.drop_column("records", name)
