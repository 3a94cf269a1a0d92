"""A watch knows when it was paused, and which news were written down meanwhile."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import INT8MULTIRANGE, TSTZMULTIRANGE

revision = "0004_watch_pauses"
down_revision = "0003_source_sums"


def upgrade() -> None:
    """Add the columns; what is paused now sees none of the news that wait."""
    empty = sa.text("'{}'")
    op.add_column("watches", sa.Column("pauses", TSTZMULTIRANGE, nullable=False, server_default=empty))
    op.add_column("watches", sa.Column("skipped_news", INT8MULTIRANGE, nullable=False, server_default=empty))
    op.execute(
        "UPDATE watches SET skipped_news = '{[0,)}', pauses = tstzmultirange(tstzrange(now(), NULL)) WHERE paused"
    )
