"""The watches: kept, found by name or id, paused, muted, and what they reported."""

import secrets
from base64 import b64encode
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, func, not_, null, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.indexed import is_uuid
from ledger.schema import deliveries, delivery_pauses, notifications, watch_hours, watch_news, watches
from news.errors import BadWatch, NotFound, hint
from news.watch import Channel, Notification, NotificationType, Trigger, Watch, next_digest

#: an article is not re-fetched for so long, nor do copies of it come, unless the settings say years
REMEMBERED = timedelta(days=400)
#: what the ledger states of a watch by itself
_BY_THE_LEDGER = ("created_at", "active_since", "pauses", "skipped_news")
#: whoever adds a watch sends word on it
CHANNEL = "broadsheet_watches"
#: a secret of so many bytes: Standard Webhooks asks for 24 to 64
_SECRET_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class WatchState:
    """A watch, and how it is with what it has to send."""

    watch: Watch
    #: notifications that wait to be sent, digests included
    pending: int = 0
    #: messages that were tried for days and are not tried any more
    given_up: int = 0
    last_found_at: datetime | None = None
    #: channel -> why it does not take what is sent
    failing: Mapping[str, str]


def new_secret() -> str:
    """Return a secret by which a webhook's messages are signed."""
    return f"whsec_{b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()}"


def new_token() -> str:
    """Return a token that nobody guesses."""
    return secrets.token_urlsafe(32)


async def add(connection: AsyncConnection, watch: Watch, found_before: Mapping[datetime, int], now: datetime) -> Watch:
    """Keep a new watch, and return it as it is kept. Raises BadWatch if its name is taken, or it cannot be meant.

    `found_before` has how many stories it would have found, by hour: its usual level.
    """
    watch.check()
    values = {name: value for name, value in asdict(watch).items() if name not in _BY_THE_LEDGER}
    values |= {"triggers": [str(each) for each in watch.triggers], "digest_hours": list(watch.digest_hours)}
    values |= {"unsubscribe_token": new_token(), "after": _last_news()}
    values |= {"webhook_secret": watch.webhook_secret or (new_secret() if watch.webhook_url else None)}
    values |= {"digest_at": next_digest(watch.digest_hours, watch.timezone, now) if watch.digest_hours else None}
    statement = insert(watches).values(values).on_conflict_do_nothing(index_elements=[watches.c.name])
    row = (await connection.execute(statement.returning(*watches.c))).one_or_none()
    if row is None:
        raise BadWatch(f"There is a watch '{watch.name}' already. Choose another name, or edit that one.")
    await keep_level(connection, row.id, found_before)
    await connection.execute(select(func.pg_notify(CHANNEL, "")))
    return _watch(row)


async def keep_level(connection: AsyncConnection, id: UUID, found_before: Mapping[datetime, int]) -> None:
    """Note how many stories a watch would have found, by hour, instead of what was noted."""
    await connection.execute(delete(watch_hours).where(watch_hours.c.watch_id == id))
    if found_before:
        hours = [{"watch_id": id, "hour": hour, "found": found} for hour, found in found_before.items()]
        await connection.execute(insert(watch_hours), hours)


async def all_watches(connection: AsyncConnection, *, held: bool = False) -> list[Watch]:
    """Return the watches by name. Those that are `held` nobody removes meanwhile."""
    query = select(watches).order_by(func.lower(watches.c.name), watches.c.id)
    rows = await connection.execute(query.with_for_update(key_share=True, read=True) if held else query)
    return [_watch(row) for row in rows]


async def watch_of(connection: AsyncConnection, name_or_id: str) -> Watch:
    """Return a watch by its name or id. Raises NotFound, with the name that is nearest."""
    named = watches.c.name == name_or_id.replace("\0", "")
    where = named | (watches.c.id == UUID(name_or_id)) if is_uuid(name_or_id) else named
    rows = (await connection.execute(select(watches).where(where))).all()
    if not rows:
        known = list((await connection.execute(select(watches.c.name).order_by(watches.c.name).limit(1_000))).scalars())
        way_out = (
            hint(name_or_id, known[:10], known) if known else "There is none yet; `broadsheet watch add` adds one."
        )
        raise NotFound(f"No watch '{name_or_id[:100]}'. {way_out}")
    return _watch(next((row for row in rows if row.name == name_or_id), rows[0]))


