"""The faults: what is done to a server, a process or a file, by which words it must be named, and how it ends."""

import asyncio
import os
import re
import signal
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
import psutil
import psycopg
from aiohttp import web

from bench.stage import OURS, ROLE, Stage, allow, fill
from tests.index import stumbling
from tests.schedules.processes import libpq

#: the ways in which an operator hears of a fault
CHANNELS = ("readyz", "status", "log")

Begun = Callable[[Stage], AbstractAsyncContextManager[None]]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault of a running system."""

    name: str
    #: does it, and undoes it at the end of its block
    begin: Begun
    #: what names it, as a pattern; where a channel has a pattern of its own, that
    says: str
    also: Mapping[str, str] = field(default_factory=dict)
    #: who must name it
    channels: tuple[str, ...] = CHANNELS
    #: it mends itself, so it is only waited for until everything is whole again
    heals: bool = False

    def pattern(self, channel: str) -> re.Pattern[str]:
        """Return what names the fault in a channel."""
        return re.compile(self.also.get(channel, self.says))


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A fault that a command meets when it opens its servers: it ends with 2 and one sentence."""

    name: str
    begin: Begun
    says: str
    settings: Mapping[str, str] = field(default_factory=dict)


# Elasticsearch


def _answers(fault: stumbling.Fault) -> Begun:
    @asynccontextmanager
    async def begin(stage: Stage) -> AsyncIterator[None]:
        stage.gate.always = fault
        try:
            yield
        finally:
            stage.gate.always = None

    return begin


async def _late(request: web.Request, body: bytes) -> web.StreamResponse | None:
    await asyncio.sleep(6)
    return None


async def _opensearch(request: web.Request, body: bytes) -> web.StreamResponse | None:
    told = {"version": {"distribution": "opensearch", "number": "2.19.0"}, "tagline": "The OpenSearch Project"}
    return web.Response(body=orjson.dumps(told), content_type="application/json")


def _of_real(change: Callable[[bytes], bytes], *, only: str = "") -> Begun:
    """Pass requests on, and answer with what `change` makes of the real answer."""

    @asynccontextmanager
    async def begin(stage: Stage) -> AsyncIterator[None]:
        async def fault(request: web.Request, body: bytes) -> web.StreamResponse | None:
            if only and request.path != only:
                return None
            names = ("Content-Type", "Accept", "Authorization")
            headers = {name: request.headers[name] for name in names if name in request.headers}
            address = stage.gate.real + request.path_qs
            async with stage.gate.session.request(request.method, address, data=body or None, headers=headers) as reply:
                content, status = await reply.read(), reply.status
            changed = change(content)
            if changed != content and not only:  # cut: the length that is promised never comes
                answer = web.StreamResponse(
                    status=status, headers=stumbling.ELASTIC | {"Content-Length": str(len(content))}
                )
                await answer.prepare(request)
                await answer.write(changed)
                assert request.transport
                request.transport.abort()
                return answer
            return web.Response(body=changed, status=status, headers=stumbling.ELASTIC)

        stage.gate.always = fault
        try:
            yield
        finally:
            stage.gate.always = None

    return begin


def _without_last(content: bytes) -> bytes:
    found = orjson.loads(content)
    if isinstance(found, dict) and found.get("items"):
        del found["items"][-1]
    return orjson.dumps(found)


def _es(begin: Callable[[Stage], None], end: Callable[[Stage], None] = lambda stage: None) -> Begun:
    """Do and undo something to Elasticsearch itself."""

    @asynccontextmanager
    async def block(stage: Stage) -> AsyncIterator[None]:
        await asyncio.to_thread(begin, stage)
        try:
            yield
        finally:
            await asyncio.to_thread(end, stage)

    return block


def _restart_node(stage: Stage) -> None:
    stage.node.start()
    stage.node.wait()


def _password(value: str) -> Callable[[Stage], None]:
    return lambda stage: _nothing(stage.es.security.change_password(username="crawler", password=value))


