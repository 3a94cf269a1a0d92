"""The job `import`: a file of pages from elsewhere, a slice at a time, by whichever worker can read the file."""

import asyncio
import contextlib
import hashlib
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic

from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.faults import in_transaction
from ledger.import_progress import Import, begin, found_in, head_bytes_of, import_of, move, site_of_slug, slug_of_site
from ledger.outlet_state import chrome, learn_chrome
from ledger.pages import Found, announce
from news.clock import now
from news.digest import Digest
from news.errors import PageUnreadable, UnknownOutlet
from news.outlet import Outlet
from news.url import site, site_of
from news.visit import Visit
from pipelines.importing.import_files import CHUNK_ITEMS, Chunk, ImportItem, ImportKind, Position, kind_of, read_chunk
from pipelines.pool import digest_in_pool
from pipelines.record import MOST_TOGETHER, Purpose, moved, record_pages
from pipelines.runtime import Runtime
from schedules.jobs import Jobs

#: an import that was begun is the same file's if so many bytes at its beginning are the same
HEAD_BYTES = 4_096
#: addresses of a list that are taken in at once
LIST_ITEMS = 2_000


async def begin_import(runtime: Runtime, path: Path, purpose: Purpose, *, anew: bool = False) -> Import:
    """Return the import of a file, which goes on where it was left, or begins `anew`.

    Raises ConfigurationError for a file that cannot be read or is of no kind that can be imported.
    """
    path = await asyncio.to_thread(path.resolve)
    kind = await asyncio.to_thread(kind_of, path)
    async with runtime.engine.begin() as connection:
        known = await head_bytes_of(connection, str(path), purpose)
        head = await asyncio.to_thread(_head, path, known or HEAD_BYTES)
        size = (await asyncio.to_thread(path.stat)).st_size
        return await begin(connection, str(path), purpose, kind, head, size, anew=anew)


def _head(path: Path, most: int) -> tuple[str, int]:
    with path.open("rb") as file:
        head = file.read(most)
    return hashlib.sha256(head).hexdigest(), len(head)


