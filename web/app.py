"""The application: pages for people, JSON for programs, one guard around both."""

from collections.abc import Collection
from importlib.metadata import version

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.staticfiles import StaticFiles

from index.protocol import Index
from news.configuration import Configuration
from schedules.jobs import Jobs
from web import failures, render
from web.api import api
from web.article import article
from web.guard import Guard
from web.head import HeadAsGet
from web.health import health
from web.metrics import metrics
from web.outlets import OutletNames
from web.readiness import Probe
from web.recrawl import recrawls
from web.rooms import Rooms
from web.search import search


def create_app(
    engine: AsyncEngine,
    index: Index,
    configuration: Configuration,
    *,
    hosts: Collection[str] = (),
    jobs: Jobs | None = None,
) -> FastAPI:
    """Return the application over the opened ledger and index, which stay their owner's to close.

    It answers to the names of loopback and to `hosts`. Nothing is asked of either server before the first request.
    """
    app = FastAPI(
        title="Broadsheet",
        description="News articles, every version of each, found by words and facets.",
        version=version("broadsheet"),
        openapi_url="/openapi.json",
        # their pages load scripts from elsewhere; a reader of ours never does
        docs_url=None,
        redoc_url=None,
    )
    app.state.rooms = Rooms(
        engine=engine,
        index=index,
        outlets=OutletNames(configuration.home),
        probe=Probe(engine=engine, index=index, archive=configuration.archive, jobs=jobs),
        jobs=jobs,
        token=configuration.token,
    )
    app.add_route("/", search)
    app.add_route("/articles/{id}", article)
    app.include_router(api)
    app.include_router(health)
    app.include_router(metrics)
    app.include_router(recrawls)
    app.mount("/static", StaticFiles(directory=render.STATIC))
    failures.add_to(app)
    app.add_middleware(HeadAsGet)
    app.add_middleware(Guard, hosts=hosts)
    return app
