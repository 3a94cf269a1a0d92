"""A task that watches something for as long as it is open."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import structlog

log = structlog.get_logger()


@asynccontextmanager
async def beside(watch: Coroutine[Any, Any, None], failed: str) -> AsyncIterator[None]:
    """Run `watch` while the block runs; one that failed by itself is logged at the end, as the event `failed`."""
    task = asyncio.create_task(watch)
    try:
        yield
    finally:
        # what is under way in a thread ends by itself, before the block is left
        task.cancel()
        [ended] = await asyncio.gather(task, return_exceptions=True)
        if isinstance(ended, Exception):
            log.error(failed, exc_info=ended)
