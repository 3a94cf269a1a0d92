"""What a database error says: whether the data is at fault, and why, in words that carry nothing of the data."""

import re

import psycopg
from sqlalchemy.exc import DBAPIError

#: SQLSTATE classes of what can never be stored as it is: data exceptions, and what is past a limit of the program
_OF_DATA = ("22", "54")
#: messages of class 22 quote what they refuse
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")


def is_data_error(error: BaseException) -> bool:
    """Say whether PostgreSQL, or the way to it, refuses what was given as data; the same would be refused again.

    All else is the system's: a lost connection, a full disk, a lock, a mistake of ours.
    """
    if isinstance(error, UnicodeEncodeError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    orig = error.orig
    return isinstance(orig, psycopg.DataError) or (_sqlstate(orig) or "").startswith(_OF_DATA)


def reason_of(error: BaseException) -> str:
    """Return why the database refused: its SQLSTATE and first message, without SQL, detail and values.

    >>> reason_of(UnicodeEncodeError("utf-8", "a page's text", 0, 1, "surrogates not allowed"))
    'its text is not Unicode: surrogates not allowed'
    """
    if isinstance(error, UnicodeEncodeError):
        return f"its text is not Unicode: {error.reason}"
    orig = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(orig, psycopg.Error):
        return type(orig).__name__
    sqlstate = _sqlstate(orig)
    message = orig.diag.message_primary
    if message is None:  # psycopg's own: it did not reach the server
        message = (str(orig).strip().splitlines() or [""])[0]
    if not (sqlstate or "22").startswith("54"):
        message = _QUOTED.sub("…", message)
    return " ".join(part for part in (sqlstate, message or type(orig).__name__) if part)


def _sqlstate(orig: BaseException | None) -> str | None:
    return orig.sqlstate if isinstance(orig, psycopg.Error) else None
