"""The client's connection to Elasticsearch, and its errors in our own words."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from elastic_transport import AiohttpHttpNode, ConnectionTimeout, TlsError, TransportError
from elastic_transport import ConnectionError as NoConnection
from elastic_transport.client_utils import DEFAULT
from elasticsearch import ApiError, AsyncElasticsearch

from news.configuration import Configuration
from news.errors import ConfigurationError, IndexUnavailable

#: seconds for one request; a slower search is one that nobody waits for
REQUEST_SECONDS = 30.0


#: aiohttp refuses larger bodies as bytes, lest one write hold up the loop
_LARGE_BYTES = 1_000_000


class _Stream(io.BytesIO):
    """A large body. The client decodes bodies for its debug log, where megabytes of articles have no place."""

    def decode(self, *_: str) -> str:
        """Return what the log is to show."""
        return f"<{len(self.getbuffer())} bytes>"


class Node(AiohttpHttpNode):
    """The client's node, which gives large bodies to aiohttp as a stream."""

    async def perform_request(  # type: ignore[override]  # the transport calls it by these names alone
        self, method: str, target: str, body: bytes | None = None, **options: Any
    ) -> Any:
        """Send one request."""
        sent = _Stream(body) if body and len(body) > _LARGE_BYTES else body
        return await super().perform_request(method, target, body=sent, **options)  # type: ignore[arg-type]


def connect(configuration: Configuration) -> AsyncElasticsearch:
    """Return a client for the server, or the comma-separated nodes of one, that the configuration names.

    Raises ConfigurationError if none is named, or one with a path or scheme that the client refuses.
    """
    if not configuration.elasticsearch_url:
        raise ConfigurationError("BROADSHEET_ELASTICSEARCH_URL names no Elasticsearch.")
    hosts = [host.strip() for host in configuration.elasticsearch_url.split(",") if host.strip()]
    certificates = configuration.elasticsearch_ca_certs
    try:
        return AsyncElasticsearch(
            [with_port(host) for host in hosts],
            node_class=Node,
            api_key=configuration.elasticsearch_api_key,
            request_timeout=REQUEST_SECONDS,
            max_retries=2,  # each on another node, where there is one
            retry_on_timeout=False,
            ca_certs=str(certificates) if certificates else DEFAULT,
        )
    except (ValueError, TypeError) as error:  # the message may carry the URL, and that a password
        raise ConfigurationError("BROADSHEET_ELASTICSEARCH_URL is not an address the client can use.") from error


def with_port(url: str) -> str:
    """Return `url` with the port that the client insists on: of the scheme, where none is written.

    >>> with_port("https://search.example.org")
    'https://search.example.org:443'
    """
    parts = urlsplit(url)
    if parts.port is None:
        parts = parts._replace(netloc=f"{parts.netloc}:{443 if parts.scheme == 'https' else 80}")
    return parts.geturl()


def shown(url: str) -> str:
    """Return the address without user and password, for people and logs.

    >>> shown("https://elastic:secret@search.example.org:9200/")
    'https://search.example.org:9200'
    """
    return ", ".join(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" for parts in map(urlsplit, url.split(",")))


@contextmanager
def our_words(place: str) -> Iterator[None]:
    """Turn the client's errors into ours. `place` is the server as `shown`; no error carries a document or a secret."""
    try:
        yield
    except ApiError as error:
        raise explained(error, place) from None
    except TransportError as error:
        raise unreachable(error, place) from None


def unreachable(error: TransportError, place: str) -> IndexUnavailable:
    """Return our error for a request that got no answer."""
    return IndexUnavailable(f"Elasticsearch at {place} {_trouble(error)}")


def _trouble(error: TransportError) -> str:
    if isinstance(error, TlsError):
        return "has a certificate that is not trusted; BROADSHEET_ELASTICSEARCH_CA_CERTS names the file that signs it."
    if isinstance(error, ConnectionTimeout):
        return "takes too long to answer."
    if isinstance(error, NoConnection):
        return "cannot be reached; is it running?"
    return f"gives an answer that cannot be read ({type(error).__name__})."


def explained(error: ApiError, place: str) -> IndexUnavailable:
    """Return our error for an answer of the server that is no success."""
    return failed(error.status_code, error_type(error.body), place)


def failed(status: int, kind: str, place: str) -> IndexUnavailable:
    """Return our error for a status and the kind of the server's error."""
    if status == 401:
        return IndexUnavailable(
            f"Elasticsearch at {place} refuses our key or password; see BROADSHEET_ELASTICSEARCH_API_KEY."
        )
    if status == 403:
        return IndexUnavailable(
            f"Elasticsearch at {place} does not allow this with our key ({kind}); see `broadsheet index keys`."
        )
    if status == 404:
        return IndexUnavailable(f"Elasticsearch at {place} has no such index; `broadsheet index create` makes it.")
    if status < 500 and status != 429:
        return IndexUnavailable(f"Elasticsearch at {place} refuses this: {status} ({kind}).")
    return IndexUnavailable(f"Elasticsearch at {place} is in trouble: {status} ({kind}).")


def error_type(body: object) -> str:
    """Return the kind of an error; its reason may carry an article's text and stays out.

    >>> error_type({"error": {"type": "parsing_exception", "reason": "secret text"}})
    'parsing_exception'
    """
    found = body.get("error") if isinstance(body, dict) else None
    if isinstance(found, dict):
        roots = found.get("root_cause") or [found]
        return str(roots[0].get("type") or found.get("type") or "unknown")
    return "unknown"
