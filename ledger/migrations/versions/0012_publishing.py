"""What the publisher waits for, and in what the index differs: for all processes, whichever of them publishes."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the table; whoever publishes next writes its row."""
    op.create_table(
        "publishing",
        sa.Column("one", sa.Boolean(), server_default=sa.text("true")),
        sa.Column("waits_for", sa.Text(), nullable=False),
        sa.Column("difference", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("one"),
        sa.CheckConstraint("one", name="ck_publishing_one"),
    )


def downgrade() -> None:
    op.drop_table("publishing")
