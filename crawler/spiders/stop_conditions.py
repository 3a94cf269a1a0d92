"""What ends a crawl while pages are still due: its time, the site's wish, a site that is away, a failure of ours."""

from datetime import datetime
from time import monotonic

from scrapy.crawler import Crawler
from sqlalchemy.ext.asyncio import AsyncConnection

from crawler.browser import rendered
from crawler.download import MAY_SEND, RequestRefused
from crawler.download_failures import is_ours
from ledger.faults import in_transaction
from ledger.sites import UNREACHABLE_AGE, leave_alone, not_before
from news.clock import now
from news.errors import BroadsheetError
from news.log import Log
from news.outcome import Outcome
from news.url import site_of
from news.visit import Visit
from pipelines.runtime import Runtime

#: requests in a row that brought no answer: then the site is away, and is left alone for a while
AWAY_AFTER = 5

log = Log()


class StopConditions:
    """Why one crawl of the outlet at `home` fetches no more; what is due stays due."""

    def __init__(self, home: str, seconds: float) -> None:
        """Begin a crawl of about so many seconds; 0: as long as it takes. Make it in the context of its job."""
        self._site = site_of(home)
        self._deadline = monotonic() + seconds if seconds else None
        self._may_send = MAY_SEND.get()
        self._is_halted = False
        self._alone_until: datetime | None = None
        self._unanswered = 0
        #: an error that ended the crawl
        self.failure: BaseException | None = None

    def may_send(self) -> bool:
        """Say whether a request may leave now: the last question before it does."""
        return not self._is_halted and self._may_send()

    def halt(self) -> None:
        """Send nothing more: what is under way ends, what waits stays due."""
        self._is_halted = True

    def is_stopped(self) -> bool:
        """Say whether nothing more is to be fetched, however much time there is."""
        return self._alone_until is not None or self.failure is not None or self._is_halted

    def is_late(self, wait_seconds: float) -> bool:
        """Say whether a request that has to wait so long for the site's pace would be sent after the time is over."""
        return self._deadline is not None and monotonic() + wait_seconds > self._deadline

    def is_ours(self, error: BaseException | None) -> bool:
        """Say whether a request failed for a reason of ours, which is none of the page's; then it ends the crawl."""
        if error is not None and is_ours(error):
            self.failure = self.failure or error
            return True
        return False

    async def rendered(self, crawler: Crawler, visit: Visit) -> Visit | None:
        """Return the visit as its page's scripts left it, where its outlet asks for that; None where it ends the crawl.

        The crawl was stopped meanwhile, or there is no browser any more.
        """
        if not visit.outlet.render:
            return visit
        try:
            return await rendered(crawler, visit)
        except BroadsheetError as error:
            self.failure = self.failure or error
            return None

    def not_kept(self, outlet: str, dropped: Exception) -> None:
        """End the crawl, and say so once: its pages are to be kept as they come, and cannot be."""
        if self.failure is None:
            log.warning("archive_unavailable", outlet=outlet, reason=str(dropped))
            self.failure = dropped.__cause__ or dropped

    async def recall(self, runtime: Runtime) -> None:
        """See whether the site has asked to be left alone."""
        async with runtime.engine.connect() as connection:
            self._alone_until = await not_before(connection, self._site)

    async def leave_alone(self, runtime: Runtime, url: str, until: datetime) -> None:
        """End the crawl: the site asks for a pause, or is away."""
        self._alone_until = max(until, self._alone_until or until)

        async def written(connection: AsyncConnection) -> None:
            for site in sorted({self._site, site_of(url)}):
                await leave_alone(connection, site, until)

        await in_transaction(runtime.engine, written)

    def answered(self) -> None:
        """Note that the site answers."""
        self._unanswered = 0

    async def unanswered(self, runtime: Runtime, url: str, outcome: Outcome, error: BaseException | None) -> None:
        """Note that a request failed, and end the crawl if the site is away or may not be asked for a while."""
        until = error.until if isinstance(error, RequestRefused) else None
        self._unanswered += outcome in (Outcome.UNREACHABLE, Outcome.TIMEOUT)
        if until is None and self._unanswered >= AWAY_AFTER:
            until = now() + UNREACHABLE_AGE
        if until is not None:
            await self.leave_alone(runtime, url, until)
