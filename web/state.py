"""The application's state: the ledger, the index and the outlets' names."""

from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request

from crawler.catalogue import Catalogue
from index.protocol import Index
from schedules.jobs import Jobs
from web.additions import Additions
from web.outlet_names import OutletNames
from web.readiness import Probe


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
    #: IANA time zone of days, and of times on the pages
    timezone: str = "UTC"


def zone_of(request: Request) -> str:
    """Return the IANA time zone in which the asker reads times."""
    return state_of(request).timezone


def state_of(request: Request) -> AppState:
    """Return the state of the application that answers `request`."""
    state: AppState = request.app.state.broadsheet
    return state
