"""Let the desk do its whole work: who has a part in an event, what waits for an answer, who is on duty.

Revision: 0005, after 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

IDENT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Bring the database here."""
    op.add_column("records", sa.Column("start_by", sa.DateTime(), nullable=True))
    op.add_column("records", sa.Column("upper", sa.String(length=40), nullable=True))
    op.add_column("records", sa.Column("upper_number", sa.String(length=40), nullable=True))
    op.create_index("ix_records_upper_number", "records", ["upper_number"])
    op.create_index("ix_records_kind_upper", "records", ["kind", "upper", "state"])
    with op.batch_alter_table("leaves") as leaves:
        leaves.add_column(sa.Column("substitute", IDENT, nullable=True))
        leaves.create_foreign_key("fk_leaves_substitute", "people", ["substitute"], ["id"])
    op.create_table(
        "replaced",
        sa.Column("channel", sa.String(length=120), nullable=False),
        sa.Column("chat", sa.String(length=120), nullable=False),
        sa.Column("message", sa.String(length=120), nullable=False),
        sa.Column("slot", sa.String(length=60), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "chat", "message", name="pk_replaced"),
    )
    op.create_index("ix_replaced_at", "replaced", ["at"])
    op.create_table(
        "duties",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("person", IDENT, nullable=False),
        sa.Column("handed_over_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_duties_person"),
        sa.PrimaryKeyConstraint("day", name="pk_duties"),
    )
    op.create_table(
        "parties",
        sa.Column("record", IDENT, nullable=False),
        sa.Column("person", IDENT, nullable=False),
        sa.Column("part", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["record"], ["records.id"], name="fk_parties_record"),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_parties_person"),
        sa.PrimaryKeyConstraint("record", "person", "part", name="pk_parties"),
    )
    op.create_index("ix_parties_person", "parties", ["person", "part"])
    op.create_table(
        "requests",
        sa.Column("id", IDENT, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("record", IDENT, nullable=True),
        sa.Column("asked_by", IDENT, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("state", sa.String(length=40), server_default="open", nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("answered_at", sa.DateTime(), nullable=True),
        sa.Column("answered_by", IDENT, nullable=True),
        sa.ForeignKeyConstraint(["record"], ["records.id"], name="fk_requests_record"),
        sa.ForeignKeyConstraint(["asked_by"], ["people.id"], name="fk_requests_asked_by"),
        sa.ForeignKeyConstraint(["answered_by"], ["people.id"], name="fk_requests_answered_by"),
        sa.PrimaryKeyConstraint("id", name="pk_requests"),
    )
    op.create_index("ix_requests_record", "requests", ["record"])
    is_open = sa.text("state = 'open'")
    op.create_index(
        "ix_requests_open", "requests", ["kind", "id"], sqlite_where=is_open, postgresql_where=is_open
    )


def downgrade() -> None:
    """Take it back."""
    for table in ("requests", "parties", "duties", "replaced"):
        op.drop_table(table)
    with op.batch_alter_table("leaves") as leaves:
        leaves.drop_constraint("fk_leaves_substitute", type_="foreignkey")
        leaves.drop_column("substitute")
    op.drop_index("ix_records_kind_upper", "records")
    op.drop_index("ix_records_upper_number", "records")
    for column in ("start_by", "upper", "upper_number"):
        op.drop_column("records", column)
