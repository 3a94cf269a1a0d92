"""Whether a page could be fetched, recorded and indexed now: each part tried, what is missing named with its reason."""

import asyncio
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from sqlalchemy.ext.asyncio import AsyncEngine

from index.protocol import Index
from ledger.clock_offset import MOST_DIFFERENCE
from ledger.faults import DATABASE_ERRORS, reason_of, sentence_of
from ledger.fitness import write_fault
from ledger.outbox import Publishing, publishing_now
from ledger.watch import within
from news.clock import offset
from news.errors import BroadsheetError, IndexUnavailable
from news.log import Log
from pipelines.pool import Pool
from pipelines.warc_writer import archive_fault
from schedules.jobs import Jobs

log = Log()

#: an answer is given again for so long: however often it is asked, the servers are asked twelve times a minute at most
FRESH_SECONDS = 5.0
#: whoever asks for readiness wants to know now; a server that takes longer is not ready
PATIENCE_SECONDS = 3.0
#: a pool that answered is not asked again for so long
POOL_FRESH_SECONDS = 15.0
#: a pool whose every worker has a slow page answers after this at the latest: the pool ends a task after 60 s
POOL_LATE_SECONDS = 75.0


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """What was found."""

    #: part -> why it cannot be used, in one sentence; "" if it can
    parts: Mapping[str, str]
    #: sentences of what an operator should mend, though nothing stands still for it
    notes: tuple[str, ...] = ()

    @property
    def missing(self) -> list[str]:
        """The reasons, each once."""
        return list(dict.fromkeys(reason for reason in self.parts.values() if reason))


@dataclass(kw_only=True)
class Probe:
    """Tries each part when it is asked, and remembers what it found for a moment."""

    engine: AsyncEngine
    index: Index
    archive: Path | None = None
    #: None where no page is fetched by anybody
    jobs: Jobs | None = None
    _found: Readiness | None = None
    _found_at: float = 0.0
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _pool: "_PoolProbe | None" = None

    async def readiness(self) -> Readiness:
        """Return what was found within the last seconds; many who ask at once are answered by one look."""
        async with self._turn:
            if self._found is None or monotonic() - self._found_at > FRESH_SECONDS:
                self._found = await self._look()
                self._found_at = monotonic()
            return self._found

    async def _look(self) -> Readiness:
        if self._pool is None and self.jobs is not None:
            self._pool = _PoolProbe(self.jobs.runtime.pool)
        ledger, index, archive, pool, worker = await asyncio.gather(
            write_fault(self.engine),
            index_fault(self.index),
            asyncio.to_thread(archive_fault, self.archive),
            self._pool.fault() if self._pool else _nothing(),
            self._worker_fault() if self.jobs else _nothing(),
        )
        publishing = Publishing() if ledger else await self._publishing()
        waits = without_address(publishing.sentence())
        parts = {
            "ledger": ledger,
            # where it is not made, whoever publishes knows why
            "index": waits or index if index in ("", NOT_MADE) else index,
            "archive": archive or "",
            "pool": pool,
        }
        # without a ledger nobody knows who works
        parts["worker"] = "" if ledger else worker
        difference = (publishing.difference,) if publishing.difference else ()
        return Readiness(parts=parts, notes=_clock_notes() + difference)

    async def _publishing(self) -> Publishing:
        try:
            return await within(PATIENCE_SECONDS, self._noted())
        except DATABASE_ERRORS as error:
            log.info("publishing_unknown", reason=reason_of(error))
            return Publishing()

    async def _noted(self) -> Publishing:
        async with self.engine.connect() as connection:
            return await publishing_now(connection)

    async def _worker_fault(self) -> str:
        assert self.jobs is not None
        try:
            works = await within(PATIENCE_SECONDS, self.jobs.someone_works())
        except DATABASE_ERRORS as error:
            return sentence_of(error)
        return (
            ""
            if works
            else "No worker is running, so no page is fetched. Start `broadsheet up` or `broadsheet worker`."
        )


async def index_fault(index: Index) -> str:
    """Return in one sentence why nothing can be indexed or searched; "" if it can."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            found = await index.status()
    except IndexUnavailable as error:
        return index_sentence(error)
    except TimeoutError:
        return AWAY
    return "" if found.schema_version else NOT_MADE


def index_sentence(error: IndexUnavailable) -> str:
    """Return what is wrong with the index, where it is PostgreSQL by PostgreSQL's own reason."""
    if isinstance(error.__cause__, DATABASE_ERRORS):
        return sentence_of(error.__cause__)
    said = str(error)
    # a sentence of another form is nobody's whom we know: it may carry whatever it was given
    return f"{without_address(said)} {_MEANWHILE}" if _ADDRESS.search(said) else AWAY


def without_address(reason: str) -> str:
    """Return a sentence of the index's without the address of its server, which is the log's alone.

    >>> without_address("Elasticsearch at https://a.example:9200, https://b.example:9200 takes too long to answer.")
    'Elasticsearch takes too long to answer.'
    """
    return _ADDRESS.sub("", reason)


_MEANWHILE = "Articles are still recorded and stay pending until it is available."
_ADDRESS = re.compile(r" at https?://\S+?(?:, https?://\S+?)*(?=[\s,;]|$)")
NOT_MADE = "The index does not exist yet; `broadsheet index create` creates it."
AWAY = f"The search index cannot be reached. {_MEANWHILE}"


def _clock_notes() -> tuple[str, ...]:
    if abs(offset()) <= MOST_DIFFERENCE:
        return ()
    seconds = abs(offset().total_seconds())
    way = "behind" if offset().total_seconds() > 0 else "ahead of"
    return (
        f"This machine's clock is {seconds:.1f} s {way} PostgreSQL's, which Broadsheet uses. Synchronise it with NTP.",
    )


async def _nothing() -> str:
    return ""


class _PoolProbe:
    """Asks a worker of the pool for its number; a pool at work may answer later, a broken one says so."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._asked: asyncio.Task[int] | None = None
        self._asked_at = 0.0
        self._answered_at: float | None = None

    async def fault(self) -> str:
        """Return in one sentence why no page can be read; "" if a worker answered lately, or may yet."""
        if self._answered_at is not None and monotonic() - self._answered_at < POOL_FRESH_SECONDS:
            return ""
        if self._asked is None:
            self._asked, self._asked_at = asyncio.ensure_future(self._pool.run("readiness", os.getpid)), monotonic()
        done, _ = await asyncio.wait({self._asked}, timeout=PATIENCE_SECONDS)
        if not done:
            silent = monotonic() - self._asked_at
            return f"The process pool has not answered for {silent:.0f} s." if silent > POOL_LATE_SECONDS else ""
        asked, self._asked = self._asked, None
        error = asked.exception() if not asked.cancelled() else asyncio.CancelledError()
        if error is None:
            self._answered_at = monotonic()
            return ""
        if isinstance(error, BroadsheetError):
            return f"No page can be extracted: {str(error).removesuffix('.')}."
        return f"No page can be extracted: {type(error).__name__}."
