"""The configuration in, the place to search out."""

from sqlalchemy.ext.asyncio import AsyncEngine

from index.elasticsearch.backend import ElasticsearchIndex
from index.elasticsearch.client import connect, shown
from index.postgresql.backend import PostgresqlIndex
from index.protocol import Index
from news.configuration import Configuration


def open_elasticsearch(configuration: Configuration) -> ElasticsearchIndex:
    """Return the Elasticsearch that the configuration names, for what it alone can: migrations and keys.

    Raises ConfigurationError if none is named.
    """
    found = connect(configuration)
    return ElasticsearchIndex(found, shown(configuration.elasticsearch_url or ""))


def open_index(configuration: Configuration, engine: AsyncEngine) -> Index:
    """Return Elasticsearch if the configuration names one, else PostgreSQL's full text in `engine`'s database.

    Nothing is connected to yet. Raises ConfigurationError for an address the client cannot use.
    """
    if configuration.elasticsearch_url:
        return open_elasticsearch(configuration)
    return PostgresqlIndex(engine)
