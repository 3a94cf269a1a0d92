"""Where faults are tried: a daemon at work, and between it and each real server a way that can be disturbed."""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from elasticsearch import Elasticsearch

from bench.daemon import end
from bench.newsstand import Newsstand
from ledger.embedded.server import Server, start
from tests.databases import libpq
from tests.elasticsearch_server import Node
from tests.elasticsearch_server import running as elasticsearch
from tests.index.stumbling import Stumbling, stumbling
from tests.ports import free_port
from tests.schedules.processes import environment

#: bytes of each small disk: the ledger's, and the archive's
LEDGER_DISK, ARCHIVE_DISK = "1500m", "200m"
#: of Elasticsearch's superuser, and of the user that the daemon is
ADMIN, OURS = "of-the-bench-alone", "of-the-daemon-alone"
#: what the daemon's user may do
ROLE = {"cluster": ["all"], "indices": [{"names": ["*"], "privileges": ["all"]}]}
#: the file that fills a disk
FILLER = "filler"
#: a fault that is not over after so long never will be
PATIENCE_SECONDS = 120.0


class Wire:
    """A TCP port of loopback that leads to PostgreSQL's socket, and can be disturbed."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.port = free_port()
        #: seconds by which each answer of PostgreSQL's comes later
        self.late_seconds = 0.0
        #: nothing passes, in neither direction, and nobody is told
        self.silent = False
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def open(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._join, "127.0.0.1", self.port)

    def cut(self) -> None:
        """End all connections without a word."""
        for writer in self._writers:
            writer.transport.abort()

    def close(self) -> None:
        """Listen no more, and end all connections: who comes is refused."""
        if self._server:
            self._server.close()
            self._server = None
        self.cut()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        there = None
        try:
            source, there = await asyncio.open_unix_connection(str(self.target))
            self._writers.add(there)
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass(reader, there, 0.0))
                both.create_task(self._pass(source, writer, 1.0))
        except* (OSError, asyncio.IncompleteReadError):
            pass  # an end was disturbed, which is what a wire is for
        finally:
            for each in (writer, there):
                if each:
                    self._writers.discard(each)
                    each.transport.abort()

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, late: float) -> None:
        while data := await source.read(65_536):
            while self.silent:  # noqa: ASYNC110 - it ends when the fault does
                await asyncio.sleep(0.1)
            if late and self.late_seconds:
                await asyncio.sleep(self.late_seconds)
            target.write(data)
            await target.drain()
        raise ConnectionResetError("one end has closed")  # ends the other direction, too


class Stage:
    """Everything that a fault can be done to. Each fault leaves it as it was."""

    def __init__(
        self,
        home: Path,
        server: Server,
        node: Node,
        gate: Stumbling,
        wire: Wire,
        stand: Newsstand,
        disks: Sequence[Path],
    ) -> None:
        self.home, self.server, self.node, self.gate, self.wire, self.stand = home, server, node, gate, wire, stand
        self.ledger_disk, self.archive_disk = disks
        self.page = free_port()
        self.daemon: subprocess.Popen[bytes] | None = None
        self.es = Elasticsearch(node.url, basic_auth=("elastic", ADMIN), request_timeout=60)
        #: times that the daemon ended though nobody had ended it
        self.ended = 0

    @property
    def log(self) -> Path:
        """What the daemons have said."""
        return self.home / "log"

    def environ(self, **settings: str) -> dict[str, str]:
        """Return the environment of a command of ours."""
        url = self.gate.url.replace("http://", f"http://crawler:{OURS}@")
        usual = {
            "database_url": f"postgresql://crawler@127.0.0.1:{self.wire.port}/news",
            "elasticsearch_url": url,
            "archive": str(self.archive_disk / "archive"),
            "allow_loopback": "yes",
        }
        return environment(self.home, **usual | settings)

    async def start(self) -> None:
        """Start the daemon, and return when it is ready."""
        self.daemon = self._launched()
        try:
            await until(self.is_ready, "the daemon is ready")
        except AssertionError as error:
            said = self.log.read_text(encoding="utf-8")[-3_000:]
            raise AssertionError(f"{error}\n{(await self.readiness())[1]}\n{said}") from None

    def _launched(self) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "broadsheet", "up", "--port", str(self.page)]
            return subprocess.Popen(command, env=self.environ(), stdout=log, stderr=log)

    async def is_ready(self) -> bool:
        """Say whether it says so."""
        return (await self.readiness())[0] == 200

    async def readiness(self) -> tuple[int, str]:
        """Return status and text of `/readyz`; 0 if nobody answers."""
        return await asyncio.to_thread(self._readiness)

    def _readiness(self) -> tuple[int, str]:
        try:
            with socket.create_connection(("127.0.0.1", self.page), timeout=8) as talk:
                talk.sendall(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                answer = b"".join(iter(lambda: talk.recv(65_536), b""))
            return int(answer[9:12]), answer.partition(b"\r\n\r\n")[2].decode()
        except (OSError, ValueError):
            return 0, ""

    async def command(self, *arguments: str, seconds: float = 60.0, **settings: str) -> tuple[int, str]:
        """Run `broadsheet ARGUMENTS` and return its exit code and all that it said; -1 if it did not end in time."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "broadsheet", *arguments),
            env=self.environ(**settings),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(seconds):
                said, _ = await process.communicate()
        except TimeoutError:
            process.kill()
            await process.wait()
            return -1, "it did not end"
        return process.returncode or 0, said.decode(errors="replace")

    def url(self, database: str = "news") -> str:
        """Return the address of a database for PostgreSQL's superuser, past the wire."""
        return libpq(self.server.url).replace("/broadsheet?", f"/{database}?")

    def sql(self, statement: str, database: str = "news") -> list[tuple[Any, ...]]:
        """Run a statement as PostgreSQL's superuser, past the wire, and return its rows."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            found = connection.execute(statement)
            return found.fetchall() if found.description else []

    def terminate(self) -> None:
        """End the daemon's connections, as a setting of role or database counts from the next one on."""
        self.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'crawler'", "postgres")

    def account(self) -> dict[str, int]:
        """Return what is wrong between what was served, the ledger and the index; all are 0 where nothing is."""
        known = dict(self.sql("SELECT id::text, revision FROM articles"))
        urls = {url for (url,) in self.sql("SELECT url FROM articles")}
        served = {
            f"http://{host}:{self.stand.port}/2024/page-{number}-of-it"
            for host in self.stand.hosts
            for number in range(self.stand.first + self.stand.pages)
        }
        indexed = self.indexed()
        [[again]] = self.sql(
            "SELECT (SELECT count(*) FROM versions WHERE version > 1)"
            " + (SELECT count(*) - count(DISTINCT url) FROM attempts WHERE outcome = 'new')"
        )
        return {
            "lost": len(served - urls) + len(known.keys() - indexed.keys()),
            "twice": int(again) + len(indexed.keys() - known.keys()),
            "stale": sum(indexed.get(id, revision) < revision for id, revision in known.items()),
        }

    def indexed(self) -> dict[str, int]:
        """Return the revision of each article that the index has, by its id."""
        found: dict[str, int] = {}
        self.es.indices.refresh(index="articles")
        after: list[Any] | None = None
        while True:
            page = self.es.search(
                index="articles",
                size=5_000,
                sort=[{"id": "asc"}],
                search_after=after,
                source=False,
                version=True,
            )["hits"]["hits"]
            found |= {hit["_id"]: hit["_version"] for hit in page}
            if len(page) < 5_000:
                return found
            after = page[-1]["sort"]

    async def close(self) -> None:
        """End the daemon."""
        if self.daemon and self.daemon.poll() is None:
            await asyncio.to_thread(end, [self.daemon])
        self.es.close()


