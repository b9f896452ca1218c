"""Find what was open at a moment by its end, and visits by day: else ten years are read for each week.

Revision: 0004, after 0003
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database here."""
    op.create_index("ix_stays_state_to", "stays", ["state", "to_at"])
    op.drop_index("ix_stays_state_from", "stays")
    op.create_index("ix_records_kind_happened", "records", ["kind", "happened_on"])


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_records_kind_happened", "records")
    op.create_index("ix_stays_state_from", "stays", ["state", "from_at"])
    op.drop_index("ix_stays_state_to", "stays")
