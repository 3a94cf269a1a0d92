"""A log line has the reason of what is foreseen, and no traceback of it; what nobody foresaw keeps its own."""

import json
import subprocess
import sys

import psycopg
import pytest
from procrastinate.exceptions import ConnectorException
from sqlalchemy.exc import OperationalError
from twisted.internet.error import ConnectBindError

from broadsheet.logs import MESSAGE_CHARACTERS, in_a_line
from news.errors import IndexUnavailable


def _away() -> ConnectorException:
    error = ConnectorException()
    error.__cause__ = psycopg.OperationalError("connection failed: FATAL:  the database system is shutting down")
    return error


FORESEEN = [
    (
        OperationalError("SELECT a secret", {"value": "secret"}, psycopg.OperationalError("server closed")),
        "server closed",
    ),
    (_away(), "57P03"),
    (IndexUnavailable("Elasticsearch takes too long to answer."), "Elasticsearch takes too long to answer."),
    (OSError(24, "Too many open files"), "Too many open files"),
    (OSError(28, "No space left on device"), "No space left on device"),
    (ConnectBindError(24, "Couldn't bind: 24: Too many open files"), "Too many open files"),
    (TimeoutError(), "TimeoutError"),
]


@pytest.mark.parametrize(("error", "reason"), FORESEEN, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("form", ["error", "tuple"])
def test_what_is_foreseen_is_a_reason_without_a_traceback(error: Exception, reason: str, form: str) -> None:
    found = error if form == "error" else (type(error), error, error.__traceback__)
    event = in_a_line(None, "error", {"event": "first line\nsecond line", "exc_info": found})
    assert reason in event["reason"]
    named = in_a_line(None, "error", {"event": "job_tried_again", "reason": type(error).__name__, "exc_info": error})
    assert reason in named["reason"]
    assert "secret" not in str(event)
    assert "exc_info" not in event
    assert event["event"] == "first line"


def test_what_nobody_foresaw_keeps_its_traceback() -> None:
    for error in (ValueError("a mistake of ours"), KeyError("x"), OSError("not of the system")):
        event = in_a_line(None, "error", {"event": "x" * 9_000, "exc_info": error})
        assert event["exc_info"] is error
        assert len(event["event"]) == MESSAGE_CHARACTERS


LIBRARY = """
import logging
from sqlalchemy.exc import OperationalError
from broadsheet.logs import daemon_logs
daemon_logs()
try:
    raise OperationalError("SELECT a secret", {}, Exception("x"))
except OperationalError:
    logging.getLogger("scrapy.core.scraper").error("Error processing %s", "what", exc_info=True)
try:
    raise ValueError("of ours")
except ValueError:
    logging.getLogger("scrapy.core.scraper").error("Error processing %s", "that", exc_info=True)
"""


def test_a_librarys_record_is_a_line_too() -> None:
    ran = subprocess.run([sys.executable, "-c", LIBRARY], capture_output=True, text=True, check=True)
    first, second = map(json.loads, ran.stderr.splitlines())
    assert (first["event"], "exception" in first) == ("Error processing what", False)
    assert "ValueError: of ours" in second["exception"]
    assert "secret" not in ran.stderr
