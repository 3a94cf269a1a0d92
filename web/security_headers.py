"""Around every answer: who may ask under which name, and what a browser may do with the answer."""

from collections.abc import Collection
from ipaddress import ip_address

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from news.errors import BadQuery
from web import error_responses
from web.forms import MOST_BYTES, TOO_LARGE

#: only Broadsheet's own files are loaded, nothing inline runs, no other page frames it
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",  # the texts are the outlets'
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
#: bound to all addresses of the machine
_ANY = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared with, never bound
_INVALID_HOST = "Invalid Host header. Use 127.0.0.1, localhost, the host given with --host, or one of BROADSHEET_HOSTS."


class SecurityMiddleware:
    """ASGI middleware: rejects unknown Host headers and large bodies, answers internal errors, puts HEADERS on answers.

    A page elsewhere may point its own name at 127.0.0.1 (DNS rebinding) and read the answers; so only
    Broadsheet's own names are answered. An address in digits cannot be rebound: it is valid where all are listened on.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str] = ()) -> None:
        self.app = app
        self.hosts = LOOPBACK | {host.strip("[]").lower() for host in hosts}
        self.any_address = bool(self.hosts & _ANY)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        begun = False

        async def send_guarded(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        read = 0

        async def receive_limited() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > MOST_BYTES:
                raise BadQuery(TOO_LARGE)
            return message

        app = self._refusal(Request(scope)) or self.app
        try:
            await app(scope, receive_limited, send_guarded)
        except Exception as error:
            if begun:
                raise
            await error_responses.unforeseen(Request(scope), error)(scope, receive, send_guarded)

    def _refusal(self, request: Request) -> Response | None:
        """Return the answer to a request that nothing of ours is asked for; None for all others."""
        if not self.knows(request.scope):
            return error_responses.answer(request, 400, _INVALID_HOST)
        if "\0" in request.scope["path"]:  # no name has it, and PostgreSQL takes none
            return error_responses.answer(request, 404, "There is nothing at this address.")
        length = request.headers.get("content-length", "")
        if length.isdigit() and int(length[:20]) > MOST_BYTES:
            return error_responses.answer(request, 400, TOO_LARGE)
        return None

    def knows(self, scope: Scope) -> bool:
        """Return whether the request was sent to one of Broadsheet's names."""
        named = [value for name, value in scope["headers"] if name == b"host"]
        host = host_of(named[0].decode("latin-1")) if len(named) == 1 else ""
        return host in self.hosts or (self.any_address and _is_address(host))


def host_of(header: str) -> str:
    """Return the host of a Host header, without its port and brackets; "" if it has none.

    >>> host_of("[::1]:8000"), host_of("LOCALHOST"), host_of("127.0.0.1:8000"), host_of("a:b:c")
    ('::1', 'localhost', '127.0.0.1', '')
    """
    header = header.strip().lower()
    if header.startswith("["):
        host, closed, port = header[1:].partition("]")
        return host if closed and (not port or _is_port(port)) else ""
    host, colon, port = header.partition(":")
    return host if not colon or _is_port(f":{port}") else ""


def _is_port(text: str) -> bool:
    return text.startswith(":") and text[1:].isdigit()


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
