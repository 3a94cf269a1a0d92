"""The job `fill_in`: an outlet's past from its sitemaps, slowly, behind all that is new, from wherever it was left."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic
from urllib.parse import urljoin, urlsplit

from scrapy.settings import Settings
from sqlalchemy.ext.asyncio import AsyncConnection

from crawler.discovery import MOST_NAMED, by_site, robots_at, sites_of, with_announced
from crawler.home_page import USUAL_SITEMAPS
from crawler.robots import sitemaps
from crawler.sources import read_whole
from crawler.spiders.probe import probe
from ledger.backfill import (
    FOUND_IN,
    BackfillProgress,
    BackfillReport,
    BackfillSitemap,
    backfill_progress,
    backfill_report,
    next_sitemap,
    note_failure,
    note_sitemap,
    put_behind,
    remember,
)
from ledger.faults import in_transaction
from ledger.job_queue import unfinished_jobs
from ledger.pages import Found, announce
from ledger.sites import not_before
from ledger.source_sums import note_sum
from news.clock import now
from news.errors import CrawlInterrupted, PageUnreadable, SourceUnreadable
from news.outcome import PASSING, Outcome
from news.outlet import Outlet, SourceKind
from news.source_sum import Disposition
from news.url import site_of
from schedules.crawl_progress import Looks
from schedules.inline_worker import inline_worker
from schedules.jobs import MOST_FAILURES, SLICE_SECONDS, Jobs, insist, next_try

#: behind what the timetable asks for
PRIORITY = -5
#: no further sitemap is read while so many pages of the past wait; then it is looked again after this
MOST_WAITING = 500
PAUSE = timedelta(minutes=2)
#: an index of indexes of sitemaps is as deep as it goes
MOST_DEPTH = 3
#: a day or month in an address: /2024/02/08/, /2024-02/, sitemap-2024-02.xml
_DATED = re.compile(r"(?<!\d)((?:19|20)\d\d)[/_-]?(0[1-9]|1[0-2])(?:[/_-]?(0[1-9]|[12]\d|3[01]))?(?!\d)")


def is_before(url: str, since: datetime) -> bool:
    """Say whether an address names a day or month that is wholly before `since`; one that names none is not.

    >>> since = datetime.fromisoformat("2024-02-08T00:00:00Z")
    >>> is_before("https://a.example/2019/05/04/story", since)
    True
    >>> is_before("https://a.example/sitemap-2024-02.xml", since)
    False
    """
    found = _DATED.search(urlsplit(url).path)
    if found is None:
        return False
    year, month, day = (int(part or 31) for part in found.groups())
    # a zone may be a day ahead
    return (year, month, day) < (since.year, since.month, max(1, since.day - 1))


async def ask_past(jobs: Jobs, outlet: Outlet, since: datetime) -> None:
    """Ask for the outlet's past since then; asked again it goes on, and further back if `since` is earlier."""
    named = [Found(url=each.url) for each in outlet.sources if each.kind is SourceKind.SITEMAP]
    named.append(Found(url=_robots(outlet)))
    await in_transaction(jobs.runtime.engine, lambda connection: remember(connection, outlet.slug, since, named, 0))
    await _defer(jobs, outlet)


def _robots(outlet: Outlet) -> str:
    return urljoin(outlet.home, "/robots.txt")


async def _defer(jobs: Jobs, outlet: Outlet, at: datetime | None = None, failures: int = 0) -> None:
    arguments = {"outlet": outlet.slug, "failures": failures}
    await jobs.defer("fill_in", outlet, f"past:{outlet.slug}", PRIORITY, arguments, at)


def define_past(jobs: Jobs, settings: Settings) -> None:
    """Define what the job does, with what this process has opened."""

    @jobs.app.task(name="fill_in")
    async def fill_in(outlet: str, failures: int = 0) -> None:
        found = await jobs.outlet(outlet)
        try:
            again_at = await _slice(jobs, settings, found)
        except (asyncio.CancelledError, CrawlInterrupted):
            await _defer(jobs, found, failures=failures)
            return
        except Exception as error:
            if failures >= MOST_FAILURES:
                raise
            at = next_try("fill_in", error, failures)
            await insist(lambda: _defer(jobs, found, at, failures + 1))
            return
        if again_at is not None:
            await insist(lambda: _defer(jobs, found, again_at))


async def _slice(jobs: Jobs, settings: Settings, outlet: Outlet) -> datetime | None:
    """Read sitemaps of the past for a slice, and return when to go on; None when all are read."""
    deadline = monotonic() + SLICE_SECONDS
    while monotonic() < deadline:
        async with jobs.runtime.engine.connect() as connection:
            alone_until = await not_before(connection, site_of(outlet.home))
            past = await backfill_progress(connection, outlet.slug)
            part = await next_sitemap(connection, outlet.slug)
        if past.waiting:
            await jobs.crawl(outlet, sources=False)
        if part is None:
            return None
        if alone_until is not None:
            return alone_until
        if past.waiting >= MOST_WAITING:
            return now() + PAUSE
        await _read(jobs, settings, outlet, part)
    return now()


