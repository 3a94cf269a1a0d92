"""What is fetched, from where and when: outlets and their sources, sites, pages, attempts."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from ledger.schema.base import NOW, ZERO, Instant, metadata

#: what was learned of an outlet and what the user decided; what it *is* stands in its file
outlets = Table(
    "outlets",
    metadata,
    Column("slug", Text, primary_key=True),
    Column("enabled", Boolean),  # None: as its file says
    Column("crawled_at", Instant),
    Column("chrome", JSONB, nullable=False, server_default="{}"),  # hash of a line -> pages that had it
    Column("pages_read", Integer, nullable=False, server_default=ZERO),
    Column("unhealthy_reason", Text),  # None: the outlet is healthy
    Column("unhealthy_at", Instant),
    Column("paused", Boolean, nullable=False, server_default=text("false")),  # by the user, until resumed
    Column("site", Text, unique=True),  # of an outlet that has no file: it was met in an import
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

#: sitemaps of an outlet's past, and which of them were read for `crawl --since`
backfill_sitemaps = Table(
    "backfill_sitemaps",
    metadata,
    Column("outlet", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("since", Instant, nullable=False),  # addresses that were changed before are skipped
    Column("depth", Integer, nullable=False),
    Column("lastmod", Instant),
    Column("read_at", Instant),
    Column("failures", Integer, nullable=False, server_default=ZERO),
    Column("outcome", Text),
    Column("found", Integer, nullable=False, server_default=ZERO),
    Column("sum", JSONB),  # what became of all that it announced
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
    Column(
        "captures", SmallInteger, nullable=False, server_default=ZERO
    ),  # kinds of sources it stood in (news.capture)
    Index(None, "outlet", "due_at"),
    # what is due, in the order in which it is fetched; a page that is visited no more is not in it
    Index(
        "ix_pages_due", "outlet", text("priority DESC"), "due_at", "url", postgresql_where=text("due_at IS NOT NULL")
    ),
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