def _nothing(_: object) -> None:
    return None


def _index(stage: Stage, stream: str = "articles") -> str:
    """Return the name of the index behind an alias."""
    return str(next(iter(stage.es.indices.get_alias(name=stream))))


def _block(value: bool | None) -> Callable[[Stage], None]:
    settings = {"index.blocks.read_only_allow_delete": value}
    return lambda stage: _nothing(stage.es.indices.put_settings(index="articles", settings=settings))


def _pipeline(value: str) -> Callable[[Stage], None]:
    return lambda stage: _nothing(
        stage.es.indices.put_settings(index="articles", settings={"index.default_pipeline": value})
    )


def _second_index(stage: Stage) -> None:
    stage.es.indices.create(index="articles-of-somebody", aliases={"articles": {}})


def _no_second_index(stage: Stage) -> None:
    stage.es.indices.delete(index="articles-of-somebody")


def _delete(stage: Stage) -> None:
    stage.es.indices.delete(index=_index(stage))


def _shrink(stage: Stage) -> None:
    stage.es.indices.refresh(index="articles")
    stage.es.delete_by_query(index="articles", query={"match_all": {}}, max_docs=150, conflicts="proceed", refresh=True)


def _restore(stage: Stage) -> None:
    """Put an old state in the index's place: a snapshot of it from which 150 articles are taken, and then restored."""
    name = _index(stage)
    stage.es.snapshot.create_repository(
        name="old", repository={"type": "fs", "settings": {"location": str(stage.node.directory / "snapshots")}}
    )
    _shrink(stage)
    stage.es.snapshot.create(repository="old", snapshot="week", indices=name, wait_for_completion=True)
    stage.es.indices.delete(index=name)
    stage.es.snapshot.restore(
        repository="old", snapshot="week", indices=name, include_global_state=False, wait_for_completion=True
    )
    stage.es.snapshot.delete(repository="old", snapshot="week")


# PostgreSQL


@asynccontextmanager
async def _refuses(stage: Stage) -> AsyncIterator[None]:
    stage.wire.close()
    try:
        yield
    finally:
        await stage.wire.open()


@asynccontextmanager
async def _is_silent(stage: Stage) -> AsyncIterator[None]:
    stage.wire.silent = True
    try:
        yield
    finally:
        stage.wire.silent = False


@asynccontextmanager
async def _is_slow(stage: Stage) -> AsyncIterator[None]:
    stage.wire.late_seconds = 5.0
    try:
        yield
    finally:
        stage.wire.late_seconds = 0.0


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

    @asynccontextmanager
    async def block(stage: Stage) -> AsyncIterator[None]:
        await asyncio.to_thread(stage.sql, begin, database)
        await asyncio.to_thread(stage.terminate)
        try:
            yield
        finally:
            await asyncio.to_thread(stage.sql, end, database)
            await asyncio.to_thread(stage.terminate)

    return block


@asynccontextmanager
async def _renamed(stage: Stage) -> AsyncIterator[None]:
    def rename(was: str, becomes: str) -> None:
        for _ in range(200):  # nobody may be connected, and the daemon comes back at once
            stage.terminate()
            try:
                stage.sql(f"ALTER DATABASE {was} RENAME TO {becomes}", "postgres")
            except psycopg.errors.ObjectInUse:
                continue
            return
        raise AssertionError("somebody is always connected")

    await asyncio.to_thread(rename, "news", "olds")
    try:
        yield
    finally:
        await asyncio.to_thread(rename, "olds", "news")


@asynccontextmanager
async def _locked(stage: Stage) -> AsyncIterator[None]:
    """Hold all tables, as a VACUUM FULL or a hand-made migration does."""
    begun, over = threading.Event(), threading.Event()

    def hold() -> None:
        url = libpq(stage.server.url).replace("/broadsheet?", "/news?")
        with psycopg.connect(url) as connection:
            connection.execute("LOCK TABLE pages, attempts, articles, sites IN ACCESS EXCLUSIVE MODE")
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


