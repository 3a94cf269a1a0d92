"""The first and the last that a process does: SIGINT and SIGTERM end it with 130 and 143 at any moment in between."""

import signal
import sys

from news.stopping import note_termination, stopped_code


def run() -> None:
    """Run the command line and exit."""
    signal.signal(signal.SIGTERM, _terminate)
    code: str | int | None = 0
    try:
        from broadsheet.command import main  # it takes a moment, in which a signal may come

        main()
    except KeyboardInterrupt:
        sys.stderr.write("Stopped. What was not fetched is still due.\n")
        code = stopped_code()
    except SystemExit as ended:
        # what catches KeyboardInterrupt on its way cannot know of which signal it was
        code = stopped_code() if ended.code == _INTERRUPTED else ended.code
    finally:
        # it has ended: what comes now would only replace the code
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
    sys.exit(code)


_INTERRUPTED = 128 + signal.SIGINT


def _terminate(number: int, frame: object) -> None:
    note_termination()
    raise KeyboardInterrupt
