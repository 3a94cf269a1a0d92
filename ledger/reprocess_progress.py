"""Reprocessing: how far each part of the articles is, moved on in the transaction that writes the article."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Select, func, select, text, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.schema import articles, raw_pages, reprocessing_parts, reprocessings
from news.errors import CrawlInterrupted

#: shares of the articles that workers take: a part ends some minutes after the others at most
PARTS = 16
#: before every article's id
NONE_YET = UUID(int=0)
#: examples of a field's change that are kept
MOST_EXAMPLES = 3
#: characters of a value in an example, and of those before the first difference
EXAMPLE_CHARACTERS, BEFORE_DIFFERENCE = 80, 16
#: reasons of refusals that are told apart in a part, and their characters
MOST_REASONS, REASON_CHARACTERS = 40, 160
OTHER_REASONS = "other reasons"


class Steps(StrEnum):
    """What is done again."""

    ALL = "all"
    EXTRACT = "extract"  # articles whose raw page is kept, alone
    ENRICH = "enrich"  # the stored text is enriched, no page is read


class ReprocessResult(StrEnum):
    """What was done with an article; whether that changed it is counted beside it."""

    READ = "read"
    ENRICHED = "enriched"
    #: no raw page is kept: its stored text was enriched
    NO_RAW_PAGE = "no_raw_page"
    #: the page that is kept is not the newest text's: its text stays
    OTHER_PAGE = "other_page"
    #: the reader finds no article in the page now: nothing changes
    REFUSED = "refused"
    #: a crawl was faster, time and again
    RECORDED_MEANWHILE = "recorded_meanwhile"
    #: without its country and time zone the page would lose what it said
    NO_OUTLET_FILE = "no_outlet_file"
    UNRECORDABLE = "unrecordable"


#: the article was read or enriched, and is changed or unchanged
DONE = frozenset(
    {ReprocessResult.READ, ReprocessResult.ENRICHED, ReprocessResult.NO_RAW_PAGE, ReprocessResult.OTHER_PAGE}
)

#: field -> its values before and after
Differences = Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True, kw_only=True)
class ReprocessPart:
    """One share of a reprocessing's articles, and how far it is."""

    reprocessing_id: int
    part: int
    up_to: UUID
    last: UUID
    total: int
    done: int = 0
    changed: int = 0
    results: dict[str, int] = field(default_factory=dict)
    refusals: dict[str, int] = field(default_factory=dict)
    fields: dict[str, int] = field(default_factory=dict)
    examples: list[dict[str, str]] = field(default_factory=list)
    ended_at: datetime | None = None
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class Reprocessing:
    """All articles, or some, that are read again; with its parts."""

    id: int
    outlet: str | None
    #: articles first seen before are left alone
    since: datetime | None
    steps: Steps
    dry_run: bool
    begun_at: datetime
    ended_at: datetime | None
    parts: tuple[ReprocessPart, ...] = ()

    @property
    def total(self) -> int:
        """Articles that were there when it began, or are done."""
        return sum(part.total for part in self.parts)

    @property
    def done(self) -> int:
        """Articles that were read."""
        return sum(part.done for part in self.parts)

    @property
    def changed(self) -> int:
        """Articles that changed; of a dry run: that would."""
        return sum(part.changed for part in self.parts)

    @property
    def results(self) -> dict[str, int]:
        """What was done -> articles."""
        return _sum(part.results for part in self.parts)

    @property
    def unchanged(self) -> int:
        """Articles that were read or enriched, and came out as they were."""
        return sum(times for name, times in self.results.items() if name in DONE) - self.changed

    @property
    def refusals(self) -> dict[str, int]:
        """The reader's reason -> articles."""
        return _sum(part.refusals for part in self.parts)

    @property
    def fields(self) -> dict[str, int]:
        """Field -> articles in which it changed, the most frequent first."""
        counted = _sum(part.fields for part in self.parts)
        return dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))

    @property
    def examples(self) -> list[dict[str, str]]:
        """Changes of fields: url, field, before, after; MOST_EXAMPLES a field."""
        found: dict[str, list[dict[str, str]]] = {}
        for part in self.parts:
            for example in part.examples:
                found.setdefault(example["field"], []).append(example)
        return [example for name in self.fields for example in found.get(name, [])[:MOST_EXAMPLES]]

    @property
    def errors(self) -> list[str]:
        """Why parts do not go on, each reason once."""
        return sorted({part.error for part in self.parts if part.error and part.ended_at is None})

    def as_json(self) -> dict[str, Any]:
        """Return it as the command line prints it."""
        return {
            "id": self.id,
            "outlet": self.outlet,
            "since": self.since.date().isoformat() if self.since else None,
            "steps": self.steps,
            "dry_run": self.dry_run,
            "articles": self.total,
            "done": self.done,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "results": self.results,
            "refusals": self.refusals,
            "fields": self.fields,
            "examples": self.examples,
            "begun_at": self.begun_at.isoformat(),
            "ended_at": self.ended_at.isoformat() if self.ended_at else None,
            "errors": self.errors,
        }


