"""The daemon's part that matches news with watches and sends what they report; of several daemons one does it."""

import asyncio
from collections.abc import Mapping
from functools import partial
from time import monotonic

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.deliveries import work_to_do
from ledger.faults import in_transaction, reason_of
from ledger.locks import Lock, holding
from ledger.wake import listen, notified
from ledger.watch_matches import prune
from ledger.watches import CHANNEL, REMEMBERED
from news.backoff import Backoff
from news.clock import now
from news.errors import IndexUnavailable
from news.log import Log
from pipelines.runtime import Runtime
from schedules.cancellation import end_all
from schedules.watching.delivery import Sender
from schedules.watching.matching import match

log = Log()

#: seconds between two looks whether there is something to do: with watches; without any, who adds the first wakes us
LOOK_SECONDS, QUIET_SECONDS = 2.0, 50.0
#: seconds between two tries to take over
STANDBY_SECONDS = 5.0
#: the lock is lost by who says nothing for so long
SILENT_SECONDS = 75
#: while the index is away
WHILE_AWAY = Backoff(first_seconds=2.0, most_seconds=30.0, jitter=(0.8, 1.2))
#: seconds between two looks for notifications that are old enough to be forgotten
PRUNE_SECONDS = 86_400.0


async def keep_watches(runtime: Runtime) -> None:
    """Match and send for as long as the task lives, by a lock in the database that ends with its connection."""
    while True:
        try:
            async with holding(runtime.engine, Lock.WATCHES, SILENT_SECONDS) as connection:
                if connection is not None:
                    await _keep(runtime, connection)
        except SQLAlchemyError as error:
            log.warning("watches_wait", reason=reason_of(error))
        await asyncio.sleep(STANDBY_SECONDS)


async def _keep(runtime: Runtime, connection: AsyncConnection) -> None:
    sender = Sender(runtime.engine, runtime.configuration)
    #: by name, what is under way: the index may be away while receivers wait, and the other way round
    turns: dict[str, asyncio.Task[bool]] = {}
    away, not_before, pruned_at = 0, 0.0, monotonic()
    await listen(connection, CHANNEL)
    try:
        while True:
            work = await work_to_do(connection, now())  # a lost connection has lost the lock
            await connection.commit()
            if work.news and "match" not in turns and monotonic() >= not_before:
                turns["match"] = asyncio.create_task(match(runtime.engine, runtime.index))
            if (work.digests or work.deliveries) and "send" not in turns:
                turns["send"] = asyncio.create_task(sender.send_due())
            if monotonic() - pruned_at > PRUNE_SECONDS:
                pruned_at, forgets = monotonic(), partial(prune, before=now() - REMEMBERED)
                await in_transaction(runtime.engine, forgets)
            if not turns and not work.has_watches:
                await notified(connection, QUIET_SECONDS)
                continue
            if not await _ended(turns, LOOK_SECONDS):
                continue
            did_something = False
            for name in [name for name, turn in turns.items() if turn.done()]:
                try:
                    did_something |= turns.pop(name).result()
                    away = 0 if name == "match" else away
                except SQLAlchemyError:
                    raise
                except Exception as error:
                    # one that nobody foresaw waits for whoever mends it, and nothing is lost: the news stay
                    away += 1
                    not_before = monotonic() + WHILE_AWAY.pause_seconds(away)
                    known = isinstance(error, IndexUnavailable)
                    reason = str(error).splitlines()[0] if known else type(error).__name__
                    log.warning("watches_wait", reason=reason, exc_info=None if known else error)
            if not did_something:
                # the index does not find the newest articles yet, or receivers are left alone
                await asyncio.sleep(LOOK_SECONDS)
    finally:
        await end_all(list(turns.values()))
        await sender.close()


async def _ended(turns: Mapping[str, asyncio.Task[bool]], seconds: float) -> bool:
    """Wait until something that is under way has ended, or for so long; return whether something has."""
    if not turns:
        await asyncio.sleep(seconds)
        return False
    done, _ = await asyncio.wait(turns.values(), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    return bool(done)
