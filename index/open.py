"""The configuration in, the place to search out."""

from typing import TYPE_CHECKING

from index.protocol import Index
from news.configuration import Configuration

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from index.elasticsearch.backend import ElasticsearchIndex


def open_elasticsearch(configuration: Configuration) -> "ElasticsearchIndex":
    """Return the Elasticsearch that the configuration names, for what it alone can: migrations and keys.

    Raises ConfigurationError if none is named.
    """
    # its client, or what it would be, is imported by whoever has the one or the other
    from index.elasticsearch.backend import ElasticsearchIndex
    from index.elasticsearch.client import connect, shown

    found = connect(configuration)
    return ElasticsearchIndex(found, shown(configuration.elasticsearch_url or ""))


def open_index(configuration: Configuration, engine: "AsyncEngine") -> Index:
    """Return Elasticsearch if the configuration names one, else PostgreSQL's full text in `engine`'s database.

    Nothing is connected to yet. Raises ConfigurationError for an address the client cannot use.
    """
    if configuration.elasticsearch_url:
        return open_elasticsearch(configuration)
    from index.postgresql.backend import PostgresqlIndex

    return PostgresqlIndex(engine)
