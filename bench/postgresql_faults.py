"""What is done to PostgreSQL, to its disk, and to the way there."""

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psutil
import psycopg

from bench.fault import Begun, Fault, done, full
from bench.stage import Stage


@asynccontextmanager
async def _refuses(stage: Stage) -> AsyncIterator[None]:
    stage.wire.close()
    try:
        yield
    finally:
        await stage.wire.open()


def _wire(name: str, value: object, usual: object) -> Begun:
    """Set the wire's attribute to `value`, and back to the `usual` one."""
    return done(lambda stage: setattr(stage.wire, name, value), lambda stage: setattr(stage.wire, name, usual))


@asynccontextmanager
async def _is_cut(stage: Stage) -> AsyncIterator[None]:
    """Cut all connections, four times a second: none lives long enough to be of use."""

    async def cut() -> None:
        while True:
            stage.wire.cut()
            await asyncio.sleep(0.25)

    cutting = asyncio.create_task(cut())
    try:
        yield
    finally:
        cutting.cancel()


def _ended(how: signal.Signals) -> Begun:
    """End the server itself, and start it again at the end."""

    @asynccontextmanager
    async def begin(stage: Stage) -> AsyncIterator[None]:
        first = int((stage.server.data / "postmaster.pid").read_text().splitlines()[0])
        children = psutil.Process(first).children()
        os.kill(first, how)
        if how is signal.SIGKILL:  # its children notice by themselves, but may take a moment
            await asyncio.to_thread(psutil.wait_procs, children, 10)
        try:
            yield
        finally:
            await asyncio.to_thread(stage.server.revive)

    return begin


def _set(begin: str, end: str, *, database: str = "news") -> Begun:
    """Change a setting for all connections that come, and undo it."""

    def run(stage: Stage, statement: str) -> None:
        stage.sql(statement, database)
        stage.terminate()

    return done(lambda stage: run(stage, begin), lambda stage: run(stage, end))


def _rename(stage: Stage, was: str, becomes: str) -> None:
    for _ in range(200):  # nobody may be connected, and the daemon comes back at once
        stage.terminate()
        try:
            stage.sql(f"ALTER DATABASE {was} RENAME TO {becomes}", "postgres")
        except psycopg.errors.ObjectInUse:
            continue
        return
    raise AssertionError("somebody is always connected")


@asynccontextmanager
async def _locked(stage: Stage) -> AsyncIterator[None]:
    """Hold all tables, as a VACUUM FULL or a hand-made migration does."""
    begun, over = threading.Event(), threading.Event()

    def hold() -> None:
        with psycopg.connect(stage.url()) as connection:
            for _ in range(20):  # whoever locks while the crawl goes on may be the one whom a deadlock ends
                try:
                    connection.execute("LOCK TABLE pages, attempts, articles, sites IN ACCESS EXCLUSIVE MODE")
                    break
                except psycopg.errors.DeadlockDetected:
                    connection.rollback()
            begun.set()
            over.wait(120)
            connection.rollback()

    holding = asyncio.create_task(asyncio.to_thread(hold))
    await asyncio.to_thread(begun.wait, 30)
    try:
        yield
    finally:
        over.set()
        await holding


#: what is said of a server that is not there, or is going or coming
_LEDGER = "PostgreSQL"
_IN_LOG = {
    "log": "connection failed|consuming input failed|57P0|08006|TimeoutError|no answer|does not answer|server closed"
}

FAULTS = (
    Fault(short=True, name="PostgreSQL killed", begin=_ended(signal.SIGKILL), says=_LEDGER, also=_IN_LOG),
    Fault(
        short=True,
        name="PostgreSQL's disk full",
        begin=full(lambda stage: stage.ledger_disk),
        says="disk is full.*53100|53100",
    ),
    Fault(
        short=True,
        name="PostgreSQL read-only",
        begin=_set(
            "ALTER DATABASE news SET default_transaction_read_only = on",
            "ALTER DATABASE news RESET default_transaction_read_only",
            database="postgres",
        ),
        says="25006",
    ),
    Fault(name="PostgreSQL restarted", begin=_ended(signal.SIGINT), says=_LEDGER, also=_IN_LOG),
    Fault(name="PostgreSQL refuses", begin=_refuses, says=_LEDGER, also=_IN_LOG),
    Fault(name="PostgreSQL silent", begin=_wire("silent", True, False), says=_LEDGER, also=_IN_LOG),
    Fault(name="PostgreSQL slow", begin=_wire("late_seconds", 5.0, 0.0), says=_LEDGER, also=_IN_LOG),
    Fault(name="PostgreSQL cut again and again", begin=_is_cut, says=_LEDGER, also=_IN_LOG),
    Fault(
        name="no free connection",
        begin=_set(
            "ALTER ROLE crawler CONNECTION LIMIT 0", "ALTER ROLE crawler CONNECTION LIMIT -1", database="postgres"
        ),
        says="53300",
    ),
    Fault(
        name="role may not log in",
        begin=_set("ALTER ROLE crawler NOLOGIN", "ALTER ROLE crawler LOGIN", database="postgres"),
        says="28000",
    ),
    Fault(
        name="a table belongs to another",
        begin=_set("ALTER TABLE pages OWNER TO broadsheet", "ALTER TABLE pages OWNER TO crawler"),
        says="42501",
    ),
    Fault(
        name="statements may take a millisecond",
        begin=_set(
            "ALTER ROLE crawler SET statement_timeout = '1ms'",
            "ALTER ROLE crawler RESET statement_timeout",
            database="postgres",
        ),
        says="57014",
    ),
    Fault(
        name="database renamed",
        begin=done(lambda stage: _rename(stage, "news", "olds"), lambda stage: _rename(stage, "olds", "news")),
        says="3D000",
    ),
    Fault(name="tables locked by another", begin=_locked, says="57014|PostgreSQL does not answer|55P03"),
)
