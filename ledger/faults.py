"""What a database error says: whose fault it is, and why, in words that carry nothing of the data."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

import psycopg
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from news.backoff import Backoff
from news.log import Log

log = Log()

T = TypeVar("T")

#: what any call of the database may raise: SQLAlchemy's, and a limit of time that ran out (schedules.jobs.QUEUE_ERRORS
#: has the queue's besides: a command that has nothing to do with jobs does without its package)
DATABASE_ERRORS = (SQLAlchemyError, TimeoutError)

#: SQLSTATE classes of what can never be stored as it is: data exceptions, what contradicts a rule of the tables, and
#: what is past a limit of the program
_OF_DATA = ("22", "23", "54")
#: messages of these classes quote names of the database's own (tables, roles), never values
_OF_NAMES = ("3D", "25", "28", "42", "53", "54", "57")
#: messages of the others, class 22 above all, quote what they refuse
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
#: libpq gives the message of a refused connection without its SQLSTATE
_REFUSED_CONNECTION = {
    "too many clients": "53300",
    "remaining connection slots": "53300",
    "too many connections": "53300",
    "no more connections allowed": "53300",
    "password authentication failed": "28P01",
    "no pg_hba.conf entry": "28000",
    "permission denied for database": "42501",
    "is not permitted to log in": "28000",
    "is starting up": "57P03",
    "is shutting down": "57P03",
    "in recovery mode": "57P03",
    "is not yet accepting connections": "57P03",
    "could not write": "53100",
    "No space left": "53100",
}
#: SQLSTATE, or the class of one -> what is wrong, and what a person can do
_ADVICE = {
    "08": "The connection to PostgreSQL was lost. It will be retried.",
    "22": "PostgreSQL rejected a value.",
    "23": "PostgreSQL rejected a value that contradicts what is stored.",
    "25006": "PostgreSQL is read-only: a standby, or a database set read-only. Set BROADSHEET_DATABASE_URL to the "
    "primary, or turn default_transaction_read_only off.",
    "26000": "PostgreSQL lost a prepared statement: its connections are pooled by transaction. Broadsheet needs "
    "session pooling or a direct connection.",
    "28": "PostgreSQL rejected the login. Check user and password in BROADSHEET_DATABASE_URL, and pg_hba.conf.",
    "3D000": "The database does not exist. Create it with encoding UTF8, or correct BROADSHEET_DATABASE_URL.",
    "40": "PostgreSQL cancelled a transaction that conflicted with another. It will be retried.",
    "42501": "PostgreSQL does not allow this to Broadsheet's role. Make it the owner of the "
    "ledger's tables, or GRANT what is missing.",
    "42P05": "PostgreSQL has another client's prepared statement: its connections are pooled by transaction. "
    "Broadsheet needs session pooling or a direct connection.",
    "53100": "PostgreSQL's disk is full. Make room on it; nothing that was recorded is lost.",
    "53200": "PostgreSQL is out of memory.",
    "53300": "PostgreSQL has no free connection. Raise max_connections or the role's limit, or close others.",
    "53": "PostgreSQL is short of resources.",
    "55P03": "A lock of another transaction was not released in time (lock_timeout). It will be retried.",
    "57014": "PostgreSQL cancelled a statement that took too long (statement_timeout). Raise it for Broadsheet's role.",
    "57P03": "PostgreSQL is starting, stopping or recovering. It will be retried.",
    "57": "PostgreSQL closed the connection. It will be retried.",
    "58": "PostgreSQL has a disk error. See its log.",
}
#: deadlock_detected, serialization_failure, unique_violation: the transaction was undone and may be done again at once;
#: then it finds what another one wrote meanwhile
_CONFLICTS = ("40P01", "40001", "23505")
#: a conflict comes of a moment; what conflicts so often in a row has another cause
CONFLICT_TRIES = 5
AFTER_CONFLICT = Backoff(first_seconds=0.04, jitter=(0.5, 1.5))


def is_data_error(error: BaseException) -> bool:
    """Say whether PostgreSQL, or the way to it, refuses what was given as data; the same would be refused again.

    All else is the system's: a lost connection, a full disk, a lock, a mistake of ours.
    """
    if isinstance(error, UnicodeEncodeError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    orig = error.orig
    return isinstance(orig, psycopg.DataError) or (sqlstate_of(error) or "").startswith(_OF_DATA)


def reason_of(error: BaseException) -> str:
    """Return why the database refused: its SQLSTATE and first message, without SQL, detail and values.

    >>> reason_of(UnicodeEncodeError("utf-8", "a page's text", 0, 1, "surrogates not allowed"))
    'its text is not Unicode: surrogates not allowed'
    """
    if isinstance(error, UnicodeEncodeError):
        return f"its text is not Unicode: {error.reason}"
    if isinstance(error, PoolTimeout):
        return "no connection of the pool was free in time"
    orig = _origin(error)
    if orig is None:
        return type(error.orig if isinstance(error, DBAPIError) else error).__name__
    sqlstate = sqlstate_of(orig)
    message = _message(orig)
    if not (sqlstate or "22").startswith(_OF_NAMES):
        message = _QUOTED.sub("…", message)
    return " ".join(part for part in (sqlstate, message or type(orig).__name__) if part)


def sentence_of(error: BaseException) -> str:
    """Return what is wrong with PostgreSQL and what a person can do about it, with the reason in brackets."""
    orig = _origin(error)
    state = sqlstate_of(orig) if orig is not None else None
    if isinstance(error, PoolTimeout):
        advice = "All of Broadsheet's connections to PostgreSQL are in use. Try again."
    elif isinstance(error, TimeoutError):
        return "PostgreSQL does not answer. Nothing is lost; try again when it is available."
    elif state is None:
        advice = "PostgreSQL cannot be reached. Nothing is lost; try again when it is available."
    else:
        advice = _ADVICE.get(state) or _ADVICE.get(state[:2]) or "PostgreSQL cannot be used."
    what, stop, rest = advice.partition(".")
    return f"{what} ({reason_of(error)}){stop}{rest}"


def sqlstate_of(error: BaseException) -> str | None:
    """Return the SQLSTATE that PostgreSQL gave, or None if it said nothing: it was not reached."""
    orig = _origin(error)
    if orig is None or orig.sqlstate is not None:
        return orig.sqlstate if orig is not None else None
    if isinstance(orig, psycopg.OperationalError):
        message = str(orig)
        for words, sqlstate in _REFUSED_CONNECTION.items():
            if words in message:
                return sqlstate
        if re.search(r'FATAL: +database "[^"]*" does not exist', message):
            return "3D000"
        if re.search(r'FATAL: +role "[^"]*" does not exist', message):
            return "28000"
    return None


def is_of_the_server(error: BaseException) -> bool:
    """Say whether PostgreSQL, or the way to it, is the cause: a full disk, a lost connection, a missing privilege.

    A statement that is wrong, or a value that it refuses, is none of them.
    """
    state = sqlstate_of(error)
    if state is None:
        return is_away(error) or isinstance(error, PoolTimeout)
    return not state.startswith(_OF_DATA) and (state in _ADVICE or state[:2] in _ADVICE)


def is_away(error: BaseException) -> bool:
    """Say whether the server was not reached, or starts or stops just now; it may be there in a moment."""
    state = sqlstate_of(error)
    return _origin(error) is not None and (state is None or state.startswith(("08", "57P")))


async def again_on_conflict(work: Callable[[], Awaitable[T]]) -> T:
    """Return what `work`, one whole transaction, returns; it is done again if PostgreSQL undid it for another's sake.

    Deadlocks, serialization failures and keys that another wrote first, a few times. Raises what the last try raises.
    """
    for tries in range(1, CONFLICT_TRIES + 1):
        try:
            return await work()
        except DBAPIError as error:
            if sqlstate_of(error) not in _CONFLICTS or tries == CONFLICT_TRIES:
                raise
            log.info("transaction_tried_again", reason=reason_of(error), tries=tries)
        await asyncio.sleep(AFTER_CONFLICT.pause_seconds(tries))
    raise AssertionError("the last try returns or raises")


async def in_transaction(engine: AsyncEngine, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    """Return what `work` returns, done in a transaction of its own and done again on a conflict.

    For whoever locks several rows: `work` may run more than once, and changes nothing but the database.
    """

    async def once() -> T:
        async with engine.begin() as connection:
            return await work(connection)

    return await again_on_conflict(once)


def _origin(error: BaseException) -> psycopg.Error | None:
    """Return psycopg's own error behind one of SQLAlchemy's or the queue's."""
    return next((each for each in _causes(error) if isinstance(each, psycopg.Error)), None)


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.orig if isinstance(seen, DBAPIError) else seen.__cause__


def _message(orig: psycopg.Error) -> str:
    if orig.diag.message_primary is not None:
        return orig.diag.message_primary
    # psycopg's own: it did not reach the server, or was turned away at its door
    first = (str(orig).strip().splitlines() or [""])[0]
    _, fatal, said = first.partition("FATAL:")
    return said.strip() if fatal else first
