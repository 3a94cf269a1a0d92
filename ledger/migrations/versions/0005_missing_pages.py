"""Articles whose page was not there once are found without a look at all others."""

import sqlalchemy as sa
from alembic import op

revision = "0005_missing_pages"
down_revision = "0004_watch_pauses"


def upgrade() -> None:
    """Make the index: it has few entries, and only for as long as nothing is settled."""
    is_open = sa.text("missed_at IS NOT NULL AND gone_at IS NULL")
    op.create_index("ix_articles_missing", "articles", ["missed_at"], postgresql_where=is_open)
