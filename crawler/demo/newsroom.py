"""The newsroom as a whole: which outlets there are, what they answer in this run, and what must come of it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from crawler.demo.expect import expect
from crawler.demo.rendering import Answer, answers
from crawler.demo.text import demo_outlet
from crawler.demo.truth import ExpectedVisit
from news.errors import ConfigurationError
from news.outlet import Outlet, Source, SourceKind

#: the folders under texts/, in the order of their ports
OUTLETS = ("courier", "morgenbote", "correo", "newsable")
#: what changes after the second run changes at least every so many runs (texts/README.md asks for it)
_PERIOD = 2
#: Last-Modified of what has not changed since the first run
_BEGINNING = datetime(2026, 11, 6, 6, tzinfo=UTC)


@dataclass(frozen=True)
class Newsroom:
    """Outlets on `base_port` and the ports after it, as they are in their `run`-th run (from 1).

    It serves nothing by itself: that is `crawler.demo.http_server.serve`.
    """

    base_port: int = 8101
    run: int = 1

    def __post_init__(self) -> None:
        """Raise ConfigurationError for ports or a run that cannot be."""
        last = 65535 - len(OUTLETS) + 1
        if not 1 <= self.base_port <= last:
            raise ConfigurationError(f"The demo newsroom needs a base port from 1 to {last}, not {self.base_port}.")
        if self.run < 1:
            raise ConfigurationError(f"The demo newsroom's runs count from 1, not {self.run}.")

    def ports(self) -> dict[str, int]:
        """Return outlet folder -> port."""
        return {name: self.base_port + number for number, name in enumerate(OUTLETS)}

    def origin(self, name: str) -> str:
        """Return scheme, host and port of the outlet in folder `name`."""
        return f"http://127.0.0.1:{self.ports()[name]}"

    def outlets(self) -> tuple[Outlet, ...]:
        """Return the outlets as a crawler must know them, enabled."""
        return tuple(self._outlet(name) for name in OUTLETS)

    def _outlet(self, name: str) -> Outlet:
        site, origin = demo_outlet(name), self.origin(name)
        return Outlet(
            slug=site.slug,
            name=site.name,
            home=f"{origin}/",
            country=site.country,
            languages=site.languages,
            timezone=site.timezone,
            sources=(
                Source(kind=SourceKind.FEED, url=origin + site.feed),
                Source(kind=SourceKind.SITEMAP, url=f"{origin}/sitemap-index.xml"),
                Source(kind=SourceKind.FRONT_PAGE, url=f"{origin}/"),
            ),
            delay_seconds=site.crawl_delay_seconds,
            enabled=True,
        )

    def expected(self, *seen: int) -> tuple[ExpectedVisit, ...]:
        """Return what must come of each address in this run.

        `seen` are the earlier runs as which a crawler may know the newsroom (`seen_runs` tells): none or 0 means that
        it has seen nothing. With several, as after a kill, each outcome that one of them allows is right.
        """
        known = sorted({run for run in seen if run < self.run}) or [0]
        return tuple(each for name in OUTLETS for each in expect(name, self.origin, self.run, known))

    def answer(self, name: str, path: str) -> Answer | None:
        """Return what the outlet in folder `name` answers at `path`, None for an address that it does not know."""
        return answers(name, self.origin(name), self.run).get(path)

    def last_modified(self, name: str, path: str) -> datetime:
        """Return when the answer at `path` last changed: a minute a run after the beginning."""
        return _BEGINNING + timedelta(minutes=self._changed_in(name, path) - 1)

    def _changed_in(self, name: str, path: str) -> int:
        origin = self.origin(name)

        def bytes_in(run: int) -> bytes | None:
            found = answers(name, origin, run).get(path)
            return found.content if found else None

        for run in range(self.run, max(self.run - _PERIOD, 1), -1):
            if bytes_in(run) != bytes_in(run - 1):
                return run
        return 1 if bytes_in(self.run) == bytes_in(1) else 2
