"""An address that a person wants fetched again: its outlet, and the result."""

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from crawler.resolver import is_public
from ledger.articles import history
from ledger.attempts import Ended, attempt_of
from ledger.pages import outlet_of
from ledger.recrawl_requests import Recrawl, recrawl_of
from ledger.sites import not_before
from news.clock import now
from news.edits import Edits
from news.errors import BadAddress, UnknownOutlet
from news.outcome import READ, Outcome, meaning_of
from news.outlet import Outlet
from news.storable import storable
from news.url import AddressTooLong, normal, site, site_of
from news.version import Version
from pipelines.warc_writer import archive_fault
from schedules.jobs import Jobs

#: between the wish and its job another process may look
JUST_ASKED = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Report:
    """What came of one recrawl. `attempt` None: none was made yet."""

    recrawl: Recrawl
    attempt: Ended | None = None
    #: the version that the attempt found or made
    version: Version | None = None
    #: of a change: the version before
    before: Version | None = None
    #: without an attempt: until when the site asked to be left alone
    waits_until: datetime | None = None
    #: without an attempt: why no page can be kept just now
    hindered: str | None = None
    #: without an attempt: why none will be made
    dropped: str | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether the recrawl has not ended."""
        return self.attempt is None and self.dropped is None

    @property
    def edits(self) -> Edits | None:
        """How the article was changed."""
        return self.version.edits if self.version and self.before else None

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON's types."""
        known: dict[str, Any] = {
            "id": str(self.recrawl.id),
            "url": self.recrawl.url,
            "outlet": self.recrawl.outlet,
            "asked_at": self.recrawl.asked_at,
            "state": "queued" if self.is_waiting else "ended",
            "attempt_id": self.attempt.id if self.attempt else None,
            "outcome": self.attempt.outcome if self.attempt else None,
            "message": self.sentence(),
        }
        if self.attempt is not None:
            about = str(self.attempt.article_id) if self.attempt.article_id else None
            known |= {"ended_at": self.attempt.at, "reason": self.attempt.reason, "status": self.attempt.status}
            known |= {"article_id": about, "version": self.version.number if self.version else None}
        return known | ({"edits": self.edits.as_json()} if self.edits else {})

    def sentence(self) -> str:
        """Return the report in one sentence."""
        asks = self.attempt is not None and self.attempt.outcome is Outcome.NOT_MODIFIED
        return f"{self.recrawl.url}: {self.ending()}{' (--force ignores caching headers)' if asks else ''}."

    def ending(self) -> str:
        """Return the result, as the rest of a sentence."""
        attempt = self.attempt
        if attempt is None and self.dropped:
            return f"not fetched: {self.dropped}"
        if attempt is None and self.hindered:
            return f"not stored yet; it stays queued. {self.hindered.removesuffix('.')}"
        if attempt is None:
            why = f"; the site asked for a pause until {self.waits_until:%H:%M} UTC" if self.waits_until else ""
            return f"not fetched yet{why}; it stays queued"
        number = self.version.number if self.version else 0
        if attempt.outcome is Outcome.CHANGED and self.edits:
            kinds = ", ".join(str(kind).replace("_", " ") for kind in self.edits.kinds)
            stealth = "; the outlet does not disclose it" if self.edits.stealth else ""
            return f"changed, now version {number}: {kinds}{stealth}"
        meaning = meaning_of(attempt.outcome, attempt.status)
        version = f", version {number}" if attempt.outcome in READ and number else ""
        reason = f" ({attempt.reason})" if attempt.reason and attempt.outcome not in READ else ""
        return f"{meaning}{version}{reason}"


