"""The job `reprocess`: stored pages and texts, a slice of one part at a time, by whichever worker is free."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from time import monotonic

from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.faults import in_transaction
from ledger.outlet_state import chrome
from ledger.raw_pages import raw_page
from ledger.reprocess_progress import (
    Reprocessing,
    ReprocessPart,
    ReprocessResult,
    Steps,
    counted,
    end,
    move,
    reprocessing_of,
)
from ledger.store_reprocessed import ChangedMeanwhile, Stored, differences, reprocess, stored, stored_after
from ledger.visit_transaction import reason_of_page
from news.digest import Digest
from news.errors import UnknownOutlet
from news.log import Log
from news.outlet import Outlet
from news.page import Page
from news.url import normal
from news.visit import Visit
from pipelines.pool import digest_in_pool, enrich_in_pool
from schedules.import_slice import outlet_or_site
from schedules.jobs import Jobs

log = Log()

#: articles whose texts are fetched from the ledger at once; their pages come one by one
BATCH = 32
#: times that an article is read again because a crawl has recorded it meanwhile
TRIES = 3
#: said where the reader finds an article without a text in a page whose text we have
NO_TEXT = "It finds no text in the page; the stored text stays."


@dataclass(frozen=True, kw_only=True)
class _Read:
    """One article, and the result of reading it again."""

    article: Stored
    result: ReprocessResult
    #: None where nothing is to be written
    visit: Visit | None = None
    reason: str = ""


class Slice:
    """One slice of one part."""

    def __init__(self, jobs: Jobs, asked: Reprocessing, part: ReprocessPart) -> None:
        self.jobs, self.runtime, self.asked = jobs, jobs.runtime, asked
        #: as the ledger has it
        self.part = part
        self._outlets: dict[str, Outlet | None] = {}
        self._chrome: dict[str, frozenset[int]] = {}

    async def work(self, seconds: float) -> bool:
        """Work on for about `seconds`, and return whether the part is at its end."""
        if self.asked.ended_at is not None or self.part.ended_at is not None:
            return True
        deadline = monotonic() + seconds
        articles = self._read_ahead()
        try:
            async for read in articles:
                await self._write(read)
                if monotonic() >= deadline:
                    return False
        finally:
            await articles.aclose()
        async with self.runtime.engine.begin() as connection:
            await end(connection, self.part)
        return True

    async def _read_ahead(self) -> AsyncGenerator[_Read]:
        """Yield the articles in the order of their ids, read; the pool is kept busy ahead of what is written."""
        ahead: deque[asyncio.Task[_Read]] = deque()
        waiting: deque[Stored] = deque()
        at, is_last = self.part.up_to, False
        try:
            while True:
                while not is_last and len(ahead) <= self.runtime.pool.workers:
                    if not waiting:
                        async with self.runtime.engine.connect() as connection:
                            waiting += await stored_after(connection, self.asked, at, self.part.last, BATCH)
                        if not waiting:
                            is_last = True
                            break
                        at = waiting[-1].id
                    ahead.append(asyncio.create_task(self._read(waiting.popleft())))
                if not ahead:
                    return
                yield await ahead.popleft()
        finally:
            for task in ahead:
                task.cancel()
            await asyncio.gather(*ahead, return_exceptions=True)

    async def _read(self, article: Stored) -> _Read:
        """Return an article, read or enriched again; one whose values defeat our code holds up no other."""
        try:
            return await self._read_stored(article)
        except Exception as error:
            return _unrecordable(article, error)

    async def _read_stored(self, article: Stored) -> _Read:
        outlet = await self._outlet(article.outlet)
        if outlet is None:
            return _Read(article=article, result=ReprocessResult.NO_OUTLET_FILE)
        result = ReprocessResult.ENRICHED
        if self.asked.steps is not Steps.ENRICH:
            async with self.runtime.engine.connect() as connection:
                kept = await raw_page(connection, article.id)
            if kept is not None and kept[0] == article.page_hash:
                return await self._read_page(article, outlet, kept[1])
            result = ReprocessResult.OTHER_PAGE if kept is not None else ReprocessResult.NO_RAW_PAGE
            if self.asked.steps is Steps.EXTRACT:
                return _Read(article=article, result=result)
        read = await enrich_in_pool(self.runtime.pool, article.document, article.text, outlet)
        visit = Visit(outlet=outlet, url=article.read_from, fetched_at=article.fetched_at)
        return _of(article, result, visit, read)

    async def _read_page(self, article: Stored, outlet: Outlet, page: Page) -> _Read:
        known = await self._known_chrome(outlet.slug)
        read = await digest_in_pool(self.runtime.pool, page, outlet, known)
        if read.article is not None and article.text.body and not read.article.body:
            return _Read(article=article, result=ReprocessResult.REFUSED, reason=NO_TEXT)
        visit = Visit(
            outlet=outlet,
            url=normal(page.url),
            final_url=normal(page.final_url),
            fetched_at=page.fetched_at,
            status=page.status,
            page=page,
            chrome=known,
        )
        return _of(article, ReprocessResult.READ, visit, read)

    async def _write(self, read: _Read) -> None:
        """Write an article and that the part is behind it, in one transaction."""
        for _ in range(TRIES):
            try:
                await self._written(read)
                return
            except ChangedMeanwhile:
                async with self.runtime.engine.connect() as connection:
                    article = await stored(connection, read.article.id)
                read = await self._read(article)
            except Exception as error:
                await self._written(_unrecordable(read.article, error))
                return
        await self._written(_Read(article=read.article, result=ReprocessResult.RECORDED_MEANWHILE))

    async def _written(self, read: _Read) -> None:
        article = read.article

        async def written(connection: AsyncConnection) -> ReprocessPart:
            changes = None
            if read.visit is not None and self.asked.dry_run:
                changes = differences(article.document, read.visit.document)
            elif read.visit is not None:
                changes = await reprocess(
                    connection,
                    article,
                    read.visit,
                    is_text=read.result is ReprocessResult.READ,
                    story_days=self.runtime.configuration.story_days,
                )
            after = counted(self.part, article.id, article.url, read.result, changes, read.reason)
            await move(connection, self.part, after)
            return after

        self.part = await in_transaction(self.runtime.engine, written)

    async def _outlet(self, slug: str) -> Outlet | None:
        if slug not in self._outlets:
            try:
                self._outlets[slug] = await outlet_or_site(self.jobs, slug)
            except UnknownOutlet:
                self._outlets[slug] = None
        return self._outlets[slug]

    async def _known_chrome(self, slug: str) -> frozenset[int]:
        if slug not in self._chrome:
            async with self.runtime.engine.connect() as connection:
                self._chrome[slug] = await chrome(connection, slug)
        return self._chrome[slug]


def _of(article: Stored, result: ReprocessResult, visit: Visit, read: Digest) -> _Read:
    if read.article is None:
        reason = read.refusal.reason if read.refusal else ""
        return _Read(article=article, result=ReprocessResult.REFUSED, reason=reason)
    return _Read(article=article, result=result, visit=visit.read(read))


def _unrecordable(article: Stored, error: Exception) -> _Read:
    """Return the article as one that cannot be recorded. Raises `error` if that is not the article's fault."""
    if (reason := reason_of_page(error)) is None:
        raise error
    log.error("article_unrecordable", url=article.url, outlet=article.outlet, reason=reason)
    return _Read(article=article, result=ReprocessResult.UNRECORDABLE)


async def slice_of(jobs: Jobs, reprocessing_id: int, part: int) -> Slice:
    """Return a slice that goes on where the part is."""
    async with jobs.runtime.engine.connect() as connection:
        asked = await reprocessing_of(connection, reprocessing_id)
    return Slice(jobs, asked, next(each for each in asked.parts if each.part == part))
