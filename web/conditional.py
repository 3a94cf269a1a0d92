"""An answer's ETag, and 304 where the asker has the answer already (RFC 9110, 8.8.3 and 13.1.2)."""

from hashlib import sha256

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send


def tagged(response: Response, content: bytes | None = None) -> Response:
    """Give the response a weak ETag of its body, or of `content`: what of it counts as the same."""
    digest = sha256(bytes(response.body) if content is None else content).hexdigest()[:32]
    response.headers["ETag"] = f'W/"{digest}"'
    response.headers.setdefault("Cache-Control", "no-cache")
    return response


class NotModified:
    """ASGI middleware: answers 304 without a body where `If-None-Match` names the answer's ETag."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        known = Headers(scope=scope).get("if-none-match") if scope["type"] == "http" else None
        if not known or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        is_same = False

        async def send_once(message: Message) -> None:
            nonlocal is_same
            if message["type"] == "http.response.start" and message["status"] == 200:
                is_same = _names(known, Headers(raw=message["headers"]).get("etag", ""))
                if is_same:
                    kept = [each for each in message["headers"] if each[0] not in (b"content-length", b"content-type")]
                    message = {**message, "status": 304, "headers": kept}
            elif is_same:
                message = {"type": "http.response.body", "body": b"", "more_body": message.get("more_body", False)}
            await send(message)

        await self.app(scope, receive, send_once)


def _names(known: str, tag: str) -> bool:
    """Say whether a list of ETags names `tag`; weak and strong ones are compared alike."""
    given = [each.strip().removeprefix("W/") for each in known.split(",")]
    return bool(tag) and (tag.removeprefix("W/") in given or known.strip() == "*")
