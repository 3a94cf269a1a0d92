"""What is done to the daemon itself and to its disk, and what a command meets at its start."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psutil

from bench.fault import Begun, Fault, Refused, done, full
from bench.stage import Stage


def _end_fork_server(stage: Stage) -> None:
    assert stage.daemon
    for child in psutil.Process(stage.daemon.pid).children():
        if any("forkserver" in part for part in child.cmdline()):
            child.kill()
            return
    raise AssertionError("the daemon has no fork server")


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


def _ended(how: signal.Signals) -> Begun:
    """End the daemon, and start it again at the end."""

    @asynccontextmanager
    async def begin(stage: Stage) -> AsyncIterator[None]:
        assert stage.daemon
        stage.daemon.send_signal(how)
        await asyncio.to_thread(stage.daemon.wait, 60)
        try:
            yield
        finally:
            await stage.start()

    return begin


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
    Fault(short=True, name="daemon killed", begin=_ended(signal.SIGKILL), says="", channels=()),
    Fault(name="archive's disk full", begin=full(lambda stage: stage.archive_disk), says="No space left"),
    Fault(name="fork server killed", begin=done(_end_fork_server), says="pool_replaced", channels=("log",), heals=True),
    Fault(name="no file can be opened", begin=_no_files, says="[Tt]oo many open files", channels=("log",)),
    Fault(name="daemon stopped", begin=_ended(signal.SIGTERM), says="", channels=()),
    Fault(name="daemon frozen for 75 s", begin=_frozen, says="", channels=()),
)


_LATIN = "CREATE DATABASE latin OWNER crawler TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C' LOCALE_PROVIDER libc"
_OTHER_ENCODING = done(
    lambda stage: stage.sql(_LATIN, "postgres"),
    lambda stage: stage.sql("DROP DATABASE latin WITH (FORCE)", "postgres"),
)
#: the servers are as they are: it is the command's settings that are wrong
_NOTHING = done(lambda stage: None)


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
            begin=_OTHER_ENCODING,
            settings={"database_url": f"{at}/latin"},
            says="encoding is LATIN1",
        ),
        Refused(name="a newer ledger", begin=_newer_ledger, says="newer Broadsheet"),
        Refused(name="no such database", begin=_NOTHING, settings={"database_url": f"{at}/nowhere"}, says="3D000"),
        Refused(
            name="no such role",
            begin=_NOTHING,
            settings={"database_url": f"postgresql://nobody@127.0.0.1:{port}/news"},
            says="28000",
        ),
        Refused(
            name="no server at the address",
            begin=_NOTHING,
            settings={"database_url": "postgresql://crawler@127.0.0.1:1/news"},
            says="PostgreSQL cannot be reached",
        ),
        Refused(
            name="certificates that are none",
            begin=_NOTHING,
            settings={
                "elasticsearch_url": stage.gate.url.replace("http://", "https://"),
                "elasticsearch_ca_certs": str(stage.log),
            },
            says="holds no certificate",
        ),
        Refused(
            name="a setting that does not exist",
            begin=_NOTHING,
            settings={"databse_url": "x"},
            says="is not a setting",
        ),
    )
