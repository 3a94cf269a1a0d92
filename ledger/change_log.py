"""What outlets changed lately, over all articles: edits, withdrawals, missing pages and returns, the newest first."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    ScalarSelect,
    Select,
    Subquery,
    and_,
    cast,
    func,
    literal,
    not_,
    null,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB, array
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.articles import unpack
from ledger.schema import articles, attempts, tombstones, versions
from news.edits import EditKind, Edits
from news.outlet_change import ChangeFilter, ChangeType, OutletChange
from news.version import Version

#: stands in the key in place of a version: what happened to a page at one instant has an order, too
_PLACES = {ChangeType.WITHDRAWN: 0, ChangeType.RETURNED: -1, ChangeType.MISSING: -2}


@dataclass(frozen=True, kw_only=True)
class ChangeKey:
    """The place of a change in the list, behind which the next page begins."""

    at: datetime
    article_id: UUID
    #: version of an edit, 0 of a withdrawal, -1 of a return, -2 of a missing page
    number: int


def key_of(change: OutletChange) -> ChangeKey:
    """Return the change's place in the list."""
    number = change.version if change.version is not None else _PLACES[change.type]
    return ChangeKey(at=change.at, article_id=change.article_id, number=number)


async def changes(
    connection: AsyncConnection,
    *,
    only: ChangeFilter = ChangeFilter.ALL,
    outlets: Collection[str] = (),
    article_ids: Collection[UUID] = (),
    kinds: Collection[EditKind] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    before: ChangeKey | None = None,
    limit: int,
) -> list[OutletChange]:
    """Return at most `limit` changes, the newest first: of these outlets, articles and kinds, if any are named.

    `since` is inclusive, `until` exclusive; `before` is the last change of the page before. What cannot be told from
    our own reading (EditKind.UNEXPLAINED) is given only where its kind is asked for.
    """
    parts: list[tuple[ChangeType, FromClause, tuple[Any, ...], list[ColumnElement[bool]]]] = []
    if only in (ChangeFilter.ALL, ChangeFilter.CORRECTIONS, ChangeFilter.SILENT):
        wanted = [versions.c.version > 1, *_of_edits(only, kinds)]
        columns: tuple[Any, ...] = (versions.c.seen_at, versions.c.version, versions.c.edits, cast(null(), Integer))
        parts.append((ChangeType.EDIT, versions, columns, wanted))
    missing, without = _missing(), cast(null(), Integer)
    for type, of, at, status, filter in (
        (ChangeType.WITHDRAWN, tombstones, tombstones.c.gone_at, tombstones.c.status, ChangeFilter.WITHDRAWN),
        (ChangeType.MISSING, missing, missing.c.missed_at, missing.c.status, ChangeFilter.WITHDRAWN),
        (ChangeType.RETURNED, tombstones, tombstones.c.back_at, without, ChangeFilter.RETURNED),
    ):
        if only is filter or (only is ChangeFilter.ALL and not kinds):
            columns = (at, literal(_PLACES[type]), cast(null(), JSONB), status)
            parts.append((type, of, columns, [at.is_not(None)]))
    selected: list[Select[tuple[object, ...]]] = []
    for type, table, (at, number, edits, status), wanted in parts:
        wanted += [at >= since] if since else []
        wanted += [at < until] if until else []
        wanted += [articles.c.outlet.in_(list(outlets))] if outlets else []
        wanted += [table.c.article_id.in_(list(article_ids))] if article_ids else []
        if before:
            wanted.append(tuple_(at, table.c.article_id, number) < tuple_(before.at, before.article_id, before.number))
        selected.append(
            select(
                literal(str(type)).label("type"),
                at.label("at"),
                number.label("number"),
                table.c.article_id,
                edits.label("edits"),
                status.label("status"),
            )
            .join(articles, articles.c.id == table.c.article_id)
            .where(and_(*wanted))
            .order_by(at.desc(), table.c.article_id.desc(), number.desc())
            .limit(limit)
        )
    every = union_all(*(select(each.subquery()) for each in selected)).subquery()
    document = articles.c.document
    rows = await connection.execute(
        select(
            every,
            articles.c.outlet,
            articles.c.url,
            document["headline"].astext.label("headline"),
            document["in_language"].astext.label("in_language"),
        )
        .join(articles, articles.c.id == every.c.article_id)
        .order_by(every.c.at.desc(), every.c.article_id.desc(), every.c.number.desc())
        .limit(limit)
    )
    return [
        OutletChange(
            type=ChangeType(row.type),
            at=row.at,
            article_id=row.article_id,
            outlet=row.outlet,
            url=row.url,
            headline=row.headline or "",
            in_language=row.in_language or "und",
            version=row.number if row.number > 0 else None,
            edits=Edits.from_json(row.edits) if row.edits else None,
            status=row.status,
        )
        for row in rows
    ]


