"""A record of the log in, the same without the traceback of what is foreseen: one line with its reason."""

import sys

from structlog.typing import EventDict

from news.errors import BroadsheetError

#: of a library's message; some carry what they were given, whole
MESSAGE_CHARACTERS = 500

#: what a line has as it is; a library's objects, such as Scrapy's item, are named
_PLAIN = (str, int, float, bool, list, tuple, dict, type(None))


def in_a_line(logger: object, method: str, event: EventDict) -> EventDict:
    """Put the reason of an error that is foreseen in the place of its traceback, whoever has logged it.

    A server that is away, a full disk, no more files: the operator needs the reason, and the traceback of a database
    error carries the statement with its values. What nobody foresaw keeps its traceback. A message is its first line.
    """
    error = _error_of(event.get("exc_info"))
    if error is not None and (reason := _foreseen(error)):
        del event["exc_info"]
        event.setdefault("reason", reason)
    message = event.get("event")
    if isinstance(message, str):
        event["event"] = (message.strip().splitlines() or [""])[0][:MESSAGE_CHARACTERS]
    for name, value in event.items():
        if not isinstance(value, _PLAIN) and name not in ("exc_info", "_record"):
            event[name] = str(value)[:MESSAGE_CHARACTERS]
    return event


def _error_of(found: object) -> BaseException | None:
    if isinstance(found, BaseException):
        return found
    if isinstance(found, tuple):
        return found[1] if isinstance(found[1], BaseException) else None
    return sys.exception() if found else None


def _foreseen(error: BaseException) -> str:
    """Return the reason of an error that is foreseen, "" of any other."""
    # a verb that opens no ledger reads none of its modules
    from ledger.faults import DATABASE_ERRORS, reason_of

    if isinstance(error, BroadsheetError):
        return str(error)
    if isinstance(error, DATABASE_ERRORS):
        return reason_of(error)
    # an errno is the system's: a connection that was refused, a disk that is full, a limit of open files
    return error.strerror or "" if isinstance(error, OSError) and error.errno is not None else ""
