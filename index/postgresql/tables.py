"""The search schema: tables beside the ledger's that the index alone makes and reads, and can lose without loss."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR

SCHEMA = "search"
TABLES = MetaData(schema=SCHEMA)

ARTICLES = Table(
    "articles",
    TABLES,
    Column("id", Text, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    #: as written; NULL once deleted: the row stays, so that an older revision that comes late finds it
    Column("document", JSONB(none_as_null=True)),
    #: A headline, B standfirst, C kicker and other headlines, D body
    Column("words", TSVECTOR, nullable=False),
    #: "facet=folded value"
    Column("labels", ARRAY(Text), nullable=False),
    Column("sorted_at", DateTime(timezone=True)),
    #: a day alone stands as its first moment in UTC, and published_day says so
    Column("published_at", DateTime(timezone=True)),
    Column("published_day", Boolean, nullable=False),
    Column("story_key", Text, nullable=False),
)
Index("articles_words", ARTICLES.c.words, postgresql_using="gin")
Index("articles_labels", ARTICLES.c.labels, postgresql_using="gin")
Index("articles_sorted_at", ARTICLES.c.sorted_at, ARTICLES.c.id)
Index("articles_newest", ARTICLES.c.sorted_at.desc().nulls_last(), ARTICLES.c.id)
Index("articles_published_at", ARTICLES.c.published_at)

EVENTS = Table(
    "events",
    TABLES,
    Column("id", Text, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("document", JSONB(none_as_null=True)),
    Column("at", DateTime(timezone=True)),
)
Index("events_at", EVENTS.c.at)

#: the form to show of each label, as first seen
LABELS = Table(
    "labels",
    TABLES,
    Column("label", Text, primary_key=True),
    Column("shown", Text, nullable=False),
)

ABOUT = Table(
    "about",
    TABLES,
    Column("schema_version", Integer, primary_key=True),
)
