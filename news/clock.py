"""The time that counts: this machine's clock, put right by as much as it differs from PostgreSQL's."""

from datetime import UTC, datetime, timedelta

_offset = timedelta(0)


def now() -> datetime:
    """Return the time by PostgreSQL's clock, aware UTC, as far as this process has measured it.

    Machines that work on one ledger compare times; their own clocks may be days apart (ledger/clock.py measures).
    """
    return datetime.now(UTC) + _offset


def set_offset(offset: timedelta) -> None:
    """Set by how much PostgreSQL's clock is ahead of this machine's."""
    global _offset
    _offset = offset


def offset() -> timedelta:
    """Return by how much PostgreSQL's clock is ahead of this machine's."""
    return _offset
