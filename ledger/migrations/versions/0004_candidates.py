"""What was weighed for each field of a version."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column; versions that were read before have nothing in it."""
    op.add_column("versions", sa.Column("candidates", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("versions", "candidates")
