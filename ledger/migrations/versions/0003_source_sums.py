"""What became of all that each source announced, reading by reading, and in which kinds of sources a page stood.

The tables stand here once more, for this step must make the same for ever, whatever ledger/schema/ becomes.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003_source_sums"
down_revision = "0002_watches"


def upgrade() -> None:
    """Make the tables, and the column."""
    op.create_table(
        "source_sums",
        sa.Column("outlet", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("announced", sa.Integer, nullable=False),
        sa.Column("taken", sa.Integer, nullable=False),
        sa.Column("known", sa.Integer, nullable=False),
        sa.Column("other_site", sa.Integer, nullable=False),
        sa.Column("not_article", sa.Integer, nullable=False),
        sa.Column("too_old", sa.Integer, nullable=False),
        sa.Column("refused", sa.Integer, nullable=False),
        sa.Column("parts", sa.Integer, nullable=False),
        sa.Column("examples", JSONB, nullable=False),
        sa.PrimaryKeyConstraint("outlet", "source", "read_at"),
    )
    op.create_table(
        "completeness_estimates",
        sa.Column("outlet", sa.Text, primary_key=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("found", sa.Integer, nullable=False),
        sa.Column("share", sa.Float, nullable=True),
        sa.Column("low", sa.Float, nullable=True),
        sa.Column("high", sa.Float, nullable=True),
    )
    op.add_column("pages", sa.Column("captures", sa.SmallInteger, nullable=False, server_default=sa.text("0")))


def downgrade() -> None:
    """Take them away."""
    op.drop_column("pages", "captures")
    op.drop_table("completeness_estimates")
    op.drop_table("source_sums")
