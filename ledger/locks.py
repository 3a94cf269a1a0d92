"""The numbers of our advisory locks in PostgreSQL, all in one place: two of one number would wait for each other."""

from enum import IntEnum


class Lock(IntEnum):
    """What one of all processes may do at a time, or a worker says of itself. The numbers are arbitrary and ours."""

    MIGRATION = 7_201_001
    STORY = 7_201_002
    PUBLISHER = 7_201_003
    TIMETABLE = 7_201_004
    #: first half of a pair: a worker of a queue lives, the worker of a number lives
    QUEUE = 7_201_005
    WORKER = 7_201_006


#: the locks of a `:kind`, the first half of a pair, that processes of this database hold
OF_KIND = (
    "FROM pg_locks WHERE locktype = 'advisory' AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND classid::bigint = :kind"
)
