"""Outlets that are being added: a home page is looked at, its feeds are tried, its file is written."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from crawler.autodiscovery import DiscoveredOutlet, discover, write
from crawler.discovery import twin_of
from news.errors import BadQuery, BroadsheetError, NotFound
from news.log import Log
from schedules.jobs import Jobs

log = Log()

#: home pages that are looked at side by side; each waits most of the time, for its site's delay
AT_ONCE = 4
#: results that are remembered; an older one is in its file
MOST_KEPT = 100


@dataclass(kw_only=True)
class Addition:
    """An outlet that is being added: its home page is looked at, its feeds are tried, its file is written."""

    url: str
    found: DiscoveredOutlet | None = None
    #: why no outlet was added
    mistake: str = ""
    #: None once it has ended
    task: asyncio.Task[None] | None = None

    @property
    def is_added(self) -> bool:
        """Whether the outlet's file was written."""
        return self.found is not None and not self.mistake


@dataclass(kw_only=True)
class Additions:
    """The outlets that are being added by this process, and those that were lately; a kill leaves no half file."""

    _kept: "OrderedDict[UUID, Addition]" = field(default_factory=OrderedDict)
    _places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    def begin(self, jobs: Jobs, url: str) -> UUID:
        """Look at a home page from now on, and return the id of the addition; one that is asked twice joins."""
        for id, each in self._kept.items():
            if each.url == url and each.task is not None:
                return id
        if sum(each.task is not None for each in self._kept.values()) >= 4 * AT_ONCE:
            raise BadQuery("Many outlets are being added; try again in a minute.")
        id, made = uuid4(), Addition(url=url)
        self._kept[id] = made
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        made.task = asyncio.create_task(self._add(jobs, made))
        return id

    def of(self, id: UUID) -> Addition:
        """Return an addition, its result included once there is one. Raises NotFound."""
        try:
            return self._kept[id]
        except KeyError:
            raise NotFound(
                "Nothing is known of this any more: the server was started anew. Add the outlet again."
            ) from None

    async def _add(self, jobs: Jobs, addition: Addition) -> None:
        try:
            async with self._places:
                await jobs.reread_catalogue()
                taken = [outlet.slug for outlet in jobs.catalogue]
                addition.found = found = await discover(jobs.settings, jobs.runtime, addition.url, taken)
                if twin := twin_of(jobs.catalogue, found.outlet.home):
                    addition.mistake = f"{twin.name} ({twin.slug}) is an outlet of this site already."
                elif not any(source.found for source in found.tried):
                    addition.mistake = f"No feed, sitemap or front page lists articles. {found.verdict.reason}"
                else:
                    await asyncio.to_thread(write, jobs.runtime.configuration.home, found.outlet)
                    await jobs.reread_catalogue()
        except BroadsheetError as error:
            addition.mistake = str(error)
        except Exception as error:
            log.error("outlet_not_added", url=addition.url, exc_info=error)
            addition.mistake = "Internal error; see the log (outlet_not_added)."
        finally:
            addition.task = None
