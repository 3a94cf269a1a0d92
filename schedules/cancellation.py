"""Tasks that are to end, whatever becomes of their cancellation."""

import asyncio
from collections.abc import Collection
from typing import Any

#: what is asked to end has so long for it, then it is asked again; crawls end within a second
AGAIN_SECONDS = 5.0


async def end_all(tasks: Collection[asyncio.Future[Any]]) -> None:
    """Cancel tasks until all have ended: Python 3.11's `wait_for` may swallow a cancellation (gh-86296).

    A job that such a second cancellation leaves running sends nothing: its worker's locks are not seen any more.
    """
    pending, is_cancelled = set(tasks), False
    while pending:
        for task in pending:
            task.cancel()
        try:
            _, pending = await asyncio.wait(pending, timeout=AGAIN_SECONDS)
        except asyncio.CancelledError:
            is_cancelled = True
            pending = {task for task in pending if not task.done()}
    for task in tasks:
        if not task.cancelled():
            task.exception()  # whoever wants it has it; without this asyncio would say that nobody asked
    if is_cancelled:
        raise asyncio.CancelledError
