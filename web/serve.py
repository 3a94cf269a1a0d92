"""The pages on a port of this machine, in the loop that runs."""

import asyncio
import errno
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from index.protocol import Index
from news.configuration import Configuration
from news.errors import BroadsheetError, ConfigurationError
from schedules.jobs import Jobs
from web.app import create_app
from web.connections import KEEP_ALIVE_SECONDS, MOST_CONNECTIONS, LimitedConnection

#: connections that wait to be taken
BACKLOG = 128
#: at the end, an answer that is being given has so long; a browser's idle connections are closed at once
GRACE_SECONDS = 0.5


class _Server(uvicorn.Server):
    """uvicorn without its hands on the signals: they are the process's own affair."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def drop_connections(self) -> None:
        """Close what is still open, whatever is underway on it."""
        self.force_exit = True
        for connection in list(self.server_state.connections):
            connection.transport.abort()


async def serve_page(
    engine: AsyncEngine,
    index: Index,
    configuration: Configuration,
    *,
    host: str = "127.0.0.1",
    port: int,
    jobs: Jobs | None = None,
    listens: Callable[[str], None] | None = None,
    bound: socket.socket | None = None,
) -> None:
    """Serve the search page and the API at http://host:port until the task is cancelled, which ends it within a second.

    `engine` should be the web's own, or crawls starve it. Without `jobs` nothing can be asked to be
    fetched. `listens` is called with the page's address once it can be opened. `bound` is the port, if it was `taken`
    before. Raises ConfigurationError if it cannot be had.
    """
    listening = bound or taken(host, port)
    try:
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise _explained(error, host, port) from error
    if listens:
        listens(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")
    try:
        await serve(create_app(engine, index, configuration, hosts=[host], jobs=jobs), listening)
    finally:
        listening.close()


async def serve(app: FastAPI, listening: socket.socket) -> None:
    """Serve `app` on a socket that listens, until the task is cancelled."""
    server = _Server(
        uvicorn.Config(
            app,
            http=LimitedConnection,
            ws="none",
            lifespan="off",
            log_config=None,  # logging is set up by the process
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            # above the limits of LimitedConnection, connections that are being closed included
            limit_concurrency=2 * MOST_CONNECTIONS,
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.should_exit = True
        limit = asyncio.get_running_loop().call_later(GRACE_SECONDS, server.drop_connections)
        try:
            await serving
        finally:
            limit.cancel()
        raise


def taken(host: str, port: int) -> socket.socket:
    """Take a port, and return its socket, which does not listen yet. Raises ConfigurationError with the way out."""
    if not 0 <= port <= 65_535:
        raise ConfigurationError(f"There is no port {port}; choose one from 1 to 65535.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        # as `socket.create_server` does: a port whose last connections are still closing can be had
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family is socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((host, port))
    except OSError as error:
        made.close()
        raise _explained(error, host, port) from error
    return made


def _explained(error: OSError, host: str, port: int) -> BroadsheetError:
    if error.errno == errno.EADDRINUSE:
        return ConfigurationError(
            f"Port {port} of {host} is taken, perhaps by another Broadsheet; choose another one with --port."
        )
    if error.errno == errno.EACCES:
        return ConfigurationError(f"This user may not listen on port {port}; choose one above 1023.")
    return ConfigurationError(f"The page cannot be served at {host}, port {port}: {error.strerror or error}.")
