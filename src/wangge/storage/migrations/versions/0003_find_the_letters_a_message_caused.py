"""Find the letters that a message caused: without it each deletion of a message looks at every letter.

Revision: 0003, after 0002
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database here."""
    op.create_index("ix_outbox_cause", "outbox", ["cause"])


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_outbox_cause", "outbox")
