"""What outlets changed lately: asked for by parameters, read from the ledger, the next page's cursor with it."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from index.cursor import opaque, value_of
from ledger.change_log import ChangeKey, changes, key_of, version_pairs
from news.edits import EditKind
from news.errors import BadQuery, UnknownOutlet
from news.outlet_change import ChangeFilter, OutletChange
from news.time_bound import bound
from news.version_diff import VersionDiff, compare_versions
from web.outlet_names import OutletNames
from web.search_params import MOST_VALUES, UNPRINTED, address

#: changes of a page: each is compared word by word to be shown
SIZE, MOST_CHANGES = 20, 100
_BAD_CURSOR = "The cursor is not valid; use `next_cursor` of a page of changes."


class ChangesQuery(BaseModel):
    """The parameters of `/api/changes`, as they are described."""

    only: Annotated[
        ChangeFilter,
        Field(description=f"Which changes: {', '.join(ChangeFilter)}."),
        BeforeValidator(lambda value: value or ChangeFilter.ALL),
    ] = ChangeFilter.ALL
    outlet: Annotated[list[str], Field(description="Slugs of outlets; several are alternatives.")] = []
    kind: Annotated[
        list[EditKind | str], Field(description=f"Kinds of edits; several are alternatives: {', '.join(EditKind)}.")
    ] = []
    since: Annotated[
        str, Field(alias="from", description="Seen on or after: a day, a month, a year, or an ISO 8601 time.")
    ] = ""
    until: Annotated[str, Field(description="Seen on or before that day, month or year; before that time.")] = ""
    timezone: Annotated[str, Field(description="IANA time zone of days. Default UTC.")] = ""
    size: Annotated[
        int,
        Field(ge=1, le=MOST_CHANGES, description="Changes per page."),
        BeforeValidator(lambda value: SIZE if value == "" else value),
    ] = SIZE
    cursor: Annotated[str, Field(description="`next_cursor` of the page before; the rest must stay the same.")] = ""


@dataclass(frozen=True, kw_only=True)
class ChangesAsked:
    """Which changes are asked for, as an address has it."""

    only: ChangeFilter = ChangeFilter.ALL
    outlets: tuple[str, ...] = ()
    kinds: tuple[EditKind, ...] = ()
    since: str = ""
    until: str = ""
    timezone: str = "UTC"
    #: the reader's own, which an address of a page need not have
    own_timezone: str = "UTC"
    size: int = SIZE
    cursor: str = ""

    @classmethod
    def of(
        cls,
        parameters: Iterable[tuple[str, str]],
        outlets: OutletNames,
        *,
        own_timezone: str = "UTC",
    ) -> Self:
        """Return what an address's parameters ask. Raises BadQuery, and UnknownOutlet with the nearest one.

        An empty parameter asks for nothing, and so does one that there is not.
        """
        single: dict[str, str] = {}
        several: dict[str, list[str]] = {"outlet": [], "kind": []}
        known = [each.alias or name for name, each in ChangesQuery.model_fields.items()]
        for name, raw in parameters:
            value = UNPRINTED.sub(" ", raw).strip()[:4_000]
            if name in several:
                several[name] += [value] if value and value not in several[name] else []
            elif name in known:
                single[name] = value
        if any(len(values) > MOST_VALUES for values in several.values()):
            raise BadQuery(f"At most {MOST_VALUES} values are taken.")
        for slug in several["outlet"]:
            if slug not in outlets:
                raise UnknownOutlet(slug[:50], outlets)
        size = single.get("size") or str(SIZE)
        if not (size.isascii() and size.isdigit() and 1 <= int(size[:9]) <= MOST_CHANGES):
            raise BadQuery(f"The parameter 'size' must be from 1 to {MOST_CHANGES}, not '{size[:50]}'.")
        asked = cls(
            only=_one_of(ChangeFilter, single.get("only") or ChangeFilter.ALL, "only"),
            outlets=tuple(several["outlet"]),
            kinds=tuple(_one_of(EditKind, value, "kind") for value in several["kind"]),
            since=single.get("from", "")[:50],
            until=single.get("until", "")[:50],
            timezone=single.get("timezone", "")[:50] or own_timezone,
            own_timezone=own_timezone,
            size=int(size),
            cursor=single.get("cursor", ""),
        )
        asked.bounds()
        decoded(asked.cursor)
        return asked

    def bounds(self) -> tuple[datetime | None, datetime | None]:
        """Return the range of time, from and until. Raises BadQuery."""
        try:
            zone = ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise BadQuery(
                f"There is no time zone '{self.timezone}'; use an IANA name such as Europe/Paris."
            ) from error
        return bound(self.since, zone, end=False), bound(self.until, zone, end=True)

    def href(self, path: str = "/changes", **changed: Any) -> str:
        """Return an address that asks the same; `changed` are fields that differ, from the first page."""
        asked = replace(self, **{"cursor": ""} | changed)
        usual = self.own_timezone if path == "/changes" else "UTC"
        single = [
            ("only", "" if asked.only is ChangeFilter.ALL else str(asked.only)),
            ("from", asked.since),
            ("until", asked.until),
            (
                "timezone",
                "" if asked.timezone == usual else asked.timezone,
            ),
            ("size", "" if asked.size == SIZE else str(asked.size)),
            ("cursor", asked.cursor),
        ]
        parameters = [("outlet", slug) for slug in asked.outlets] + [("kind", str(kind)) for kind in asked.kinds]
        return address(path, parameters + [(name, value) for name, value in single if value])


@dataclass(frozen=True, kw_only=True)
class ChangePage:
    """One page of changes."""

    changes: Sequence[OutletChange]
    #: the words that changed, of each edit whose texts are there
    compared: Mapping[ChangeKey, VersionDiff] = field(default_factory=dict)
    next_cursor: str | None = None


async def change_page(connection: AsyncConnection, asked: ChangesAsked, *, compare: bool = True) -> ChangePage:
    """Return a page of changes. Raises SQLAlchemyError if the ledger is away."""
    since, until = asked.bounds()
    found = await changes(
        connection,
        only=asked.only,
        outlets=asked.outlets,
        kinds=asked.kinds,
        since=since,
        until=until,
        before=decoded(asked.cursor),
        limit=asked.size + 1,
    )
    listed = found[: asked.size]
    pairs = await version_pairs(connection, listed) if compare else {}

    def compared() -> dict[ChangeKey, VersionDiff]:
        return {key: compare_versions(before, after) for key, (before, after) in pairs.items()}

    return ChangePage(
        changes=listed,
        compared=await asyncio.to_thread(compared),
        next_cursor=_encoded(key_of(listed[-1])) if len(found) > len(listed) else None,
    )


def _one_of(enumeration: Any, value: str, name: str) -> Any:
    try:
        return enumeration(value)
    except ValueError as error:
        known = ", ".join(enumeration)
        raise BadQuery(f"The parameter '{name}' cannot be '{value[:50]}'. Use one of: {known}.") from error


def _encoded(key: ChangeKey) -> str:
    return opaque([key.at.isoformat(), str(key.article_id), key.number])


def decoded(cursor: str) -> ChangeKey | None:
    """Return the place that a cursor names, None for "". Raises BadQuery for a cursor that no page gave."""
    if not cursor:
        return None
    try:
        at, id, number = value_of(cursor)
        key = ChangeKey(at=datetime.fromisoformat(at), article_id=UUID(id), number=int(number))
        if key.at.utcoffset() is None or not -3 < key.number < 2**31:
            raise ValueError
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise BadQuery(_BAD_CURSOR) from error
    return key
