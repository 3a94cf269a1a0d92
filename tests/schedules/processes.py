"""Daemons as processes of their own, for tests, ended by their id."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests import warm
from tests.databases import libpq

#: a machine that is busy with other tests takes long to start a process; nothing is asserted of it
PATIENCE_SECONDS = 120


def environment(home: Path, **settings: str) -> dict[str, str]:
    """Return the environment of a process whose settings are these alone."""
    ours = {f"BROADSHEET_{name.upper()}": value for name, value in settings.items()}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BROADSHEET_")}
    return kept | {"BROADSHEET_HOME": str(home), "PYTHONUNBUFFERED": "1"} | ours


@contextmanager
def running(arguments: list[str], environ: dict[str, str], log: Path) -> Iterator[warm.Program]:
    """Run `broadsheet ARGUMENTS` within the block; what it says goes to `log`."""
    with log.open("ab") as said:
        process = warm.start(arguments, environ, stdout=said, stderr=said)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


@contextmanager
def running_from_the_start(
    arguments: list[str], environ: dict[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `python -m broadsheet ARGUMENTS` within the block, as a person starts it; what it says goes to `log`."""
    with log.open("ab") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "broadsheet", *arguments], env=environ, stdout=said, stderr=said
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()


def silent(arguments: list[str], environ: dict[str, str]) -> warm.Program:
    """Start `broadsheet ARGUMENTS`, which nobody listens to; whoever starts it ends it."""
    with open(os.devnull, "wb") as nothing:
        return warm.start(arguments, environ, stdout=nothing, stderr=nothing)


def until(true: Callable[[], object], what: str, log: Path | None = None) -> None:
    """Return when `true()` is; raises AssertionError, with the end of the log, if it never is."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if true():
            return
        time.sleep(0.1)
    raise AssertionError(f"never: {what}\n{log.read_text()[-4000:] if log else ''}")


def asked(url: str, query: str) -> list[tuple[object, ...]]:
    """Return the rows of a query; none while its tables are not made yet."""
    try:
        with psycopg.connect(libpq(url)) as connection:
            return connection.execute(query).fetchall()
    except psycopg.errors.UndefinedTable:
        return []