async def _read(jobs: Jobs, settings: Settings, outlet: Outlet, part: BackfillSitemap) -> None:
    """Read one sitemap: its pages become due, its parts are remembered, in the transaction that notes it as read."""
    engine, pool = jobs.runtime.engine, jobs.runtime.pool
    if part.url == _robots(outlet):
        named = await _named(jobs, settings, outlet)

        async def noted(connection: AsyncConnection) -> None:
            await remember(connection, outlet.slug, part.since, named, 0)
            await note_sitemap(connection, outlet.slug, part.url, "read", len(named))

        await in_transaction(engine, noted)
        return
    answer = (await probe(settings, outlet, [part.url]))[part.url]
    if answer.page is None:
        outcome = answer.outcome or Outcome.UNREADABLE
        async with engine.begin() as connection:
            if outcome in PASSING:
                await note_failure(connection, outlet.slug, part.url, outcome)
            else:
                await note_sitemap(connection, outlet.slug, part.url, outcome, 0)
        return
    try:
        listing = await pool.run(outlet.home, read_whole, answer.page)
    except (SourceUnreadable, PageUnreadable):
        async with engine.begin() as connection:
            await note_sitemap(connection, outlet.slug, part.url, Outcome.UNREADABLE, 0)
        return
    since, old = _since([*listing.found, *listing.rest, *listing.parts], part.since)
    wanted, elsewhere, others = by_site(outlet, since)
    counted = listing.sum.plus(Disposition.OTHER_SITE, elsewhere).plus(Disposition.TOO_OLD, old)

    async def written(connection: AsyncConnection) -> None:
        if listing.parts:
            # the patterns of its file are those of pages
            parts = [each for each in since if each.url not in elsewhere]
            deep = parts if part.depth >= MOST_DEPTH else []
            await remember(connection, outlet.slug, part.since, [] if deep else parts, part.depth + 1)
            left = counted.plus(Disposition.REFUSED, (each.url for each in deep))
            whole = replace(left, announced=sum(left.counts.values()), parts=len(listing.parts))
        else:
            # without its time: a page that we know is not asked for again for it
            pages = [Found(url=each.url) for each in wanted]
            announced = await announce(connection, outlet.slug, FOUND_IN, pages)
            await put_behind(connection, outlet.slug)
            whole = with_announced(counted.plus(Disposition.NOT_ARTICLE, others), pages, announced)
        await note_sum(connection, outlet.slug, part.url, whole, now())
        await note_sitemap(connection, outlet.slug, part.url, "read", len(since), whole)

    await in_transaction(engine, written)


def _since(listed: Sequence[Found], since: datetime) -> tuple[list[Found], list[str]]:
    """Return what is listed as of `since` or later, and the addresses of what is older."""
    wanted = [each for each in listed if _is_since(each, since)]
    kept = {each.url for each in wanted}
    return wanted, [each.url for each in listed if each.url not in kept]


def _is_since(found: Found, since: datetime) -> bool:
    if found.lastmod is not None and found.lastmod < since:
        return False
    return not is_before(found.url, since)


async def _named(jobs: Jobs, settings: Settings, outlet: Outlet) -> list[Found]:
    """Return the sitemaps that robots.txt names; the usual places where neither it nor the outlet's file names one."""
    parts = urlsplit(outlet.home)
    origin = f"{parts.scheme}://{parts.netloc}"
    await probe(settings, outlet, [outlet.home])  # which asks robots.txt, if the ledger has none that is fresh
    robots = await robots_at(jobs.runtime, outlet.home)
    named: list[str] = []
    if robots is not None:
        named = await jobs.runtime.pool.run(outlet.home, sitemaps, robots, origin, MOST_NAMED)
    if not named and not any(each.kind is SourceKind.SITEMAP for each in outlet.sources):
        named = [urljoin(origin, place) for place in USUAL_SITEMAPS]
    sites = sites_of(outlet)
    return [Found(url=url) for url in named if site_of(url) in sites]


async def report_past(connection: AsyncConnection, outlet: Outlet) -> BackfillReport:
    """Return what became of all that the outlet's sitemaps announced so far.

    A usual place that has none is no failure where another was read.
    """
    found = await backfill_report(connection, outlet.slug, _robots(outlet))
    guessed = {urljoin(outlet.home, place) for place in USUAL_SITEMAPS} - {each.url for each in outlet.sources}
    failed = {url: end for url, end in found.failed.items() if url not in guessed or end != Outcome.GONE}
    return replace(found, failed=failed) if found.read else found


async def follow_past(jobs: Jobs, outlets: Sequence[Outlet]) -> AsyncIterator[dict[str, BackfillProgress]]:
    """Yield how far each outlet's past is, until it was fetched; if no worker lives, this process does the work."""
    runtime, looks = jobs.runtime, Looks()
    async with inline_worker(jobs) as ours:
        while True:
            await ours.work_if_nobody_does()
            names = [f"{jobs.queue}:past:{outlet.slug}" for outlet in outlets]
            async with runtime.engine.connect() as connection:
                left = await unfinished_jobs(connection, names)
                yield {outlet.slug: await backfill_progress(connection, outlet.slug) for outlet in outlets}
            left += await jobs.unfinished(outlets)
            ours.check()
            if not await looks.again(unfinished=left):
                return
