"""Signals that stop the process: which one came decides the exit code; what blocks may be interrupted, or must not."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

#: a shell's way to say by which signal a process was ended
_OF_SIGNAL = 128

#: seconds until a stop that was lost is tried again
_AGAIN = 0.02

_stopped_by: int | None = None


def note_stop(number: int) -> None:
    """Note that SIGINT or SIGTERM came."""
    global _stopped_by
    _stopped_by = number


def was_stopped() -> bool:
    """Say whether one of them came."""
    return _stopped_by is not None


def stop(number: int, frame: object) -> None:
    """Handle SIGINT and SIGTERM as Python does SIGINT alone."""
    note_stop(number)
    raise KeyboardInterrupt


def retry_lost_stops() -> None:
    """From now on, try a stop again that came where Python drops exceptions: in a finalizer, a reference's callback.

    Python would print its traceback and go on as if nothing had come. Call it in the main thread.
    """
    print_it = sys.unraisablehook

    def lost(told: "sys.UnraisableHookArgs") -> None:
        if told.exc_type is KeyboardInterrupt and was_stopped():
            signal.signal(signal.SIGALRM, _again)
            signal.setitimer(signal.ITIMER_REAL, _AGAIN)
        else:
            print_it(told)

    sys.unraisablehook = lost


def _again(number: int, frame: FrameType | None) -> None:
    if _stopped_by is not None and callable(handle := signal.getsignal(_stopped_by)):  # else it is ignored: we end
        handle(_stopped_by, frame)


def stopped_code() -> int:
    """Return the exit code of a process that was stopped from outside: 143 after SIGTERM, else 130."""
    return _OF_SIGNAL + (_stopped_by or signal.SIGINT)


@contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGINT and SIGTERM interrupt a block that holds up the event loop: CancelledError is raised within it.

    The loop's own handling is to cancel what runs, which a block that does not give way would notice only at its end.
    """

    from asyncio import CancelledError  # the loop has it; a command's first moment need not wait for it

    def within(handle: Callable[..., object]) -> Callable[[int, object], None]:
        def interrupt(number: int, frame: object) -> None:
            handle(number, frame)
            raise CancelledError

        return interrupt

    with _handled(within):
        yield


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let neither SIGINT nor SIGTERM interrupt a block that ends by itself: what it began to end must not be left."""

    def ignore(number: int, frame: object) -> None:
        return

    with _handled(lambda handle: ignore):
        yield


@contextmanager
def _handled(made_of: Callable[[Callable[..., object]], Callable[[int, object], None]]) -> Iterator[None]:
    """Replace the handlers that are Python's, if we are in the one thread that has them."""
    before: dict[signal.Signals, Callable[..., object]] = {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            handle = signal.getsignal(number)
            if callable(handle):
                before[number] = handle
    try:
        for number, handle in before.items():
            signal.signal(number, made_of(handle))
        yield
    finally:
        for number, handle in before.items():
            signal.signal(number, handle)