def _sum(counts: Any) -> dict[str, int]:
    total: dict[str, int] = {}
    for counted in counts:
        for name, times in counted.items():
            total[name] = total.get(name, 0) + times
    return dict(sorted(total.items()))


async def begin(
    connection: AsyncConnection,
    outlet: str | None,
    since: datetime | None,
    steps: Steps,
    *,
    dry_run: bool,
    read_with: bytes,
) -> tuple[Reprocessing, bool]:
    """Return the reprocessing of these articles, and whether it is one that was begun before and goes on.

    One that was begun with another reader or enrichment is given up: half of its articles were read otherwise.
    """
    # two commands at once: the second one joins
    await connection.execute(text("LOCK TABLE reprocessings IN SHARE ROW EXCLUSIVE MODE"))
    same = (
        reprocessings.c.outlet.is_not_distinct_from(outlet)
        & reprocessings.c.since.is_not_distinct_from(since)
        & (reprocessings.c.steps == steps)
        & (reprocessings.c.dry_run == dry_run)
        & reprocessings.c.ended_at.is_(None)
    )
    rows = (await connection.execute(select(reprocessings.c.id, reprocessings.c.read_with).where(same))).all()
    for row in rows:
        if row.read_with == read_with:
            of_this = reprocessing_parts.c.reprocessing_id == row.id
            await connection.execute(update(reprocessing_parts).where(of_this).values(error=None))
            return await reprocessing_of(connection, row.id), True
        given_up = update(reprocessings).where(reprocessings.c.id == row.id).values(ended_at=func.now())
        await connection.execute(given_up)
    values = {"outlet": outlet, "since": since, "steps": steps, "dry_run": dry_run, "read_with": read_with}
    statement = insert(reprocessings).values(values).returning(reprocessings.c.id)
    begun: int = (await connection.execute(statement)).scalar_one()
    await _split(connection, begun, outlet, since, steps)
    await _end_if_done(connection, begun)
    return await reprocessing_of(connection, begun), False


def wanted(query: Select[Any], outlet: str | None, since: datetime | None, steps: Steps) -> Select[Any]:
    """Return the query of articles with what a reprocessing leaves alone left out."""
    if outlet is not None:
        query = query.where(articles.c.outlet == outlet)
    if since is not None:
        query = query.where(articles.c.first_seen_at >= since)
    if steps is Steps.EXTRACT:
        query = query.where(articles.c.id.in_(select(raw_pages.c.article_id)))
    return query


async def _split(
    connection: AsyncConnection, begun: int, outlet: str | None, since: datetime | None, steps: Steps
) -> None:
    """Split the articles by their ids into parts of about as many."""
    numbered = wanted(
        select(articles.c.id, func.ntile(PARTS).over(order_by=articles.c.id).label("part")), outlet, since, steps
    ).subquery()
    query = (
        select(numbered.c.part, numbered.c.id, func.count().over(partition_by=numbered.c.part).label("total"))
        .ext(distinct_on(numbered.c.part))
        .order_by(numbered.c.part, numbered.c.id.desc())
    )
    up_to, parts = NONE_YET, []
    for row in await connection.execute(query):
        parts.append(
            {"reprocessing_id": begun, "part": row.part - 1, "up_to": up_to, "last": row.id, "total": row.total}
        )
        up_to = row.id
    if parts:
        await connection.execute(insert(reprocessing_parts), parts)


async def reprocessing_of(connection: AsyncConnection, reprocessing_id: int) -> Reprocessing:
    """Return the reprocessing with this number."""
    row = (await connection.execute(select(reprocessings).where(reprocessings.c.id == reprocessing_id))).one()
    query = select(reprocessing_parts).where(reprocessing_parts.c.reprocessing_id == reprocessing_id)
    parts = (await connection.execute(query.order_by(reprocessing_parts.c.part))).all()
    return Reprocessing(
        id=row.id,
        outlet=row.outlet,
        since=row.since,
        steps=Steps(row.steps),
        dry_run=row.dry_run,
        begun_at=row.begun_at,
        ended_at=row.ended_at,
        parts=tuple(map(_part, parts)),
    )