class Reader:
    """One slice of one import."""

    def __init__(self, jobs: Jobs, begun: Import) -> None:
        self.jobs, self.runtime, self.purpose = jobs, jobs.runtime, Purpose(begun.purpose)
        #: as the ledger has it, and with what was skipped since
        self.written = self.now = begun
        self._sites = {
            each: outlet for outlet in jobs.catalogue for each in (site_of(outlet.home), *map(site, outlet.hosts))
        }
        self._chrome: dict[str, frozenset[int]] = {}
        self._lines: dict[str, list[frozenset[int]]] = {}

    async def read(self, seconds: float) -> bool:
        """Read on for about `seconds`, and return whether the file is at its end."""
        deadline = monotonic() + seconds
        coming = asyncio.ensure_future(self._chunk(self.written))
        try:
            while True:
                chunk = await coming
                # the next chunk is unpacked while this one is read
                ahead = replace(self.now, position=chunk.end.byte, within=chunk.end.within)
                if not chunk.is_last and monotonic() < deadline:
                    coming = asyncio.ensure_future(self._chunk(ahead))
                await self._ingest(chunk)
                if chunk.is_last or monotonic() >= deadline:
                    break
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)
        await self._learn()
        return chunk.is_last

    async def end(self) -> None:
        """Note that the file was read to its end."""
        await self._write(replace(self.now, ended_at=now(), error=None))

    async def _chunk(self, at: Import) -> Chunk:
        start = Position(byte=at.position, within=at.within)
        kind = ImportKind(at.kind)
        most = LIST_ITEMS if kind is ImportKind.ADDRESSES else CHUNK_ITEMS
        for items in (most, 1):
            with contextlib.suppress(PageUnreadable):
                return await self.runtime.pool.run(at.file, read_chunk, Path(at.file), kind, start, items)
        # what no limit of ours stops is stopped by the pool's: on behind it, wherever the next member begins
        end = Position(byte=start.byte + 1)
        return Chunk(items=(ImportItem(after=end, skipped="unreadable"),), end=end, is_last=False)

    async def _ingest(self, chunk: Chunk) -> None:
        if self.written.kind == ImportKind.ADDRESSES:
            await self._announce(chunk)
            return
        ready: list[tuple[Position, Visit | str]] = []
        async for item, outlet, read in self._digested(chunk.items):
            if item.page is None or outlet is None or read is None:
                ready.append((item.after, item.skipped))
                continue
            if read.article is not None:
                self._lines.setdefault(outlet.slug, []).append(frozenset(read.lines))
            page = item.page
            visit = Visit(
                outlet=outlet,
                url=page.url,
                final_url=page.final_url,
                fetched_at=page.fetched_at,
                status=page.status,
                content_bytes=len(page.content),
                page=page,
                chrome=await self._known_chrome(outlet.slug),
            ).read(read)
            ready.append((item.after, visit))
            if len(ready) >= MOST_TOGETHER:
                await self._record(ready)
        await self._record(ready)
        if (end := moved(self.now, chunk.end)) != self.written:
            await self._write(end)

    async def _record(self, ready: list[tuple[Position, Visit | str]]) -> None:
        """Record pages that were read, and forget them."""
        if ready:
            days = self.runtime.configuration.story_days
            self.written, self.now = await record_pages(
                self.runtime.engine, self.written, self.now, ready, days, self.runtime.pool
            )
            ready.clear()

    async def _digested(
        self, items: Sequence[ImportItem]
    ) -> AsyncIterator[tuple[ImportItem, Outlet | None, Digest | None]]:
        """Yield each item with its outlet and digest, in the file's order; the pool is kept busy ahead of it."""
        ahead: deque[tuple[ImportItem, Outlet | None, asyncio.Task[Digest] | None]] = deque()
        try:
            for item in items:
                outlet, task = None, None
                if item.page is not None:
                    outlet = await self._outlet(item)
                if self.purpose is Purpose.REPROCESS and outlet is not None and item.outlet not in ("", outlet.slug):
                    # read without its country and time zone, the page would lose what it said
                    item = replace(item, page=None, skipped="its outlet has no file")
                if item.page is not None and outlet is not None:
                    known = await self._known_chrome(outlet.slug)
                    task = asyncio.ensure_future(digest_in_pool(self.runtime.pool, item.page, outlet, known))
                ahead.append((item, outlet, task))
                if len(ahead) > 2 * self.runtime.pool.workers:
                    first, its, read = ahead.popleft()
                    yield first, its, await read if read else None
            while ahead:
                first, its, read = ahead.popleft()
                yield first, its, await read if read else None
        finally:
            left = [task for _, _, task in ahead if task]
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def _announce(self, chunk: Chunk) -> None:
        """Make a list's addresses known and due; those that are known stay as they are."""
        by_outlet: dict[str, list[Found]] = {}
        for item in chunk.items:
            if item.address:
                outlet = await self._outlet(item)
                by_outlet.setdefault(outlet.slug, []).append(Found(url=item.address))
        addresses = sum(map(len, by_outlet.values()))
        source = found_in(self.written.id)

        async def written(connection: AsyncConnection) -> Import:
            announced = [await announce(connection, slug, source, found) for slug, found in sorted(by_outlet.items())]
            new = sum(len(each.new) for each in announced)
            outcomes = dict(self.now.outcomes)
            for name, times in (("found", new), ("known", addresses - new)):
                if times:
                    outcomes[name] = outcomes.get(name, 0) + times
            refused = [item.skipped for item in chunk.items if item.skipped]
            after = replace(moved(self.now, chunk.end), outcomes=outcomes)
            for reason in refused:
                after = moved(after, chunk.end, skipped=reason)
            await move(connection, self.written, after)
            return after

        self.written = self.now = await in_transaction(self.runtime.engine, written)

    async def _outlet(self, item: ImportItem) -> Outlet:
        """Return the outlet that our own archive names, else the site's; else one that says the site's name alone."""
        if item.outlet:
            with contextlib.suppress(UnknownOutlet):
                return self.jobs.catalogue.outlet(item.outlet)
        its_site = site_of(item.address or (item.page.final_url if item.page else ""))
        if its_site not in self._sites:
            taken = frozenset(outlet.slug for outlet in self.jobs.catalogue)
            async with self.runtime.engine.begin() as connection:
                slug = await slug_of_site(connection, its_site, taken)
            self._sites[its_site] = unfiled(slug, its_site)
        return self._sites[its_site]

    async def _known_chrome(self, slug: str) -> frozenset[int]:
        if slug not in self._chrome:
            async with self.runtime.engine.connect() as connection:
                self._chrome[slug] = await chrome(connection, slug)
        return self._chrome[slug]

    async def _learn(self) -> None:
        for slug, lines in sorted(self._lines.items()):
            async with self.runtime.engine.begin() as connection:
                await learn_chrome(connection, slug, lines)

    async def _write(self, after: Import) -> None:
        async with self.runtime.engine.begin() as connection:
            await move(connection, self.written, after)
        self.written = self.now = after


def unfiled(slug: str, its_site: str) -> Outlet:
    """Return an outlet of which only the site is known."""
    return Outlet(slug=slug, name=its_site, home=f"https://{its_site}/")


async def outlet_or_site(jobs: Jobs, slug: str) -> Outlet:
    """Return the outlet of this name: one with a file, else one that was met in an import. Raises UnknownOutlet."""
    try:
        return await jobs.outlet(slug)
    except UnknownOutlet:
        async with jobs.runtime.engine.connect() as connection:
            its_site = await site_of_slug(connection, slug)
        if its_site is None:
            raise
        return unfiled(slug, its_site)


async def reader_of(jobs: Jobs, import_id: int) -> Reader:
    """Return a reader that goes on where the import is."""
    async with jobs.runtime.engine.connect() as connection:
        return Reader(jobs, await import_of(connection, import_id))
