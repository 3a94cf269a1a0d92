"""What is to be sent to watches' receivers: due, taken, failed, given up."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, func, select, true, tuple_, update
from sqlalchemy.dialects.postgresql import array, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.schema import deliveries, delivery_pauses, watch_news, watches
from news.backoff import Backoff
from news.watch import Channel

#: a receiver that fails is left alone for so long
AFTER_FAILURE = Backoff(first_seconds=5.0, most_seconds=3_600.0, factor=3.0, jitter=(0.8, 1.2))
#: so does one message that a receiver does not take, while it takes others; after so many tries it is given up
OF_MESSAGE = Backoff(first_seconds=10.0, most_seconds=43_200.0, factor=3.0, jitter=(0.8, 1.2))
MOST_TRIES = 14


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One message."""

    #: the same on each try: a webhook's event id, an e-mail's Message-ID
    id: UUID
    watch_id: UUID
    channel: Channel
    #: ids of what it reports
    notifications: tuple[UUID, ...]
    created_at: datetime
    failures: int


@dataclass(frozen=True, kw_only=True)
class WatchWork:
    """Whether there is something to do for watches."""

    has_watches: bool
    news: bool
    digests: bool
    deliveries: bool


async def work_to_do(connection: AsyncConnection, now: datetime) -> WatchWork:
    """Return whether there are watches, and whether something is to be matched, put into a digest, or sent."""
    due = (deliveries.c.due_at <= now) & deliveries.c.given_up_at.is_(None)
    row = (
        await connection.execute(
            select(
                exists(select(watches.c.id)).label("has_watches"),
                exists(select(watch_news.c.number)).label("news"),
                exists(select(watches.c.id).where(watches.c.digest_at <= now, ~watches.c.paused)).label("digests"),
                exists(select(deliveries.c.id).where(due)).label("deliveries"),
            )
        )
    ).one()
    return WatchWork(**row._mapping)


async def due_deliveries(
    connection: AsyncConnection, now: datetime, of_each: int, without: Collection[tuple[UUID, Channel]] = ()
) -> list[Delivery]:
    """Return what is to be sent now: up to `of_each` messages for each receiver that is not failing, oldest first.

    What failed comes behind what was not tried. Nothing is returned for the receivers `without`: watch and channel.
    """
    receiver = (
        select(watches.c.id, func.unnest(array([str(each) for each in Channel])).label("channel"))
        .where(~watches.c.paused)
        .subquery("receiver")
    )
    paused = exists().where(
        delivery_pauses.c.watch_id == receiver.c.id,
        delivery_pauses.c.channel == receiver.c.channel,
        delivery_pauses.c.retry_at > now,
    )
    first = (
        select(deliveries)
        .where(
            deliveries.c.watch_id == receiver.c.id,
            deliveries.c.channel == receiver.c.channel,
            deliveries.c.due_at <= now,
            deliveries.c.given_up_at.is_(None),
        )
        .order_by(deliveries.c.failures, deliveries.c.number)
        .limit(of_each)
        .lateral("first")
    )
    rows = await connection.execute(
        select(first)
        .select_from(receiver.join(first, true()))
        .where(
            ~paused, tuple_(receiver.c.id, receiver.c.channel).not_in([(id, str(channel)) for id, channel in without])
        )
        .order_by(first.c.failures, first.c.number)
    )
    return [_delivery(row) for row in rows]


def _delivery(row: Any) -> Delivery:
    return Delivery(
        id=row.id,
        watch_id=row.watch_id,
        channel=Channel(row.channel),
        notifications=tuple(row.notifications),
        created_at=row.created_at,
        failures=row.failures,
    )


async def note_delivered(connection: AsyncConnection, sent: Sequence[Delivery]) -> None:
    """Delete messages that their receivers have; these receivers are well."""
    await connection.execute(delete(deliveries).where(deliveries.c.id.in_([each.id for each in sent])))
    receivers = {(each.watch_id, str(each.channel)) for each in sent}
    of_these = tuple_(delivery_pauses.c.watch_id, delivery_pauses.c.channel).in_(receivers)
    await connection.execute(delete(delivery_pauses).where(of_these))


async def note_failed(connection: AsyncConnection, failed: Delivery, reason: str, now: datetime) -> bool:
    """Note that a receiver did not take a message, and until when it is left alone; return whether it is given up."""
    gives_up = failed.failures + 1 >= MOST_TRIES
    again = now + timedelta(seconds=OF_MESSAGE.pause_seconds(failed.failures + 1))
    values: dict[str, Any] = {"failures": failed.failures + 1, "due_at": again, "reason": reason}
    this = deliveries.c.id == failed.id
    found = await connection.execute(
        update(deliveries).where(this).values(values | {"given_up_at": now if gives_up else None})
    )
    if not found.rowcount:
        return False  # its watch was removed, or its e-mails ended, meanwhile
    receiver = {"watch_id": failed.watch_id, "channel": str(failed.channel)}
    of_this = [delivery_pauses.c[name] == value for name, value in receiver.items()]
    before = (await connection.execute(select(delivery_pauses.c.failures).where(*of_this))).scalar() or 0
    retry_at = now + timedelta(seconds=AFTER_FAILURE.pause_seconds(before + 1))
    statement = insert(delivery_pauses).values(
        receiver | {"failures": before + 1, "retry_at": retry_at, "reason": reason}
    )
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=list(receiver),
            set_={name: statement.excluded[name] for name in ("failures", "retry_at", "reason")},
        )
    )
    return gives_up
