"""A query in, results out: the statements of one search and what becomes of their rows."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, case, func, literal, not_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from index.cursor import PageStart, encode
from index.highlight import marked
from index.phrase import positive_terms
from index.postgresql import translate
from index.postgresql.hits import RANKED, HitSet, all_hits, hits_of
from index.postgresql.tables import ARTICLES, LABELS
from index.postgresql.translate import Condition
from index.query import Bucket, Hit, Interval, Query, Sort
from index.syntax import QueryNode
from news.errors import BadQuery

#: orders that are not those of time: they are compared among the first hits in time
_BY_SCORE = frozenset({Sort.RELEVANCE, Sort.CHANGED})
_NO_CURSOR = "The cursor is not valid; use `next_cursor` of a page of results."


class Search:
    """One query over one connection."""

    def __init__(self, connection: AsyncConnection, query: Query, tree: QueryNode | None, place: PageStart) -> None:
        """Translate the query; `place` is where its page begins, with the time it was first asked as `origin`."""
        self.connection = connection
        self.query = query
        self.tree = tree
        self.place = place
        self.chosen = translate.filters(query)
        self.base = [ARTICLES.c.document.is_not(None), translate.condition(tree), *translate.published(query)]
        self._found: dict[str, HitSet] = {}

    def where(self, but: str = "") -> Condition:
        """Return all conditions, without the filter on facet `but`."""
        return and_(*self.base, *(each for name, each in self.chosen.items() if name != but))

    async def found(self, but: str = "") -> HitSet:
        """Return what is found, without the filter on facet `but`."""
        if but not in self._found:
            where = self.where(but)
            self._found[but] = (
                await all_hits(self.connection, where)
                if self.query.is_exact
                else await hits_of(
                    self.connection,
                    where,
                    self._in_time,
                    self._beginning,
                    [*translate.near(self.query), *self._near()],
                    is_oldest=self.query.sort is Sort.OLDEST,
                    size=self.query.size,
                )
            )
        return self._found[but]

    @property
    def is_estimated(self) -> bool:
        """Whether a count of those that were asked for is an estimate."""
        counted = self.query.facets or self.query.histogram
        return any(not each.is_exact or (counted and each.weight > 1) for each in self._found.values())

    def _in_time(self, columns: Any) -> list[Any]:
        """Return the order by which the first hits are chosen: the newest, or the oldest where these are wanted."""
        sort = Sort.OLDEST if self.query.sort is Sort.OLDEST else Sort.NEWEST
        return _order(sort, None, columns.sorted_at, columns.id)

    def _near(self) -> list[Condition]:
        """Return the part of `_beginning` that is a range of the time."""
        if self.query.sort in _BY_SCORE or self.query.collapse_by_story or not self.place.after:
            return []
        at = self._time(self.place.after[0])
        if at is None:
            return [ARTICLES.c.sorted_at.is_(None)]
        return [ARTICLES.c.sorted_at <= at if self.query.sort is Sort.NEWEST else ARTICLES.c.sorted_at >= at]

    def _beginning(self, columns: Any) -> Condition:
        """Return the condition of hits on this page or later ones, where the page's order is that of time.

        Best hits, and one hit a story, are chosen among the same set on each page.
        """
        if not self.place.after or self.query.sort in _BY_SCORE or self.query.collapse_by_story:
            return true()
        return self._after(columns, *self.place.after)

    async def hits(self) -> tuple[tuple[Hit, ...], str | None]:
        """Return one page of hits and the cursor of the next."""
        found = await self.found()
        rows = (await self.connection.execute(self._page(found.first))).all()
        hits = tuple(
            Hit(
                id=row.id,
                document=row.document,
                score=row.score if self.query.sort is Sort.RELEVANCE else 0.0,
                highlights=self._highlights(row.document),
                story_size=row.story_size,
            )
            for row in rows
        )
        if len(rows) < self.query.size or not rows:
            return hits, None
        last = rows[-1]
        after = last.score if self.query.sort in _BY_SCORE else last.sorted_at and last.sorted_at.isoformat()
        return hits, encode(self.query, replace(self.place, after=(after, last.id)))

    def _page(self, where: Condition) -> Select[Any]:
        query = self.query
        score: Any = literal(0.0)
        if query.sort is Sort.RELEVANCE:
            score = translate.score(self.tree, query, self.place.origin)
        elif query.sort is Sort.CHANGED:
            score = translate.changed()
        story = ARTICLES.c.story_key
        rows = select(ARTICLES.c.id, ARTICLES.c.sorted_at, score.label("score")).where(where)
        if query.collapse_by_story:
            first = _order(query.sort, score, ARTICLES.c.sorted_at, ARTICLES.c.id)
            rows = rows.add_columns(
                func.row_number().over(partition_by=story, order_by=first).label("nth"),
                func.count().over(partition_by=story).label("story_size"),
            )
        else:
            rows = rows.add_columns(literal(1).label("nth"), literal(1).label("story_size"))
        found = rows.subquery()
        page = select(found.c.id, found.c.sorted_at, found.c.score, found.c.story_size).where(found.c.nth == 1)
        if self.place.after:
            page = page.where(self._after(found.c, *self.place.after))
        page = page.order_by(*_order(query.sort, found.c.score, found.c.sorted_at, found.c.id)).limit(query.size)
        few = page.subquery()  # the documents of one page alone are read
        return (
            select(few, ARTICLES.c.document)
            .join(ARTICLES, ARTICLES.c.id == few.c.id)
            .order_by(*_order(query.sort, few.c.score, few.c.sorted_at, few.c.id))
        )

    def _after(self, found: Any, value: float | str | None, id: str) -> Condition:
        """Return the condition of what comes after a hit, in the page's order. Raises BadQuery for no such value."""
        if self.query.sort in _BY_SCORE:
            try:
                score = float(value or 0.0)
            except ValueError as error:
                raise BadQuery(_NO_CURSOR) from error
            return or_(found.score < score, and_(found.score == score, found.id > id))
        at = self._time(value)
        if at is None:
            return and_(found.sorted_at.is_(None), found.id > id)
        beyond = found.sorted_at < at if self.query.sort is Sort.NEWEST else found.sorted_at > at
        return or_(beyond, and_(found.sorted_at == at, found.id > id), found.sorted_at.is_(None))

    @staticmethod
    def _time(value: float | str | None) -> datetime | None:
        try:
            return datetime.fromisoformat(str(value)) if value is not None else None
        except ValueError as error:
            raise BadQuery(_NO_CURSOR) from error

    def _highlights(self, document: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
        if not self.query.highlight or self.tree is None:
            return {}
        terms = list(positive_terms(self.tree))
        found = {}
        for field in self.query.highlighted:
            asked = [term for term in terms if term.field in (None, field)]
            text = document.get(field)
            if asked and text and (pieces := marked(text, asked, whole=field != "body")):
                found[field] = pieces
        return found

    async def notes(self) -> tuple[str, ...]:
        """Return what the reader should know of how far was looked."""
        found = await self.found()
        if not (found.is_cut and self.query.size):
            return ()
        if self.query.sort is Sort.RELEVANCE and self.tree is not None:
            return (f"Relevance was compared among the newest {RANKED:,} articles found.",)
        if self.query.sort is Sort.CHANGED:
            return (f"Times of change were compared among the newest {RANKED:,} articles found.",)
        if self.query.collapse_by_story:
            first = "oldest" if self.query.sort is Sort.OLDEST else "newest"
            return (f"Stories were grouped among the {first} {RANKED:,} articles found.",)
        return ()

    async def facets(self) -> dict[str, tuple[Bucket, ...]]:
        """Return the facets' values; one statement counts all that are not filtered by."""
        found: dict[str, tuple[Bucket, ...]] = {}
        free = [name for name in self.query.facets if name not in self.chosen]
        if free:
            found |= await self._counted(free, await self.found())
        for name in self.query.facets:
            if name in self.chosen:
                found |= await self._counted([name], await self.found(but=name))
        return {name: found[name] for name in self.query.facets}

    async def _counted(self, names: list[str], hits: HitSet) -> dict[str, tuple[Bucket, ...]]:
        each = select(func.unnest(ARTICLES.c.labels).label("label")).where(hits.counted).subquery()
        facet = func.split_part(each.c.label, "=", 1)
        counts = (
            select(each.c.label, func.count().label("count"), facet.label("facet"))
            .where(facet.in_(names))
            .group_by(each.c.label)
            .subquery()
        )
        # the same order on both sides of every server: by code point, as Elasticsearch has it
        by_count = [counts.c.count.desc(), counts.c.label.collate("C")]
        nth = func.row_number().over(partition_by=counts.c.facet, order_by=by_count).label("nth")
        ranked = select(counts, nth).subquery()
        rows = await self.connection.execute(
            select(ranked.c.facet, ranked.c.label, ranked.c["count"], LABELS.c.shown)
            .outerjoin(LABELS, LABELS.c.label == ranked.c.label)
            .where(ranked.c.nth <= self.query.facet_size)
            .order_by(ranked.c.facet, ranked.c.nth)
        )
        found: dict[str, list[Bucket]] = {name: [] for name in names}
        for facet_name, label, count, shown in rows:
            value = label.partition("=")[2]
            found[facet_name].append(Bucket(value=value, label=shown or value, count=hits.scaled(count)))
        return {name: tuple(buckets) for name, buckets in found.items()}

    async def histogram(self) -> tuple[Bucket, ...]:
        """Return the bars that have articles."""
        query, at, day = self.query, ARTICLES.c.published_at, ARTICLES.c.published_day
        if query.histogram is None:
            return ()
        hits = await self.found()
        where = and_(hits.counted, at.is_not(None))
        if query.histogram is Interval.HOUR:
            where = and_(where, not_(day))  # a day has no hour
            bar = func.date_trunc("hour", at, query.timezone)
        else:
            local = case((day, func.timezone("UTC", at)), else_=func.timezone(query.timezone, at))
            bar = func.date_trunc(query.histogram.value, local)
        bars = select(bar.label("bar")).where(where).subquery()
        rows = await self.connection.execute(select(bars.c.bar, func.count()).group_by(bars.c.bar).order_by(bars.c.bar))
        zone = ZoneInfo(query.timezone)
        named = [
            (start.astimezone(zone).isoformat(timespec="minutes") if start.tzinfo else start.date().isoformat(), count)
            for start, count in rows
        ]
        return tuple(Bucket(value=name, label=name, count=hits.scaled(count)) for name, count in named)


def _order(sort: Sort, score: Any, sorted_at: Any, id: Any) -> list[Any]:
    """Return the order of a page; the id makes it total, so that pages have no gaps."""
    if sort in _BY_SCORE:
        return [score.desc(), id]
    at = sorted_at.desc() if sort is Sort.NEWEST else sorted_at.asc()
    return [at.nulls_last(), id]