async def states(connection: AsyncConnection, only: Collection[UUID] | None = None) -> list[WatchState]:
    """Return all watches, or some, by name, with how it is with what they have to send."""
    listed = [each for each in await all_watches(connection) if only is None or each.id in only]
    waiting = func.sum(func.cardinality(deliveries.c.notifications))
    counted = select(
        deliveries.c.watch_id,
        waiting.filter(deliveries.c.given_up_at.is_(None)).label("pending"),
        func.count().filter(deliveries.c.given_up_at.is_not(None)).label("given_up"),
    ).group_by(deliveries.c.watch_id)
    sending = {row.watch_id: row for row in await connection.execute(counted)}
    digests = select(notifications.c.watch_id, func.count()).where(notifications.c.in_digest)
    waits: dict[UUID, int] = {
        row[0]: row[1] for row in await connection.execute(digests.group_by(notifications.c.watch_id))
    }
    newest = (
        select(notifications.c.found_at)
        .where(notifications.c.watch_id == watches.c.id)
        .order_by(notifications.c.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    last: dict[UUID, datetime] = {row[0]: row[1] for row in await connection.execute(select(watches.c.id, newest))}
    failing: dict[UUID, dict[str, str]] = {}
    for row in await connection.execute(select(delivery_pauses)):
        failing.setdefault(row.watch_id, {})[row.channel] = row.reason
    return [
        WatchState(
            watch=each,
            pending=int((sending[each.id].pending if each.id in sending else 0) or 0) + waits.get(each.id, 0),
            given_up=sending[each.id].given_up if each.id in sending else 0,
            last_found_at=last.get(each.id),
            failing=failing.get(each.id, {}),
        )
        for each in listed
    ]


async def remove(connection: AsyncConnection, id: UUID) -> None:
    """Remove a watch with all that it has to send."""
    await connection.execute(delete(watches).where(watches.c.id == id))
    await forget_news_without_watches(connection)


async def pause(connection: AsyncConnection, id: UUID) -> None:
    """Have a watch send nothing until it is resumed, and report nothing of what happens meanwhile.

    What happened before, and the index does not show yet, it reports as soon as the index does.
    """
    meanwhile = func.int8multirange(func.int8range(_last_news(), null(), "()"))
    values = {
        "paused": True,
        "skipped_news": watches.c.skipped_news.op("+")(meanwhile),
        "pauses": watches.c.pauses.op("+")(func.tstzmultirange(func.tstzrange(func.now(), null()))),
    }
    await connection.execute(update(watches).where(watches.c.id == id, not_(watches.c.paused)).values(values))


async def resume(connection: AsyncConnection, id: UUID) -> None:
    """Have a watch go on with what happens from now on, unmuted; what could not be sent is tried again now."""
    of_this = watches.c.id == id
    # of the spans those are kept that something may still fall into: news that wait, articles that are edited
    waiting = func.int8range(_waiting_news(func.min), _waiting_news(func.max), "[]")
    remembered = func.tstzrange(func.now() - REMEMBERED, func.now(), "[)")
    ended = {
        "paused": False,
        "skipped_news": watches.c.skipped_news.op("*")(func.int8multirange(waiting)),
        "pauses": watches.c.pauses.op("*")(func.tstzmultirange(remembered)),
    }
    await connection.execute(update(watches).where(of_this, watches.c.paused).values(ended))
    await connection.execute(update(watches).where(of_this).values(muted_until=None))
    await try_again(connection, id, *Channel)


async def mute(connection: AsyncConnection, id: UUID, until: datetime) -> None:
    """Have a watch send nothing of what it finds until then."""
    await connection.execute(update(watches).where(watches.c.id == id).values(muted_until=until))


async def watch_of_token(connection: AsyncConnection, token: str) -> Watch:
    """Return the watch whose e-mails a link with this token ends. Raises NotFound."""
    query = select(watches).where(watches.c.unsubscribe_token == token.replace("\0", "")[:200])
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFound("This link belongs to no watch; it was removed, or the link is not whole.")
    return _watch(row)


async def unsubscribe(connection: AsyncConnection, token: str) -> Watch:
    """End the e-mails of a watch, those that wait included, and return it. Raises NotFound."""
    watch = await watch_of_token(connection, token)
    ended: dict[str, Any] = {"email": None, "digest_hours": [], "digest_at": None, "unsubscribed_at": func.now()}
    this = watches.c.id == watch.id
    await connection.execute(update(watches).where(this, watches.c.email.is_not(None)).values(ended))
    await drop_waiting(connection, watch.id, Channel.EMAIL)
    return watch


async def drop_waiting(connection: AsyncConnection, id: UUID, channel: Channel) -> int:
    """Leave unsent what waits for a channel of a watch; return how many notifications that are."""
    of_channel = (deliveries.c.watch_id == id) & (deliveries.c.channel == channel)
    gone = delete(deliveries).where(of_channel).returning(func.cardinality(deliveries.c.notifications))
    unsent: int = sum((await connection.execute(gone)).scalars())
    if channel is Channel.EMAIL:
        waiting = (notifications.c.watch_id == id) & notifications.c.in_digest
        unsent += (await connection.execute(update(notifications).where(waiting).values(in_digest=False))).rowcount
    return unsent


async def try_again(connection: AsyncConnection, id: UUID, *channels: Channel) -> None:
    """Have what waits for these channels of a watch be sent now, what was given up, too."""
    these = [str(each) for each in channels]
    of_pauses = (delivery_pauses.c.watch_id == id) & delivery_pauses.c.channel.in_(these)
    await connection.execute(delete(delivery_pauses).where(of_pauses))
    again = {"given_up_at": None, "due_at": func.now(), "failures": 0}
    waiting = (deliveries.c.watch_id == id) & deliveries.c.channel.in_(these)
    await connection.execute(update(deliveries).where(waiting).values(again))


async def note_problem(connection: AsyncConnection, id: UUID, problem: str) -> None:
    """Note why a watch's search cannot be carried out; "": it can."""
    other = (watches.c.id == id) & (watches.c.problem != problem)
    await connection.execute(update(watches).where(other).values(problem=problem))


async def reported(
    connection: AsyncConnection, watch_id: UUID, limit: int, before: int | None = None
) -> list[Notification]:
    """Return what a watch reported, the newest first, without what it found while it was muted.

    `before` is the number of the last one of the page before.
    """
    query = select(notifications).where(notifications.c.watch_id == watch_id, not_(notifications.c.muted))
    query = query if before is None else query.where(notifications.c.number < before)
    rows = await connection.execute(query.order_by(notifications.c.number.desc()).limit(limit))
    return [notification_of(row) for row in rows]


async def forget_news_without_watches(connection: AsyncConnection) -> None:
    """Delete what happened and no watch will see."""
    is_skipped = watches.c.skipped_news.op("@>")(watch_news.c.number)
    await connection.execute(delete(watch_news).where(not_(exists().where(not_(is_skipped)))))


def notification_of(row: Row[Any]) -> Notification:
    """Return the notification of a row."""
    return Notification(
        watch_id=row.watch_id,
        key=row.key,
        type=NotificationType(row.type),
        at=row.at,
        article_id=row.article_id,
        content=row.content,
        number=row.number,
    )


def _last_news() -> Any:
    """Return the number of the last news that was written down."""
    return _waiting_news(func.max)


def _waiting_news(which: Any) -> Any:
    """Return the least or greatest number of the news that no watch has seen yet; 0 where there is none."""
    return select(func.coalesce(which(watch_news.c.number), 0)).scalar_subquery()


def _watch(row: Row[Any]) -> Watch:
    fields: dict[str, Any] = dict(row._mapping)
    triggers: Sequence[str] = fields["triggers"]
    known = {str(each) for each in Trigger}
    fields["triggers"] = tuple(Trigger(each) for each in triggers if each in known)
    tuples = {name: tuple(fields[name]) for name in ("digest_hours", "pauses", "skipped_news")}
    return Watch(**fields | tuples)
