"""The time that counts: this machine's clock, put right by as much as it differs from PostgreSQL's."""

from datetime import UTC, datetime, timedelta

#: a time that another process wrote may be ahead of ours by so much: the clocks were compared within the last minute
TOLERANCE = timedelta(minutes=1)

_offset = timedelta(0)


def now() -> datetime:
    """Return the time by PostgreSQL's clock, aware UTC, as far as this process has measured it.

    Machines that work on one ledger compare times; their own clocks may be days apart: ledger/clock_offset.py measures.
    """
    return system_now() + _offset


def system_now() -> datetime:
    """Return the time by this machine's own clock, aware UTC."""
    return datetime.now(UTC)


def on_system_clock(at: datetime) -> datetime:
    """Return what this machine's own clock shows at an instant, for what is woken by that clock."""
    return at - _offset


def set_offset(offset: timedelta) -> None:
    """Set by how much PostgreSQL's clock is ahead of this machine's."""
    global _offset
    _offset = offset


def offset() -> timedelta:
    """Return by how much PostgreSQL's clock is ahead of this machine's."""
    return _offset
