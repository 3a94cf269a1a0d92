"""How Broadsheet is, for programs: alive, ready, and what is owed."""

import asyncio
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import Response

from ledger.outbox import debt
from ledger.outlets import states
from news.errors import IndexUnavailable
from pipelines.archive import archive_fault
from pipelines.verify import count
from web.answer import json_answer
from web.failures import AWAY, LEDGER_AWAY
from web.rooms import Rooms, rooms_of

health = APIRouter()

#: whoever asks for readiness wants to know now; a server that takes longer is not ready
PATIENCE_SECONDS = 3.0


@health.get("/healthz")
async def alive() -> Response:
    """Say that the process lives and its loop turns; servers behind it are not asked."""
    return json_answer({"alive": True})


@health.get("/readyz")
async def ready(request: Request) -> Response:
    """Say whether ledger, index and archive can be used: 200 if all can, else 503 with what is wrong."""
    rooms = rooms_of(request)
    faults = await asyncio.gather(
        _ledger_fault(rooms), _index_fault(rooms), asyncio.to_thread(archive_fault, rooms.archive)
    )
    missing = [each for each in faults if each]
    return json_answer({"ready": not missing, "missing": missing}, 503 if missing else 200)


@health.get("/api/status")
async def status(request: Request) -> Response:
    """Tell how the index is, what it is owed, and how each outlet is."""
    rooms = rooms_of(request)
    async with rooms.engine.connect() as connection:
        owed = await debt(connection)
        outlets = await states(connection)
    index = await _index_status(rooms)
    if index["available"]:
        await rooms.outlets.look_up(rooms.index, outlets)
    return json_answer(
        {
            "index": index,
            "outbox": {"owed": owed.owed, "owed_since": owed.owed_since, "quarantined": owed.quarantined},
            "outlets": [
                asdict(state) | {"outlet_name": rooms.outlets.name(slug)} for slug, state in sorted(outlets.items())
            ],
        }
    )


async def _ledger_fault(rooms: Rooms) -> str:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS), rooms.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
    except (SQLAlchemyError, TimeoutError):
        return LEDGER_AWAY
    return ""


async def _index_fault(rooms: Rooms) -> str:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            found = await rooms.index.status()
    except (IndexUnavailable, TimeoutError):
        return AWAY
    return "" if found.schema_version else "The index is not made yet; `broadsheet index create` makes it."


async def _index_status(rooms: Rooms) -> dict[str, Any]:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            found = await rooms.index.status()
            counted = await count(rooms.engine, rooms.index) if found.schema_version else None
    except (IndexUnavailable, TimeoutError):
        return {"backend": rooms.index.name, "available": False, "notes": [AWAY]}
    return {
        "backend": found.backend,
        "available": True,
        "schema_version": found.schema_version,
        "documents": dict(found.documents),
        "size_bytes": found.size_bytes,
        "lacking": counted.lacking if counted else None,
        "difference": (counted.sentence() if counted else "") or None,
        "notes": list(found.notes),
    }
