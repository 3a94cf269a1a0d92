"""The client's connection to Elasticsearch, and its errors in our own words."""

import io
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import certifi
from elastic_transport import AiohttpHttpNode, ConnectionTimeout, TlsError, TransportError
from elastic_transport import ConnectionError as NoConnection
from elastic_transport.client_utils import DEFAULT
from elasticsearch import ApiError, AsyncElasticsearch, UnsupportedProductError

from news.configuration import Configuration, nodes
from news.errors import ConfigurationError, IndexUnavailable
from news.log import Log

#: an API key is the base64 of its id and secret
_KEY = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
#: OpenSSL's numbers for what is wrong with a certificate; all others mean that nobody we know has signed it
_CERTIFICATE_TROUBLES = {
    9: "has a certificate that is not valid yet; is this machine's clock right?",
    10: "has a certificate that has expired; renew it.",
    62: "has a certificate for another name; use the name that it is for in BROADSHEET_ELASTICSEARCH_URL.",
    64: "has a certificate for another address; use the name that it is for in BROADSHEET_ELASTICSEARCH_URL.",
}

log = Log()

#: seconds for one request; a slower search is one that nobody waits for
REQUEST_SECONDS = 30.0
#: the major version of the servers that the client speaks to
NEEDED = 9

#: aiohttp refuses larger bodies as bytes, lest one write hold up the loop
_LARGE_BYTES = 1_000_000


class _Stream(io.BytesIO):
    """A large body. The client decodes bodies for its debug log, where megabytes of articles have no place."""

    def decode(self, *_: str) -> str:
        """Return what the log is to show."""
        return f"<{len(self.getbuffer())} bytes>"


class _Untrusted(TlsError):
    """A connection without trust. `trouble` says why, as what follows the server's name in a sentence."""

    def __init__(self, message: str, errors: tuple[Exception, ...], trouble: str) -> None:
        super().__init__(message, errors)
        self.trouble = trouble


class StreamingNode(AiohttpHttpNode):
    """The client's node, which gives large bodies to aiohttp as a stream."""

    async def perform_request(  # type: ignore[override]  # the transport calls it by these names alone
        self, method: str, target: str, body: bytes | None = None, **options: Any
    ) -> Any:
        """Send one request."""
        sent = _Stream(body) if body and len(body) > _LARGE_BYTES else body
        try:
            return await super().perform_request(method, target, body=sent, **options)  # type: ignore[arg-type]
        except TlsError as error:  # the transport forgets the reason of its last try
            raise _Untrusted(str(error), errors=error.errors, trouble=_tls_trouble(error)) from None


def connect(configuration: Configuration) -> AsyncElasticsearch:
    """Return a client for the server, or the comma-separated nodes of one, that the configuration names.

    Raises ConfigurationError if none is named, one with a path or scheme that the client refuses, a file of
    certificates that holds none, or a key that cannot be one.
    """
    if not configuration.elasticsearch_url:
        raise ConfigurationError("BROADSHEET_ELASTICSEARCH_URL is not set, so there is no Elasticsearch.")
    addresses = nodes(configuration.elasticsearch_url)
    schemes = {address.partition("://")[0].lower() for address in addresses}
    if len(schemes) > 1:
        raise ConfigurationError("BROADSHEET_ELASTICSEARCH_URL names nodes of both http:// and https://; use one.")
    key = configuration.elasticsearch_api_key
    if key and not _KEY.fullmatch(key):
        raise ConfigurationError(
            "BROADSHEET_ELASTICSEARCH_API_KEY is not an API key as Elasticsearch encodes it, in base64."
        )
    context = _trust(configuration.elasticsearch_ca_certs) if schemes == {"https"} else DEFAULT
    try:
        return AsyncElasticsearch(
            [with_port(address) for address in addresses],
            node_class=StreamingNode,
            api_key=key,
            request_timeout=REQUEST_SECONDS,
            max_retries=2,  # each on another node, where there is one
            retry_on_timeout=False,
            ssl_context=context,
        )
    except (ValueError, TypeError) as error:  # the message may carry the URL, and that a password
        raise ConfigurationError("BROADSHEET_ELASTICSEARCH_URL is not an address the client can use.") from error


