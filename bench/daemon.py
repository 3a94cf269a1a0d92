"""Daemons as processes of their own, each in a home and on a PostgreSQL that are gone afterwards."""

import asyncio
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from ledger.embedded.server import Server, start
from tests.databases import libpq
from tests.schedules.processes import environment

#: a run that gets no further in this time is stuck
PATIENCE_SECONDS = 3_600


@contextmanager
def house() -> Iterator[tuple[Path, Server]]:
    """Give an empty home and a PostgreSQL; both are gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix="broadsheet-bench-", dir="/tmp"))
    home.chmod(0o755)
    try:
        with start(home) as server:
            yield home, server
    finally:
        shutil.rmtree(home, ignore_errors=True)


def launch(home: Path, server: Server, *arguments: str, **settings: str) -> subprocess.Popen[bytes]:
    """Start `broadsheet ARGUMENTS` with these settings besides; its log goes to the home."""
    with (home / "log").open("ab") as log:
        command = [sys.executable, "-m", "broadsheet", *arguments]
        environ = environment(home, database_url=libpq(server.url), allow_loopback="yes", **settings)
        return subprocess.Popen(command, env=environ, stdout=log, stderr=log)


def end(processes: list[subprocess.Popen[bytes]]) -> None:
    """Ask them to end, and wait; one that does not is killed."""
    for process in processes:
        process.send_signal(signal.SIGTERM)
    for process in processes:
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def ask(server: Server, query: str) -> Any:
    """Return the first value of a query; None while its tables are not there, or the server is away."""
    try:
        with psycopg.connect(libpq(server.url)) as connection:
            row = connection.execute(query).fetchone()
            return row[0] if row else None
    except (psycopg.errors.UndefinedTable, psycopg.OperationalError):
        return None


def change(server: Server, statement: str) -> int:
    """Change the database, and return how many rows were."""
    with psycopg.connect(libpq(server.url)) as connection:
        return connection.execute(statement).rowcount


def rows(server: Server, query: str) -> list[tuple[Any, ...]]:
    """Return all rows of a query."""
    with psycopg.connect(libpq(server.url)) as connection:
        return connection.execute(query).fetchall()


async def until(true: Any, what: str) -> float:
    """Return after how many seconds `true()` is."""
    began_at = time.monotonic()
    while not await asyncio.to_thread(true):
        if time.monotonic() - began_at > PATIENCE_SECONDS:
            raise AssertionError(f"never: {what}")
        await asyncio.sleep(0.05)
    return time.monotonic() - began_at
