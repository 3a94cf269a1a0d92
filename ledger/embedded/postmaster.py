"""The process on a data directory: launched, recognised, stopped."""

import contextlib
import os
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psutil

from ledger.embedded.cluster import PORT, Cluster, environment, programs
from news.backoff import Backoff
from news.errors import DatabaseUnavailable
from news.log import Log

#: a fast stop writes out what is in memory; after this long the server is ended at once and recovers at its next start
PATIENCE_SECONDS = 60.0

#: log files of a server that never ran at midnight are not emptied by it; older ones than a week go at the next start
KEPT_LOG_SECONDS = 6 * 24 * 3600

#: between two looks at a server that starts or stops
BETWEEN_LOOKS = Backoff(first_seconds=0.005, most_seconds=0.25, factor=1.3)

log = Log()


@dataclass(frozen=True, kw_only=True)
class PidFile:
    """What a server wrote of itself into postmaster.pid; all of it may be stale."""

    pid: int
    #: "starting", "stopping", "ready", or empty before the first of them
    status: str


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
    cluster.start_log.unlink(missing_ok=True)  # it may be root's, and we the data's owner
    with cluster.start_log.open("wb") as said:
        shell = subprocess.run(  # noqa: S603
            ["/bin/sh", "-c", '"$@" </dev/null >&2 & echo $!', "sh", *command],
            stdout=subprocess.PIPE,
            stderr=said,
            cwd=cluster.data.parent,
            env=environment(),
            start_new_session=True,
            umask=0o077,
            check=True,
            **cluster.account.identity,
        )
    return int(shell.stdout)


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


def read_pid_file(data: Path) -> PidFile | None:
    """Return what postmaster.pid says, or None if there is none or it is broken."""
    try:
        lines = (data / "postmaster.pid").read_text(errors="replace").splitlines()
        return PidFile(pid=int(lines[0]), status=lines[7].strip() if len(lines) > 7 else "")
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
    lock = read_pid_file(cluster.data)
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
    """Sleep between two looks, a little longer each time."""
    for looks in count(1):
        yield
        time.sleep(BETWEEN_LOOKS.pause_seconds(looks))
