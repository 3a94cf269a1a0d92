"""Starts a server and ends it when its own standard input ends: when the tests' process ends, however it ends.

`python elasticsearch_guard.py USER COMMAND…`; with a USER, GUARD_GROUP in the environment is its group. With GUARD_HELD it
ends the server when nobody holds a lock on that file any more, and removes the file's directory. Prints the server's
process id. Should the guard itself be killed, the kernel tells the server; Linux alone can.
"""

import ctypes
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

#: Linux's prctl option by which a process asks to be told that its parent died
PR_SET_PDEATHSIG = 1
#: seconds that a server may take to end in order
END_SECONDS = 20


def main(user: str, command: list[str]) -> None:
    """Run the command until it ends or standard input does."""
    as_user: dict[str, Any] = {}
    if user:
        as_user = {"user": user, "group": int(os.environ.pop("GUARD_GROUP")), "extra_groups": []}
    held = os.environ.pop("GUARD_HELD", "")
    libc = ctypes.CDLL(None)

    def die_with_guard() -> None:
        if sys.platform == "linux":
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

    server = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=2,  # a pipe that nobody reads would fill up and stop the server
        start_new_session=True,
        preexec_fn=die_with_guard,
        **as_user,
    )

    def watch() -> None:
        if held:
            # never closed: who comes now finds that the server is ending
            fcntl.flock(os.open(held, os.O_RDONLY), fcntl.LOCK_EX)
        else:
            while os.read(0, 4096):
                pass
        _end(server, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            server.wait(END_SECONDS)
        _end(server, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()
    with suppress(BrokenPipeError):  # else the tests are gone already, and watch() sees it
        print(server.pid, flush=True)  # noqa: T201
    server.wait()
    _end(server, signal.SIGKILL)
    if held:
        shutil.rmtree(Path(held).parent, ignore_errors=True)
    os._exit(0)


def _end(server: "subprocess.Popen[bytes]", number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(server.pid, number)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
