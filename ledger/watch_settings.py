"""A watch's settings, edited: what waits stays with it, and goes where the new settings send it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.schema import watches
from ledger.watch_matches import make_digest
from ledger.watches import drop_waiting, keep_level, new_secret, new_token, states, try_again, watch_of
from news.errors import BadWatch, EditConflict
from news.watch import Channel, Watch, next_digest


@dataclass(frozen=True, kw_only=True)
class WatchEdit:
    """A watch that was edited, and what that did."""

    watch: Watch
    #: what differs now: names of fields
    changed: tuple[str, ...] = ()
    #: notifications that wait to be sent
    waiting: int = 0
    #: notifications that waited for a receiver that was taken away, and are not sent
    unsent: int = 0

    @property
    def has_new_secret(self) -> bool:
        """Whether the webhook has a secret that nobody was shown yet."""
        return "webhook_url" in self.changed and self.watch.webhook_url is not None

    def sentences(self) -> list[str]:
        """Return what the edit did to what waits, for a person."""
        if not self.changed:
            return ["Nothing differs."]
        said = []
        if {"query", "triggers"} & {*self.changed}:
            said.append(
                "What happens from now on is matched by the new settings: an article that was known before is not new "
                "to it, and a story that it reported is not reported again."
            )
        if self.waiting:
            moved = {"email", "webhook_url"} & {*self.changed}
            said.append(f"To be sent {'to the new address' if moved else 'as before'}: {_counted(self.waiting)}.")
        if self.unsent:
            said.append(f"Not sent, for the address was taken away: {_counted(self.unsent)}.")
        return said


def _counted(number: int) -> str:
    return f"{number} notification{'s' if number != 1 else ''}"


async def edit(
    connection: AsyncConnection, new: Watch, mark: str, found_before: Mapping[datetime, int] | None, now: datetime
) -> WatchEdit:
    """Give a watch these settings if they are still those that `mark` names, and return what that did.

    What waits to be sent goes to the new address; what waits for one that was taken away stays unsent. With other hours
    it waits for these; without hours what was gathered is sent now. A new address of a webhook has a new secret, a new
    one of e-mails a new link that ends them. A new search is that of news that wait, too; what was known before the
    edit is no news to it. `found_before` is its usual level, None where that stays.

    Raises BadWatch if the name is taken, EditConflict if somebody else edited it, NotFound if it was removed.
    """
    locked = select(watches.c.id).where(watches.c.id == new.id).with_for_update()
    await connection.execute(locked)
    old = await watch_of(connection, str(new.id))
    if old.mark != mark:
        raise EditConflict(f"The watch {old.name} was edited meanwhile. Read it again, then edit it.")
    fields = ("name", "query", "triggers", "email", "digest_hours", "timezone", "webhook_url")
    changed = tuple(name for name in fields if getattr(old, name) != getattr(new, name))
    if not changed:
        return WatchEdit(watch=old)
    await _write(connection, new, changed, now)
    if found_before is not None:
        await keep_level(connection, new.id, found_before)
    unsent = 0
    for name, channel in (("email", Channel.EMAIL), ("webhook_url", Channel.WEBHOOK)):
        if name in changed and getattr(new, name) is None:
            unsent += await drop_waiting(connection, new.id, channel)
        elif name in changed:
            await try_again(connection, new.id, channel)
    if new.email and not new.digest_hours:
        await make_digest(connection, new.id)
    [state] = await states(connection, [new.id])
    return WatchEdit(watch=state.watch, changed=changed, waiting=state.pending, unsent=unsent)


async def _write(connection: AsyncConnection, new: Watch, changed: tuple[str, ...], now: datetime) -> None:
    values: dict[str, Any] = {name: getattr(new, name) for name in changed}
    values |= {name: list(map(str, values[name])) for name in ("triggers",) if name in values}
    values |= {name: list(values[name]) for name in ("digest_hours",) if name in values}
    if {"query", "triggers"} & {*changed}:
        values |= {"active_since": func.now(), "problem": ""}
    if "webhook_url" in changed:
        values["webhook_secret"] = new_secret() if new.webhook_url else None
    if "email" in changed:
        values |= {"unsubscribe_token": new_token(), "unsubscribed_at": None}
    if {"digest_hours", "timezone"} & {*changed}:
        values["digest_at"] = next_digest(new.digest_hours, new.timezone, now) if new.digest_hours else None
    try:
        async with connection.begin_nested():
            await connection.execute(update(watches).where(watches.c.id == new.id).values(values))
    except IntegrityError as error:
        raise BadWatch(f"There is a watch '{new.name}' already. Choose another name.") from error
