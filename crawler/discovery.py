"""What a source announces goes into the ledger, and so does what is wrong with it."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from crawler.robots import sitemaps
from crawler.sources import read_source
from crawler.sources.listing import NEWEST, Listing
from crawler.sources.turns import parts_to_read
from ledger.faults import in_transaction
from ledger.listings import note_listing, renewed_at
from ledger.outlet_state import SourceState, note_source, source_states
from ledger.pages import THROUGH, Announced, DuePage, Found, announce, ends_of, listed_before
from ledger.sites import robots_of
from ledger.source_sums import note_sum
from news.clock import now
from news.outlet import Outlet, Source, SourceKind
from news.recapture import Capture
from news.source_sum import Disposition, SourceSum
from news.url import origin, site_of
from news.visit import Visit
from pipelines.runtime import Runtime

#: sitemaps of those a robots.txt names, some of which are read at each poll: its 500 KiB have room for no more
MOST_NAMED = 50_000
#: addresses on another site that are followed until one leads to the outlet's, and after that at each reading
TRIED = 5
MOST_FOLLOWED = 100
#: pages from the middle of a long list wait behind all others
IN_TURN = -1
#: so many new ones of them at a reading may be news
MOST_NEWS = 100
#: in which kind of list a page stands that a source lists
CAPTURES = {
    SourceKind.FEED: Capture.FEED,
    SourceKind.SITEMAP: Capture.SITEMAP,
    SourceKind.FRONT_PAGE: Capture.FRONT_PAGE,
}
#: stands in the timetable for the sitemaps that robots.txt names, for an outlet that lists none
ROBOTS_SOURCES = "robots.txt"


async def ingest(runtime: Runtime, source: Source, visit: Visit) -> tuple[Source, ...]:
    """Write the pages that a fetched source lists, and return the sources that it names (parts of a sitemap index).

    Raises SourceUnreadable or PageUnreadable, which say why, for a source that is broken.
    """
    if visit.page is None:
        await note(runtime, source, visit)  # not modified
        return ()
    outlet, sites = visit.outlet, sites_of(visit.outlet)
    listing: Listing = await runtime.pool.run(outlet.home, read_source, source.kind, visit.page)
    found, rest, counted = await _sorted(runtime, outlet, source, listing)
    children = await _in_turn(runtime, outlet, listing.parts)
    capture, through = CAPTURES[source.kind], [each.url for each in found if site_of(each.url) not in sites]

    async def written(connection: AsyncConnection) -> tuple[int, bool]:
        waits = False
        announced = await announce(connection, outlet.slug, source.url, found, capture=capture, through=through)
        whole, new = with_announced(counted, found, announced), len(announced.new)
        if rest:
            known = await listed_before(connection, [each.url for each in rest], capture)
            waiting = [each for each in rest if each.url not in known]
            turn, later = waiting[:NEWEST], waiting[NEWEST:]
            of_rest = await announce(connection, outlet.slug, source.url, turn, capture=capture, priority=IN_TURN)
            whole = with_announced(whole, turn, of_rest).plus(Disposition.KNOWN, known)
            whole = whole.plus(Disposition.TOO_OLD, (each.url for each in later))
            # as long as there are more, it is the list's past, and says nothing of how much it brings
            new += len(of_rest.new) if len(waiting) <= MOST_NEWS else 0
            waits = bool(later)
        await note_sum(connection, outlet.slug, source.url, whole, now())
        await note_listing(connection, outlet.slug, source.url, [*found, *rest], now())
        return new, waits

    new, waits = await in_transaction(runtime.engine, written)
    # an index stays the same while its parts change, and a long list while its rest has its turn: neither is asked for
    # on condition
    visit = replace(visit, etag=None, last_modified=None) if listing.parts or waits else visit
    await note(runtime, source, visit, found=len(found) + len(rest), new=new)
    return children


def with_announced(counted: SourceSum, listed: Sequence[Found], announced: Announced) -> SourceSum:
    """Return the sum with what became of listed addresses."""
    named = {*announced.new, *announced.refused}
    counted = counted.plus(Disposition.TAKEN, announced.new).plus(Disposition.REFUSED, announced.refused)
    return counted.plus(Disposition.KNOWN, (each.url for each in listed if each.url not in named))


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
    elsewhere = [each for each in named if site_of(each) not in sites]
    counted = SourceSum(announced=len(elsewhere), parts=len(named) - len(elsewhere))
    counted = counted.plus(Disposition.OTHER_SITE, elsewhere)
    await in_transaction(
        runtime.engine, lambda connection: note_sum(connection, outlet.slug, ROBOTS_SOURCES, counted, now())
    )
    return [*await _in_turn(runtime, outlet, [Found(url=each) for each in named if site_of(each) in sites])]


async def robots_at(runtime: Runtime, home: str) -> bytes | None:
    """Return the robots.txt of a home page's origin as the ledger has it; None where there is none, or none known."""
    async with runtime.engine.connect() as connection:
        file = await robots_of(connection, origin(home))
    return file.content if file is not None and 200 <= file.status < 300 else None


