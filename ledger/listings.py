"""Whether what a source lists is renewed: also of one that is never the first to list an address."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import CursorResult, literal_column, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.pages import Found
from ledger.schema import listings, source_change_hours


async def note_listing(
    connection: AsyncConnection, outlet: str, source: str, found: Sequence[Found], at: datetime
) -> None:
    """Write whether a source lists something else than at its last reading; the order of its list is no matter.

    A list without addresses, as that of a sitemap index, says nothing.
    """
    if not found:
        return
    statement = insert(listings).values(outlet=outlet, source=source, digest=_digest(found), renewed_at=at)
    noted: CursorResult[Any] = await connection.execute(
        statement.on_conflict_do_update(
            index_elements=[listings.c.outlet, listings.c.source],
            set_={"digest": statement.excluded.digest, "renewed_at": statement.excluded.renewed_at},
            where=listings.c.digest != statement.excluded.digest,
        ).returning(literal_column("(xmax = 0)").label("first"))
    )
    row = noted.first()
    if row is None or row.first:
        return  # the same again; or its first list, which may be as old as it likes
    hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    known = insert(source_change_hours).values(outlet=outlet, source=source, hour=hour)
    await connection.execute(known.on_conflict_do_nothing())


async def renewed_at(connection: AsyncConnection, outlet: str) -> dict[str, datetime]:
    """Return source -> the reading at which its list was last another one than before, or was read first."""
    query = select(listings.c.source, listings.c.renewed_at).where(listings.c.outlet == outlet)
    return {row.source: row.renewed_at.astimezone(UTC) for row in await connection.execute(query)}


async def renewed_in(
    connection: AsyncConnection, outlet: str, source: str, start: datetime, end: datetime
) -> list[datetime]:
    """Return the hours between two instants in which the list of `source` was another one, the first one first."""
    query = (
        select(source_change_hours.c.hour)
        .where(
            source_change_hours.c.outlet == outlet,
            source_change_hours.c.source == source,
            source_change_hours.c.hour.between(start, end),
        )
        .order_by(source_change_hours.c.hour)
    )
    return [hour.astimezone(UTC) for hour in (await connection.execute(query)).scalars()]


def _digest(found: Sequence[Found]) -> str:
    # a source that states another time of change for an old address lives, too
    lines = sorted(f"{each.url} {each.lastmod or ''}" for each in found)
    return hashlib.blake2b("\n".join(lines).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
