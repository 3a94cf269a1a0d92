"""The outbox is drained into the index; nothing else writes there."""

import asyncio
import random
from collections.abc import Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar, cast

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from index.protocol import Action, Index, Stream, WriteStatus
from ledger.faults import in_transaction, reason_of
from ledger.indexed import enqueue_everything
from ledger.locks import Lock, holding
from ledger.outbox import PendingDocument, Publishing, note_publishing, pending, reject, resolve
from ledger.wake import Sleeper
from news.backoff import Backoff
from news.errors import IndexUnavailable
from news.log import Log
from pipelines.verify import IndexCheck

T = TypeVar("T")
log = Log()

#: documents handed over at once; the index cuts them into chunks by bytes itself
BATCH = 500
#: seconds between two batches while articles come: one is searchable about so long after it was recorded
PAUSE_SECONDS = 0.5
#: while nothing comes the outbox is looked at so often, though nobody wakes the publisher; and the lock is held on to
ASLEEP_SECONDS = 61.0
#: seconds between two tries to take over from the process that publishes
STANDBY_SECONDS = 5.0
#: the lock is lost by who says nothing for so long; a batch takes seconds
SILENT_SECONDS = 75
#: a batch that lasts so long is named in the log; so often the lock's connection says something, too
SLOW_SECONDS = 5.0
#: a PostgreSQL that says nothing for so long over the lock's connection is what is slow
ANSWER_SECONDS = 2.0
#: while the index is away the pause doubles up to this: a person who has mended it wants to see it run
WHILE_AWAY = Backoff(first_seconds=1.0, most_seconds=10.0, jitter=(0.5, 1.0))


async def publish(engine: AsyncEngine, index: Index) -> None:
    """Publish what is pending for as long as the task lives.

    Of several processes one publishes and the others stand by. While index or ledger are away it waits, longer each
    time, and tries again: what is pending stays pending.
    """
    failures = 0
    watch, state = IndexCheck(engine, index), _State(engine)
    while True:
        try:
            async with holding(engine, Lock.PUBLISHER, SILENT_SECONDS) as connection:
                if connection is not None:
                    await create_index(engine, index)
                    sleeper, is_pending = Sleeper(connection), True
                    while True:
                        counted = await watch.look(connection, partial(_hold, connection))
                        if is_pending:
                            step = _Step()
                            batch = await _attended(connection, _publish_batch(engine, index, step), state, step)
                            failures = 0
                        await state.note(Publishing(waits_for=batch.waits_for, difference=watch.difference))
                        if batch.wait_seconds and not batch.waits_for:
                            if is_pending:
                                await asyncio.sleep(batch.wait_seconds)  # more may come, and goes along
                            seconds = min(ASLEEP_SECONDS, watch.due_seconds)
                            is_pending = await sleeper.sleep(seconds, PAUSE_SECONDS, counted)
                            continue
                        is_pending = True
                        if batch.waits_for:
                            log.warning("publish_waits", reason=batch.waits_for)
                        # the lock's connection must not fall silent, and may have been lost with the lock
                        await _attended(connection, asyncio.sleep(batch.wait_seconds))
                        await _hold(connection)
                        if batch.waits_for:
                            await create_index(engine, index)  # one index may have gone, the other not
        except (IndexUnavailable, SQLAlchemyError) as error:
            failures += 1
            reason = str(error).splitlines()[0] if isinstance(error, IndexUnavailable) else reason_of(error)
            log.warning("publish_waits", reason=reason, failures=failures)
            if isinstance(error, IndexUnavailable):
                await state.note(Publishing(waits_for=reason, difference=watch.difference))
        standby_seconds = STANDBY_SECONDS * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, no secret
        await asyncio.sleep(WHILE_AWAY.pause_seconds(failures) if failures else standby_seconds)


async def _hold(connection: AsyncConnection) -> None:
    """Say something over the lock's connection. Raises SQLAlchemyError where it was lost, and with it the lock."""
    await connection.execute(text("SELECT 1 AS held"))
    await connection.commit()


class _Step:
    """Where a batch is."""

    #: the index is asked now; else the ledger is
    asks_index = False


