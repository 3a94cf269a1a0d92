"""The round over a real ledger: what is counted, who is marked, and what a webhook hears of it."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from ledger.completeness import count_hours, sums
from ledger.listings import note_listing
from ledger.outlet_health import healths
from ledger.outlet_state import SourceState, note_source
from ledger.pages import Found, announce, due
from ledger.visit_transaction import record
from news.outcome import Outcome
from news.outlet import Outlet, Source, SourceKind
from news.visit import Visit
from schedules.health_checks import go_round, notify
from schedules.jobs import Jobs
from schedules.outlet_events import change_of_health
from tests.schedules.site import Site
from web.app import create_app

NOW = datetime.now(UTC).replace(minute=30, second=0, microsecond=0)
HARBOUR = Outlet(slug="harbour", name="Harbour", home="https://harbour.example/")
HOUR = timedelta(hours=1)


@pytest.fixture
def webhook() -> Iterator[tuple[str, list[dict[str, object]], list[int]]]:
    """Give a webhook's address, what it was told, and the statuses it will answer with first."""
    told: list[dict[str, object]] = []
    statuses: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status = statuses.pop(0) if statuses else 204
            if status == 204:
                told.append(body)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", told, statuses
    server.shutdown()
    server.server_close()


async def read(engine: AsyncEngine, site: Site, at: datetime, *, new: int = 0, outcome: str = "read") -> None:
    source = Source(kind=SourceKind.FEED, url=f"{site.url}/feed.xml")
    state = SourceState(url=source.url, kind=source.kind, fetched_at=at, outcome=outcome, found=20)
    async with engine.begin() as connection:
        await note_source(connection, "harbour", source, state, new)


async def test_each_stage_is_counted_and_counting_twice_changes_nothing(engine: AsyncEngine, site: Site) -> None:
    urls = [f"{site.url}/2024/page-{number}" for number in range(5)]
    async with engine.begin() as connection:
        await announce(connection, "harbour", f"{site.url}/feed.xml", [Found(url=url) for url in urls])
        await announce(connection, "harbour", "canonical", [Found(url=f"{site.url}/other")])
    for url, outcome in zip(urls, ("gone", "wall", "wall", "not_modified"), strict=False):
        attempt = Visit(outlet=HARBOUR, url=url, fetched_at=datetime.now(UTC), outcome=Outcome(outcome))
        await record(engine, attempt)
    for _ in range(2):
        async with engine.begin() as connection:
            await count_hours(connection)
            counted = (await sums(connection, NOW - timedelta(days=1)))["harbour"]
    assert (counted.found, counted.fetched, counted.stored, counted.unchanged) == (5, 4, 0, 1)
    assert counted.refused == {"gone": 1, "wall": 2}


async def test_an_outlet_is_marked_told_of_once_and_unmarked_when_well(
    jobs: Jobs, site: Site, webhook: tuple[str, list[dict[str, object]], list[int]]
) -> None:
    url, told, statuses = webhook
    engine = jobs.runtime.engine
    start = NOW - timedelta(days=16)
    await read(engine, site, start, new=100)
    last = NOW - 3 * HOUR
    at = start + HOUR
    while at <= last:
        await read(engine, site, at, new=1)
        at += HOUR
    await go_round(jobs, last + HOUR / 2)
    assert (await _health(engine)).reason is None
    await read(engine, site, NOW)
    statuses += [500]
    await go_round(jobs, NOW)
    found = await _health(engine)
    assert found.reason is not None
    assert found.reason.startswith("silent since")
    await notify(jobs, url)  # is answered by 500
    await notify(jobs, url)
    await notify(jobs, url)
    assert [(each["event"], each["outlet"]) for each in told] == [("outlet_unhealthy", "harbour")]
    assert (told[0]["expected"], told[0]["silent_hours"]) == (24, 3.5)

    app = create_app(engine, jobs.runtime.index, jobs.runtime.configuration)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as web:
        metrics = (await web.get("/metrics")).text
    assert 'broadsheet_outlet_unhealthy{outlet="harbour"} 1.0' in metrics

    await read(engine, site, NOW + HOUR, new=1)
    await go_round(jobs, NOW + HOUR + timedelta(minutes=1))
    await notify(jobs, url)
    assert (await _health(engine)).reason is None
    assert [each["event"] for each in told] == ["outlet_unhealthy", "outlet_recovered"]


async def test_a_feed_that_dies_is_marked_after_its_second_failure(jobs: Jobs, site: Site) -> None:
    engine = jobs.runtime.engine
    for minutes, outcome in ((0, "read"), (15, "http_error"), (30, "http_error")):
        now = NOW + timedelta(minutes=minutes)
        await read(engine, site, now, outcome=outcome)
        await go_round(jobs, now + timedelta(seconds=1))
        assert ((await _health(engine)).reason is not None) == (minutes == 30)


