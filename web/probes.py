"""The state of Broadsheet for programs: alive, ready, and status."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from ledger.outbox import backlog
from ledger.outlet_state import OutletState, states
from news.errors import IndexUnavailable
from pipelines.verify import count
from web.error_responses import ERRORS
from web.models import AliveResponse, ReadyResponse, StatusResponse
from web.readiness import AWAY, PATIENCE_SECONDS, index_sentence
from web.render import json_answer
from web.state import AppState, state_of

probes = APIRouter()


@probes.get("/healthz", summary="Liveness", response_model=AliveResponse, tags=["state"])
async def alive() -> Response:
    """Answer while the process lives and its event loop runs; PostgreSQL and the index are not asked."""
    return json_answer({"alive": True})


@probes.get(
    "/readyz",
    summary="Readiness",
    response_model=ReadyResponse,
    responses={503: {"model": ReadyResponse, "description": "Not ready: `missing` has the reasons."}},
    tags=["state"],
)
async def ready(request: Request) -> Response:
    """Answer 200 if a page could be fetched, recorded and indexed now, else 503 with what is missing."""
    found = await state_of(request).probe.readiness()
    parts = {name: {"ready": not reason, "reason": reason or None} for name, reason in found.parts.items()}
    value = {"ready": not found.missing, "missing": found.missing, "parts": parts, "notes": found.notes}
    return json_answer(value, 503 if found.missing else 200)


@probes.get(
    "/api/status", summary="System status", response_model=StatusResponse, responses={503: ERRORS[503]}, tags=["state"]
)
async def status(request: Request) -> Response:
    """Show the state of the index, the documents pending indexing, and each outlet."""
    state = state_of(request)
    async with state.engine.connect() as connection:
        index_backlog = await backlog(connection)
        outlets = await states(connection)
    index = await index_state(state)
    if index["available"]:
        await state.outlets.look_up(state.index, outlets)
    return json_answer(
        {
            "index": index,
            "outbox": {
                "pending": index_backlog.pending,
                "pending_since": index_backlog.pending_since,
                "rejected": index_backlog.rejected,
            },
            "outlets": [
                _outlet(each) | {"outlet_name": state.outlets.name(slug)} for slug, each in sorted(outlets.items())
            ],
        }
    )


def _outlet(each: OutletState) -> dict[str, Any]:
    return {
        "slug": each.slug,
        "enabled": each.enabled,
        "crawled_at": each.crawled_at,
        "problem": each.unhealthy_reason,
        "pages": each.pages,
        "due": each.due,
        "unrecordable": each.unrecordable,
        "articles": each.articles,
    }


async def index_state(state: AppState) -> dict[str, Any]:
    """Return how the index is, in the form of `IndexState`; one that cannot be reached is not available."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            found = await state.index.status()
            counted = await count(state.engine, state.index) if found.schema_version else None
    except (IndexUnavailable, TimeoutError) as error:
        reason = index_sentence(error) if isinstance(error, IndexUnavailable) else AWAY
        return {"backend": state.index.name, "available": False, "notes": [reason]}
    return {
        "backend": found.backend,
        "available": True,
        "schema_version": found.schema_version,
        "documents": dict(found.documents),
        "size_bytes": found.size_bytes,
        "missing": counted.lacking if counted else None,
        "difference": (counted.sentence() if counted else "") or None,
        "notes": list(found.notes),
    }
