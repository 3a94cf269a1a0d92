"""How far the work is: imports, reprocessings, and what is pending for the index."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from ledger.schema.base import NOW, ZERO, Instant, metadata

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
    Column("skipped", JSONB, nullable=False, server_default="{}"),  # reason -> items
    Column("begun_at", Instant, nullable=False, server_default=NOW),
    Column("moved_at", Instant, nullable=False, server_default=NOW),
    Column("ended_at", Instant),
    Column("error", Text),  # why it does not go on
    UniqueConstraint("file", "purpose"),
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

#: what is pending for the index: one row an article or event, the newest revision alone
outbox = Table(
    "outbox",
    metadata,
    Column("stream", Text, nullable=False),  # articles or events
    Column("id", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("document", JSONB),  # of an event; an article's is read from the ledger when it is published
    Column("pending_since", Instant, nullable=False, server_default=NOW),
    PrimaryKeyConstraint("stream", "id"),
    Index(None, "pending_since"),
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

#: up to when each kind of regular event was emitted
event_watermarks = Table(
    "event_watermarks",
    metadata,
    Column("what", Text, primary_key=True),
    Column("until", Instant, nullable=False),
)
