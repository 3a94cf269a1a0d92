"""`python -m crawler.demo [BASE_PORT [RUN]]` serves the newsroom until Ctrl-C."""

import signal
import sys

from crawler.demo.http_server import serve
from crawler.demo.newsroom import Newsroom
from news.errors import BroadsheetError


def main(arguments: list[str]) -> int:
    """Serve until SIGINT or SIGTERM; return the exit code."""
    stop = {signal.SIGINT, signal.SIGTERM}
    # held back before the threads start, so that all of them leave the signals to sigwait
    signal.pthread_sigmask(signal.SIG_BLOCK, stop)
    try:
        base_port, run = [*map(int, arguments), *(8101, 1)[len(arguments) :]]
        with serve(Newsroom(base_port, run)) as serving:
            for outlet in serving.newsroom.outlets():
                sys.stdout.write(f"{outlet.home}  {outlet.name}\n")
            sys.stdout.flush()
            signal.sigwait(stop)
    except ValueError:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    except BroadsheetError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