@asynccontextmanager
async def _full_ledger(stage: Stage) -> AsyncIterator[None]:
    filler = await asyncio.to_thread(fill, stage.ledger_disk)
    try:
        yield
    finally:
        filler.unlink()


@asynccontextmanager
async def _full_archive(stage: Stage) -> AsyncIterator[None]:
    filler = await asyncio.to_thread(fill, stage.archive_disk)
    try:
        yield
    finally:
        filler.unlink()


# the daemon itself


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


#: what is said of a server that is not there, or is going or coming
_LEDGER = "PostgreSQL"
_IN_LOG = {"log": "connection failed|consuming input failed|57P0|08006|TimeoutError|no answer|server closed"}

FAULTS = (
    Fault(name="index closed", begin=_es(lambda s: _nothing(s.es.indices.close(index="articles")), lambda s: _nothing(s.es.indices.open(index="articles"))), says="has closed the index"),
    Fault(name="index deleted", begin=_es(_delete), says="no such index|not made yet|not there yet|lacks the alias|index_made", also={"log": "index_made|lacks the alias"}, channels=("log",), heals=True),
    Fault(name="index shrunk", begin=_es(_shrink), says="index_differs", channels=("log",), heals=True),
    Fault(name="index restored from before", begin=_es(_restore), says="index_differs|index_made", channels=("log",), heals=True),
    Fault(name="Elasticsearch silent", begin=_answers(stumbling.never_answers), says="cannot be reached|too long to answer|gives no answer|has not answered"),
    Fault(name="PostgreSQL killed", begin=_ended(signal.SIGKILL), says=_LEDGER, also=_IN_LOG),
    Fault(name="PostgreSQL's disk full", begin=_full_ledger, says="disk is full.*53100|53100"),
    Fault(name="PostgreSQL read-only", begin=_set("ALTER DATABASE news SET default_transaction_read_only = on", "ALTER DATABASE news RESET default_transaction_read_only", database="postgres"), says="25006"),
    Fault(name="daemon killed", begin=_killed, says="", channels=()),
    # the long form has these, too
    Fault(name="Elasticsearch killed", begin=_es(lambda s: s.node.kill(), _restart_node), says="cannot be reached"),
    Fault(name="Elasticsearch hangs up", begin=_answers(stumbling.hangs_up), says="cannot be reached"),
    Fault(name="Elasticsearch busy (429)", begin=_answers(stumbling.says(429, "es_rejected_execution_exception")), says="es_rejected_execution_exception"),
    Fault(name="Elasticsearch has no master (503)", begin=_answers(stumbling.says(503, "master_not_discovered_exception")), says="master_not_discovered_exception"),
    Fault(name="Elasticsearch fails (500)", begin=_answers(stumbling.says(500, "null_pointer_exception")), says="null_pointer_exception"),
    Fault(name="a gateway's 502", begin=_answers(stumbling.page(502)), says="502"),
    Fault(name="a gateway's page with 200", begin=_answers(stumbling.gives("<html>Welcome</html>", content_type="text/html", as_elastic=False)), says="cannot be read"),
    Fault(name="an empty object with 200", begin=_answers(stumbling.gives("{}")), says="cannot be read"),
    Fault(name="an empty list with 200", begin=_answers(stumbling.gives("[]")), says="cannot be read"),
    Fault(name="one item too few", begin=_of_real(_without_last, only="/_bulk"), says="cannot be read"),
    Fault(name="answers cut in the middle", begin=_of_real(lambda content: content[: len(content) // 2]), says="cannot be (read|reached)"),
    Fault(name="Elasticsearch slow", begin=_answers(_late), says="cannot be reached|too long to answer|gives no answer|has not answered"),
    Fault(name="OpenSearch in its place", begin=_answers(_opensearch), says="OpenSearch 2.19.0"),
    Fault(name="password changed", begin=_es(_password("another-one-now"), _password(OURS)), says="refuses our key or password"),
    Fault(name="role without rights", begin=_es(lambda s: allow(s, {"cluster": [], "indices": []}), lambda s: allow(s, ROLE)), says="does not allow"),
    Fault(name="index read-only, as at a full disk", begin=_es(_block(True), _block(None)), says="read-only"),
    Fault(name="alias on two indices", begin=_es(_second_index, _no_second_index), says="several indices|two indices|both"),
    Fault(name="pipeline missing", begin=_es(_pipeline("nobody-made-it"), _pipeline("_none")), says="ingest pipeline"),
    Fault(name="PostgreSQL restarted", begin=_ended(signal.SIGINT), says=_LEDGER, also=_IN_LOG),
    Fault(name="PostgreSQL refuses", begin=_refuses, says="PostgreSQL", also=_IN_LOG),
    Fault(name="PostgreSQL silent", begin=_is_silent, says="PostgreSQL", also=_IN_LOG),
    Fault(name="PostgreSQL slow", begin=_is_slow, says="PostgreSQL", also=_IN_LOG),
    Fault(name="PostgreSQL cut again and again", begin=_is_cut, says="PostgreSQL", also=_IN_LOG),
    Fault(name="no connection left", begin=_set("ALTER ROLE crawler CONNECTION LIMIT 0", "ALTER ROLE crawler CONNECTION LIMIT -1", database="postgres"), says="53300"),
    Fault(name="role may not log in", begin=_set("ALTER ROLE crawler NOLOGIN", "ALTER ROLE crawler LOGIN", database="postgres"), says="28000"),
    Fault(name="a table belongs to another", begin=_set("ALTER TABLE pages OWNER TO broadsheet", "ALTER TABLE pages OWNER TO crawler"), says="42501"),
    Fault(name="statements may take a millisecond", begin=_set("ALTER ROLE crawler SET statement_timeout = '1ms'", "ALTER ROLE crawler RESET statement_timeout", database="postgres"), says="57014"),
    Fault(name="database renamed", begin=_renamed, says="3D000"),
    Fault(name="tables locked by another", begin=_locked, says="57014|PostgreSQL gives no answer|55P03"),
    Fault(name="archive's disk full", begin=_full_archive, says="No space left"),
    Fault(name="fork server killed", begin=_no_fork_server, says="pool_replaced", channels=("log",), heals=True),
    Fault(name="no file can be opened", begin=_no_files, says="[Tt]oo many open files", channels=("log",)),
    Fault(name="daemon stopped", begin=_stopped, says="", channels=()),
    Fault(name="daemon frozen for 75 s", begin=_frozen, says="", channels=()),
)  # fmt: skip
#: the first ones make the short form
SHORT = 9


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
        Refused(name="another encoding", begin=_other_encoding, settings={"database_url": f"{at}/latin"}, says="encoding is LATIN1"),
        Refused(name="a newer ledger", begin=_newer_ledger, says="newer Broadsheet"),
        Refused(name="no such database", begin=_as_it_is, settings={"database_url": f"{at}/nowhere"}, says="3D000"),
        Refused(name="no such role", begin=_as_it_is, settings={"database_url": f"postgresql://nobody@127.0.0.1:{port}/news"}, says="28000"),
        Refused(name="no server at the address", begin=_as_it_is, settings={"database_url": "postgresql://crawler@127.0.0.1:1/news"}, says="PostgreSQL cannot be reached"),
        Refused(name="certificates that are none", begin=_as_it_is, settings={"elasticsearch_ca_certs": str(stage.log)}, says="holds no certificate"),
        Refused(name="a setting that does not exist", begin=_as_it_is, settings={"databse_url": "x"}, says="is not a setting"),
    )  # fmt: skip


def disks_of(stage: Stage) -> Any:
    """Return how full both disks are, for the record of a run."""
    return {disk.name: psutil.disk_usage(str(disk)).percent for disk in (stage.ledger_disk, stage.archive_disk)}
