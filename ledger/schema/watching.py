"""Watches: the searches, what happened that they have not seen, what they reported, and what is still to be sent."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, INT8MULTIRANGE, JSONB, TSTZMULTIRANGE

from ledger.schema.base import NOW, ZERO, Instant, metadata

watches = Table(
    "watches",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("query", JSONB, nullable=False),  # index/stored_query.py
    Column("triggers", ARRAY(Text), nullable=False),
    Column("webhook_url", Text),
    Column("webhook_secret", Text),
    Column("email", Text),
    Column("digest_hours", ARRAY(Integer), nullable=False, server_default="{}"),  # none: each notification at once
    Column("timezone", Text, nullable=False),
    Column("paused", Boolean, nullable=False, server_default=text("false")),
    Column("muted_until", Instant),
    Column("created_at", Instant, nullable=False, server_default=NOW),
    Column("active_since", Instant, nullable=False, server_default=NOW),
    Column("after", BigInteger, nullable=False, server_default=ZERO),  # news behind this number alone is matched
    Column("digest_at", Instant),
    Column("unsubscribe_token", Text, nullable=False, unique=True),
    Column("unsubscribed_at", Instant),
    Column("problem", Text, nullable=False, server_default=""),  # why its search cannot be carried out
    Column("pauses", TSTZMULTIRANGE, nullable=False, server_default=text("'{}'")),
    Column("skipped_news", INT8MULTIRANGE, nullable=False, server_default=text("'{}'")),  # of its pauses
)

#: what happened to articles while there are watches, until all of them have seen it
watch_news = Table(
    "watch_news",
    metadata,
    Column("number", BigInteger, Identity(), primary_key=True),
    Column("article_id", Uuid, ForeignKey("articles.id", ondelete="CASCADE"), nullable=False),
    Column("type", Text, nullable=False),
    Column("version", Integer),
    Column("at", Instant, nullable=False),
)

#: what a watch reported: it reports nothing twice
notifications = Table(
    "notifications",
    metadata,
    Column("id", Uuid, primary_key=True),  # of the watch and the key
    Column("number", BigInteger, Identity(), nullable=False),
    Column("watch_id", Uuid, ForeignKey("watches.id", ondelete="CASCADE"), nullable=False),
    Column("key", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("found_at", Instant, nullable=False, server_default=NOW),
    Column("article_id", Uuid),
    Column("content", JSONB, nullable=False),
    Column("muted", Boolean, nullable=False),
    Column("in_digest", Boolean, nullable=False, server_default=text("false")),  # it waits for the next digest
    UniqueConstraint("watch_id", "key"),
    Index(None, "watch_id", "number"),
    Index(None, "article_id"),
    Index("ix_notifications_in_digest", "watch_id", postgresql_where=text("in_digest")),
)

#: what is to be sent: written with its notifications, deleted when the receiver has it
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Uuid, primary_key=True),  # of the message; the same on each try
    Column("number", BigInteger, Identity(), nullable=False),
    Column("watch_id", Uuid, ForeignKey("watches.id", ondelete="CASCADE"), nullable=False),
    Column("channel", Text, nullable=False),
    Column("notifications", ARRAY(Uuid), nullable=False),
    Column("created_at", Instant, nullable=False, server_default=NOW),
    Column("failures", Integer, nullable=False, server_default=ZERO),
    Column("due_at", Instant, nullable=False, server_default=NOW),
    Column("reason", Text),  # why it was not taken
    Column("given_up_at", Instant),
    Index(None, "watch_id", "channel", "failures", "number"),
)

#: receivers that do not answer: nothing is sent to them until then
delivery_pauses = Table(
    "delivery_pauses",
    metadata,
    Column("watch_id", Uuid, ForeignKey("watches.id", ondelete="CASCADE"), nullable=False),
    Column("channel", Text, nullable=False),
    Column("failures", Integer, nullable=False),  # in a row
    Column("since", Instant, nullable=False, server_default=NOW),
    Column("retry_at", Instant, nullable=False),
    Column("reason", Text, nullable=False),
    PrimaryKeyConstraint("watch_id", "channel"),
)

#: stories that a watch found by hour, from which its usual level is learned
watch_hours = Table(
    "watch_hours",
    metadata,
    Column("watch_id", Uuid, ForeignKey("watches.id", ondelete="CASCADE"), nullable=False),
    Column("hour", Instant, nullable=False),
    Column("found", Integer, nullable=False),
    PrimaryKeyConstraint("watch_id", "hour"),
)