async def outlet_for(jobs: Jobs, url: str) -> Outlet:
    """Return the outlet that an address belongs to.

    Raises BadAddress for what is no address of the web, is not public, or whose site no outlet has.
    """
    try:
        address = normal(url)
    except AddressTooLong as error:
        raise BadAddress(f"'{storable(url[:200])}…' cannot be stored: {error}.") from error
    except ValueError as error:
        raise BadAddress(f"{error}.") from error
    if _is_private(urlsplit(address).hostname or "", jobs.runtime.configuration.allow_loopback):
        demo = " The demo's articles are fetched again on its search page." if "//127.0.0.1:" in address else ""
        raise BadAddress(f"{address[:200]} is not a public address; Broadsheet fetches public addresses only.{demo}")
    async with jobs.runtime.engine.connect() as connection:
        known = await outlet_of(connection, address)
    if known is not None:
        try:
            return await jobs.outlet(known)
        except UnknownOutlet:
            pass  # its file is gone; another one may have the site
    wanted = site_of(address)
    found = _outlet_of_site(jobs, wanted)
    if found is None:
        await jobs.reread_catalogue()  # its file may have been written a moment ago
        found = _outlet_of_site(jobs, wanted)
    if found is not None:
        return found
    home = f"{urlsplit(address).scheme}://{urlsplit(address).netloc}/"
    raise BadAddress(f"No outlet has the site {wanted}. `broadsheet outlets add {home}` adds it.")


async def outlets_for(jobs: Jobs, urls: Iterable[str]) -> tuple[dict[str, Outlet], dict[str, str]]:
    """Return the outlet of each address that can be asked for, and of each other one why it cannot be.

    Nothing is asked for here: whoever asks for several knows of all before the first.
    """
    outlets: dict[str, Outlet] = {}
    refused: dict[str, str] = {}
    for url in urls:
        try:
            outlets[url] = await outlet_for(jobs, url)
        except BadAddress as error:
            refused[url] = str(error)
    return outlets, refused


def _outlet_of_site(jobs: Jobs, wanted: str) -> Outlet | None:
    for outlet in jobs.catalogue:
        if wanted in {site_of(outlet.home), *map(site, outlet.hosts)}:
            return outlet
    return None


def _is_private(host: str, allow_loopback: bool) -> bool:
    """Say whether a host names a private address by itself; of others the resolver knows."""
    if host == "localhost" or host.endswith(".localhost"):
        return not allow_loopback
    if not host.replace(".", "").isdigit() and ":" not in host:
        return False
    return not is_public(host, allow_loopback=allow_loopback)


async def reports(jobs: Jobs, asked: Collection[Recrawl]) -> list[Report]:
    """Return the results of these recrawls, in their order."""
    return [await report(jobs, each) for each in asked]


async def report(jobs: Jobs, recrawl: Recrawl) -> Report:
    """Return the result of a recrawl: of the attempt that answers it."""
    # looked for first: a job that ends meanwhile has recorded its answer by then
    is_queued = now() - recrawl.asked_at < JUST_ASKED or await jobs.has_recrawl(recrawl.url)
    async with jobs.runtime.engine.connect() as connection:
        current = await recrawl_of(connection, recrawl.id)
        attempt = await attempt_of(connection, current.attempt_id) if current.attempt_id is not None else None
        until = await not_before(connection, site_of(recrawl.url)) if attempt is None else None
        versions = await history(connection, attempt.article_id) if attempt and attempt.article_id else []
    if attempt is None and not is_queued:
        return Report(recrawl=current, dropped=_why_dropped(jobs, current))
    if attempt is None:
        hindered = await asyncio.to_thread(archive_fault, jobs.runtime.configuration.archive)
        return Report(recrawl=current, waits_until=until.astimezone(UTC) if until else None, hindered=hindered)
    # both times are of fetches: the attempt's own and those of the pages that the versions were read from
    seen = [version for version in versions if version.seen_at <= attempt.at]
    is_change = attempt.outcome is Outcome.CHANGED and len(seen) > 1
    return Report(
        recrawl=current,
        attempt=attempt,
        version=seen[-1] if seen else None,
        before=seen[-2] if is_change else None,
    )


def _why_dropped(jobs: Jobs, recrawl: Recrawl) -> str:
    """Return why no attempt will be made: the job is gone, after its failures or with its outlet."""
    if all(outlet.slug != recrawl.outlet for outlet in jobs.catalogue):
        return f"outlet '{recrawl.outlet}' has no file any more; add it, then request it again"
    return "its job failed at every attempt, see the log; request it again"
