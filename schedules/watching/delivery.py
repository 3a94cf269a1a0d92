"""What watches report is sent: once it is taken it is deleted, until then it is sent again, under the same id."""

import asyncio
from collections import defaultdict
from collections.abc import Coroutine, Mapping, Sequence
from uuid import UUID

from prometheus_client import Counter
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ledger.deliveries import Delivery, due_deliveries, note_delivered, note_failed
from ledger.faults import in_transaction
from ledger.watch_matches import make_digests, notifications_of
from ledger.watches import all_watches
from news.clock import now
from news.configuration import Configuration
from news.errors import DeliveryFailed
from news.log import Log
from news.watch import Channel, Notification, Watch
from schedules.watching import webhook
from schedules.watching.mail import Mailer, compose

log = Log()

#: messages of one receiver in one round: the others have their turn
OF_EACH = 20
#: receivers that are spoken to at once
AT_ONCE = 16

SENT = Counter("broadsheet_notifications_sent", "Messages of watches that their receivers took.", ["channel"])
FAILED = Counter("broadsheet_notifications_failed", "Tries of messages of watches that failed.", ["channel"])


class Sender:
    """Sends what is due, in rounds."""

    def __init__(self, engine: AsyncEngine, configuration: Configuration) -> None:
        """Send with these settings."""
        self.engine = engine
        self.configuration = configuration
        self.mailer = Mailer(configuration)
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def send_due(self) -> bool:
        """Make digests whose time has come, and send what is due; return whether there was anything."""
        await in_transaction(self.engine, lambda connection: make_digests(connection, now()))

        async def asked(
            connection: AsyncConnection,
        ) -> tuple[list[Delivery], dict[UUID, Watch], dict[UUID, Notification]]:
            due = await due_deliveries(connection, now(), OF_EACH)
            if not due:
                return [], {}, {}
            watches = {each.id: each for each in await all_watches(connection)}
            ids = {id for each in due for id in each.notifications}
            return due, watches, {each.id: each for each in await notifications_of(connection, ids)}

        due, watches, notifications = await in_transaction(self.engine, asked)
        receivers: dict[tuple[UUID, Channel], list[Delivery]] = defaultdict(list)
        for each in due:
            receivers[each.watch_id, each.channel].append(each)
        try:
            async with asyncio.TaskGroup() as group:
                for messages in receivers.values():
                    group.create_task(self._send_all(messages, watches, notifications))
        except* Exception as errors:
            raise errors.exceptions[0] from None
        return bool(due)

    async def close(self) -> None:
        """End what is open."""
        await asyncio.to_thread(self.mailer.close)

    async def _send_all(
        self, messages: Sequence[Delivery], watches: Mapping[UUID, Watch], notifications: Mapping[UUID, Notification]
    ) -> None:
        """Send one receiver's messages, one after another, until one is not taken."""
        async with self._turns:
            for each in messages:
                watch = watches.get(each.watch_id)
                reported = [notifications[id] for id in each.notifications if id in notifications]
                if watch is None or not await _to_its_end(self._send(each, watch, reported)):
                    return

    async def _send(self, delivery: Delivery, watch: Watch, reported: Sequence[Notification]) -> bool:
        try:
            if reported and delivery.channel in watch.channels:  # else its e-mails were ended a moment ago
                if delivery.channel is Channel.WEBHOOK:
                    await webhook.send(watch, reported[0], now(), self.configuration)
                elif self.configuration.smtp_host is None:
                    raise DeliveryFailed("BROADSHEET_SMTP_HOST is not set, so no e-mail can be sent.")
                else:
                    await self.mailer.send(compose(watch, reported, delivery, self.configuration))
        except SQLAlchemyError:
            raise
        except Exception as error:
            known = isinstance(error, DeliveryFailed)
            if not known:  # a message that our own code cannot write must not hold up the others
                log.error("notification_not_written", watch=watch.name, delivery=str(delivery.id), exc_info=error)
            reason = str(error) if known else f"The message cannot be written ({type(error).__name__})."

            async def failed(connection: AsyncConnection) -> bool:
                return await note_failed(connection, delivery, reason, now())

            given_up = await in_transaction(self.engine, failed)
            FAILED.labels(str(delivery.channel)).inc()
            write = log.error if given_up else log.warning
            write(
                "notification_failed", watch=watch.name, channel=str(delivery.channel), reason=reason, given_up=given_up
            )
            return False
        await in_transaction(self.engine, lambda connection: note_delivered(connection, delivery))
        SENT.labels(str(delivery.channel)).inc()
        return True


async def _to_its_end(sending: Coroutine[None, None, bool]) -> bool:
    """Return what `sending` returns. Who stops the daemon waits for it: what was sent is noted, and not sent twice.

    A second cancellation, some seconds later, leaves it alone.
    """
    task = asyncio.ensure_future(sending)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise
    finally:
        if not task.done():
            task.cancel()
