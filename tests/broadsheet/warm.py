"""The program as a process that has read its modules already: a hundred runs that do not pay a second each for them.

`python -m tests.broadsheet.warm SOCKET` waits; a connection sends what is run as a line of JSON and three descriptors,
and gets the exit code back. Each run is a process of its own, forked before anything was opened. What Python itself
does at its start (streams, signals, imports that are missing) is not tried in this way.
"""

import io
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class Warm:
    """A client of the waiting process."""

    def __init__(self, address: str) -> None:
        self._address = address

    def run(self, arguments: list[str], environ: dict[str, str]) -> "subprocess.CompletedProcess[str]":
        """Run `broadsheet ARGUMENTS` in this environment alone, and return what became of it."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, open(os.devnull, "rb") as nothing:
            with socket.socket(socket.AF_UNIX) as talk:
                talk.connect(self._address)
                told = json.dumps({"arguments": arguments, "environ": environ, "cwd": str(Path.cwd())}).encode() + b"\n"
                # the descriptors go with the first byte, the rest may take several
                socket.send_fds(talk, [told[:1]], [nothing.fileno(), out.fileno(), err.fileno()])
                talk.sendall(told[1:])
                code = int(talk.makefile("rb").readline())
            said = []
            for file in (out, err):
                file.seek(0)
                said.append(file.read().decode("utf-8"))
        return subprocess.CompletedProcess(arguments, code, *said)


@contextmanager
def warm() -> Iterator[Warm]:
    """Start the waiting process, and end it."""
    with tempfile.TemporaryDirectory() as directory:
        address = f"{directory}/socket"
        command = [sys.executable, "-m", "tests.broadsheet.warm", address]
        process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})
        try:
            while not Path(address).exists():
                assert process.poll() is None, "it ended at its start"
                time.sleep(0.05)
            yield Warm(address)
        finally:
            process.terminate()
            process.wait()


def _wait(address: str) -> None:
    import pipelines.publish
    import pipelines.verify  # noqa: F401

    # it would be shared by all
    assert "twisted.internet.reactor" not in sys.modules
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address)
        server.listen(8)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        while True:
            talk, _ = server.accept()
            first, given, _, _ = socket.recv_fds(talk, 1, 3)
            if os.fork() == 0:
                # a child that waits for the one that works, so that the next can be taken meanwhile
                server.close()
                worker = os.fork()
                if worker == 0:
                    _work(first + talk.makefile("rb").readline(), given, talk)
                code = os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])
                talk.sendall(b"%d\n" % code)
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
    sys.stdout = io.TextIOWrapper(open(1, "wb", closefd=False), encoding="utf-8")  # noqa: SIM115 - for the whole process
    sys.stderr = io.TextIOWrapper(open(2, "wb", closefd=False), encoding="utf-8")  # noqa: SIM115 - see above
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
