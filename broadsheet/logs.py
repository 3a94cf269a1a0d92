"""The daemon's log: lines for a person at a terminal, JSON for whatever collects it."""

import logging
import sys

import structlog

from broadsheet.console import err
from broadsheet.foreseen import in_a_line


def daemon_logs(level: str = "INFO") -> None:
    """Send structured logs of `level` and above, and those of the libraries, to standard error, an event a line."""
    number = logging.getLevelNamesMapping()[level]
    person = sys.stderr.isatty()
    steps: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        in_a_line,
        structlog.processors.format_exc_info,
    ]
    last: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if person else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[*steps, last],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    foreign: list[structlog.typing.Processor] = [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        _without_colours,
        *steps,
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
    # it warns of each try that failed, with a traceback; what came of all tries is said by us
    logging.getLogger("elastic_transport").setLevel(logging.ERROR)
    # while PostgreSQL is away it warns at each look of the timetable, which says why it waits
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


def tell(event: str, sentence: str, **fields: object) -> None:
    """Say something of the daemon itself: a sentence to a person at a terminal, else an event in the log."""
    if sys.stderr.isatty():
        err.print(sentence, markup=False)
    else:
        structlog.get_logger().info(event, **fields)


def _without_colours(logger: object, method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Drop uvicorn's second form of a message, which is coloured for a terminal."""
    event.pop("color_message", None)
    return event
