"""Logs: a command's warnings, and the daemon's lines for a person at a terminal, JSON for whatever collects them."""

import json
import logging
import os
import sys
from typing import TYPE_CHECKING, Any

from broadsheet.console import err
from news import log
from news.errors import BroadsheetError
from news.printable import escaped, one_line, printable

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor

#: fields that have lines of their own
_OF_LINES = frozenset({"exception", "stack"})
#: of a library's message; some carry what they were given, whole
MESSAGE_CHARACTERS = 500

#: what a line has as it is; a library's objects, such as Scrapy's item, are named
_PLAIN = (str, int, float, bool, list, tuple, dict, type(None))


def quiet_logs(level: str = "WARNING") -> None:
    """Send our logs of `level` and above to standard error, a line each, and libraries' from WARNING on."""
    number = logging.getLevelNamesMapping()[level]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Printable("%(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    _quiet_libraries()

    def quietly() -> None:
        import structlog

        structlog.configure(
            processors=[*_steps(), structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())],
            wrapper_class=structlog.make_filtering_bound_logger(number),
            logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        )

    log.configure(number, quietly)


def daemon_logs(level: str = "INFO", *, as_json: bool = False) -> None:
    """Send structured logs of `level` and above, and those of the libraries, to standard error, an event a line.

    A person at a terminal gets lines to read, unless `as_json`.
    """
    global _for_person
    import structlog

    number = logging.getLevelNamesMapping()[level]
    _for_person = sys.stderr.isatty() and not as_json
    last: Processor = (
        structlog.dev.ConsoleRenderer() if _for_person else structlog.processors.JSONRenderer(serializer=_json)
    )
    log.configure(
        number,
        lambda: structlog.configure(
            processors=[*_steps(), last],
            wrapper_class=structlog.make_filtering_bound_logger(number),
            logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        ),
    )
    handler = logging.StreamHandler(sys.stderr)
    foreign: list[Processor] = [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        _without_colours,
        *_steps(),
    ]
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=foreign,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    logging.basicConfig(level=number, handlers=[handler], force=True)
    logging.captureWarnings(True)
    # a line for every crawl's settings and every job is more than anybody reads
    for chatty in ("scrapy", "procrastinate", "alembic"):
        logging.getLogger(chatty).setLevel(max(number, logging.WARNING))
    _quiet_libraries()


def emit(event: str, sentence: str, *, is_fault: bool = False, **fields: object) -> None:
    """Emit an event of the daemon: as a sentence to a person at a terminal, else into the log, as a fault or not."""
    if _for_person:
        err.print(sentence)
    else:
        (log.Log().error if is_fault else log.Log().info)(event, **fields)


def in_a_line(logger: object, method: str, event: "EventDict") -> "EventDict":
    """Put the reason of an error that is foreseen in the place of its traceback, whoever has logged it.

    A server that is away, a full disk, no more files: the operator needs the reason, and the traceback of a database
    error carries the statement with its values. What nobody foresaw keeps its traceback. A message is its first line.
    """
    error = _error_of(event.get("exc_info"))
    if error is not None and (reason := _foreseen(error)):
        del event["exc_info"]
        if event.get("reason") in (None, type(error).__name__):
            event["reason"] = reason
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
    from ledger.faults import reason_of

    if isinstance(error, BroadsheetError):
        return str(error)
    if isinstance(error, _database_errors()):
        return reason_of(error)
    # an errno is the system's: a connection that was refused, a disk that is full, a limit of open files
    if isinstance(error, OSError) and error.errno is not None:
        return error.strerror or ""
    number = getattr(error, "osError", None)  # of Twisted's ConnectError, which is no OSError
    return os.strerror(number) if isinstance(number, int) else ""


def _database_errors() -> tuple[type[Exception], ...]:
    """Return what the database may raise, and the queue in a process that has one."""
    from ledger.faults import DATABASE_ERRORS

    queue = sys.modules.get("procrastinate.exceptions")
    return (*DATABASE_ERRORS, queue.ConnectorException) if queue else DATABASE_ERRORS


class _Printable(logging.Formatter):
    """A library's line, which may quote a stranger."""

    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record))


def _printable(logger: object, method: str, event: "EventDict") -> "EventDict":
    """Make every text of an event printable, and all but a traceback one line: none begins an event of its own."""
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = printable(value) if name in _OF_LINES else one_line(value)
    return event


def _without_colours(logger: object, method: str, event: "EventDict") -> "EventDict":
    """Drop uvicorn's second form of a message, which is coloured for a terminal."""
    event.pop("color_message", None)
    return event


def _json(event: Any, **options: Any) -> str:
    return escaped(json.dumps(event, ensure_ascii=False, **options))


def _quiet_libraries() -> None:
    # it warns of each try that failed, with a traceback; Broadsheet logs the result of all tries
    logging.getLogger("elastic_transport").setLevel(logging.ERROR)
    # while PostgreSQL is away it warns at each look of the timetable, which says why it waits
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


def _steps() -> "list[Processor]":
    # a verb that logs nothing, as --help, takes no structlog
    import structlog

    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        in_a_line,
        structlog.processors.format_exc_info,
        _printable,
    ]


_for_person = False
