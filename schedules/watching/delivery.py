"""What watches report is sent: once it is taken it is deleted, until then it is sent again, under the same id."""

import asyncio
from collections import defaultdict
from collections.abc import Coroutine, Mapping, Sequence
from functools import partial
from urllib.parse import urlsplit
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
from schedules.cancellation import end_all
from schedules.watching.mail import MOST_SESSIONS, Mailer, compose
from schedules.watching.webhook import Webhooks

log = Log()

#: messages of one receiver in one turn: the others have theirs
OF_EACH = 20
#: receivers that are spoken to at once, and those at one host: one that does not answer holds up only its own
AT_ONCE, AT_ONE_HOST = 128, 12
#: a receiver that is not done after so long is left to its end, and the others go on
ROUND_SECONDS = 0.5

SENT = Counter("broadsheet_notifications_sent", "Messages of watches that their receivers took.", ["channel"])
FAILED = Counter("broadsheet_notifications_failed", "Tries of messages of watches that failed.", ["channel"])

#: a watch's channel
Receiver = tuple[UUID, Channel]


class Sender:
    """Sends what is due: a receiver's messages one after another, many receivers at once."""

    def __init__(self, engine: AsyncEngine, configuration: Configuration) -> None:
        """Send with these settings."""
        self.engine = engine
        self.configuration = configuration
        self.webhooks = Webhooks(configuration)
        self.mailer = Mailer(configuration)
        self._taken = _Taken(engine)
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._turns_of: dict[str, asyncio.Semaphore] = {}
        #: who is being sent something
        self._busy: dict[Receiver, asyncio.Task[None]] = {}

    async def send_due(self) -> bool:
        """Make digests whose time has come, and send what is due; return whether there was or is anything to send.

        Who does not answer is waited for no longer than ROUND_SECONDS; its messages are not due while it is busy.
        """
        await in_transaction(self.engine, lambda connection: make_digests(connection, now()))
        busy = frozenset(self._busy)

        async def asked(
            connection: AsyncConnection,
        ) -> tuple[list[Delivery], dict[UUID, Watch], dict[UUID, Notification]]:
            due = await due_deliveries(connection, now(), OF_EACH, busy)
            if not due:
                return [], {}, {}
            watches = {each.id: each for each in await all_watches(connection)}
            ids = {id for each in due for id in each.notifications}
            return due, watches, {each.id: each for each in await notifications_of(connection, ids)}

        due, watches, notifications = await in_transaction(self.engine, asked)
        receivers: dict[Receiver, list[Delivery]] = defaultdict(list)
        for each in due:
            receivers[each.watch_id, each.channel].append(each)
        for receiver, messages in receivers.items():
            sending = self._send_all(messages, watches.get(receiver[0]), notifications)
            self._busy[receiver] = asyncio.create_task(sending)
        had_some = bool(self._busy)
        if had_some:
            await asyncio.wait(self._busy.values(), timeout=ROUND_SECONDS)
        for receiver in [receiver for receiver, task in self._busy.items() if task.done()]:
            self._busy.pop(receiver).result()
        return had_some

    async def close(self) -> None:
        """Let what is being sent come to its end, and end what is open."""
        await end_all(list(self._busy.values()))
        self.webhooks.close()
        await asyncio.to_thread(self.mailer.close)

    async def _send_all(
        self, messages: Sequence[Delivery], watch: Watch | None, notifications: Mapping[UUID, Notification]
    ) -> None:
        """Send one receiver's messages, one after another, until one is not taken."""
        if watch is None:
            return
        async with self._turns_at(_host_of(watch, messages[0].channel)), self._turns:
            for each in messages:
                reported = [notifications[id] for id in each.notifications if id in notifications]
                if not await _to_its_end(self._send(each, watch, reported)):
                    return

    def _turns_at(self, host: str) -> asyncio.Semaphore:
        most = AT_ONE_HOST if host else MOST_SESSIONS
        return self._turns_of.setdefault(host, asyncio.Semaphore(most))

    async def _send(self, delivery: Delivery, watch: Watch, reported: Sequence[Notification]) -> bool:
        try:
            if reported and delivery.channel in watch.channels:  # else its e-mails were ended a moment ago
                if delivery.channel is Channel.WEBHOOK:
                    await self.webhooks.send(watch, reported[0], now())
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
        await self._taken.note(delivery)
        SENT.labels(str(delivery.channel)).inc()
        return True


class _Taken:
    """Notes what receivers have taken: all that comes while one transaction is under way goes into the next.

    Who sends waits until its message is noted, so that a kill finds no more of them than are being sent. A transaction
    for each cost more than its sending.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._waiting: list[tuple[Delivery, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def note(self, delivery: Delivery) -> None:
        """Return when it is noted. Raises SQLAlchemyError."""
        noted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((delivery, noted))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        await noted

    async def _write(self) -> None:
        try:
            while self._waiting:
                part, self._waiting = self._waiting, []
                error = await self._written([delivery for delivery, _ in part])
                for _, noted in part:
                    if noted.done():  # who waited was cancelled
                        continue
                    if error is None:
                        noted.set_result(None)
                    else:
                        noted.set_exception(error)
        finally:
            self._writing = None

    async def _written(self, sent: Sequence[Delivery]) -> Exception | None:
        try:
            await in_transaction(self._engine, partial(note_delivered, sent=sent))
        except Exception as error:  # it is raised where each of them was sent
            return error
        return None


def _host_of(watch: Watch, channel: Channel) -> str:
    """Return host and port of a webhook; "": all e-mail goes to one server of ours."""
    return urlsplit(watch.webhook_url or "").netloc.lower() if channel is Channel.WEBHOOK else ""


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
