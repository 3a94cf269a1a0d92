"""What the pages need at hand: the ledger, the index and the outlets' names."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request

from index.protocol import Index
from schedules.jobs import Jobs
from web.outlets import OutletNames
from web.readiness import Probe


@dataclass(frozen=True, kw_only=True)
class Rooms:
    """The opened rooms below; `web.app` puts them into the application's state."""

    engine: AsyncEngine
    index: Index
    outlets: OutletNames
    #: whether a page could be fetched, recorded and indexed now
    probe: Probe
    #: the job queue; None where nothing can be asked to be fetched
    jobs: Jobs | None = None
    #: what a program sends to change anything
    token: str | None = None


def rooms_of(request: Request) -> Rooms:
    """Return the rooms of the application that answers `request`."""
    rooms: Rooms = request.app.state.rooms
    return rooms
