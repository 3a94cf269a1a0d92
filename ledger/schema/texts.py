"""What was read: articles, their addresses and versions, the pages as they came, stories and withdrawals."""

from sqlalchemy import (
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from ledger.schema.base import NOW, Instant, metadata

articles = Table(
    "articles",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("outlet", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("read_from", Text, nullable=False),  # the page it was read from: another at AMP and print views
    Column("version", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("fingerprint", Text, nullable=False),  # of what a reader reads
    Column("document", JSONB, nullable=False),  # Article.as_json() and the enrichment
    Column("first_seen_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("fetched_at", Instant, nullable=False),
    Column("published_at", Instant),  # for order alone: at precision day its first instant in UTC
    Column("edits", JSONB, nullable=False, server_default="[]"),  # kind, version, time of each change, the latest ones
    Column("story_id", Uuid),  # the article that founded the story; None: its text is too short to be a copy
    Column("copy_of", Uuid),  # the member of the story that had the text first; None: this one
    Column("similarity", Float),  # with that member's text
    Column("out_by", Instant),  # when the text was out for certain
    Column("missed_at", Instant),  # the first 404 or 410 in a row
    Column("gone_at", Instant),
    Column("gone_status", Integer),
    Column("returned_at", Instant),
    Index(None, "outlet", "first_seen_at"),
    Index("ix_articles_first_seen_at_brin", "first_seen_at", postgresql_using="brin"),
    Index("ix_articles_missing", "missed_at", postgresql_where=text("missed_at IS NOT NULL AND gone_at IS NULL")),
    Index(None, "story_id"),
)

#: every address and identity under which an article was met
addresses = Table(
    "addresses",
    metadata,
    Column("key", Text, primary_key=True),
    Column("article_id", Uuid, ForeignKey("articles.id", ondelete="CASCADE"), nullable=False),
    Index(None, "article_id"),
)

versions = Table(
    "versions",
    metadata,
    Column("article_id", Uuid, ForeignKey("articles.id", ondelete="CASCADE"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("article", LargeBinary, nullable=False),  # zlib of Article.as_json()
    Column("edits", JSONB),  # against the version before; NULL for the first
    Column("candidates", LargeBinary),  # zlib of what was weighed for each field
    # provenance: of the page that the text was last read from; news/provenance.py says what each is
    Column("page_hash", LargeBinary),  # NULL: recorded before provenance was
    Column("read_with", LargeBinary),
    Column("lines", LargeBinary),
    PrimaryKeyConstraint("article_id", "version"),
    # what changed lately, over all articles
    Index("ix_versions_changed", "seen_at", "article_id", "version", postgresql_where=text("version > 1")),
)

#: the newest page of each article as it came, for as long as the article is re-fetched
raw_pages = Table(
    "raw_pages",
    metadata,
    Column("article_id", Uuid, ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("page_hash", LargeBinary, nullable=False),
    Column("url", Text, nullable=False),
    Column("final_url", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("content", LargeBinary, nullable=False),  # zstd; EXTERNAL: PostgreSQL need not try to pack it again
    Column("content_bytes", Integer, nullable=False),  # as it is kept
    Column("fetched_at", Instant, nullable=False),
    Index(None, "fetched_at"),
)

#: by which copies of a text are found, for as many days as copies are looked for
signatures = Table(
    "signatures",
    metadata,
    Column("article_id", Uuid, ForeignKey("articles.id", ondelete="CASCADE"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("kept_at", Instant, nullable=False),  # from then on it ages: of an imported text the time of the import
    Column("signature", LargeBinary, nullable=False),  # news/signature.py packs it
    Column("bands", ARRAY(Integer), nullable=False),
    PrimaryKeyConstraint("article_id", "version"),
    Index(None, "kept_at"),
    # with a list of pending entries each look-up would read the whole list
    Index("ix_signatures_bands", "bands", postgresql_using="gin", postgresql_with={"fastupdate": False}),
)

#: stories that turned out to be part of another one
merged_stories = Table(
    "merged_stories",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("into", Uuid, nullable=False),
    Column("merged_at", Instant, nullable=False, server_default=NOW),
    Index(None, "into"),
)

#: every time that an article's page was withdrawn
tombstones = Table(
    "tombstones",
    metadata,
    Column("article_id", Uuid, ForeignKey("articles.id", ondelete="CASCADE"), nullable=False),
    Column("missed_at", Instant, nullable=False),
    Column("gone_at", Instant, nullable=False),
    Column("status", Integer, nullable=False),
    Column("back_at", Instant),
    PrimaryKeyConstraint("article_id", "gone_at"),
)