async def count_changes(connection: AsyncConnection, since: datetime) -> dict[ChangeFilter, int]:
    """Return how many edits, silent edits and withdrawals `changes` lists as of `since`, in one statement."""

    def counted(*wanted: ColumnElement[bool]) -> ScalarSelect[int]:
        return select(func.count()).where(*wanted).scalar_subquery()

    edited = (versions.c.version > 1, versions.c.seen_at >= since)
    missing = _missing()
    row = (
        await connection.execute(
            select(
                counted(*edited, *_of_edits(ChangeFilter.ALL, ())),
                counted(*edited, *_of_edits(ChangeFilter.SILENT, ())),
                counted(tombstones.c.gone_at >= since) + counted(missing.c.missed_at >= since),
            )
        )
    ).one()
    return dict(zip((ChangeFilter.ALL, ChangeFilter.SILENT, ChangeFilter.WITHDRAWN), row, strict=True))


def _missing() -> Subquery:
    """Return the articles whose page was not there once: nothing settles yet whether they are withdrawn."""
    status = (
        select(attempts.c.status)
        .where(attempts.c.url.in_([articles.c.url, articles.c.read_from]), attempts.c.at == articles.c.missed_at)
        .limit(1)
        .scalar_subquery()
    )
    columns = (articles.c.id.label("article_id"), articles.c.missed_at, status.label("status"))
    return select(*columns).where(articles.c.missed_at.is_not(None), articles.c.gone_at.is_(None)).subquery("missing")


def _of_edits(only: ChangeFilter, kinds: Collection[EditKind]) -> list[ColumnElement[bool]]:
    """Return the conditions of an edit that is wanted."""
    found = versions.c.edits["kinds"]
    wanted: list[ColumnElement[bool]] = [versions.c.edits.is_not(None)]
    if only is ChangeFilter.SILENT:
        wanted.append(versions.c.edits["stealth"].as_boolean())
    if only is ChangeFilter.CORRECTIONS:
        wanted.append(found.has_key(str(EditKind.CORRECTION_NOTICE)))
    if kinds:
        wanted.append(found.has_any(array([str(kind) for kind in kinds])))
    if EditKind.UNEXPLAINED not in kinds:
        wanted.append(not_(found.has_key(str(EditKind.UNEXPLAINED))))
    return wanted


async def outlets_with_articles(connection: AsyncConnection) -> dict[str, str]:
    """Return the outlets that have articles, each with the name that its newest article gives it.

    An index on the outlet is walked from one outlet to the next: as many steps as there are outlets.
    """
    column = articles.c.outlet
    first = select(func.min(column).label("outlet")).cte("met", recursive=True)
    following = select(func.min(column)).where(column > first.c.outlet).scalar_subquery()
    met = first.union_all(select(following).where(first.c.outlet.is_not(None)))
    named = (
        select(articles.c.document["outlet_name"].astext.label("name"))
        .where(column == met.c.outlet)
        .order_by(column, articles.c.first_seen_at.desc())  # as the index has them
        .limit(1)
        .lateral("named")
    )
    rows = await connection.execute(select(met.c.outlet, named.c.name).join(named, true()))
    return {row.outlet: row.name or "" for row in rows}


async def version_pairs(
    connection: AsyncConnection, listed: Sequence[OutletChange]
) -> dict[ChangeKey, tuple[Version, Version]]:
    """Return the text before and after each edit among `listed`, by its place in the list.

    An edit whose texts are no more there is left out.
    """
    edits = [(change.article_id, change.version, key_of(change)) for change in listed if change.version is not None]
    pairs = [(id, each) for id, number, _ in edits for each in (number - 1, number)]
    if not pairs:
        return {}
    columns = (versions.c.article_id, versions.c.version, versions.c.seen_at, versions.c.article, versions.c.edits)
    query = select(*columns).where(tuple_(versions.c.article_id, versions.c.version).in_(pairs))
    texts = {
        (row.article_id, row.version): Version(
            number=row.version,
            seen_at=row.seen_at,
            article=unpack(row.article),
            edits=Edits.from_json(row.edits) if row.edits else None,
        )
        for row in await connection.execute(query)
    }
    found = {}
    for id, number, key in edits:
        before, after = texts.get((id, number - 1)), texts.get((id, number))
        if before and after:
            found[key] = (before, after)
    return found
