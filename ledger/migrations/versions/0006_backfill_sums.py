"""What became of all that a sitemap of the past announced."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006_backfill_sums"
down_revision = "0005_missing_pages"


def upgrade() -> None:
    """Add the column; what was read before has no sum."""
    op.add_column("backfill_sitemaps", sa.Column("sum", JSONB))