@asynccontextmanager
async def stage(outlets: int, pages: int, port: int) -> AsyncIterator[Stage]:
    """Give a stage whose daemon crawls `outlets` outlets of `pages` pages each; nothing is left of it afterwards."""
    async with AsyncExitStack() as stack:
        home = stack.enter_context(_home())
        disks = [
            stack.enter_context(_disk(home / name, size))
            for name, size in (("small", LEDGER_DISK), ("kept", ARCHIVE_DISK))
        ]
        server = stack.enter_context(start(home / "server"))
        node = await asyncio.to_thread(stack.enter_context, elasticsearch(password=ADMIN))
        gate = await stack.enter_async_context(stumbling(node.url))
        wire = Wire(server.sockets / ".s.PGSQL.5432")
        await wire.open()
        stack.callback(wire.close)
        stand = Newsstand(outlets, pages, port)
        await stand.open()
        stack.callback(stand.close)
        stand.write_outlets(home, 0, "every_minutes = 0.05\njitter_seconds = 0")
        made = Stage(home, server, node, gate, wire, stand, disks)
        await asyncio.to_thread(_settle, made)
        stack.push_async_callback(made.close)
        yield made


def _settle(made: Stage) -> None:
    """Make the daemon's own users of both servers, and a database on the small disk."""
    owner = made.server.data.stat()
    os.chown(made.ledger_disk, owner.st_uid, owner.st_gid)
    made.ledger_disk.chmod(0o700)
    for statement in (
        "CREATE ROLE crawler LOGIN",
        f"CREATE TABLESPACE small LOCATION '{made.ledger_disk}'",
        "CREATE DATABASE news OWNER crawler TEMPLATE template0 TABLESPACE small",
    ):
        made.sql(statement, "postgres")
    allow(made)
    made.es.security.put_user(username="crawler", password=OURS, roles=["crawler"])


def allow(made: Stage, role: dict[str, Any] = ROLE) -> None:
    """Let the daemon's user of Elasticsearch do what `role` says."""
    made.es.perform_request(
        "PUT",
        "/_security/role/crawler",
        headers={"content-type": "application/json", "accept": "application/json"},
        body=role,
    )


@contextmanager
def _home() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="broadsheet-bench-", dir="/tmp"))
    try:
        made.chmod(0o755)  # PostgreSQL's user has to pass
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def _disk(mount: Path, size: str) -> Iterator[Path]:
    """Mount a disk of its own, which takes root."""
    mount.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", mount], check=True)
    try:
        yield mount
    finally:
        subprocess.run(["umount", "-l", mount], check=True)


def fill(disk: Path) -> None:
    """Fill a disk to its last byte, by a file called FILLER."""
    filler = disk / FILLER
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1 << 20))
    with suppress(OSError), filler.open("ab", buffering=0) as file:
        while True:
            file.write(bytes(4096))


async def until(true: Any, what: str, seconds: float = PATIENCE_SECONDS) -> float:
    """Return after how many seconds `await true()` was; raises AssertionError if it never is."""
    began_at = time.monotonic()
    while not await true():
        if time.monotonic() - began_at > seconds:
            raise AssertionError(f"never: {what}")
        await asyncio.sleep(0.2)
    return time.monotonic() - began_at
