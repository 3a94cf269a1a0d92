"""A worker and the jobs that are not for it."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from crawler.catalogue import Catalogue
from crawler.slices import settings
from index.open import open_index
from news.configuration import Configuration
from pipelines.desk import Desk
from pipelines.pool import Pool
from schedules.jobs import open_jobs
from schedules.work import work
from tests.schedules.site import Site, write_outlet

QUEUED = text("SELECT args, scheduled_at, lock, queueing_lock FROM procrastinate_jobs WHERE status = 'todo'")


async def test_a_job_whose_outlet_has_no_file_here_is_left_to_other_machines(
    engine: AsyncEngine, tmp_path: Path, site: Site
) -> None:
    write_outlet(tmp_path, "harbour", site)
    configuration = Configuration(home=tmp_path, allow_loopback=True)
    pool = Pool(1)
    desk = Desk(configuration=configuration, engine=engine, index=open_index(configuration, engine), pool=pool)
    async with open_jobs(desk, Catalogue(home=tmp_path), settings()) as jobs:
        await jobs.crawl(replace(jobs.catalogue.outlet("harbour"), slug="elsewhere"))
        async with engine.connect() as connection:
            [asked] = await connection.execute(QUEUED)
        worker = asyncio.create_task(work(jobs, 1))
        while True:
            async with engine.connect() as connection:
                queued = (await connection.execute(QUEUED)).all()
            if queued and queued[0].scheduled_at:
                break
            assert not worker.done()
            await asyncio.sleep(0.05)
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
    pool.close()
    [again] = queued
    assert again.args == asked.args | {"failures": 1}
    assert (again.lock, again.queueing_lock) == (asked.lock, asked.queueing_lock)
    assert again.scheduled_at > datetime.now(UTC)
