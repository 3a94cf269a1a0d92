"""What PostgreSQL says when it refuses something: a fault of the data, or of the server."""

import psycopg
from sqlalchemy.exc import DBAPIError

#: SQLSTATE classes that speak of the values: data exception, program limit exceeded
_DATA = ("22", "54")


def is_data_error(error: BaseException) -> bool:
    """Say whether the ledger refused a value, and not the connection, the disk or a lock."""
    if isinstance(error, UnicodeEncodeError):
        return True
    cause = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(cause, psycopg.Error):
        return False
    # without a SQLSTATE psycopg itself refused it, before it was sent
    return (cause.sqlstate or "")[:2] in _DATA or (cause.sqlstate is None and isinstance(cause, psycopg.DataError))


def reason_of(error: BaseException) -> str:
    """Return SQLSTATE and the server's message: never its detail, the statement or a value."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(cause, psycopg.Error):
        return type(error).__name__
    message = (cause.diag.message_primary or str(cause).partition("\n")[0]).strip()
    return f"{cause.sqlstate}: {message}" if cause.sqlstate else message
