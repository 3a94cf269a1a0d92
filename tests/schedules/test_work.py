"""A worker and the jobs that are not for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, text

from ledger.pages import Found, announce
from ledger.schema import attempts
from news.clock import now
from news.outcome import Outcome
from schedules.cancellation import end_all
from schedules.jobs import SLOWED, Jobs
from schedules.work import work

QUEUED = text("SELECT args, scheduled_at, lock, queueing_lock FROM procrastinate_jobs WHERE status = 'todo'")


@asynccontextmanager
async def worker_of(jobs: Jobs) -> AsyncIterator[None]:
    """Work off jobs within the block."""
    worker = asyncio.create_task(work(jobs, 1))
    try:
        yield
        assert not worker.done()
    finally:
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)


async def test_a_job_whose_outlet_has_no_file_here_is_left_to_other_machines(jobs: Jobs) -> None:
    await jobs.crawl(replace(jobs.catalogue.outlet("harbour"), slug="elsewhere"))
    engine = jobs.runtime.engine
    async with engine.connect() as connection:
        [asked] = await connection.execute(QUEUED)
    async with worker_of(jobs):
        while True:
            async with engine.connect() as connection:
                queued = (await connection.execute(QUEUED)).all()
            if queued and queued[0].scheduled_at:
                break
            await asyncio.sleep(0.05)
    [again] = queued
    assert again.args == asked.args | {"failures": 1}
    assert (again.lock, again.queueing_lock) == (asked.lock, asked.queueing_lock)
    assert again.scheduled_at > datetime.now(UTC)


@pytest.mark.parametrize("outcome", [Outcome.TOO_SLOW, Outcome.NOT_AN_ARTICLE])
async def test_the_rest_of_an_outlet_whose_pages_take_too_much_waits_longer(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch, outcome: Outcome
) -> None:
    """The slice itself fetches nothing here: what it leaves over is what the job asks for again."""
    slices = 0

    async def nothing(*_: object, **__: object) -> None:
        nonlocal slices
        slices += 1

    monkeypatch.setattr("schedules.jobs.crawl_slice", nothing)
    outlet, engine = jobs.catalogue.outlet("harbour"), jobs.runtime.engine
    async with engine.begin() as connection:
        await announce(connection, outlet.slug, "feed", [Found(url=f"{outlet.home}a-page-that-is-due")])
        for number in range(8):
            values = {"at": now(), "outlet": outlet.slug, "url": f"{outlet.home}{number}", "outcome": outcome}
            await connection.execute(insert(attempts).values(values))
    await jobs.crawl(outlet)
    async with worker_of(jobs):
        waits: list[datetime] = []
        while not waits and slices < 2:
            async with engine.connect() as connection:
                waits = [each.scheduled_at for each in await connection.execute(QUEUED) if each.scheduled_at]
            await asyncio.sleep(0.02)
    assert bool(waits) is (outcome is Outcome.TOO_SLOW)
    assert all(timedelta(minutes=4) < at - now() < SLOWED + timedelta(seconds=1) for at in waits)


async def test_a_task_that_swallows_its_cancellation_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schedules.cancellation.AGAIN_SECONDS", 0.05)
    asked = 0

    async def deaf() -> None:
        nonlocal asked
        while asked < 3:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                asked += 1

    task = asyncio.create_task(deaf())
    await asyncio.sleep(0)
    ending = asyncio.create_task(end_all([task]))
    await asyncio.sleep(0.01)
    ending.cancel()  # who waits is impatient, and still waits
    with pytest.raises(asyncio.CancelledError):
        await ending
    assert task.done()
    assert asked == 3


async def test_a_job_that_hangs_is_cancelled(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schedules.work.JOB_SECONDS", 0.2)
    ended = asyncio.Event()

    @jobs.app.task(name="hang", queue=jobs.queue)
    async def hang(failures: int = 0) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.set()

    await hang.defer_async()
    async with worker_of(jobs):
        await ended.wait()
    assert ended.is_set()