class _State:
    """What was last written of how it is with us: only another one is written."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._noted: Publishing | None = None

    async def note(self, found: Publishing) -> None:
        """Write it. A ledger that is away says so itself, and hears of it with the next batch."""
        if found == self._noted:
            return
        try:
            async with self._engine.begin() as connection:
                await note_publishing(connection, found)
        except SQLAlchemyError as error:
            log.warning("publishing_not_noted", reason=reason_of(error))
        else:
            self._noted = found


async def _attended(
    connection: AsyncConnection, doing: Coroutine[Any, Any, T], state: _State | None = None, step: _Step | None = None
) -> T:
    """Return what `doing` returns, hold the lock while it lasts and, with `state` and `step`, say what it waits for."""
    task = asyncio.create_task(doing)
    holding: asyncio.Task[None] | None = None
    seconds = 0.0
    try:
        while not (await asyncio.wait({task}, timeout=SLOW_SECONDS))[0]:
            seconds += SLOW_SECONDS
            holding = asyncio.create_task(_hold(connection))
            is_silent = not (await asyncio.wait({holding}, timeout=ANSWER_SECONDS))[0]
            if state and step and step.asks_index and not is_silent:
                log.warning("publish_slow", reason="The index does not answer.", seconds=seconds)
                await state.note(Publishing(waits_for="The index does not answer."))
            elif is_silent or step:
                # where it answers over this connection, what the other asks for is locked, or takes long
                log.warning("publish_slow", reason="PostgreSQL does not answer.", seconds=seconds)
            await holding
        return task.result()
    finally:
        for each in (task, holding):
            if each:
                each.cancel()
        await asyncio.gather(*filter(None, (task, holding)), return_exceptions=True)


async def create_index(engine: AsyncEngine, index: Index) -> bool:
    """Make what the index needs, if it is not there; return whether anything was made.

    What was made is empty or old, so every article is enqueued. Raises IndexUnavailable.
    """
    made = await index.create()
    if made:
        articles = await enqueue_everything(engine)
        # the first index of an empty ledger is nothing to be told of
        (log.warning if articles else log.debug)("index_made", backend=index.name, articles_enqueued=articles)
    return made


async def publish_all(engine: AsyncEngine, index: Index) -> int:
    """Publish until nothing more can be published now, make it searchable, and return how much is still pending.

    Raises IndexUnavailable if the index is away.
    """
    await create_index(engine, index)
    while not (batch := await _publish_batch(engine, index, _Step())).wait_seconds:
        pass
    if batch.waits_for:
        log.warning("publish_waits", reason=batch.waits_for)
    await index.refresh()
    async with engine.connect() as connection:
        return len(await pending(connection, BATCH))


@dataclass(frozen=True, kw_only=True)
class _Batch:
    """What publishing one batch came to."""

    #: before the next; 0 if there is more to do
    wait_seconds: float
    #: why some of it must wait
    waits_for: str = ""


async def _publish_batch(engine: AsyncEngine, index: Index, step: _Step) -> _Batch:
    """Publish one batch, and say in `step` where it is."""
    async with engine.connect() as connection:
        batch = await pending(connection, BATCH)
    if not batch:
        return _Batch(wait_seconds=PAUSE_SECONDS)
    step.asks_index = True
    answers = await index.write([_action(each) for each in batch])
    step.asks_index = False
    done = [each for each, answer in zip(batch, answers, strict=True) if answer.status is WriteStatus.DONE]
    refused = [
        (each, answer.reason)
        for each, answer in zip(batch, answers, strict=True)
        if answer.status is WriteStatus.REJECTED
    ]
    for each, reason in refused:
        log.error("document_rejected", stream=each.stream, id=each.id, reason=reason)

    async def written(connection: AsyncConnection) -> None:
        await resolve(connection, done)
        for each, reason in sorted(refused, key=lambda each: (each[0].stream, each[0].id)):
            await reject(connection, each, reason)

    await in_transaction(engine, written)
    later = [answer for answer in answers if answer.status is WriteStatus.LATER]
    if later:
        longest = max(later, key=lambda answer: answer.wait_seconds)
        return _Batch(wait_seconds=max(PAUSE_SECONDS, longest.wait_seconds), waits_for=longest.reason or "busy")
    return _Batch(wait_seconds=0.0 if len(batch) == BATCH else PAUSE_SECONDS)


def _action(each: PendingDocument) -> Action:
    return Action(stream=cast(Stream, each.stream), id=each.id, revision=each.revision, document=each.document)
