"""What is done to the daemon itself and to its disk, and what a command meets at its start."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psutil

from bench.fault import Fault, Refused
from bench.stage import Stage, fill


@asynccontextmanager
async def _full_archive(stage: Stage) -> AsyncIterator[None]:
    filler = await asyncio.to_thread(fill, stage.archive_disk)
    try:
        yield
    finally:
        filler.unlink()


def _fork_server(stage: Stage) -> psutil.Process | None:
    assert stage.daemon
    for child in psutil.Process(stage.daemon.pid).children():
        if any("forkserver" in part for part in child.cmdline()):
            return child
    return None


@asynccontextmanager
async def _no_fork_server(stage: Stage) -> AsyncIterator[None]:
    if found := _fork_server(stage):
        found.kill()
    yield


@asynccontextmanager
async def _no_files(stage: Stage) -> AsyncIterator[None]:
    """Let the daemon open nothing any more."""
    assert stage.daemon
    process = psutil.Process(stage.daemon.pid)
    before = process.rlimit(psutil.RLIMIT_NOFILE)
    process.rlimit(psutil.RLIMIT_NOFILE, (process.num_fds(), before[1]))
    try:
        yield
    finally:
        process.rlimit(psutil.RLIMIT_NOFILE, before)


@asynccontextmanager
async def _killed(stage: Stage) -> AsyncIterator[None]:
    assert stage.daemon
    stage.daemon.kill()
    await asyncio.to_thread(stage.daemon.wait)
    try:
        yield
    finally:
        await stage.start()


@asynccontextmanager
async def _stopped(stage: Stage) -> AsyncIterator[None]:
    assert stage.daemon
    stage.daemon.terminate()
    await asyncio.to_thread(stage.daemon.wait, 60)
    try:
        yield
    finally:
        await stage.start()


@asynccontextmanager
async def _frozen(stage: Stage) -> AsyncIterator[None]:
    """Stop the daemon for longer than its locks and its place among the workers last."""
    assert stage.daemon
    stage.daemon.send_signal(signal.SIGSTOP)
    try:
        await asyncio.sleep(75)
        yield
    finally:
        stage.daemon.send_signal(signal.SIGCONT)


FAULTS = (
    Fault(short=True, name="daemon killed", begin=_killed, says="", channels=()),
    Fault(name="archive's disk full", begin=_full_archive, says="No space left"),
    Fault(name="fork server killed", begin=_no_fork_server, says="pool_replaced", channels=("log",), heals=True),
    Fault(name="no file can be opened", begin=_no_files, says="[Tt]oo many open files", channels=("log",)),
    Fault(name="daemon stopped", begin=_stopped, says="", channels=()),
    Fault(name="daemon frozen for 75 s", begin=_frozen, says="", channels=()),
)


@asynccontextmanager
async def _as_it_is(stage: Stage) -> AsyncIterator[None]:
    yield


@asynccontextmanager
async def _other_encoding(stage: Stage) -> AsyncIterator[None]:
    stage.sql(
        "CREATE DATABASE latin OWNER crawler TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C' LOCALE_PROVIDER libc",
        "postgres",
    )
    try:
        yield
    finally:
        stage.sql("DROP DATABASE latin WITH (FORCE)", "postgres")


@asynccontextmanager
async def _newer_ledger(stage: Stage) -> AsyncIterator[None]:
    [[before]] = stage.sql("SELECT version_num FROM alembic_version")
    stage.sql("UPDATE alembic_version SET version_num = '9999'")
    try:
        yield
    finally:
        stage.sql(f"UPDATE alembic_version SET version_num = '{before}'")  # noqa: S608 - Alembic's own


def refused(stage: Stage) -> tuple[Refused, ...]:
    """Return the faults that a command meets at its start."""
    port = stage.wire.port
    at = f"postgresql://crawler@127.0.0.1:{port}"
    return (
        Refused(
            name="another encoding",
            begin=_other_encoding,
            settings={"database_url": f"{at}/latin"},
            says="encoding is LATIN1",
        ),
        Refused(name="a newer ledger", begin=_newer_ledger, says="newer Broadsheet"),
        Refused(name="no such database", begin=_as_it_is, settings={"database_url": f"{at}/nowhere"}, says="3D000"),
        Refused(
            name="no such role",
            begin=_as_it_is,
            settings={"database_url": f"postgresql://nobody@127.0.0.1:{port}/news"},
            says="28000",
        ),
        Refused(
            name="no server at the address",
            begin=_as_it_is,
            settings={"database_url": "postgresql://crawler@127.0.0.1:1/news"},
            says="PostgreSQL cannot be reached",
        ),
        Refused(
            name="certificates that are none",
            begin=_as_it_is,
            settings={"elasticsearch_ca_certs": str(stage.log)},
            says="holds no certificate",
        ),
        Refused(
            name="a setting that does not exist",
            begin=_as_it_is,
            settings={"databse_url": "x"},
            says="is not a setting",
        ),
    )
