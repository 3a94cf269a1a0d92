"""How far a command is: a line that changes at a terminal, a line now and then in a file or a pipe."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from rich.status import Status
from rich.text import Text

from broadsheet.console import err

#: between two lines where nothing can be overwritten: a day of crawling stays a file that can be read
EVERY_SECONDS = 5.0


def waiting(what: str) -> Status:
    """Return a block that says at a terminal what it waits for."""
    # as a text: in a plain string, rich would take [brackets] as markup; the dots are no ASCII
    return err.status(Text(what), spinner="dots" if err.encoding.startswith("utf") else "line")


@contextmanager
def progress(begin: str) -> Iterator[Callable[[str], None]]:
    """Give a function that says on standard error how far it is; called often, it says what changed now and then."""
    if err.is_terminal:
        with waiting(begin) as status:
            yield lambda line: status.update(Text(line))
        return
    said, said_at = "", monotonic()

    def say(line: str) -> None:
        nonlocal said, said_at
        if line != said and monotonic() - said_at >= EVERY_SECONDS:
            said, said_at = line, monotonic()
            err.print(line)

    yield say
