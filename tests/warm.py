"""The program in a process that has read its modules already: hundreds of runs that do not pay two seconds of CPU each.

`run` and `start` hand a command to a process that waits, one for each process of the tests; it forks one for each command, before
anything was opened. What Python itself does at its start (streams, signals, imports that are missing, what /proc knows of its
environment) is not tried in this way: tests/schedules/test_daemons.py and those that print under hard conditions start
`python -m broadsheet`.
"""

import atexit
import gc
import io
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parents[1]
#: a machine that is busy with other tests may take long; nothing is asserted of it
PATIENCE_SECONDS = 300


class Program:
    """A command that runs: as subprocess.Popen has it, as far as it goes."""

    def __init__(self, arguments: Sequence[str], talk: socket.socket) -> None:
        self.args = list(arguments)
        self.returncode: int | None = None
        self._talk = talk
        self._answers = talk.makefile("rb")
        self.pid = int(self._answers.readline())

    def poll(self) -> int | None:
        """Return the exit code, or None while it runs."""
        if self.returncode is None and select.select([self._talk], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def wait(self, timeout: float | None = PATIENCE_SECONDS) -> int:
        """Return the exit code, negative for a signal, once it has ended. Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            if not select.select([self._talk], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            self.returncode = int(self._answers.readline())
            self._answers.close()
            self._talk.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End it with -9."""
        self.send_signal(signal.SIGKILL)


def start(
    arguments: Sequence[str], environ: dict[str, str], *, stdin: IO[Any] | None = None, stdout: IO[Any], stderr: IO[Any]
) -> Program:
    """Start `broadsheet ARGUMENTS` in this environment alone, on these streams."""
    told = json.dumps({"arguments": list(arguments), "environ": environ, "cwd": str(Path.cwd())}).encode() + b"\n"
    talk = socket.socket(socket.AF_UNIX)
    talk.connect(_waiting())
    with open(os.devnull, "rb") as nothing:
        # the descriptors go with the first byte, the rest may take several
        socket.send_fds(talk, [told[:1]], [each.fileno() for each in (stdin or nothing, stdout, stderr)])
        talk.sendall(told[1:])
        return Program(arguments, talk)


def run(
    arguments: Sequence[str], environ: dict[str, str], *, given: str = "", timeout: float = PATIENCE_SECONDS
) -> "subprocess.CompletedProcess[str]":
    """Run `broadsheet ARGUMENTS` with `given` on its standard input, and return what became of it.

    Raises subprocess.TimeoutExpired, and ends it.
    """
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        stdin.write(given.encode())
        stdin.seek(0)
        program = start(arguments, environ, stdin=stdin, stdout=stdout, stderr=stderr)
        try:
            code = program.wait(timeout)
        finally:
            program.kill()
        for file in (stdout, stderr):
            file.seek(0)
        return subprocess.CompletedProcess(program.args, code, stdout.read().decode(), stderr.read().decode())


@cache
def _waiting() -> str:
    """Start the process that waits, which ends when this one does, and return the address of its socket."""
    directory = tempfile.TemporaryDirectory(prefix="broadsheet-warm-")
    address = f"{directory.name}/socket"
    command = [sys.executable, "-m", "tests.warm", address]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, start_new_session=True)

    def end() -> None:
        assert process.stdin
        process.stdin.close()
        process.wait()
        directory.cleanup()

    atexit.register(end)
    while not Path(address).exists():
        assert process.poll() is None, "it ended at its start"
        time.sleep(0.02)
    return address


def _wait(address: str) -> None:
    # all that a command imports but its own package, which looks at the terminal as it is imported
    import web.serve  # noqa: F401

    # it would be shared by all
    assert "twisted.internet.reactor" not in sys.modules
    gc.collect()
    gc.freeze()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{address}.new")
        server.listen(8)
        os.rename(f"{address}.new", address)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        while server.fileno() in select.select([server.fileno(), 0], [], [])[0]:
            talk, _ = server.accept()
            first, given, _, _ = socket.recv_fds(talk, 1, 3)
            if os.fork() == 0:
                # a child that waits for the one that works, so that the next can be taken meanwhile
                server.close()
                worker = os.fork()
                if worker == 0:
                    _work(first + talk.makefile("rb").readline(), given, talk)
                for descriptor in given:
                    os.close(descriptor)
                with suppress(BrokenPipeError):  # else nobody asks any more
                    talk.sendall(b"%d\n" % worker)
                    talk.sendall(b"%d\n" % os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1]))
                os._exit(0)
            talk.close()
            for descriptor in given:
                os.close(descriptor)
            with suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass


def _work(told: bytes, given: list[int], talk: socket.socket) -> None:
    wanted = json.loads(told)
    talk.close()
    for number, descriptor in enumerate(given):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(wanted["environ"])
    os.chdir(wanted["cwd"])
    # whoever waits for a line in a file has it at once
    for name, number in (("stdout", 1), ("stderr", 2)):
        raw = open(number, "wb", buffering=0, closefd=False)  # noqa: SIM115 - for the whole process
        setattr(sys, name, io.TextIOWrapper(raw, encoding="utf-8", write_through=True))
    sys.argv = ["broadsheet", *wanted["arguments"]]
    from broadsheet.entry import run

    try:
        run()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(bool(ended.code))
    else:
        code = 0
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    _wait(sys.argv[1])
