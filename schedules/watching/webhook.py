"""A notification to a webhook: signed as Standard Webhooks has it, and sent to no address that is not public.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import asyncio
import hmac
import socket
import ssl
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from hashlib import sha256
from ipaddress import ip_address
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import h11
import orjson

from crawler.resolver import is_public
from news.configuration import Configuration
from news.errors import BadWatch, DeliveryFailed
from news.watch import Notification, Watch

#: from the look-up of the name to the end of the answer's head
MOST_SECONDS = 10.0
#: a connection is used again for so long after its last message, less than any server leaves one open, and no longer in
#: all than the second: then the name is looked up and checked again
IDLE_SECONDS, OLDEST_SECONDS = 1.0, 30.0
#: for the rest of an answer, which nobody reads
_REST_SECONDS = 0.5
_READ_BYTES = 65_536


def content_of(watch: Watch, notification: Notification, public_url: str) -> dict[str, Any]:
    """Return what a notification says, in JSON's types, with addresses of its pages."""
    found = notification.as_json() | {"watch": {"id": str(watch.id), "name": watch.name}}
    return found | {"page": public_url + page_of(watch, notification)}


def page_of(watch: Watch, notification: Notification) -> str:
    """Return the path of the page that shows more of a notification."""
    if notification.article_id is None:
        return f"/watches/{watch.id}"
    path, version = f"/articles/{notification.article_id}", notification.content.get("version")
    return f"{path}/versions/{version - 1}..{version}" if version else path


def body_of(watch: Watch, notification: Notification, public_url: str) -> bytes:
    """Return the body of the request: the same on each try."""
    data = content_of(watch, notification, public_url)
    return orjson.dumps({"type": f"watch.{notification.type}", "timestamp": data["at"], "data": data})


def signature(secret: str, id: str, timestamp: int, body: bytes) -> str:
    """Return the signature of a message, as the header `webhook-signature` has it."""
    key = b64decode(secret.removeprefix("whsec_"))
    signed = f"{id}.{timestamp}.".encode() + body
    return f"v1,{b64encode(hmac.new(key, signed, sha256).digest()).decode()}"


class Webhooks:
    """Connections to webhooks, used again for the next message while they are good."""

    def __init__(self, configuration: Configuration) -> None:
        """Open nothing yet."""
        self.configuration = configuration
        #: scheme, host and port -> those that lie idle
        self._idle: dict[tuple[str, str], list[_Connection]] = {}

    async def send(self, watch: Watch, notification: Notification, at: datetime) -> None:
        """Send one notification. Raises DeliveryFailed where the receiver does not answer with success."""
        assert watch.webhook_url is not None, "there is a receiver"
        assert watch.webhook_secret is not None, "a webhook has a secret"
        body, timestamp, id = (
            body_of(watch, notification, self.configuration.public_url),
            int(at.timestamp()),
            str(notification.id),
        )
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "broadsheet",
            "webhook-id": id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(watch.webhook_secret, id, timestamp, body),
        }
        try:
            async with asyncio.timeout(MOST_SECONDS):
                status, connection = await self._post(watch.webhook_url, headers, body)
        except TimeoutError as error:
            raise DeliveryFailed(f"The webhook did not answer within {MOST_SECONDS:.0f} seconds.") from error
        except (ssl.SSLError, ssl.CertificateError) as error:
            raise DeliveryFailed(
                "No secure connection to the webhook: its certificate is not valid, or TLS failed."
            ) from error
        except (OSError, UnicodeError, h11.ProtocolError) as error:
            # what an error says of itself may have the address, and a secret in it
            raise DeliveryFailed(f"The webhook cannot be reached ({type(error).__name__}).") from error
        await self._keep(watch.webhook_url, connection)
        if not 200 <= status < 300:
            redirected = "; it is not followed to another address" if 300 <= status < 400 else ""
            raise DeliveryFailed(f"The webhook answered {status}{redirected}.")

    def close(self) -> None:
        """End the connections that lie idle."""
        for connections in self._idle.values():
            for each in connections:
                each.close()
        self._idle.clear()

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> "tuple[int, _Connection]":
        """Send a request and return the answer's status, with the connection over which it came."""
        parts = urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        named = {"Host": parts.netloc, **headers, "Content-Length": str(len(body))}
        request = h11.Request(method="POST", target=target, headers=list(named.items()))
        connection = self._kept(url)
        if connection is not None:
            try:
                return await connection.send(request, body), connection
            except (ConnectionError, h11.RemoteProtocolError):
                if connection.has_answered:
                    raise
                # the receiver has ended it, as it may between two messages: this one goes out again, under its id
        connection = await _open(url, self.configuration)
        return await connection.send(request, body), connection

    def _kept(self, url: str) -> "_Connection | None":
        """Return a connection that lies idle and seems to be good, or None."""
        self._end_old(_place(url))
        kept = self._idle.get(_place(url))
        return kept.pop() if kept else None

    def _end_old(self, place: tuple[str, str]) -> None:
        """End connections that have lain idle for too long, and those that the receiver has ended."""
        kept = self._idle.pop(place, [])
        good = [each for each in kept if each.is_good()]
        for each in kept:
            if each not in good:
                each.close()
        if good:
            self._idle[place] = good

    async def _keep(self, url: str, connection: "_Connection") -> None:
        """Keep a connection for the next message, if another may be sent over it."""
        is_done = False
        try:
            is_done = await connection.is_done()
        finally:
            if is_done:
                self._idle.setdefault(_place(url), []).append(connection)
                asyncio.get_running_loop().call_later(IDLE_SECONDS, self._end_old, _place(url))
            else:
                connection.close()


