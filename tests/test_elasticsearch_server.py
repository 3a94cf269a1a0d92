"""The tests' server outlives no test run, and leaves nothing behind."""

import fcntl
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.elasticsearch_server import GUARD, PREFIX, temporary_directory
from tests.ports import free_ports

#: starts a guard with a child that would sleep for an hour, says the child's number, and waits
PARENT = f"""
import os, subprocess, sys
os.environ["GUARD_GROUP"] = "0"
guard = subprocess.Popen([sys.executable, {str(GUARD)!r}, "", "sleep", "3600"], stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, start_new_session=True)
print(guard.stdout.readline().decode().strip(), guard.pid, flush=True)
sys.stdin.read()
"""


#: holds a lock on the file that is named, starts such a guard for all, and waits
SHARING = f"""
import fcntl, os, subprocess, sys
lock = open(sys.argv[1], "rb")
fcntl.flock(lock, fcntl.LOCK_SH)
if sys.argv[2:]:
    os.environ |= {{"GUARD_GROUP": "0", "GUARD_HELD": sys.argv[1]}}
    guard = subprocess.Popen([sys.executable, {str(GUARD)!r}, "", "sleep", "3600"], stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, start_new_session=True)
    print(guard.stdout.readline().decode().strip(), flush=True)
print("holds", flush=True)
sys.stdin.read()
"""


LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z" if Path("/proc").is_dir() else True


@pytest.mark.parametrize("killed", ["tests", pytest.param("guard", marks=LINUX)])
def test_a_kill_with_9_leaves_no_server(killed: str) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert parent.stdout
    assert parent.stdin
    child, guard = map(int, parent.stdout.readline().split())
    assert lives(child)
    os.kill({"tests": parent.pid, "guard": guard}[killed], signal.SIGKILL)
    deadline = time.monotonic() + 30
    while lives(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not lives(child)
    parent.kill()
    parent.wait()
    parent.stdin.close()
    parent.stdout.close()


def test_a_server_of_all_ends_with_the_last_of_them_however_they_end(tmp_path: Path) -> None:
    held = tmp_path / "server" / "held"
    held.parent.mkdir()
    held.touch()

    def holder(*starts: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-c", SHARING, held, *starts]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    with holder("starts") as first, holder() as second:
        assert first.stdout
        assert second.stdout
        child = int(first.stdout.readline())
        assert second.stdout.readline() == b"holds\n"
        first.kill()
        first.wait()
        time.sleep(0.3)
        assert lives(child)
        second.kill()
    deadline = time.monotonic() + 30
    while (lives(child) or held.parent.exists()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not lives(child)
    assert not held.parent.exists()


def test_what_a_killed_run_left_is_removed_and_what_is_held_stays() -> None:
    left, held = (Path(tempfile.mkdtemp(prefix=PREFIX)) for _ in range(2))
    (left / "held").touch()
    with (held / "held").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with temporary_directory() as directory:
            assert directory.is_dir()
            assert not left.exists()
            assert held.exists()
        assert not directory.exists()
    with temporary_directory():
        assert not held.exists()


def test_free_ports_are_different() -> None:
    assert len(set(free_ports(20))) == 20
