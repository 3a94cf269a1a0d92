"""A home of one's own for each test of the embedded server, and nothing left running in it."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from ledger.embedded import postmaster
from ledger.embedded.server import start


def new_home() -> Path:
    directory = Path(tempfile.mkdtemp(prefix="broadsheet-home-", dir="/tmp"))
    directory.chmod(0o755)  # as root, PostgreSQL's user has to pass; pytest's own directories are closed to all others
    return directory


def stop_whatever_runs(home: Path) -> None:
    for file in home.rglob("postmaster.pid"):
        lock = postmaster.read_pid_file(file.parent)
        if lock and postmaster.is_ours(lock.pid, file.parent):
            os.kill(lock.pid, signal.SIGQUIT)
            psutil.Process(lock.pid).wait(10)


@pytest.fixture(scope="session")
def made() -> Iterator[Path]:
    """A home whose server has run once; making one takes longer than all that is done to it."""
    directory = new_home()
    with start(directory):
        pass
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def home(made: Path) -> Iterator[Path]:
    """A home whose server has run before and does not run, the same for all tests: they may kill, not damage."""
    yield made
    stop_whatever_runs(made)


@pytest.fixture
def empty_home() -> Iterator[Path]:
    """A home before the first start, for one test."""
    directory = new_home()
    yield directory
    stop_whatever_runs(directory)
    shutil.rmtree(directory)


@pytest.fixture
def own_home(empty_home: Path, made: Path) -> Path:
    """A home whose server has run before, for one test, which may damage it."""
    subprocess.run(["cp", "-a", made / "postgresql", empty_home], check=True)
    return empty_home
