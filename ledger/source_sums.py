"""What became of all that each source announced, reading by reading."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.schema import source_sums
from news.source_sum import Disposition, SourceSum

#: readings of a source that are kept; those whose list was unchanged (304) are none
KEPT = 20
#: sources of an outlet that are returned, those that announced most first: an index may have hundreds of parts
MOST_SOURCES = 100


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One reading of a source, with its sum."""

    source: str
    read_at: datetime
    sum: SourceSum

    def as_json(self) -> dict[str, object]:
        """Return it as the API and the command line show it."""
        return {"source": self.source, "read_at": self.read_at, **self.sum.as_json()}


async def note_sum(connection: AsyncConnection, outlet: str, source: str, found: SourceSum, at: datetime) -> None:
    """Write the sum of a reading; of a source's readings the last KEPT stay."""
    known = found.as_json()
    values = {"outlet": outlet, "source": source, "read_at": at} | known
    statement = insert(source_sums).values(values)
    key = ("outlet", "source", "read_at")
    await connection.execute(statement.on_conflict_do_update(index_elements=key, set_=known))
    of_source = (source_sums.c.outlet == outlet) & (source_sums.c.source == source)
    oldest = (
        select(source_sums.c.read_at)
        .where(of_source)
        .order_by(source_sums.c.read_at.desc())
        .offset(KEPT - 1)
        .limit(1)
        .scalar_subquery()
    )
    await connection.execute(delete(source_sums).where(of_source, source_sums.c.read_at < oldest))


async def last_sums(connection: AsyncConnection, outlet: str) -> dict[str, Reading]:
    """Return source -> its last reading that brought a list, of `outlet`, MOST_SOURCES at most.

    This is what an outlet's page shows. Sources that were never read, or never well, have none.
    """
    newest = (
        select(source_sums)
        .where(source_sums.c.outlet == outlet)
        .ext(distinct_on(source_sums.c.source))
        .order_by(source_sums.c.source, source_sums.c.read_at.desc())
        .subquery()
    )
    query = select(newest).order_by(func.greatest(newest.c.announced, newest.c.parts).desc(), newest.c.source)
    return {row.source: _reading(row) for row in await connection.execute(query.limit(MOST_SOURCES))}


async def readings(connection: AsyncConnection, outlet: str, source: str) -> Sequence[Reading]:
    """Return the readings of one source that are kept, the newest first."""
    query = select(source_sums).where(source_sums.c.outlet == outlet, source_sums.c.source == source)
    rows = await connection.execute(query.order_by(source_sums.c.read_at.desc()))
    return [_reading(row) for row in rows]


def _reading(row: Row[Any]) -> Reading:
    counts = {each: row._mapping[each] for each in Disposition if row._mapping[each]}
    examples = {Disposition(name): tuple(addresses) for name, addresses in row.examples.items()}
    found = SourceSum(announced=row.announced, counts=counts, examples=examples, parts=row.parts)
    return Reading(source=row.source, read_at=row.read_at, sum=found)
