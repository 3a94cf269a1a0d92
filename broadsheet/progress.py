"""How far a command is: a line that changes at a terminal, a line now and then in a file or a pipe."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from broadsheet.console import err

#: between two lines where nothing can be overwritten: a day of crawling stays a file that can be read
EVERY_SECONDS = 5.0


@contextmanager
def progress(begin: str) -> Iterator[Callable[[str], None]]:
    """Give a function that says on standard error how far it is; called often, it says what changed now and then."""
    if err.is_terminal:
        with err.status(begin, spinner="dots") as status:
            yield status.update
        return
    said, said_at = "", monotonic()

    def say(line: str) -> None:
        nonlocal said, said_at
        if line != said and monotonic() - said_at >= EVERY_SECONDS:
            said, said_at = line, monotonic()
            err.print(line, markup=False)

    yield say
