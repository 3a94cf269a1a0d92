"""Watches: the searches, what happened that they have not seen, what they reported, and what is still to be sent.

The tables stand here once more, for this step must make the same for ever, whatever ledger/schema/ becomes.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0002_watches"
down_revision = "0001_first_schema"

metadata = sa.MetaData(
    naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "fk": "fk_%(table_name)s_%(column_0_name)s"}
)
Instant = sa.DateTime(timezone=True)
NOW, ZERO = sa.text("now()"), sa.text("0")

#: of the step before
Table("articles", metadata, Column("id", Uuid, primary_key=True))
Table(
    "watches",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("query", JSONB, nullable=False),
    Column("triggers", ARRAY(Text), nullable=False),
    Column("webhook_url", Text),
    Column("webhook_secret", Text),
    Column("email", Text),
    Column("digest_hours", ARRAY(Integer), nullable=False, server_default="{}"),
    Column("timezone", Text, nullable=False),
    Column("paused", Boolean, nullable=False, server_default=sa.text("false")),
    Column("muted_until", Instant),
    Column("created_at", Instant, nullable=False, server_default=NOW),
    Column("active_since", Instant, nullable=False, server_default=NOW),
    Column("after", BigInteger, nullable=False, server_default=ZERO),
    Column("digest_at", Instant),
    Column("unsubscribe_token", Text, nullable=False, unique=True),
    Column("unsubscribed_at", Instant),
    Column("problem", Text, nullable=False, server_default=""),
)
Table(
    "watch_news",
    metadata,
    Column("number", BigInteger, sa.Identity(), primary_key=True),
    Column("article_id", Uuid, sa.ForeignKey("articles.id", ondelete="CASCADE"), nullable=False),
    Column("type", Text, nullable=False),
    Column("version", Integer),
    Column("at", Instant, nullable=False),
)
Table(
    "notifications",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", BigInteger, sa.Identity(), nullable=False),
    Column("watch_id", Uuid, sa.ForeignKey("watches.id", ondelete="CASCADE"), nullable=False),
    Column("key", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("found_at", Instant, nullable=False, server_default=NOW),
    Column("article_id", Uuid),
    Column("content", JSONB, nullable=False),
    Column("muted", Boolean, nullable=False),
    Column("in_digest", Boolean, nullable=False, server_default=sa.text("false")),
    sa.UniqueConstraint("watch_id", "key"),
    Index(None, "watch_id", "number"),
    Index(None, "article_id"),
    Index("ix_notifications_in_digest", "watch_id", postgresql_where=sa.text("in_digest")),
)
Table(
    "deliveries",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", BigInteger, sa.Identity(), nullable=False),
    Column("watch_id", Uuid, sa.ForeignKey("watches.id", ondelete="CASCADE"), nullable=False),
    Column("channel", Text, nullable=False),
    Column("notifications", ARRAY(Uuid), nullable=False),
    Column("created_at", Instant, nullable=False, server_default=NOW),
    Column("failures", Integer, nullable=False, server_default=ZERO),
    Column("due_at", Instant, nullable=False, server_default=NOW),
    Column("reason", Text),
    Column("given_up_at", Instant),
    Index(None, "watch_id", "channel", "failures", "number"),
)
Table(
    "delivery_pauses",
    metadata,
    Column("watch_id", Uuid, sa.ForeignKey("watches.id", ondelete="CASCADE"), nullable=False),
    Column("channel", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("since", Instant, nullable=False, server_default=NOW),
    Column("retry_at", Instant, nullable=False),
    Column("reason", Text, nullable=False),
    sa.PrimaryKeyConstraint("watch_id", "channel"),
)
Table(
    "watch_hours",
    metadata,
    Column("watch_id", Uuid, sa.ForeignKey("watches.id", ondelete="CASCADE"), nullable=False),
    Column("hour", Instant, nullable=False),
    Column("found", Integer, nullable=False),
    sa.PrimaryKeyConstraint("watch_id", "hour"),
)


def upgrade() -> None:
    made = [table for table in metadata.sorted_tables if table.name != "articles"]
    metadata.create_all(op.get_bind(), tables=made, checkfirst=False)
