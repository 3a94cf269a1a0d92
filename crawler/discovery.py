"""What a source announces goes into the ledger, and so does what is wrong with it."""

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from crawler.robots import sitemaps
from crawler.sources import read_source
from crawler.sources.listing import Listing
from crawler.sources.turns import parts_to_read
from ledger.faults import in_transaction
from ledger.listings import note_listing, renewed_at
from ledger.outlet_state import SourceState, note_source, source_states
from ledger.pages import Found, announce
from ledger.sites import robots_of
from news.clock import now
from news.outlet import Outlet, Source, SourceKind
from news.url import origin, site_of
from news.visit import Visit
from pipelines.runtime import Runtime

#: sitemaps of those a robots.txt names, some of which are read at each poll
MOST_NAMED = 1_000
#: stands in the timetable for the sitemaps that robots.txt names, for an outlet that lists none
ROBOTS_SOURCES = "robots.txt"


async def ingest(runtime: Runtime, source: Source, visit: Visit) -> tuple[Source, ...]:
    """Write the pages that a fetched source lists, and return the sources that it names (parts of a sitemap index).

    Raises SourceUnreadable or PageUnreadable, which say why, for a source that is broken.
    """
    if visit.page is None:
        await note(runtime, source, visit)  # not modified
        return ()
    outlet = visit.outlet
    listing: Listing = await runtime.pool.run(outlet.home, read_source, source.kind, visit.page)
    found = ours(outlet, listing.found)
    children = await _in_turn(runtime, outlet, listing.parts)

    async def written(connection: AsyncConnection) -> int:
        new = await announce(connection, outlet.slug, source.url, found)
        await note_listing(connection, outlet.slug, source.url, found, now())
        return new

    new = await in_transaction(runtime.engine, written)
    # an index stays the same while its parts change: it is never asked for on condition
    visit = replace(visit, etag=None, last_modified=None) if listing.parts else visit
    await note(runtime, source, visit, found=len(found), new=new)
    return children


async def _in_turn(runtime: Runtime, outlet: Outlet, parts: Sequence[Found]) -> tuple[Source, ...]:
    """Return those of a list of sitemaps whose turn it is."""
    if not parts:
        return ()
    async with runtime.engine.connect() as connection:
        known = await source_states(connection, outlet.slug)
        renewed = await renewed_at(connection, outlet.slug)
    read = {url: state.fetched_at for url, state in known.items() if state.fetched_at is not None}
    return tuple(Source(kind=SourceKind.SITEMAP, url=url) for url in parts_to_read(parts, read, renewed, now()))


async def note(runtime: Runtime, source: Source, visit: Visit, *, found: int = 0, new: int = 0) -> None:
    """Write how a source's reading ended: well, if without an outcome, with `found` addresses, `new` ones of them."""
    state = SourceState(
        url=source.url,
        kind=source.kind,
        etag=visit.etag,
        last_modified=visit.last_modified,
        fetched_at=now(),
        outcome=visit.outcome or "read",
        reason=visit.reason or None,
        found=found,
    )
    async with runtime.engine.begin() as connection:
        await note_source(connection, visit.outlet.slug, source, state, new)


async def sources_in_robots(runtime: Runtime, outlet: Outlet) -> list[Source]:
    """Return the sitemaps that the home's robots.txt, as the ledger has it, names, for an outlet that lists none.

    Raises PageUnreadable for a robots.txt that defeats its reader.
    """
    if any(source.kind is SourceKind.SITEMAP for source in outlet.sources):
        return []
    robots = await robots_at(runtime, outlet.home)
    if robots is None:
        return []
    named = await runtime.pool.run(outlet.home, sitemaps, robots, outlet.home, MOST_NAMED)
    sites = sites_of(outlet)
    return [*await _in_turn(runtime, outlet, [Found(url=each) for each in named if site_of(each) in sites])]


async def robots_at(runtime: Runtime, home: str) -> bytes | None:
    """Return the robots.txt of a home page's origin as the ledger has it; None where there is none, or none known."""
    async with runtime.engine.connect() as connection:
        file = await robots_of(connection, origin(home))
    return file.content if file is not None and 200 <= file.status < 300 else None


def sites_of(outlet: Outlet) -> frozenset[str]:
    """Return the sites that carry the outlet's pages."""
    return frozenset({site_of(outlet.home), *(site_of(f"//{host}") for host in outlet.hosts)})


def ours(outlet: Outlet, found: Collection[Found]) -> Sequence[Found]:
    """Return what is on the outlet's sites and passes the patterns of its file."""
    sites = sites_of(outlet)
    return [
        each
        for each in found
        if site_of(each.url) in sites
        and (not outlet.include or any(re.search(pattern, each.url) for pattern in outlet.include))
        and not any(re.search(pattern, each.url) for pattern in outlet.exclude)
    ]
