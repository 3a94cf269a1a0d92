"""Connections that ask for nothing are closed, and keep nobody out."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from starlette.responses import PlainTextResponse, Response

from web import connections
from web.serve import serve

HEAD = b"GET /quick HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """Give the port of a small application."""
    app = FastAPI()
    app.state.slow = asyncio.Event()

    @app.get("/quick")
    async def quick() -> Response:
        return PlainTextResponse("here")

    @app.get("/slow")
    async def slow() -> Response:
        await asyncio.sleep(1.0)
        return PlainTextResponse("at last")

    @app.get("/big")
    async def big() -> Response:
        return PlainTextResponse("-" * 20_000_000)

    listening = socket.create_server(("127.0.0.1", 0))
    serving = asyncio.create_task(serve(app, listening))
    yield listening.getsockname()[1]
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    listening.close()


async def _end(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


async def test_three_hundred_silent_connections_keep_nobody_out_and_are_closed(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 2.0)
    silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(300)]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=5) as client:
        for _ in range(10):
            assert (await client.get("/quick")).text == "here"
    ends = await asyncio.wait_for(
        asyncio.gather(*(reader.read() for reader, _ in silent), return_exceptions=True), timeout=20
    )
    assert all(end == b"" or isinstance(end, OSError) for end in ends)
    for _, writer in silent:
        await _end(writer)


@pytest.mark.parametrize("sent", [b"", HEAD, b"POST /quick HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n123"])
async def test_a_request_that_does_not_come_whole_in_time_ends_the_connection(
    port: int, sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.5)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    await asyncio.wait_for(reader.read(), 10)
    assert reader.at_eof()
    await _end(writer)


async def test_a_trickle_of_letters_wins_no_time(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.5)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HEAD)
    ended = asyncio.ensure_future(reader.read())
    for _ in range(100):
        if ended.done():
            break
        writer.write(b"A: b\r\n")
        await asyncio.sleep(0.05)
    assert ended.done()
    await _end(writer)


async def test_an_answer_that_takes_longer_than_a_request_may_is_given(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.3)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        for _ in range(2):
            assert (await client.get("/slow")).text == "at last"


async def test_an_address_that_holds_its_share_with_requests_gets_no_more(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MOST_OF_ADDRESS", 2)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        under_way = [asyncio.create_task(client.get("/slow")) for _ in range(2)]
        await asyncio.sleep(0.3)
        with pytest.raises(httpx.HTTPError):
            await client.get("/quick")
        assert [(await each).text for each in under_way] == ["at last", "at last"]
        assert (await client.get("/quick")).text == "here"


async def test_who_does_not_read_the_answer_is_let_go(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "STALLED_SECONDS", 0.5)
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    writer.write(b"GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await asyncio.sleep(2)
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await reader.readexactly(20_000_000)
    await _end(writer)
