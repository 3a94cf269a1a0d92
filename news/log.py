"""Events of the log, through structlog: it is imported with the first event, for most commands log nothing."""

import logging
import sys
from collections.abc import Callable

_least = logging.NOTSET
_configure: Callable[[], None] | None = None


class Log:
    """Takes the events of a module: a name, and fields."""

    def debug(self, event: str, **fields: object) -> None:
        """Log what only a developer wants to know."""
        _emit(logging.DEBUG, event, fields)

    def info(self, event: str, **fields: object) -> None:
        """Log what happened as it should."""
        _emit(logging.INFO, event, fields)

    def warning(self, event: str, **fields: object) -> None:
        """Log what a person should look at some time."""
        _emit(logging.WARNING, event, fields)

    def error(self, event: str, **fields: object) -> None:
        """Log what stops a part of the work."""
        _emit(logging.ERROR, event, fields)

    def exception(self, event: str, **fields: object) -> None:
        """Log an error with the exception that is handled now."""
        _emit(logging.ERROR, event, {"exc_info": True} | fields)


def configure(least: int, how: Callable[[], None]) -> None:
    """Have `how` configure structlog before the next event, and drop events below the level `least`."""
    global _least, _configure
    _least, _configure = least, how
    if "structlog" in sys.modules:
        _configured()


def forget() -> None:
    """Drop no event and configure nothing, as at the start."""
    global _least, _configure
    _least, _configure = logging.NOTSET, None


def _configured() -> None:
    global _configure
    how, _configure = _configure, None
    if how:
        how()


def _emit(level: int, event: str, fields: dict[str, object]) -> None:
    if level < _least:
        return
    import structlog

    _configured()
    getattr(structlog.get_logger(), logging.getLevelName(level).lower())(event, **fields)
