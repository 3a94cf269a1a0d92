"""What politeness has to remember over all workers and restarts: last requests and robots.txt."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.pipeline import Pipeline
from ledger.schema import robots, sites
from ledger.statements import NOTE_REQUEST

#: a robots.txt is not used for longer than 24 hours (RFC 9309, 2.4)
ROBOTS_AGE = timedelta(hours=24)
#: one that could not be reached is asked for again after this; until then nothing is fetched (RFC 9309, 2.3.1.4)
UNREACHABLE_AGE = timedelta(minutes=10)
#: the longest pause that a site is granted is a day (crawler.response_outcome), and clocks agree within a minute
LONGEST_PAUSE = timedelta(days=1, minutes=1)


@dataclass(frozen=True, kw_only=True)
class RobotsFile:
    """A robots.txt as it was last fetched; status 0 means that it could not be reached."""

    status: int
    content: bytes
    #: Sitemap lines that name no address that can be kept
    skipped_lines: int = 0

    @property
    def unreachable(self) -> bool:
        """Whether nothing may be fetched until it has been asked for again (RFC 9309, 2.3.1.4).

        429 is a refusal that passes, too, not one of the 4xx that mean that there are no rules.
        """
        return self.status == 0 or self.status == 429 or self.status >= 500


async def robots_of(connection: AsyncConnection, origin: str) -> RobotsFile | None:
    """Return the robots.txt of `scheme://host[:port]`, or None if it is to be fetched (anew)."""
    age = (func.clock_timestamp() - robots.c.fetched_at).label("age")
    row = (await connection.execute(select(robots, age).where(robots.c.origin == origin))).first()
    if row is None:
        return None
    file = RobotsFile(status=row.status, content=row.content, skipped_lines=row.skipped_lines)
    # one from the future was written by a clock that was ahead: nobody knows how old it is
    is_fresh = timedelta(0) <= row.age < (UNREACHABLE_AGE if file.unreachable else ROBOTS_AGE)
    return file if is_fresh else None


async def store_robots(connection: AsyncConnection, origin: str, file: RobotsFile) -> None:
    """Keep a robots.txt that was just fetched."""
    values = {name: getattr(file, name) for name in RobotsFile.__dataclass_fields__} | {"fetched_at": func.now()}
    statement = insert(robots).values(origin=origin, **values)
    await connection.execute(statement.on_conflict_do_update(index_elements=[robots.c.origin], set_=values))


async def skipped_lines(connection: AsyncConnection, origin: str) -> int:
    """Return how many Sitemap lines of the robots.txt that is kept of this origin name no address that can be kept."""
    query = select(robots.c.skipped_lines).where(robots.c.origin == origin)
    return (await connection.execute(query)).scalar() or 0


async def requested_at(connection: AsyncConnection, site: str) -> datetime | None:
    """Return when the site was last sent a request, by whichever worker."""
    return (await connection.execute(select(sites.c.requested_at).where(sites.c.site == site))).scalar()


async def note_request(connection: AsyncConnection, site: str, at: datetime) -> None:
    """Note that the site was sent a request at this time; an earlier one than is known changes nothing."""
    pipeline = Pipeline(connection)
    pipeline.add(NOTE_REQUEST, site=site, at=at)
    await pipeline.send()


async def not_before(connection: AsyncConnection, site: str) -> datetime | None:
    """Return until when the site asked to be left alone, if that is yet to come.

    A pause that ends later than any may was noted by a clock that was ahead, and is over.
    """
    longest = func.clock_timestamp() + LONGEST_PAUSE
    query = select(sites.c.not_before).where(
        sites.c.site == site, sites.c.not_before > func.clock_timestamp(), sites.c.not_before <= longest
    )
    return (await connection.execute(query)).scalar()


async def leave_alone(connection: AsyncConnection, site: str, until: datetime) -> None:
    """Note a site's Retry-After, unless it asked for a longer pause before."""
    statement = insert(sites).values(site=site, not_before=until)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=[sites.c.site],
            set_={
                "not_before": case(
                    (
                        sites.c.not_before.between(
                            statement.excluded.not_before, func.clock_timestamp() + LONGEST_PAUSE
                        ),
                        sites.c.not_before,
                    ),
                    else_=statement.excluded.not_before,
                )
            },
        )
    )
