"""Output of the command line: tables for people, JSON for programs, one sentence for an error."""

import json
import os
import sys
from collections.abc import Coroutine, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeVar

from rich.console import Console, ConsoleOptions, RenderableType
from rich.measure import Measurement
from rich.padding import Padding
from rich.segment import Segment
from rich.table import Table

from news.printable import escaped, one_line, printable

T = TypeVar("T")

#: a pipe has no width: nothing is cut for it
PIPE_COLUMNS = 200
#: wider than any table
_ROOM = 100_000
#: narrower than this nothing can be read, and a width of 0 prints nothing
LEAST_COLUMNS = 20


class Terminal(Console):
    """Where all is printed. A stranger's text is but a text here: it commands no terminal, and is no markup."""

    def __init__(self, *, stderr: bool = False) -> None:
        """Take the width that COLUMNS says, else the terminal's; a file or a pipe has none."""
        columns = os.environ.get("COLUMNS", "")
        stated = max(int(columns), LEAST_COLUMNS) if columns.isdecimal() and int(columns) else None
        at_terminal = (sys.stderr if stderr else sys.stdout).isatty()
        super().__init__(
            stderr=stderr,
            highlight=False,
            markup=False,
            emoji=False,
            width=stated or (None if at_terminal else PIPE_COLUMNS),
            # a terminal breaks lines itself, and an address stays in one piece for whoever copies it
            soft_wrap=at_terminal or not stated,
        )
        #: whether lines must not be wider than this
        self.is_narrow = at_terminal or stated is not None

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield the pieces of what is printed, the one border that all of them cross."""
        for piece in super().render(renderable, options):
            yield piece if piece.control else Segment(printable(piece.text), piece.style)


out = Terminal()
err = Terminal(stderr=True)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows below each other; where the table is wider than the terminal, each row as a block."""
    cells = [[one_line(cell) for cell in row] for row in rows]
    made = Table(box=None, pad_edge=False)
    for number, name in enumerate(columns):
        # the first column is what a person types next: it is never cut
        made.add_column(name, no_wrap=number == 0)
    for row in cells:
        made.add_row(*row)
    # measured as if there were room: else the answer is never wider than the terminal
    needed = Measurement.get(out, out.options.update(width=_ROOM), made).minimum
    if not out.is_narrow or needed <= out.width:
        out.print(made, soft_wrap=False)
        return
    for first, *others in cells:
        out.print(first, soft_wrap=False, overflow="fold")
        named = [f"{name}: {cell}" for name, cell in zip(columns[1:], others, strict=True) if cell]
        out.print(Padding("; ".join(named), (0, 0, 0, 2), expand=False), soft_wrap=False, overflow="fold")


def fail(sentence: str, code: int = 2) -> NoReturn:
    """Print one sentence to standard error and exit."""
    err.print(sentence, style="red")
    sys.exit(code)


def print_json(value: object) -> None:
    """Print one JSON value on one line: instants end in Z, and no character commands a terminal."""
    # an escape of the stream's (\xe4) would be no JSON
    ascii_only = not (sys.stdout.encoding or "").lower().startswith("utf")
    sys.stdout.write(escaped(json.dumps(value, ensure_ascii=ascii_only, default=_plain)) + "\n")


def write_json_line(line: str) -> None:
    """Write a line that is one JSON value as `print_json` would."""
    if not (sys.stdout.encoding or "").lower().startswith("utf"):
        line = json.dumps(json.loads(line)) + "\n"
    sys.stdout.write(escaped(line.removesuffix("\n")) + "\n")


def write_text(text: str) -> None:
    """Write a file's text that is printable to standard output as it is."""
    sys.stdout.write(text)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value)


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that does not crawl, to its end."""
    import asyncio

    return asyncio.run(main)


def plain_words(value: object) -> str:
    """Return a field's value for people."""
    match value:
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(str, value))
        case dict():
            return "; ".join(f"{name}: {each}" for name, each in value.items())
        case datetime():
            return f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return "" if value is None else str(value)
