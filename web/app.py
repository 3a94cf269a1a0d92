"""The application: pages for people, JSON for programs, the same security for both."""

from collections.abc import Collection
from functools import partial
from importlib.metadata import version
from typing import Any

from fastapi import Depends, FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crawler.catalogue import Catalogue
from index.protocol import Index
from news.configuration import Configuration
from schedules.jobs import Jobs
from web import article_page, error_responses, outlet_actions, render, watch_form, watches
from web.api import api
from web.api_page import api_page
from web.attention import attention_table
from web.changes import api_changes, changes_feed, changes_page
from web.conditional import NotModified
from web.corrections import api_corrections
from web.export import exports
from web.facet_api import api_facets
from web.feed_pages import search_feed
from web.known_parameters import refuse_unknown
from web.metrics import metrics
from web.outlet_api import api_outlets
from web.outlet_list import outlet_list
from web.outlet_names import OutletNames
from web.outlet_page import outlet_page
from web.probes import probes
from web.readiness import Probe
from web.recrawl import recrawls
from web.search_page import search
from web.security_headers import SecurityMiddleware
from web.state import AppState
from web.status_page import status_page
from web.story_page import story
from web.watch_api import api_watches


def create_app(
    engine: AsyncEngine,
    index: Index,
    configuration: Configuration,
    *,
    hosts: Collection[str] = (),
    jobs: Jobs | None = None,
) -> FastAPI:
    """Return the application over the opened ledger and index, which stay their owner's to close.

    It answers to the names of loopback, to `hosts` and to those of the configuration. Nothing is asked of either server
    before the first request.
    """
    app = FastAPI(
        title="Broadsheet",
        description=(
            "News articles and every version of each, found by words and facets. "
            "An error is a problem (RFC 9457) whose `detail` says in one sentence what is wrong and what to do."
        ),
        version=version("broadsheet"),
        openapi_url="/openapi.json",
        # their pages load scripts from other servers
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(refuse_unknown)],
        responses={400: error_responses.ERRORS[400]},
    )
    catalogue = jobs.catalogue if jobs else Catalogue(home=configuration.home)
    app.state.broadsheet = AppState(
        engine=engine,
        index=index,
        outlets=OutletNames(catalogue),
        catalogue=catalogue,
        probe=Probe(engine=engine, index=index, archive=configuration.archive, jobs=jobs),
        jobs=jobs,
        token=configuration.token,
        timezone=configuration.timezone,
        public_hosts=frozenset(host.strip("[]") for host in configuration.hosts),
        configuration=configuration,
    )
    app.add_route("/", search)
    app.add_route("/articles/{id}", article_page.article)
    app.add_route("/articles/{id}/compare", article_page.compare)
    app.add_route("/articles/{id}/timegate", article_page.time_gate)
    app.add_route("/articles/{id}/timemap", article_page.time_map)
    app.add_route("/articles/{id}/versions/{number}", article_page.version)
    app.add_route("/changes", changes_page)
    app.add_route("/outlets", outlet_list)
    app.add_route("/outlets", outlet_actions.add, methods=["POST"], include_in_schema=False)
    app.add_route("/outlets/added/{id}", outlet_actions.added)
    app.add_route("/outlets/{slug}", outlet_page)
    app.add_route("/outlets/{slug}", outlet_actions.act, methods=["POST"], include_in_schema=False)
    app.add_route("/api", api_page)
    app.add_route("/status", status_page)
    app.add_route("/stories/{id}", story)
    app.add_route("/watches", watches.watch_list)
    app.add_route("/watches", watch_form.add, methods=["POST"], include_in_schema=False)
    app.add_route("/watches/new", watch_form.new_watch)
    app.add_route("/watches/unsubscribe/{token}", watches.confirm_unsubscribe)
    app.add_route("/watches/unsubscribe/{token}", watches.end_emails, methods=["POST"], include_in_schema=False)
    app.add_route("/watches/{id}", watches.watch_page)
    app.add_route("/watches/{id}", watches.act, methods=["POST"], include_in_schema=False)
    app.add_route("/watches/{id}/edit", watch_form.edit_form)
    app.add_route("/watches/{id}/edit", watch_form.edit, methods=["POST"], include_in_schema=False)
    app.add_route("/feeds/search.{kind}", search_feed)
    app.add_route("/feeds/changes.{kind}", changes_feed)
    app.add_route("/feeds/watches/{id}.{kind}", watches.watch_feed)
    app.include_router(api)
    app.include_router(api_changes)
    app.include_router(api_corrections)
    app.include_router(api_outlets)
    app.include_router(api_facets)
    app.include_router(exports)
    app.include_router(attention_table)
    app.include_router(probes)
    app.include_router(metrics)
    app.include_router(recrawls)
    app.include_router(api_watches)
    app.mount("/static", StaticFiles(directory=render.STATIC))
    error_responses.add_to(app)
    app.openapi = partial(_described, app)  # type: ignore[method-assign]
    app.add_middleware(NotModified)
    app.add_middleware(HeadAsGet)
    app.add_middleware(SecurityMiddleware, hosts=[*hosts, *configuration.hosts])
    return app


def _described(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document, without the error format that FastAPI would use: an invalid request gets a 400."""
    if app.openapi_schema is None:
        made = FastAPI.openapi(app)
        for path in made["paths"].values():
            for operation in path.values():
                if "HTTPValidationError" in str(operation["responses"].get("422", "")):
                    del operation["responses"]["422"]
                for answer in operation["responses"].values():
                    _as_problem(answer)
        for name in ("HTTPValidationError", "ValidationError"):
            made["components"]["schemas"].pop(name, None)
    return app.openapi_schema or {}


def _as_problem(answer: dict[str, Any]) -> None:
    """Name the media type of an error, which FastAPI takes for that of the operation's answers."""
    content = answer.get("content", {})
    for media in [*content]:
        if "ErrorResponse" in str(content[media]):
            content["application/problem+json"] = content.pop(media)


class HeadAsGet:
    """ASGI middleware: answers HEAD wherever GET is answered, with the same headers and no body.

    `is_head` in the scope spares a long answer the body that nobody gets.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def send_without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {"type": "http.response.body", "body": b"", "more_body": message.get("more_body", False)}
            await send(message)

        await self.app({**scope, "method": "GET", "is_head": True}, receive, send_without_body)
