"""The ledger's tables. What is written here is never forgotten; the search index is made from it."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = MetaData(
    naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "fk": "fk_%(table_name)s_%(column_0_name)s"}
)

Instant = DateTime(timezone=True)
NOW = text("now()")
#: what is later was written by a clock that was ahead, and is not believed (news.clock.TOLERANCE)
LATEST = text("clock_timestamp() + interval '1 minute'")
ZERO = text("0")

#: what was learned of an outlet and what the user decided; what it *is* stands in its file
outlets = Table(
    "outlets",
    metadata,
    Column("slug", Text, primary_key=True),
    Column("enabled", Boolean),  # None: as its file says
    Column("crawled_at", Instant),
    Column("chrome", JSONB, nullable=False, server_default="{}"),  # hash of a line -> pages that had it
    Column("pages_read", Integer, nullable=False, server_default=ZERO),
    Column("marked", Text),  # why the outlet is unwell; None: it is well
    Column("marked_at", Instant),
    Column("paused", Boolean, nullable=False, server_default=text("false")),  # by the user, until resumed
    Column("site", Text, unique=True),  # of an outlet that has no file: it was met in an import
)

#: sitemaps of an outlet's past, and which of them were read for `crawl --since`
past_parts = Table(
    "past_parts",
    metadata,
    Column("outlet", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("since", Instant, nullable=False),  # addresses that were changed before are passed over
    Column("depth", Integer, nullable=False),
    Column("lastmod", Instant),
    Column("read_at", Instant),
    Column("failures", Integer, nullable=False, server_default=ZERO),
    Column("outcome", Text),
    Column("found", Integer, nullable=False, server_default=ZERO),
    PrimaryKeyConstraint("outlet", "url"),
)

#: files of pages from elsewhere, and how far each was read
imports = Table(
    "imports",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("file", Text, nullable=False),
    Column("purpose", Text, nullable=False),  # import or reprocess
    Column("kind", Text, nullable=False),
    Column("head", Text, nullable=False),  # hash of the file's beginning: another file of the same name begins anew
    Column("head_bytes", Integer, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False, server_default=ZERO),
    Column("within", Integer, nullable=False, server_default=ZERO),  # items done of the member at the position
    Column("outcomes", JSONB, nullable=False, server_default="{}"),  # outcome -> items
    Column("passed_over", JSONB, nullable=False, server_default="{}"),  # reason -> items
    Column("begun_at", Instant, nullable=False, server_default=NOW),
    Column("moved_at", Instant, nullable=False, server_default=NOW),
    Column("ended_at", Instant),
    Column("error", Text),  # why it does not go on
    UniqueConstraint("file", "purpose"),
)

sources = Table(
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
    Column("found", Integer, nullable=False, server_default=ZERO),  # addresses it listed at its last reading
    Column("asked_at", Instant),  # when the timetable last asked for a reading
    Column("first_read_at", Instant),  # what it listed then was its past, not news
    Column("failures", Integer, nullable=False, server_default=ZERO),  # in a row
    Column("failing_since", Instant),
    PrimaryKeyConstraint("outlet", "url"),
)

#: one row a registrable domain (else host and port): what politeness needs over all workers
sites = Table(
    "sites",
    metadata,
    Column("site", Text, primary_key=True),
    Column("requested_at", Instant),
    Column("not_before", Instant),  # Retry-After of a 429 or 503
)

robots = Table(
    "robots",
    metadata,
    Column("origin", Text, primary_key=True),  # scheme://host[:port]
    Column("content", LargeBinary, nullable=False),
    Column("status", Integer, nullable=False),  # 0: unreachable
    Column("skipped_lines", Integer, nullable=False, server_default=ZERO),  # Sitemap lines that name no address we keep
    Column("fetched_at", Instant, nullable=False),
)

pages = Table(
    "pages",
    metadata,
    Column("url", Text, primary_key=True),
    Column("outlet", Text, nullable=False),
    Column("found_at", Instant, nullable=False, server_default=NOW),
    Column("found_in", Text, nullable=False),
    Column("lastmod", Instant),
    Column("due_at", Instant),  # None: not visited again unless asked for
    Column("priority", Integer, nullable=False, server_default=ZERO),
    Column("visited_at", Instant),
    Column("failures", Integer, nullable=False, server_default=ZERO),  # in a row
    Column("etag", Text),
    Column("last_modified", Text),
    Column("outcome", Text),
    Column("reason", Text),
    Column("article_id", Uuid),
    Index(None, "outlet", "due_at"),
    Index(None, "article_id"),
    Index("ix_pages_found_at_brin", "found_at", postgresql_using="brin"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
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
    Column("recrawl_id", Uuid),  # the recrawl that it answers
    Index(None, "outlet", "at"),
    Index(None, "url", "at"),
    Index("ix_attempts_at_brin", "at", postgresql_using="brin"),
)

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

#: stored pages and texts that are read again, and what that changes
reprocessings = Table(
    "reprocessings",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("outlet", Text),  # None: all
    Column("since", Instant),  # articles first seen before are left alone
    Column("steps", Text, nullable=False),  # all, extract or enrich
    Column("dry_run", Boolean, nullable=False),
    Column("read_with", LargeBinary, nullable=False),  # hash of reader and enrichment: another one begins anew
    Column("begun_at", Instant, nullable=False, server_default=NOW),
    Column("ended_at", Instant),
)

#: a share of the articles of a reprocessing, by their ids: workers take different ones
reprocessing_parts = Table(
    "reprocessing_parts",
    metadata,
    Column("reprocessing_id", BigInteger, ForeignKey("reprocessings.id", ondelete="CASCADE"), nullable=False),
    Column("part", Integer, nullable=False),
    Column("up_to", Uuid, nullable=False),  # articles up to this one are done, or another part's
    Column("last", Uuid, nullable=False),  # the last article of the part
    Column("total", Integer, nullable=False),
    Column("done", Integer, nullable=False, server_default=ZERO),
    Column("changed", Integer, nullable=False, server_default=ZERO),
    Column("results", JSONB, nullable=False, server_default="{}"),  # what was done -> articles
    Column("refusals", JSONB, nullable=False, server_default="{}"),  # the reader's reason -> articles
    Column("fields", JSONB, nullable=False, server_default="{}"),  # field -> articles in which it changes
    Column("examples", JSONB, nullable=False, server_default="[]"),
    Column("moved_at", Instant, nullable=False, server_default=NOW),
    Column("ended_at", Instant),
    Column("error", Text),  # why it does not go on
    PrimaryKeyConstraint("reprocessing_id", "part"),
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

#: what is still owed to the index: one row an article or event, the newest revision alone
outbox = Table(
    "outbox",
    metadata,
    Column("stream", Text, nullable=False),  # articles or events
    Column("id", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("document", JSONB),  # of an event; an article's is read from the ledger when it is published
    Column("owed_since", Instant, nullable=False, server_default=NOW),
    PrimaryKeyConstraint("stream", "id"),
    Index(None, "owed_since"),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("stream", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("document", JSONB, nullable=False),
    Column("refused_at", Instant, nullable=False, server_default=NOW),
    PrimaryKeyConstraint("stream", "id"),
)

#: what whoever publishes waits for, and in what the index differs from the ledger; "" where nothing is wrong
publishing = Table(
    "publishing",
    metadata,
    Column("one", Boolean, server_default=text("true")),  # there is one row
    Column("waits_for", Text, nullable=False),
    Column("difference", Text, nullable=False),
    Column("since", Instant, nullable=False, server_default=NOW),
    PrimaryKeyConstraint("one"),
    CheckConstraint("one", name="ck_publishing_one"),
)

#: addresses that a person wanted fetched again, and the attempt that answers each
recrawls = Table(
    "recrawls",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("url", Text, nullable=False),
    Column("outlet", Text, nullable=False),
    Column("force", Boolean, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("attempt_id", BigInteger),  # None: it waits
    Index(None, "url", "asked_at"),
    Index("ix_recrawls_open", "url", postgresql_where=text("attempt_id IS NULL")),
)

#: an outlet's hour, counted: what its sources brought and what became of it
completeness = Table(
    "completeness",
    metadata,
    Column("outlet", Text, nullable=False),
    Column("hour", Instant, nullable=False),
    Column("found", Integer, nullable=False, server_default=ZERO),  # addresses that were new
    Column("fetched", Integer, nullable=False, server_default=ZERO),  # attempts
    Column("stored", Integer, nullable=False, server_default=ZERO),  # new articles
    Column("changed", Integer, nullable=False, server_default=ZERO),
    Column("unchanged", Integer, nullable=False, server_default=ZERO),
    Column("refused", JSONB, nullable=False, server_default="{}"),  # outcome -> attempts
    Column("undated", Integer, nullable=False, server_default=ZERO),  # of the stored, those without a time
    Column("letters", BigInteger, nullable=False, server_default=ZERO),  # of the stored, all their bodies
    PrimaryKeyConstraint("outlet", "hour"),
    Index(None, "hour"),
)

#: what a source brought in an hour, from its second reading on; hours without anything have no row
arrivals = Table(
    "arrivals",
    metadata,
    Column("outlet", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("hour", Instant, nullable=False),
    Column("found", Integer, nullable=False),
    PrimaryKeyConstraint("outlet", "source", "hour"),
)

#: what a source listed at its last good reading, and when that was last another list than before
listings = Table(
    "listings",
    metadata,
    Column("outlet", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("renewed_at", Instant, nullable=False),
    PrimaryKeyConstraint("outlet", "source"),
)

#: the hours in which a source listed something else than before
renewals = Table(
    "renewals",
    metadata,
    Column("outlet", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("hour", Instant, nullable=False),
    PrimaryKeyConstraint("outlet", "source", "hour"),
)

#: how an outlet was when it was last looked at
health = Table(
    "health",
    metadata,
    Column("outlet", Text, primary_key=True),
    Column("reason", Text),  # None: it is well
    Column("since", Instant),
    Column("expected", Float),  # addresses that it usually would have brought since the last one
    Column("seen", Integer, nullable=False, server_default=ZERO),  # addresses in the last 24 hours
    Column("silent_since", Instant),
    Column("checked_at", Instant, nullable=False),
    Column("told", Boolean, nullable=False, server_default=text("true")),  # whether the webhook has heard of it
)

#: what the index is told regularly, and up to when it was
told = Table(
    "told",
    metadata,
    Column("what", Text, primary_key=True),
    Column("until", Instant, nullable=False),
)
