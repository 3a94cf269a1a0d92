"""The application's state: the ledger, the index and the outlets' names."""

from dataclasses import dataclass, field
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request

from crawler.catalogue import Catalogue
from index.protocol import Index
from news.configuration import Configuration
from schedules.jobs import Jobs
from web.additions import Additions
from web.outlet_names import OutletNames
from web.readiness import Probe

ZONE_COOKIE = "timezone"


@dataclass(frozen=True, kw_only=True)
class AppState:
    """The opened ledger and index, and what belongs to them; `web.app` stores it in the application."""

    engine: AsyncEngine
    index: Index
    outlets: OutletNames
    #: the outlets' files
    catalogue: Catalogue
    #: whether a page could be fetched, recorded and indexed now
    probe: Probe
    #: the job queue; None where nothing can be asked to be fetched
    jobs: Jobs | None = None
    #: outlets that are being added by a reader
    additions: Additions = field(default_factory=Additions)
    #: what a program sends to change anything
    token: str | None = None
    #: names under which the pages are asked for from elsewhere
    public_hosts: frozenset[str] = frozenset()
    #: IANA time zone of days, and of times on the pages; None: each reader's own
    timezone: str | None = None
    #: the settings by which a watch is added
    configuration: Configuration | None = None


def zone_of(request: Request) -> str:
    """Return the IANA time zone in which the asker reads times: the setting's, else what the browser said of itself.

    A page's own script notes it in a cookie; without one it is UTC.
    """
    stated = state_of(request).timezone
    return stated or _known_zone(request.cookies.get(ZONE_COOKIE, ""))


@lru_cache(maxsize=1_000)
def _known_zone(name: str) -> str:
    try:
        return ZoneInfo(name).key if name and len(name) < 100 else "UTC"
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return "UTC"


def state_of(request: Request) -> AppState:
    """Return the state of the application that answers `request`."""
    state: AppState = request.app.state.broadsheet
    return state
