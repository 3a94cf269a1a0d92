"""An address that a person wants fetched again: whose it is, and what came of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ledger.articles import history
from ledger.attempts import Ended, ended
from ledger.pages import outlet_of
from news.edits import Edits
from news.errors import BadAddress, UnknownOutlet
from news.outcome import READ, Outcome
from news.outlet import Outlet
from news.url import normal, site, site_of
from schedules.jobs import Jobs


@dataclass(frozen=True, kw_only=True)
class Report:
    """What came of one recrawl. `attempt` None: none was made in time."""

    url: str
    attempt: Ended | None
    version: int = 0
    edits: Edits | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON's types."""
        if self.attempt is None:
            return {"url": self.url, "outcome": None}
        known: dict[str, Any] = {
            "url": self.url,
            "outcome": self.attempt.outcome,
            "reason": self.attempt.reason,
            "status": self.attempt.status,
            "article_id": str(self.attempt.article_id) if self.attempt.article_id else None,
            "version": self.version or None,
        }
        return known | ({"edits": self.edits.as_json()} if self.edits else {})

    def sentence(self) -> str:
        """Return the report in one sentence."""
        if self.attempt is None:
            return f"{self.url}: not fetched yet; it stays queued."
        outcome = str(self.attempt.outcome).replace("_", " ")
        reason = f" ({self.attempt.reason})" if self.attempt.reason else ""
        if self.attempt.outcome is Outcome.CHANGED and self.edits:
            kinds = ", ".join(str(kind).replace("_", " ") for kind in self.edits.kinds)
            stealth = "; the outlet does not say so" if self.edits.stealth else ""
            return f"{self.url}: changed, now version {self.version}: {kinds}{stealth}."
        version = f", version {self.version}" if self.attempt.outcome in READ and self.version else ""
        return f"{self.url}: {outcome}{version}{reason}."


async def outlet_for(jobs: Jobs, url: str) -> Outlet:
    """Return the outlet that an address belongs to.

    Raises BadAddress for what is no address of the web or whose site no outlet has.
    """
    try:
        address = normal(url)
    except ValueError as error:
        raise BadAddress(f"{error}.") from error
    async with jobs.desk.engine.connect() as connection:
        known = await outlet_of(connection, address)
    if known is not None:
        try:
            return jobs.catalogue.outlet(known)
        except UnknownOutlet:
            pass  # its file is gone; another one may have the site
    wanted = site_of(address)
    for outlet in jobs.catalogue:
        if wanted in {site_of(outlet.home), *map(site, outlet.hosts)}:
            return outlet
    raise BadAddress(f"No outlet has the site {wanted}. Add a file for it: docs/add-an-outlet.md shows how.")


async def report(jobs: Jobs, url: str, since: datetime) -> Report:
    """Return what came of the recrawl of `url` that was asked for at `since`."""
    address = normal(url)
    async with jobs.desk.engine.connect() as connection:
        attempts = await ended(connection, urls=[address], since=since, limit=1)
        if not attempts:
            return Report(url=address, attempt=None)
        attempt = attempts[0]
        versions = await history(connection, attempt.article_id) if attempt.article_id else []
    newest = versions[-1] if versions else None
    return Report(
        url=address,
        attempt=attempt,
        version=newest.number if newest else 0,
        edits=newest.edits if newest and attempt.outcome is Outcome.CHANGED else None,
    )
