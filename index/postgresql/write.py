"""Actions in, one result for each out: upserts that let no older revision through."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from index.document import DocumentRejected
from index.postgresql import row
from index.postgresql.tables import ARTICLES, EVENTS, LABELS
from index.protocol import DONE, Action, WriteResult, WriteStatus

Rows = list[tuple[int, dict[str, Any]]]


class Prepared:
    """What a list of actions comes to before anything is sent."""

    def __init__(self, actions: Sequence[Action]) -> None:
        """Make the rows: work for the processor alone, so it can run beside the loop."""
        self.results: list[WriteResult] = [DONE] * len(actions)
        self.articles: Rows = []
        self.events: Rows = []
        self.labels: dict[str, str] = {}
        for place, action in enumerate(actions):
            try:
                if action.stream == "events":
                    self.events.append((place, row.event(action)))
                else:
                    made, shown = row.article(action)
                    self.articles.append((place, made))
                    self.labels |= shown
            except DocumentRejected as refusal:
                self.refuse(place, str(refusal))

    def refuse(self, place: int, reason: str) -> None:
        """Say that one action will never be taken."""
        self.results[place] = WriteResult(status=WriteStatus.REJECTED, reason=reason)


async def write(connection: AsyncConnection, prepared: Prepared) -> list[WriteResult]:
    """Send the rows within the caller's transaction, and return one result for each action."""
    if prepared.labels:
        known = insert(LABELS).on_conflict_do_nothing()
        await connection.execute(
            known, [{"label": name, "shown": prepared.labels[name]} for name in sorted(prepared.labels)]
        )
    for table, rows in ((ARTICLES, prepared.articles), (EVENTS, prepared.events)):
        # in the order of ids: two writers that hold each other's rows would wait for ever
        await _send(connection, table, sorted(rows, key=lambda each: each[1]["id"]), prepared.refuse)
    return prepared.results


async def _send(connection: AsyncConnection, table: Table, rows: Rows, refuse: Callable[[int, str], None]) -> None:
    """Send all rows at once; if one of them is not to be had, halve until it stands alone and is refused."""
    if not rows:
        return
    try:
        async with connection.begin_nested():
            await connection.execute(_upsert(table), [values for _, values in rows])
    except DBAPIError as error:
        if not (isinstance(error, DataError) or getattr(error.orig, "sqlstate", "") in _REFUSED):
            raise
        if len(rows) == 1:
            refuse(rows[0][0], f"PostgreSQL rejected it ({getattr(error.orig, 'sqlstate', 'unknown')})")
            return
        half = len(rows) // 2
        await _send(connection, table, rows[:half], refuse)
        await _send(connection, table, rows[half:], refuse)


#: program_limit_exceeded: a tsvector or row too large, in ways that row.py did not foresee
_REFUSED = frozenset({"54000"})


def _upsert(table: Table) -> Insert:
    """Return the statement that takes a row unless the table has a newer revision of it.

    The same revision is written again, so that a rebuild reaches what is derived anew.
    """
    statement = insert(table)
    values = {column.name: statement.excluded[column.name] for column in table.columns if column.name != "id"}
    return statement.on_conflict_do_update(
        index_elements=["id"], set_=values, where=table.c.revision <= statement.excluded.revision
    )
