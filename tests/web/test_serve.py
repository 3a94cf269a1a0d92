"""The pages on a real port: they come, they end when told, and a port that is taken is said."""

import asyncio
import signal
import socket
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from index.protocol import Index
from news.configuration import Configuration
from news.errors import BroadsheetError
from tests.ports import free_port
from web.serve import GRACE_SECONDS, serve, serve_page


async def answered(port: int) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(retries=3)) as client:
        for _ in range(100):
            try:
                return await client.get(f"http://127.0.0.1:{port}/readyz")
            except httpx.ConnectError:
                await asyncio.sleep(0.05)
    raise AssertionError("the page never came")


async def test_the_page_is_served_until_it_is_cancelled_and_the_port_is_free_again(
    engine: AsyncEngine, index: Index, tmp_path: Path
) -> None:
    port, handler = free_port(), signal.getsignal(signal.SIGINT)
    for _ in range(2):
        serving = asyncio.create_task(serve_page(engine, index, Configuration(home=tmp_path), port=port))
        assert (await answered(port)).json()["ready"] is True
        assert signal.getsignal(signal.SIGINT) is handler, "signals are the process's own affair"
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving


async def test_a_port_that_is_taken_is_an_error_with_the_way_out(
    engine: AsyncEngine, index: Index, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BroadsheetError, match=f"Port {port} of 127.0.0.1 is taken"):
            await serve_page(engine, index, Configuration(home=tmp_path), port=port)
    for wrong in (-1, 65_536, 10**9):
        with pytest.raises(BroadsheetError, match="There is no port"):
            await serve_page(engine, index, Configuration(home=tmp_path), port=wrong)
    with pytest.raises(BroadsheetError, match="cannot be served at no"):
        await serve_page(engine, index, Configuration(home=tmp_path), host="no.such.host.invalid", port=free_port())


async def test_idle_connections_and_answers_that_never_end_do_not_hold_the_end_up() -> None:
    app, begun, ended = FastAPI(), asyncio.Event(), asyncio.Event()

    @app.get("/slow")
    async def slow() -> None:
        begun.set()
        try:
            await asyncio.sleep(3_600)
        finally:
            ended.set()

    @app.get("/quick")
    async def quick() -> str:
        return "here"

    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    serving = asyncio.create_task(serve(app, listening))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        assert (await client.get("/quick")).json() == "here"  # and the connection is kept alive
        silent = await asyncio.open_connection("127.0.0.1", port)  # never asks
        half = await asyncio.open_connection("127.0.0.1", port)
        half[1].write(b"GET /quick HTTP/1.1\r\nHost: lo")
        waiting = asyncio.create_task(client.get("/slow"))
        await begun.wait()
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(serving, GRACE_SECONDS * 20)  # far above; it hangs without the limit
        with pytest.raises(httpx.HTTPError):
            await waiting
        assert await silent[0].read() == b""
        for _, writer in (silent, half):
            writer.close()
    listening.close()
    waiting_tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in waiting_tasks:
        task.cancel()
    await asyncio.gather(*waiting_tasks, return_exceptions=True)
