"""Standard output and error as a command finds them: full, closed, or without letters beyond ASCII."""

import io
import os
import sys
from typing import NoReturn, TextIO


class OutputLost(Exception):
    """What is printed arrives nowhere: the disk is full, or the reader went away. Nothing more can be printed.

    No BroadsheetError: those are printed and worked around, and no OSError: those are of files and sockets.
    """

    def __init__(self, error: OSError) -> None:
        super().__init__(f"Output cannot be written: {error.strerror}.")
        #: a reader that has seen enough, as `head` does
        self.reader_left = isinstance(error, BrokenPipeError)


class _Stream(io.TextIOWrapper):
    """A standard stream whose failure has a name of its own, and comes once."""

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError as error:
            self._fail(error)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            self._fail(error)

    def _fail(self, error: OSError) -> NoReturn:
        _to_nowhere(self.fileno())
        raise OutputLost(error) from error


class _Quiet(_Stream):
    """Standard error: a message that cannot be written changes nothing of what the command does."""

    def _fail(self, error: OSError) -> NoReturn:  # type: ignore[misc]
        _to_nowhere(self.fileno())


def guard() -> None:
    """Replace `sys.stdout` and `sys.stderr`; call it before anything takes them.

    A letter that the encoding lacks is written as an escape. A stream that was closed before we began (`>&-`) goes
    nowhere: as with /dev/null, nobody wants to read. Its number would else be given to the next file or socket.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            _to_nowhere(number)
    sys.stdin = sys.stdin or open(0, closefd=False, encoding="utf-8")  # noqa: SIM115 - for the whole process
    sys.stdout = _stream(_Stream, 1, sys.stdout)
    sys.stderr = _stream(_Quiet, 2, sys.stderr)


def _stream(kind: type[_Stream], number: int, opened: TextIO | None) -> _Stream:
    before = opened if isinstance(opened, io.TextIOWrapper) else None
    # as Python opens them: line by line at a terminal, or each piece at once if PYTHONUNBUFFERED says so
    at_once = bool(before and before.write_through)
    return kind(
        open(number, "wb", buffering=0 if at_once else -1, closefd=False),
        encoding=before.encoding if before else "utf-8",
        errors="backslashreplace",
        line_buffering=bool(before and before.line_buffering) or number == 2,
        write_through=at_once,
    )


def _to_nowhere(number: int) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    if nowhere == number:
        os.set_inheritable(number, True)
        return
    os.dup2(nowhere, number)
    os.close(nowhere)
