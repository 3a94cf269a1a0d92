"""What is counted hour by hour, and how the outlets are by that."""

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, PrimaryKeyConstraint, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from ledger.schema.base import ZERO, Instant, metadata

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
source_hourly = Table(
    "source_hourly",
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
source_change_hours = Table(
    "source_change_hours",
    metadata,
    Column("outlet", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("hour", Instant, nullable=False),
    PrimaryKeyConstraint("outlet", "source", "hour"),
)

#: what became of all that a source announced at a reading: `announced` is the sum of the six after it
source_sums = Table(
    "source_sums",
    metadata,
    Column("outlet", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("read_at", Instant, nullable=False),
    Column("announced", Integer, nullable=False),
    Column("taken", Integer, nullable=False),
    Column("known", Integer, nullable=False),
    Column("other_site", Integer, nullable=False),
    Column("not_article", Integer, nullable=False),
    Column("too_old", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("parts", Integer, nullable=False),  # sitemaps that an index names
    Column("examples", JSONB, nullable=False),  # name of the count -> a few addresses
    PrimaryKeyConstraint("outlet", "source", "read_at"),
)

#: how complete an outlet's articles are, as was last estimated
completeness_estimates = Table(
    "completeness_estimates",
    metadata,
    Column("outlet", Text, primary_key=True),
    Column("made_at", Instant, nullable=False),
    Column("found", Integer, nullable=False),  # articles of the time that was looked at
    Column("share", Float),  # None: too little is known to say
    Column("low", Float),
    Column("high", Float),
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
    Column("notified", Boolean, nullable=False, server_default=text("true")),  # whether the webhook was notified
)