def _part(row: Row[Any]) -> ReprocessPart:
    return ReprocessPart(**{name: row._mapping[name] for name in ReprocessPart.__dataclass_fields__})


def counted(
    part: ReprocessPart,
    article_id: UUID,
    url: str,
    result: ReprocessResult,
    changes: Differences | None = None,
    reason: str = "",
) -> ReprocessPart:
    """Return the part one article further on, with what became of it."""
    changes = changes or {}
    examples = list(part.examples)
    shown = _sum({example["field"]: 1} for example in examples)
    for name, (before, after) in changes.items():
        if shown.get(name, 0) < MOST_EXAMPLES:
            examples.append({"url": url, "field": name} | _excerpts(before, after))
    refusals = part.refusals
    if result is ReprocessResult.REFUSED:
        reason = reason[:REASON_CHARACTERS]
        known = reason in refusals or len(refusals) < MOST_REASONS
        refusals = _sum([refusals, {reason if known else OTHER_REASONS: 1}])
    return replace(
        part,
        up_to=article_id,
        done=part.done + 1,
        changed=part.changed + bool(changes),
        results=_sum([part.results, {result: 1}]),
        refusals=refusals,
        fields=_sum([part.fields, dict.fromkeys(changes, 1)]),
        examples=examples,
    )


def _excerpts(before: Any, after: Any) -> dict[str, str]:
    """Return the two values from shortly before where they begin to differ, each cut to EXAMPLE_CHARACTERS."""
    one, other = (value if isinstance(value, str) else _plain(value) for value in (before, after))
    start = next((at for at, (old, new) in enumerate(zip(one, other, strict=False)) if old != new), None)
    if start is None:
        start = min(len(one), len(other))
    fits = max(len(one), len(other)) <= EXAMPLE_CHARACTERS
    start = 0 if fits else max(0, start - BEFORE_DIFFERENCE)
    return {"before": _cut(one, start), "after": _cut(other, start)}


def _plain(value: Any) -> str:
    return "" if value is None else orjson.dumps(value).decode()


def _cut(value: str, start: int) -> str:
    value = f"…{value[start:]}" if start else value
    return value if len(value) <= EXAMPLE_CHARACTERS else f"{value[: EXAMPLE_CHARACTERS - 1]}…"


async def move(connection: AsyncConnection, before: ReprocessPart, after: ReprocessPart) -> None:
    """Write how far the part is, in the transaction that makes it so.

    Raises CrawlInterrupted if it is no longer where it was: another worker has taken it over.
    """
    moved = await connection.execute(
        update(reprocessing_parts)
        .where(_is(before), reprocessing_parts.c.up_to == before.up_to, reprocessing_parts.c.done == before.done)
        .values(
            **{
                name: getattr(after, name)
                for name in ("up_to", "done", "changed", "results", "refusals", "fields", "examples")
            },
            moved_at=func.now(),
        )
    )
    if moved.rowcount != 1:
        raise CrawlInterrupted(f"Another worker is processing part {before.part} now.")


async def end(connection: AsyncConnection, part: ReprocessPart) -> None:
    """Note that a part was read to its end, and with the last one the whole."""
    # one at a time, or of two that end at once each would miss the other's end
    of_all = reprocessings.c.id == part.reprocessing_id
    await connection.execute(select(reprocessings.c.id).where(of_all).with_for_update())
    # what was added or went since it began is known now
    values = {"ended_at": func.now(), "error": None, "total": reprocessing_parts.c.done}
    await connection.execute(update(reprocessing_parts).where(_is(part)).values(values))
    await _end_if_done(connection, part.reprocessing_id)


async def stop(connection: AsyncConnection, part: ReprocessPart, error: str) -> None:
    """Write why a part does not go on; it goes on when it is asked for again."""
    await connection.execute(update(reprocessing_parts).where(_is(part)).values(error=error))


async def _end_if_done(connection: AsyncConnection, reprocessing_id: int) -> None:
    open_parts = select(reprocessing_parts.c.part).where(
        reprocessing_parts.c.reprocessing_id == reprocessing_id, reprocessing_parts.c.ended_at.is_(None)
    )
    await connection.execute(
        update(reprocessings)
        .where(reprocessings.c.id == reprocessing_id, reprocessings.c.ended_at.is_(None), ~open_parts.exists())
        .values(ended_at=func.now())
    )


def _is(part: ReprocessPart) -> Any:
    return (reprocessing_parts.c.reprocessing_id == part.reprocessing_id) & (reprocessing_parts.c.part == part.part)
