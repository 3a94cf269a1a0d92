"""Whether what a source lists is renewed."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the tables; habits are learned from the next readings on."""
    op.create_table(
        "listings",
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("renewed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("outlet", "source"),
    )
    op.create_table(
        "renewals",
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("outlet", "source", "hour"),
    )


def downgrade() -> None:
    op.drop_table("renewals")
    op.drop_table("listings")
