"""The ledger's first schema: the tables as the first release has them, the job queue's, and the publisher's alarm.

The tables stand here once more, for this step must make the same for ever, whatever ledger/schema/ becomes.
"""

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, LargeBinary, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from ledger.locks import Lock
from ledger.wake import CHANNEL

revision = "0001_first_schema"
down_revision = None

metadata = sa.MetaData(
    naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "fk": "fk_%(table_name)s_%(column_0_name)s"}
)
Instant = sa.DateTime(timezone=True)
NOW, ZERO = sa.text("now()"), sa.text("0")

Table(
    "outlets",
    metadata,
    Column("slug", Text, primary_key=True),
    Column("enabled", Boolean),
    Column("crawled_at", Instant),
    Column("chrome", JSONB, nullable=False, server_default="{}"),
    Column("pages_read", Integer, nullable=False, server_default=ZERO),
    Column("unhealthy_reason", Text),
    Column("unhealthy_at", Instant),
    Column("paused", Boolean, nullable=False, server_default=sa.text("false")),
    Column("site", Text, unique=True),
)
Table(
    "sources",
    metadata,
    Column("outlet", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("fetched_at", Instant),
    Column("outcome", Text),
    Column("reason", Text),
    Column("found", Integer, nullable=False, server_default=ZERO),
    Column("asked_at", Instant),
    Column("first_read_at", Instant),
    Column("failures", Integer, nullable=False, server_default=ZERO),
    Column("failing_since", Instant),
    sa.PrimaryKeyConstraint("outlet", "url"),
)
Table(
    "backfill_sitemaps",
    metadata,
    Column("outlet", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("depth", Integer, nullable=False),
    Column("lastmod", Instant),
    Column("read_at", Instant),
    Column("failures", Integer, nullable=False, server_default=ZERO),
    Column("outcome", Text),
    Column("found", Integer, nullable=False, server_default=ZERO),
    sa.PrimaryKeyConstraint("outlet", "url"),
)
Table(
    "sites",
    metadata,
    Column("site", Text, primary_key=True),
    Column("requested_at", Instant),
    Column("not_before", Instant),
)
Table(
    "robots",
    metadata,
    Column("origin", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("status", Integer, nullable=False),
    Column("skipped_lines", Integer, nullable=False, server_default=ZERO),
    Column("fetched_at", Instant, nullable=False),
)
Table(
    "pages",
    metadata,
    Column("url", Text, primary_key=True),
    Column("outlet", Text, nullable=False),
    Column("found_at", Instant, nullable=False, server_default=NOW),
    Column("found_in", Text, nullable=False),
    Column("lastmod", Instant),
    Column("due_at", Instant),
    Column("priority", Integer, nullable=False, server_default=ZERO),
    Column("visited_at", Instant),
    Column("failures", Integer, nullable=False, server_default=ZERO),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("outcome", Text),
    Column("reason", Text),
    Column("article_id", Uuid),
    Index(None, "outlet", "due_at"),
    Index(
        "ix_pages_due",
        "outlet",
        sa.text("priority DESC"),
        "due_at",
        "url",
        postgresql_where=sa.text("due_at IS NOT NULL"),
    ),
    Index(None, "article_id"),
    Index("ix_pages_found_at_brin", "found_at", postgresql_using="brin"),
)
Table(
    "attempts",
    metadata,
    Column("id", BigInteger, sa.Identity(), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("outlet", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("final_url", Text),
    Column("outcome", Text, nullable=False),
    Column("reason", Text),
    Column("status", Integer),
    Column("latency_ms", Integer),
    Column("content_bytes", Integer),
    Column("article_id", Uuid),
    Column("recrawl_id", Uuid),
    Index(None, "outlet", "at"),
    Index(None, "url", "at"),
    Index("ix_attempts_at_brin", "at", postgresql_using="brin"),
)
Table(
    "recrawls",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("url", Text, nullable=False),
    Column("outlet", Text, nullable=False),
    Column("force", Boolean, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("attempt_id", BigInteger),
    Index(None, "url", "asked_at"),
    Index("ix_recrawls_open", "url", postgresql_where=sa.text("attempt_id IS NULL")),
)
Table(
    "articles",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("outlet", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("read_from", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("document", JSONB, nullable=False),
    Column("first_seen_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("fetched_at", Instant, nullable=False),
    Column("published_at", Instant),
    Column("edits", JSONB, nullable=False, server_default="[]"),
    Column("story_id", Uuid),
    Column("copy_of", Uuid),
    Column("similarity", Float),
    Column("out_by", Instant),
    Column("missed_at", Instant),
    Column("gone_at", Instant),
    Column("gone_status", Integer),
    Column("returned_at", Instant),
    Index(None, "outlet", "first_seen_at"),
    Index("ix_articles_first_seen_at_brin", "first_seen_at", postgresql_using="brin"),
    Index(None, "story_id"),
)
Table(
    "addresses",
    metadata,
    Column("key", Text, primary_key=True),
    Column("article_id", Uuid, sa.ForeignKey("articles.id", ondelete="CASCADE"), nullable=False),
    Index(None, "article_id"),
)
Table(
    "versions",
    metadata,
    Column("article_id", Uuid, sa.ForeignKey("articles.id", ondelete="CASCADE"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("article", LargeBinary, nullable=False),
    Column("edits", JSONB),
    Column("candidates", LargeBinary),
    Column("page_hash", LargeBinary),
    Column("read_with", LargeBinary),
    Column("lines", LargeBinary),
    sa.PrimaryKeyConstraint("article_id", "version"),
)
Table(
    "raw_pages",
    metadata,
    Column("article_id", Uuid, sa.ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("page_hash", LargeBinary, nullable=False),
    Column("url", Text, nullable=False),
    Column("final_url", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("content_bytes", Integer, nullable=False),
    Column("fetched_at", Instant, nullable=False),
    Index(None, "fetched_at"),
)
Table(
    "signatures",
    metadata,
    Column("article_id", Uuid, sa.ForeignKey("articles.id", ondelete="CASCADE"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("kept_at", Instant, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("bands", ARRAY(Integer), nullable=False),
    sa.PrimaryKeyConstraint("article_id", "version"),
    Index(None, "kept_at"),
    Index("ix_signatures_bands", "bands", postgresql_using="gin", postgresql_with={"fastupdate": False}),
)
Table(
    "merged_stories",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("into", Uuid, nullable=False),
    Column("merged_at", Instant, nullable=False, server_default=NOW),
    Index(None, "into"),
)
Table(
    "tombstones",
    metadata,
    Column("article_id", Uuid, sa.ForeignKey("articles.id", ondelete="CASCADE"), nullable=False),
    Column("missed_at", Instant, nullable=False),
    Column("gone_at", Instant, nullable=False),
    Column("status", Integer, nullable=False),
    Column("back_at", Instant),
    sa.PrimaryKeyConstraint("article_id", "gone_at"),
)
Table(
    "completeness",
    metadata,
    Column("outlet", Text, nullable=False),
    Column("hour", Instant, nullable=False),
    Column("found", Integer, nullable=False, server_default=ZERO),
    Column("fetched", Integer, nullable=False, server_default=ZERO),
    Column("stored", Integer, nullable=False, server_default=ZERO),
    Column("changed", Integer, nullable=False, server_default=ZERO),
    Column("unchanged", Integer, nullable=False, server_default=ZERO),
    Column("refused", JSONB, nullable=False, server_default="{}"),
    Column("undated", Integer, nullable=False, server_default=ZERO),
    Column("letters", BigInteger, nullable=False, server_default=ZERO),
    sa.PrimaryKeyConstraint("outlet", "hour"),
    Index(None, "hour"),
)
Table(
    "source_hourly",
    metadata,
    Column("outlet", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("hour", Instant, nullable=False),
    Column("found", Integer, nullable=False),
    sa.PrimaryKeyConstraint("outlet", "source", "hour"),
)
Table(
    "listings",
    metadata,
    Column("outlet", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("renewed_at", Instant, nullable=False),
    sa.PrimaryKeyConstraint("outlet", "source"),
)
Table(
    "source_change_hours",
    metadata,
    Column("outlet", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("hour", Instant, nullable=False),
    sa.PrimaryKeyConstraint("outlet", "source", "hour"),
)
Table(
    "health",
    metadata,
    Column("outlet", Text, primary_key=True),
    Column("reason", Text),
    Column("since", Instant),
    Column("expected", Float),
    Column("seen", Integer, nullable=False, server_default=ZERO),
    Column("silent_since", Instant),
    Column("checked_at", Instant, nullable=False),
    Column("notified", Boolean, nullable=False, server_default=sa.text("true")),
)
Table(
    "imports",
    metadata,
    Column("id", BigInteger, sa.Identity(), primary_key=True),
    Column("file", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("head", Text, nullable=False),
    Column("head_bytes", Integer, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False, server_default=ZERO),
    Column("within", Integer, nullable=False, server_default=ZERO),
    Column("outcomes", JSONB, nullable=False, server_default="{}"),
    Column("skipped", JSONB, nullable=False, server_default="{}"),
    Column("begun_at", Instant, nullable=False, server_default=NOW),
    Column("moved_at", Instant, nullable=False, server_default=NOW),
    Column("ended_at", Instant),
    Column("error", Text),
    sa.UniqueConstraint("file", "purpose"),
)
Table(
    "reprocessings",
    metadata,
    Column("id", BigInteger, sa.Identity(), primary_key=True),
    Column("outlet", Text),
    Column("since", Instant),
    Column("steps", Text, nullable=False),
    Column("dry_run", Boolean, nullable=False),
    Column("read_with", LargeBinary, nullable=False),
    Column("begun_at", Instant, nullable=False, server_default=NOW),
    Column("ended_at", Instant),
)
Table(
    "reprocessing_parts",
    metadata,
    Column("reprocessing_id", BigInteger, sa.ForeignKey("reprocessings.id", ondelete="CASCADE"), nullable=False),
    Column("part", Integer, nullable=False),
    Column("up_to", Uuid, nullable=False),
    Column("last", Uuid, nullable=False),
    Column("total", Integer, nullable=False),
    Column("done", Integer, nullable=False, server_default=ZERO),
    Column("changed", Integer, nullable=False, server_default=ZERO),
    Column("results", JSONB, nullable=False, server_default="{}"),
    Column("refusals", JSONB, nullable=False, server_default="{}"),
    Column("fields", JSONB, nullable=False, server_default="{}"),
    Column("examples", JSONB, nullable=False, server_default="[]"),
    Column("moved_at", Instant, nullable=False, server_default=NOW),
    Column("ended_at", Instant),
    Column("error", Text),
    sa.PrimaryKeyConstraint("reprocessing_id", "part"),
)
Table(
    "outbox",
    metadata,
    Column("stream", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("document", JSONB),
    Column("pending_since", Instant, nullable=False, server_default=NOW),
    sa.PrimaryKeyConstraint("stream", "id"),
    Index(None, "pending_since"),
)
Table(
    "quarantine",
    metadata,
    Column("stream", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("document", JSONB, nullable=False),
    Column("refused_at", Instant, nullable=False, server_default=NOW),
    sa.PrimaryKeyConstraint("stream", "id"),
)
Table(
    "publishing",
    metadata,
    Column("one", Boolean, server_default=sa.text("true")),
    Column("waits_for", Text, nullable=False),
    Column("difference", Text, nullable=False),
    Column("since", Instant, nullable=False, server_default=NOW),
    sa.PrimaryKeyConstraint("one"),
    sa.CheckConstraint("one", name="ck_publishing_one"),
)
Table("event_watermarks", metadata, Column("what", Text, primary_key=True), Column("until", Instant, nullable=False))


def upgrade() -> None:
    metadata.create_all(op.get_bind(), checkfirst=False)
    # a page is kept packed: PostgreSQL need not try it again
    op.execute("ALTER TABLE raw_pages ALTER COLUMN content SET STORAGE EXTERNAL")
    # several statements with % in them: on the driver's cursor, for SQLAlchemy would take them for parameters
    op.get_bind().connection.cursor().execute(SchemaManager.get_schema())
    # a publisher that sleeps holds the lock: whoever cannot share it sends word, nobody else does
    op.execute(
        "CREATE FUNCTION wake_publisher() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF NOT pg_try_advisory_xact_lock_shared({int(Lock.PUBLISHER_SLEEPS)}) THEN"
        f" PERFORM pg_notify('{CHANNEL}', ''); END IF; RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER wake_publisher AFTER INSERT OR UPDATE ON outbox"
        " FOR EACH STATEMENT EXECUTE FUNCTION wake_publisher()"
    )
