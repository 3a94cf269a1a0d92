"""How the command line speaks: tables for people, JSON for programs, one sentence for a mistake."""

import json
import sys
from collections.abc import Coroutine
from typing import Any, NoReturn, TypeVar

from rich.console import Console
from rich.table import Table

T = TypeVar("T")

#: a pipe has no width: nothing is cut for it
PIPE_COLUMNS = 200
out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else PIPE_COLUMNS)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def table(*columns: str) -> Table:
    """Return an empty table whose first column, which is what a person types next, is never cut."""
    made = Table(box=None, pad_edge=False)
    for number, name in enumerate(columns):
        made.add_column(name, no_wrap=number == 0)
    return made


def fail(sentence: str, code: int = 2) -> NoReturn:
    """Print one sentence to standard error and exit."""
    err.print(sentence, style="red", markup=False)
    sys.exit(code)


def print_json(value: object) -> None:
    """Print one JSON value on one line."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that does not crawl, to its end."""
    import asyncio

    return asyncio.run(main)


def quiet_logs(level: str = "WARNING") -> None:
    """Send our logs of `level` and above to standard error, a line each, and libraries' from WARNING on."""
    import logging

    import structlog

    number = logging.getLevelNamesMapping()[level]
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    # it warns of each try that failed, with a traceback; what came of all tries is said by us
    logging.getLogger("elastic_transport").setLevel(logging.ERROR)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