async def test_what_was_met_at_a_wall_is_tried_again_as_soon_as_the_outlet_is_well(jobs: Jobs, site: Site) -> None:
    engine = jobs.runtime.engine
    urls = [f"{site.url}/2024/page-{number}" for number in range(3)]
    async with engine.begin() as connection:
        await announce(connection, "harbour", f"{site.url}/feed.xml", [Found(url=url) for url in urls])
    for url, outcome in zip(urls, (Outcome.WALL, Outcome.WALL, Outcome.GONE), strict=True):
        await record(engine, Visit(outlet=HARBOUR, url=url, fetched_at=NOW, outcome=outcome))
    for minutes in (2, 1):
        await read(engine, site, NOW - timedelta(minutes=minutes), outcome="server_error")
    await go_round(jobs, NOW)
    async with engine.connect() as connection:
        assert [each.url for each in await due(connection, "harbour", 9)] == []
    await read(engine, site, NOW + timedelta(minutes=1))
    await go_round(jobs, NOW + timedelta(minutes=2))
    async with engine.connect() as connection:
        assert {each.url for each in await due(connection, "harbour", 9)} == set(urls[:2])


async def test_an_outlet_that_is_disabled_is_forgotten(jobs: Jobs, site: Site) -> None:
    await read(jobs.runtime.engine, site, NOW)
    await go_round(jobs, NOW)
    async with jobs.runtime.engine.begin() as connection:
        assert "harbour" in await healths(connection)
        await connection.execute(text("INSERT INTO outlets (slug, enabled) VALUES ('harbour', false)"))
    await go_round(jobs, NOW + HOUR)
    async with jobs.runtime.engine.connect() as connection:
        assert await healths(connection) == {}


async def test_the_crawl_event_has_only_fields_that_the_index_knows(jobs: Jobs, site: Site) -> None:
    await read(jobs.runtime.engine, site, NOW, outcome="timeout")
    await read(jobs.runtime.engine, site, NOW, outcome="timeout")
    await go_round(jobs, NOW)
    fields = json.loads((Path(__file__).parents[2] / "index" / "events.json").read_text())["mappings"]["properties"]
    assert (
        change_of_health(await _health(jobs.runtime.engine), jobs.catalogue.outlet("harbour")).keys() <= fields.keys()
    )


async def _health(engine: AsyncEngine):  # type: ignore[no-untyped-def]
    async with engine.connect() as connection:
        return (await healths(connection))["harbour"]


async def test_a_feed_that_lists_the_same_for_days_is_named_until_it_lists_something_new(
    jobs: Jobs, site: Site
) -> None:
    engine, feed, part = jobs.runtime.engine, f"{site.url}/feed.xml", f"{site.url}/sitemap-2024-02.xml"
    start, died = NOW - timedelta(days=20), NOW - timedelta(days=3)

    async def read_both(at: datetime) -> None:
        """Read the feed, and a part of a sitemap index, which has what the feed lacks."""
        number = int((at - start) / HOUR)
        for url, lists in ((feed, at <= died), (part, True)):
            source = Source(kind=SourceKind.FEED if url == feed else SourceKind.SITEMAP, url=url)
            state = SourceState(url=url, kind=source.kind, fetched_at=at, outcome="read", found=20)
            async with engine.begin() as connection:
                if lists:
                    await note_listing(connection, "harbour", url, [Found(url=f"{url}/{number}")], at)
                await note_source(connection, "harbour", source, state, int(lists))

    at = start
    while at <= NOW:
        await read_both(at)
        at += HOUR
        if at in (died + HOUR, died + 24 * HOUR, NOW):
            await go_round(jobs, at)
            found = await _health(engine)
            if at == died + HOUR:
                assert found.reason is None
            else:
                assert found.reason == f"{feed} has listed nothing new since {died:%d %b %H:%M} UTC, other sources have"
    # another month begins: the part is meant to stand still, and the feed is well again
    died = NOW + HOUR
    await read_both(NOW + HOUR)
    await go_round(jobs, NOW + HOUR)
    assert (await _health(engine)).reason is None


async def test_a_dead_feed_that_the_file_names_no_more_is_forgotten(jobs: Jobs, site: Site) -> None:
    engine = jobs.runtime.engine
    old = Source(kind=SourceKind.FEED, url=f"{site.url}/old.xml")
    part = Source(kind=SourceKind.SITEMAP, url=f"{site.url}/sitemap-of-an-index.xml")
    for source in (old, part):
        state = SourceState(url=source.url, kind=source.kind, fetched_at=NOW, outcome="http_error", reason="404")
        async with engine.begin() as connection:
            await note_source(connection, "harbour", source, state)
            await note_source(connection, "harbour", source, state)
    await read(engine, site, NOW + HOUR)
    await go_round(jobs, NOW + HOUR)
    reason = (await _health(engine)).reason or ""
    assert part.url in reason
    assert old.url not in reason
    await read(engine, site, NOW + timedelta(days=8))
    await go_round(jobs, NOW + timedelta(days=8))
    assert (await _health(engine)).reason is None