def _trust(certificates: Path | None) -> ssl.SSLContext:
    """Return a context that checks certificate and name; the client's own checks no name where the URL has an IP.

    Raises ConfigurationError for a file that holds no certificate.
    """
    if certificates is None:
        context = ssl.create_default_context()
        context.load_verify_locations(cafile=certifi.where())  # as the client has it, where the system has none
        return context
    try:
        return ssl.create_default_context(cafile=certificates)
    except OSError as error:  # ssl.SSLError is one
        why = (
            "holds no certificate in PEM form"
            if isinstance(error, ssl.SSLError)
            else f"cannot be read ({error.strerror})"
        )
        raise ConfigurationError(f"BROADSHEET_ELASTICSEARCH_CA_CERTS: {certificates} {why}.") from None


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
    return ", ".join(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" for parts in map(urlsplit, nodes(url)))


@asynccontextmanager
async def our_words(client: AsyncElasticsearch, place: str) -> AsyncIterator[None]:
    """Turn the client's errors into ours. `place` is the server as `shown`; no error carries a document or a secret.

    An answer that has not the shape of Elasticsearch's is an error, too.
    """
    try:
        yield
    except ApiError as error:
        raise await explained(error, client, place) from None
    except TransportError as error:
        raise unreachable(error, place) from None
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
        log.debug("answer_unreadable", error=type(error).__name__)  # its text may carry an article's
        raise unreadable(place) from None


def unreachable(error: TransportError, place: str) -> IndexUnavailable:
    """Return our error for a request that got no answer."""
    return IndexUnavailable(f"Elasticsearch at {place} {_trouble(error)}")


def unreadable(place: str) -> IndexUnavailable:
    """Return our error for an answer that came with success and is none of Elasticsearch's."""
    return IndexUnavailable(
        f"Elasticsearch at {place} gave an answer that cannot be read; is there a proxy in front of it?"
    )


def _trouble(error: TransportError) -> str:
    if isinstance(error, _Untrusted):
        return error.trouble
    if isinstance(error, ConnectionTimeout):
        return "takes too long to answer."
    if isinstance(error, NoConnection):
        return "cannot be reached; is it running?"
    return f"gave an answer that cannot be read ({type(error).__name__})."


def _tls_trouble(error: TlsError) -> str:
    causes = [getattr(each, "certificate_error", each) for each in error.errors]
    found = next((each for each in causes if isinstance(each, ssl.SSLCertVerificationError)), None)
    if found is None:
        return "failed the TLS handshake; is it http:// instead of https://?"
    if found.verify_code in _CERTIFICATE_TROUBLES:
        return _CERTIFICATE_TROUBLES[found.verify_code]
    return "has a certificate that is not trusted; BROADSHEET_ELASTICSEARCH_CA_CERTS names the file that signs it."


async def explained(error: ApiError, client: AsyncElasticsearch, place: str) -> IndexUnavailable:
    """Return our error for an answer of the server that is no success, or that another product gave."""
    kind = error_type(error.body)
    if isinstance(error, UnsupportedProductError) or (
        error.status_code in (400, 406) and kind in ("unknown", "media_type_header_exception")
    ):
        return await _other_product(client, place) or (
            unreadable(place) if error.status_code < 300 else failed(error.status_code, kind, place)
        )
    return failed(error.status_code, kind, place)


async def _other_product(client: AsyncElasticsearch, place: str) -> IndexUnavailable | None:
    """Ask the server what it is; return our error if it is no Elasticsearch of the client's version."""
    body: object
    try:
        # the client would add the version it speaks to "application/json"
        body = (await client.perform_request("GET", "/", headers={"accept": "*/*"})).body
    except UnsupportedProductError as error:
        body = error.body
    except (ApiError, TransportError):
        return None
    version = body.get("version") if isinstance(body, dict) else None
    number = str(version.get("number", "")) if isinstance(version, dict) else ""
    if not isinstance(version, dict) or not number[:1].isdigit():
        return None
    product = {"opensearch": "OpenSearch"}.get(str(version.get("distribution")), "Elasticsearch")
    if product == "Elasticsearch" and number.startswith(f"{NEEDED}."):
        return None
    return IndexUnavailable(
        f"The server at {place} is {product} {number[:20]}; Broadsheet needs Elasticsearch {NEEDED}. "
        "Without BROADSHEET_ELASTICSEARCH_URL it searches in PostgreSQL."
    )


def failed(status: int, kind: str, place: str) -> IndexUnavailable:
    """Return our error for a status and the kind of the server's error."""
    if status == 401:
        return IndexUnavailable(
            f"Elasticsearch at {place} rejected the API key or password; see BROADSHEET_ELASTICSEARCH_API_KEY."
        )
    if status == 403:
        return IndexUnavailable(
            f"Elasticsearch at {place} does not allow this with this API key ({kind}); see `broadsheet index keys`."
        )
    if status == 404:
        return IndexUnavailable(f"Elasticsearch at {place} has no such index; `broadsheet index create` creates it.")
    if kind == "index_closed_exception":
        return IndexUnavailable(f"Elasticsearch at {place} has closed the index; open it: POST /articles,events/_open.")
    if status < 500 and status != 429:
        return IndexUnavailable(f"Elasticsearch at {place} rejected this: {status} ({kind}).")
    return IndexUnavailable(f"Elasticsearch at {place} has an error: {status} ({kind}).")


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
