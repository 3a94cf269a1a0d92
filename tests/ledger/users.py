"""Users of the embedded server in processes of their own, to be killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]

#: a user in a process of its own: it leaves when its input ends, and says the postmaster's number when it has come
USER = """
import sys
from pathlib import Path
from ledger.embedded.server import start
with start(Path(sys.argv[1])) as server:
    print((server.data / "postmaster.pid").read_text().split()[0], server.url, flush=True)
    sys.stdin.read()
"""


class User:
    def __init__(self, home: Path) -> None:
        command = [sys.executable, "-W", "error", "-c", USER, str(home)]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True, text=True
        )

    def came(self) -> int:
        """Wait for the server and return its process id."""
        assert self.process.stdout
        for line in self.process.stdout:
            if line.split()[0].isdigit():  # not a log line
                return int(line.split()[0])
        raise AssertionError("the user ended without a server")

    def leave(self) -> None:
        self.process.communicate("")
        assert self.process.returncode == 0

    def kill(self, number: int = signal.SIGKILL) -> None:
        os.killpg(self.process.pid, number)
        self.process.communicate()


@contextmanager
def users(home: Path, count: int) -> Iterator[list[User]]:
    all_of_them = [User(home) for _ in range(count)]
    try:
        yield all_of_them
    finally:
        for user in all_of_them:
            if user.process.poll() is None:
                user.kill()
            for pipe in (user.process.stdin, user.process.stdout):
                assert pipe
                pipe.close()
