"""A server between client and Elasticsearch that stumbles as it is told, and passes on what it is not."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import orjson
from aiohttp import web

#: takes a bulk request and its body, and answers in the server's place; None as answer passes the request on
Fault = Callable[[web.Request, bytes], Awaitable[web.StreamResponse | None]]

ELASTIC = {
    "X-Elastic-Product": "Elasticsearch",
    "Content-Type": "application/vnd.elasticsearch+json;compatible-with=9",
}


class Stumbling:
    """The faults that are still to come, one a bulk request, and the requests that came."""

    def __init__(self, real: str) -> None:
        self.real = real
        self.faults: list[Fault | None] = []
        #: while it is set, it answers whatever is asked, bulk requests and all others
        self.always: Fault | None = None
        self.bodies: list[bytes] = []
        self.url = ""
        self.session = aiohttp.ClientSession()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if self.always and (answer := await self.always(request, body)) is not None:
            return answer
        if request.path == "/_bulk":
            self.bodies.append(body)
            if self.faults and (fault := self.faults.pop(0)) and (answer := await fault(request, body)) is not None:
                return answer
        try:
            status, answered = await self.forward(request, body)
        except aiohttp.ClientConnectionError:  # the real one is away: so is this one
            assert request.transport
            request.transport.abort()
            return web.Response()
        return web.Response(body=answered, status=status, headers=ELASTIC)

    async def forward(self, request: web.Request, body: bytes) -> tuple[int, bytes]:
        """Have the real server answer, and return its status and body."""
        passed = ("Content-Type", "Accept", "Authorization")
        headers = {name: request.headers[name] for name in passed if name in request.headers}
        address = self.real + request.path_qs
        async with self.session.request(request.method, address, data=body or None, headers=headers) as reply:
            return reply.status, await reply.read()


@asynccontextmanager
async def stumbling(real: str) -> AsyncIterator[Stumbling]:
    """Run such a server before `real` on a free port of loopback."""
    made = Stumbling(real)
    app = web.Application(client_max_size=100_000_000)
    app.router.add_route("*", "/{path:.*}", made.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield made
    finally:
        await runner.cleanup()
        await made.session.close()


def says(status: int, kind: str, reason: str = "") -> Fault:
    """Refuse the whole request."""

    async def fault(request: web.Request, body: bytes) -> web.StreamResponse:
        error = {"type": kind, "reason": reason, "root_cause": [{"type": kind, "reason": reason}]}
        return web.Response(body=orjson.dumps({"error": error, "status": status}), status=status, headers=ELASTIC)

    return fault


def page(status: int) -> Fault:
    """Answer as a gateway does that knows nothing of Elasticsearch."""

    async def fault(request: web.Request, body: bytes) -> web.StreamResponse:
        return web.Response(text="<html>Bad gateway</html>", status=status, content_type="text/html")

    return fault


def gives(body: str, status: int = 200, content_type: str = "application/json", *, as_elastic: bool = True) -> Fault:
    """Answer with this body, whatever it is."""

    async def fault(request: web.Request, _: bytes) -> web.StreamResponse:
        headers = {"X-Elastic-Product": "Elasticsearch"} if as_elastic else {}
        return web.Response(text=body, status=status, content_type=content_type, headers=headers)

    return fault


def items(*answers: tuple[int, str]) -> Fault:
    """Answer each item by a status and, if there is one, an error's type."""

    async def fault(request: web.Request, body: bytes) -> web.StreamResponse:
        found = [
            {"index": {"status": status} | ({"error": {"type": kind, "reason": "secret text"}} if kind else {})}
            for status, kind in answers
        ]
        return web.Response(body=orjson.dumps({"errors": True, "items": found}), headers=ELASTIC)

    return fault


async def hangs_up(request: web.Request, body: bytes) -> web.StreamResponse | None:
    """Close the connection without a word, before anything was done."""
    assert request.transport
    request.transport.abort()
    return web.Response()


def hangs_up_after(server: Stumbling) -> Fault:
    """Close the connection after Elasticsearch has done what was asked."""

    async def fault(request: web.Request, body: bytes) -> web.StreamResponse | None:
        await server.forward(request, body)
        return await hangs_up(request, body)

    return fault


async def never_answers(request: web.Request, body: bytes) -> web.StreamResponse | None:
    """Take the request and say nothing."""
    await asyncio.sleep(3_600)
    return None
