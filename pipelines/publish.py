"""The outbox is drained into the index; nothing else writes there."""

import asyncio
import random
from typing import cast

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from index.protocol import Action, Index, Stream, Verdict
from ledger.faults import reason_of
from ledger.locks import Lock, let_go_when_silent
from ledger.outbox import Owed, owed, put_aside, settle
from news.errors import IndexUnavailable

log = structlog.get_logger()

#: documents handed over at once; the index cuts them into chunks by bytes itself
BATCH = 500
#: seconds between two looks into an empty outbox: an article is searchable about so long after it was recorded
PAUSE_SECONDS = 0.5
#: the lock is lost by who says nothing for so long; a batch takes seconds
SILENT_SECONDS = 60
#: while the index is away the pause doubles up to this
LONGEST_PAUSE_SECONDS = 60.0


async def publish(engine: AsyncEngine, index: Index) -> None:
    """Publish what is owed for as long as the task lives.

    Of several processes one publishes and the others stand by. While index or ledger are away it waits, longer each
    time, and tries again: what is owed stays owed.
    """
    failures = 0
    while True:
        try:
            async with engine.connect() as connection:
                lock = text("SELECT pg_try_advisory_lock(:lock)")
                ours = (await connection.execute(lock, {"lock": Lock.PUBLISHER})).scalar_one()
                await connection.commit()
                if ours:
                    try:
                        await let_go_when_silent(connection, SILENT_SECONDS)
                        await index.create()
                        while True:
                            wait_seconds = await _publish_batch(engine, index)
                            failures = 0
                            await asyncio.sleep(wait_seconds)
                            # is the lock still ours? A connection that was lost has lost it, too
                            await connection.execute(text("SELECT 1"))
                            await connection.commit()
                    finally:
                        # the connection goes back to its pool, and would take the lock along
                        await connection.invalidate()
        except (IndexUnavailable, SQLAlchemyError) as error:
            failures += 1
            reason = str(error).splitlines()[0] if isinstance(error, IndexUnavailable) else reason_of(error)
            log.warning("publish_waits", reason=reason, failures=failures)
        longest = min(LONGEST_PAUSE_SECONDS, PAUSE_SECONDS * 2**failures)
        await asyncio.sleep(longest * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, no secret


async def publish_all(engine: AsyncEngine, index: Index) -> int:
    """Publish until nothing more can be published now, make it searchable, and return how much is still owed.

    Raises IndexUnavailable if the index is away.
    """
    await index.create()
    while not await _publish_batch(engine, index):
        pass
    await index.refresh()
    async with engine.connect() as connection:
        return len(await owed(connection, BATCH))


async def _publish_batch(engine: AsyncEngine, index: Index) -> float:
    """Publish one batch, and return how many seconds to wait before the next; 0 if there is more to do."""
    async with engine.connect() as connection:
        batch = await owed(connection, BATCH)
    if not batch:
        return PAUSE_SECONDS
    answers = await index.write([_action(each) for each in batch])
    done = [each for each, answer in zip(batch, answers, strict=True) if answer.verdict is Verdict.DONE]
    refused = [
        (each, answer.reason) for each, answer in zip(batch, answers, strict=True) if answer.verdict is Verdict.REFUSED
    ]
    async with engine.begin() as connection:
        await settle(connection, done)
        for each, reason in refused:
            log.error("document_refused", stream=each.stream, id=each.id, reason=reason)
            await put_aside(connection, each, reason)
    later = [answer.wait_seconds for answer in answers if answer.verdict is Verdict.LATER]
    if later:
        return max(PAUSE_SECONDS, *later)
    return 0.0 if len(batch) == BATCH else PAUSE_SECONDS


def _action(each: Owed) -> Action:
    document = dict(each.document) if each.document is not None else None
    return Action(stream=cast(Stream, each.stream), id=each.id, revision=each.revision, document=document)
