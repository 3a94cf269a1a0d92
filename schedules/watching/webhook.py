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
from hashlib import sha256
from ipaddress import ip_address
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


async def send(watch: Watch, notification: Notification, at: datetime, configuration: Configuration) -> None:
    """Send one notification. Raises DeliveryFailed where the receiver does not answer with success."""
    assert watch.webhook_url is not None, "there is a receiver"
    assert watch.webhook_secret is not None, "a webhook has a secret"
    body, timestamp, id = (
        body_of(watch, notification, configuration.public_url),
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
            status = await _post(watch.webhook_url, headers, body, configuration)
    except TimeoutError as error:
        raise DeliveryFailed(f"The webhook did not answer within {MOST_SECONDS:.0f} seconds.") from error
    except (ssl.SSLError, ssl.CertificateError) as error:
        raise DeliveryFailed(
            "No secure connection to the webhook: its certificate is not valid, or TLS failed."
        ) from error
    except socket.gaierror as error:
        raise DeliveryFailed("The webhook cannot be reached: its host's name has no address.") from error
    except ConnectionRefusedError as error:
        raise DeliveryFailed("The webhook cannot be reached: its host refused the connection.") from error
    except (OSError, UnicodeError, h11.ProtocolError) as error:
        # what an error says of itself may have the address, and a secret in it
        raise DeliveryFailed(f"The webhook cannot be reached ({type(error).__name__}).") from error
    if not 200 <= status < 300:
        redirected = "; it is not followed to another address" if 300 <= status < 400 else ""
        raise DeliveryFailed(f"The webhook answered {status}{redirected}.")


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


async def _post(url: str, headers: Mapping[str, str], body: bytes, configuration: Configuration) -> int:
    """Send a request to the first address of its host that takes the connection, and return the answer's status."""
    parts = urlsplit(url)
    host, is_secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if is_secure else 80)
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(address[0]) for *_, address in found))
    allowed = [each for each in addresses if _may_dial(each, configuration)]
    if not allowed:
        raise DeliveryFailed("The webhook's host is not a public address.")
    context = ssl.create_default_context() if is_secure else None
    failed: OSError | None = None
    for address in allowed[:3]:
        try:
            # the address that was checked is dialled, whatever the name would mean a moment later
            reader, writer = await asyncio.open_connection(
                address, port, ssl=context, server_hostname=host if is_secure else None
            )
            break
        except OSError as error:
            failed = error
    else:
        raise failed or OSError()
    try:
        connection = h11.Connection(h11.CLIENT)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        named = {"Host": parts.netloc, **headers, "Content-Length": str(len(body)), "Connection": "close"}
        request = h11.Request(method="POST", target=target, headers=list(named.items()))
        parts_of_it: tuple[h11.Event, ...] = (request, h11.Data(data=body), h11.EndOfMessage())
        writer.write(b"".join(connection.send(each) or b"" for each in parts_of_it))
        await writer.drain()
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                connection.receive_data(await reader.read(_READ_BYTES))
            elif isinstance(event, h11.Response):
                return event.status_code
            elif isinstance(event, h11.ConnectionClosed):
                raise ConnectionError
    finally:
        writer.close()
