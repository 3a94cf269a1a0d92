"""The timetable over a real ledger: what it plans, asks for and remembers over restarts."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

import news.clock
from ledger.outlet_state import SourceState, note_source, pause
from ledger.pages import want
from ledger.schedule_state import known, note_asked
from ledger.source_rates import habits, note_arrivals
from news.clock import set_offset
from news.outlet import Source, SourceKind
from schedules.jobs import Jobs
from schedules.timetable import Keeper, plans
from tests import warm
from tests.schedules.processes import running, until
from tests.schedules.site import Site, article, write_outlet

NOW = datetime.now(UTC).replace(microsecond=0)


def feed(site: Site) -> Source:
    return Source(kind=SourceKind.FEED, url=f"{site.url}/feed.xml")


async def read(engine: AsyncEngine, source: Source, at: datetime, new: int = 0, outcome: str = "read") -> None:
    state = SourceState(url=source.url, kind=source.kind, fetched_at=at, outcome=outcome)
    async with engine.begin() as connection:
        await note_source(connection, "harbour", source, state, new)


async def queued(engine: AsyncEngine) -> list[object]:
    async with engine.connect() as connection:
        query = text("SELECT args->'sources' FROM procrastinate_jobs ORDER BY id")
        return list((await connection.execute(query)).scalars())


async def test_what_is_due_is_asked_for_once_and_not_again_by_the_next_daemon(jobs: Jobs, site: Site) -> None:
    for _ in range(2):  # the second is one that takes over
        keeper = Keeper(jobs)
        keeper.scheduler.start(paused=True)
        await keeper.look()
        assert keeper.scheduler.get_job("harbour") is not None
        made = keeper._plans["harbour"]
        if made.at is not None and made.at <= datetime.now(UTC):
            await keeper._ask("harbour")
        keeper.scheduler.shutdown(wait=False)
    assert await queued(jobs.runtime.engine) == [[feed(site).url, "robots.txt"]]
    async with jobs.runtime.engine.connect() as connection:
        [made] = await plans(connection, [jobs.catalogue.outlet("harbour")], datetime.now(UTC))
    assert made.at is not None
    assert made.at > datetime.now(UTC) + timedelta(minutes=4)


async def test_a_paused_outlet_rests_and_what_was_due_meanwhile_happens_once(jobs: Jobs, site: Site) -> None:
    outlet = jobs.catalogue.outlet("harbour")
    await read(jobs.runtime.engine, feed(site), NOW - timedelta(days=2))
    async with jobs.runtime.engine.begin() as connection:
        await pause(connection, ["harbour"], paused=True)
        [made] = await plans(connection, [outlet], NOW)
        assert (made.at, made.why) == (None, "paused")
        await pause(connection, ["harbour"], paused=False)
        [made] = await plans(connection, [outlet], NOW)
    assert made.at == NOW
    assert "due since" in made.readings[0].why


async def test_pages_that_are_due_are_visited_between_two_readings(jobs: Jobs, site: Site) -> None:
    outlet = jobs.catalogue.outlet("harbour")
    now = datetime.now(UTC)  # not the module's: the tests before may have taken a reading's time
    async with jobs.runtime.engine.begin() as connection:
        await note_asked(connection, "harbour", [feed(site), Source(kind=SourceKind.SITEMAP, url="robots.txt")], now)
        await want(connection, "harbour", f"{site.url}/2024/a-page")
        [made] = await plans(connection, [outlet], datetime.now(UTC))
    assert made.visit_at is not None
    assert made.at == made.visit_at
    keeper = Keeper(jobs)
    keeper.scheduler.start(paused=True)
    await keeper.look()
    await keeper._ask("harbour")
    assert await queued(jobs.runtime.engine) == [False]
    # gathered: not again before some minutes have passed
    assert keeper._plans["harbour"].visit_at > datetime.now(UTC) + timedelta(minutes=2)
    keeper.scheduler.shutdown(wait=False)


async def test_an_outlet_file_counts_in_the_timetable_when_it_is_written_changed_or_taken_away(
    jobs: Jobs, site: Site, tmp_path: Path
) -> None:
    keeper = Keeper(jobs)
    keeper.scheduler.start(paused=True)
    await keeper.look()
    write_outlet(tmp_path, "quay", site, "[schedule]\nevery_minutes = 7\njitter_seconds = 0")
    assert (await jobs.outlet("quay")).name == "Quay", "found without waiting for the next look"
    await keeper.look()
    assert {job.id for job in keeper.scheduler.get_jobs()} == {"harbour", "quay"}
    await keeper._ask("quay")
    assert "every 7 minutes" in keeper._plans["quay"].why
    write_outlet(tmp_path, "quay", site, "[schedule]\nevery_minutes = 99\njitter_seconds = 0")
    jobs.catalogue.reread()
    await keeper.look()
    assert "every 99 minutes" in keeper._plans["quay"].why
    (tmp_path / "outlets" / "quay.toml").unlink()
    jobs.catalogue.reread()
    await keeper.look()
    assert [job.id for job in keeper.scheduler.get_jobs()] == ["harbour"]
    await keeper._ask("quay")  # a moment too late: it is nobody's any more
    keeper.scheduler.shutdown(wait=False)


async def test_a_reading_is_not_put_off_by_what_happens_to_the_outlet_meanwhile(jobs: Jobs, site: Site) -> None:
    await read(jobs.runtime.engine, feed(site), NOW, new=9)
    outlet = jobs.catalogue.outlet("harbour")
    async with jobs.runtime.engine.connect() as connection:
        soon, late = [(await plans(connection, [outlet], NOW + timedelta(minutes=passed)))[0] for passed in (1, 12)]
    [first, again] = [next(each for each in made.readings if each.source == feed(site).url) for made in (soon, late)]
    assert (again.at, again.why) == (first.at, first.why)
    assert first.at is not None
    assert first.at <= NOW + timedelta(minutes=16)
    assert first.why == "its rate is not known yet"


async def test_a_first_reading_is_no_habit_and_failures_in_a_row_are_counted(engine: AsyncEngine, site: Site) -> None:
    source = feed(site)
    await read(engine, source, NOW, new=500)
    await read(engine, source, NOW, new=3)
    await read(engine, source, NOW, new=4)
    async with engine.begin() as connection:
        local = NOW.astimezone(UTC)
        brought = {source.url: {(local.weekday(), local.hour): 7}}
        assert await habits(connection, {"harbour": "UTC", "other": "Asia/Tokyo"}, NOW) == {"harbour": brought}
        await note_arrivals(connection, "harbour", "never read", 9, NOW)
        assert await habits(connection, {"harbour": "UTC"}, NOW) == {"harbour": brought}
    for outcome in ("timeout", "http_error"):
        await read(engine, source, NOW, outcome=outcome)
    async with engine.connect() as connection:
        row = (await connection.execute(text("SELECT failures, failing_since FROM sources"))).one()
        assert (row.failures, row.failing_since) == (2, NOW)
        assert (await known(connection, ["harbour"]))["harbour"].first_at == {source.url: NOW}
    await read(engine, source, NOW, outcome="not_modified")
    async with engine.connect() as connection:
        row = (await connection.execute(text("SELECT failures, failing_since FROM sources"))).one()
        assert (row.failures, row.failing_since) == (0, None)


def test_the_command_tells_what_happens_next_and_a_daemon_does_it(
    tmp_path: Path, environ: dict[str, str], site: Site
) -> None:
    site.has("/2024/boats-counted-at-the-quay", article("Boats counted"))
    site.lists("/2024/boats-counted-at-the-quay")
    write_outlet(tmp_path, "harbour", site, "[schedule]\nevery_minutes = 0.05\njitter_seconds = 0")

    def schedule(*arguments: str) -> str:
        ran = warm.run(["schedule", *arguments], environ)
        ran.check_returncode()
        return ran.stdout

    [listed] = json.loads(schedule("list", "--json"))
    assert (listed["outlet"], listed["sources"][0]["why"]) == ("harbour", "not read yet")
    log = tmp_path / "log"
    with running(["worker"], environ, log):
        until(lambda: site.asked("/feed.xml") >= 3, "the feed is read again and again", log)
        until(lambda: site.asked("/2024/boats-counted-at-the-quay") == 1, "the article is fetched once", log)
        assert "every 0.05 minutes" in schedule("show", "harbour")
        schedule("pause", "harbour")
        assert "paused" in schedule("show", "harbour")


def test_an_outlet_that_is_added_while_a_daemon_runs_is_crawled(
    tmp_path: Path, environ: dict[str, str], site: Site
) -> None:
    site.has("/2024/boats-counted-at-the-quay", article("Boats counted"))
    site.lists("/2024/boats-counted-at-the-quay")
    log = tmp_path / "log"
    with running(["worker"], environ, log):
        until(lambda: "timetable_running" in log.read_text(), "the daemon keeps the timetable", log)
        write_outlet(tmp_path, "harbour", site)
        until(lambda: site.asked("/2024/boats-counted-at-the-quay") == 1, "the article is fetched", log)
    assert site.asked("/2024/boats-counted-at-the-quay") == 1


async def test_the_scheduler_is_woken_by_the_machines_own_clock_at_the_databases_time(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = timedelta(days=2)
    monkeypatch.setattr(news.clock, "system_now", lambda: datetime.now(UTC) + days)
    set_offset(-days)
    keeper = Keeper(jobs)
    keeper.scheduler.start(paused=True)
    try:
        await keeper.look()
        assert _woken_at(keeper) - keeper._plans["harbour"].at == days
        # the machine's clock is set right, and measured again
        monkeypatch.undo()
        set_offset(timedelta(0))
        await keeper.look()
        assert _woken_at(keeper) == keeper._plans["harbour"].at
    finally:
        set_offset(timedelta(0))
        keeper.scheduler.shutdown(wait=False)


def _woken_at(keeper: Keeper) -> datetime:
    at: datetime = keeper.scheduler.get_job("harbour").trigger.run_date
    return at