def sites_of(outlet: Outlet) -> frozenset[str]:
    """Return the sites that carry the outlet's pages."""
    return frozenset({site_of(outlet.home), *(site_of(f"//{host}") for host in outlet.hosts)})


def twin_of(outlets: Iterable[Outlet], home: str) -> Outlet | None:
    """Return the outlet that has this home's site already; None if there is none."""
    site = site_of(home)
    return next((outlet for outlet in outlets if site in sites_of(outlet)), None)


def ours(outlet: Outlet, found: Sequence[Found]) -> Sequence[Found]:
    """Return what is on the outlet's sites and passes the patterns of its file."""
    return by_site(outlet, found)[0]


def _may_be_article(outlet: Outlet, url: str) -> bool:
    return (not outlet.include or any(re.search(pattern, url) for pattern in outlet.include)) and not any(
        re.search(pattern, url) for pattern in outlet.exclude
    )


async def _sorted(
    runtime: Runtime, outlet: Outlet, source: Source, listing: Listing
) -> tuple[Sequence[Found], Sequence[Found], SourceSum]:
    """Return what the outlet's crawl takes of a list, what it may take of its rest, and the sum with all else."""
    wanted, elsewhere, others = by_site(outlet, listing.found)
    rest, rest_elsewhere, rest_others = by_site(outlet, listing.rest)
    through: Sequence[Found] = ()
    if elsewhere and source.kind is not SourceKind.FRONT_PAGE:
        async with runtime.engine.connect() as connection:
            through = leading([*elsewhere.values()], await ends_of(connection, outlet.slug, [*elsewhere]))
    passed = {each.url for each in through}
    left = [url for url in elsewhere if url not in passed]
    counted = listing.sum.plus(Disposition.OTHER_SITE, left).plus(Disposition.OTHER_SITE, rest_elsewhere)
    counted = counted.plus(Disposition.NOT_ARTICLE, others).plus(Disposition.NOT_ARTICLE, rest_others)
    return [*wanted, *through], rest, counted


def by_site(outlet: Outlet, listed: Sequence[Found]) -> tuple[list[Found], dict[str, Found], list[str]]:
    """Return what is the outlet's, what is on another site, and what is no article by the patterns of its file."""
    sites = sites_of(outlet)
    wanted: list[Found] = []
    elsewhere: dict[str, Found] = {}
    others: list[str] = []
    for each in listed:
        if site_of(each.url) not in sites:
            elsewhere[each.url] = each
        elif _may_be_article(outlet, each.url):
            wanted.append(each)
        else:
            others.append(each.url)
    return wanted, elsewhere, others


def leading(elsewhere: Sequence[Found], ends: Mapping[str, bool | None]) -> Sequence[Found]:
    """Return those of the addresses on other sites that are followed, to see whether they lead to the outlet's.

    `ends` says of those that are known whether they led to an article of it, None where that is still to be seen. Of a
    site that never did, TRIED are followed; of one that did, all, MOST_FOLLOWED new ones at each reading. What led
    elsewhere is not followed again.
    """
    leads = {site_of(url) for url, end in ends.items() if end}
    tries = Counter(site_of(url) for url in ends)
    followed: list[Found] = []
    left = MOST_FOLLOWED
    for each in elsewhere:
        site = site_of(each.url)
        if each.url in ends:
            if ends[each.url] is not False:
                followed.append(each)
        elif left and (site in leads or tries[site] < TRIED):
            tries[site] += 1
            left -= 1
            followed.append(each)
    return followed


def leads_through(page: DuePage, sites: Collection[str]) -> bool:
    """Say whether a source listed this page on another site than the outlet's, to be followed to where it ends."""
    return site_of(page.url) not in sites and page.found_in.startswith((THROUGH, "http://", "https://"))