def _place(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


class _Connection:
    """An open connection to a webhook."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._http = h11.Connection(h11.CLIENT)
        self._opened_at = self._idle_since = monotonic()
        #: something came in answer to the last request
        self.has_answered = False

    def is_good(self) -> bool:
        """Say whether it may be used again: its name is looked up and checked anew before long."""
        is_young = monotonic() - self._opened_at < OLDEST_SECONDS and monotonic() - self._idle_since < IDLE_SECONDS
        return is_young and not self._reader.at_eof() and not self._writer.is_closing()

    async def send(self, request: h11.Request, body: bytes) -> int:
        """Send a request and return the answer's status. Raises ConnectionError and h11.ProtocolError."""
        self.has_answered = False
        parts: tuple[h11.Event, ...] = (request, h11.Data(data=body), h11.EndOfMessage())
        try:
            self._writer.write(b"".join(self._http.send(each) or b"" for each in parts))
            await self._writer.drain()
            while True:
                event = self._http.next_event()
                if event is h11.NEED_DATA:
                    await self._read()
                elif isinstance(event, h11.Response):
                    return event.status_code
                elif isinstance(event, h11.ConnectionClosed):
                    raise ConnectionError
        except BaseException:
            self.close()
            raise

    async def is_done(self) -> bool:
        """Read the rest of the answer if it is short, and say whether another request may be sent."""
        read = 0
        try:
            async with asyncio.timeout(_REST_SECONDS):
                while self._http.their_state is h11.SEND_BODY and read < _READ_BYTES:
                    if self._http.next_event() is h11.NEED_DATA:
                        read += await self._read()
        except (OSError, h11.ProtocolError):  # the limit of time among them; the status is known, and it counts
            return False
        if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            return False
        self._http.start_next_cycle()
        self._idle_since = monotonic()
        return True

    async def _read(self) -> int:
        data = await self._reader.read(_READ_BYTES)
        self.has_answered |= bool(data)
        self._http.receive_data(data)
        return len(data)

    def close(self) -> None:
        """End it."""
        self._writer.close()


def check_public(url: str, configuration: Configuration) -> None:
    """Raise BadWatch for a webhook that names an address which is not public; of names the sending knows."""
    host = urlsplit(url).hostname or ""
    is_local = host == "localhost" or host.endswith(".localhost")
    try:
        numeric = socket.inet_ntoa(socket.inet_aton(host)) if ":" not in host else host
    except OSError:
        numeric = ""
    if (is_local and not _may_dial("127.0.0.1", configuration)) or (numeric and not _may_dial(numeric, configuration)):
        raise BadWatch(
            "The webhook is not a public address. "
            "BROADSHEET_PRIVATE_WEBHOOKS=yes allows this machine and private networks."
        )


def _may_dial(address: str, configuration: Configuration) -> bool:
    if is_public(address, allow_loopback=configuration.allow_loopback or configuration.private_webhooks):
        return True
    if not configuration.private_webhooks:
        return False
    parsed = ip_address(address.partition("%")[0])
    # a cloud's own addresses (169.254.169.254) give secrets to whoever asks
    return parsed.is_private and not (parsed.is_link_local or parsed.is_multicast or parsed.is_unspecified)


async def _open(url: str, configuration: Configuration) -> _Connection:
    """Return a connection to the first address of a host that takes it."""
    parts = urlsplit(url)
    host, is_secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if is_secure else 80)
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(address[0]) for *_, address in found))
    allowed = [each for each in addresses if _may_dial(each, configuration)]
    if not allowed:
        raise DeliveryFailed("The webhook's host is not a public address.")
    failed: OSError | None = None
    for address in allowed[:3]:
        try:
            # the address that was checked is dialled, whatever the name would mean a moment later
            return _Connection(
                *await asyncio.open_connection(
                    address, port, ssl=trust() if is_secure else None, server_hostname=host if is_secure else None
                )
            )
        except OSError as error:
            failed = error
    raise failed or OSError()


@cache
def trust() -> ssl.SSLContext:
    """Return what certificates are checked by; reading this machine's takes some 30 ms."""
    return ssl.create_default_context()
