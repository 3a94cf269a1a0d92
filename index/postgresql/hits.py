"""Which articles a search looks at: all that it finds or, of very many, the newest of them and a sample of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, Text, and_, any_, cast, func, literal_column, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import UserDefinedType

from index.postgresql.tables import ARTICLES
from index.postgresql.translate import Condition

#: of more hits than this the newest alone are compared for relevance: ts_rank unpacks each one's words
RANKED = 1_000
#: of more hits than this a sample is counted, of about so many: each has some twenty labels to count
COUNTED, SAMPLE = 10_000, 1_000
#: articles, any, by which the share of hits is guessed
PROBED = 300
#: Hits are found by the index of words, and each one's row is read: some 1.3 µs each. Where they are many, only those
#: are that are newer than a time, and for counting those with an id below one, as many articles as should have RANKED
#: and SAMPLE hits: two ranges of two indexes, .15 µs for each article in them. The second costs less from
#: hits * share = (RANKED + SAMPLE) * .15 / 1.3 on (bench/scale.py measures both)
MANY = 300

#: what PostgreSQL may do to find rows, and to find the ends of a range: it takes unpacking an article's words for cheap
#: and would rather unpack all of them than ask the index of words
_BY_INDEX = {"enable_seqscan": "off", "enable_indexscan": "off", "enable_bitmapscan": "on", "enable_sort": "on"}
_ALONG = {"enable_seqscan": "off", "enable_indexscan": "on", "enable_bitmapscan": "off", "enable_sort": "off"}
#: room for a bitmap of all pages of some millions of articles; one start of a compiler costs more than a search
_ALWAYS = {"work_mem": "64MB", "jit": "off", "max_parallel_workers_per_gather": "0"}


#: columns with sorted_at and id in, an order by time or the condition of what comes after a page's beginning out
Ordered = Callable[[Any], list[Any]]
Following = Callable[[Any], Condition]


class _Places(UserDefinedType[str]):
    """PostgreSQL's places of rows, tid[], as text: they go out as they came in."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "tid[]"


_PLACE: Any = literal_column("search.articles.ctid")


@dataclass(frozen=True, kw_only=True)
class HitSet:
    """What a search finds, as far as it is looked at."""

    #: articles found; about as many, if `is_exact` is false
    total: int
    is_exact: bool
    #: the condition of those from which the page is taken: the first in the order of time
    first: Condition
    #: whether more are found than `first` has
    is_cut: bool
    #: the condition of those that are counted, and how many hits each stands for
    counted: Condition
    weight: float

    def scaled(self, count: int) -> int:
        """Return for how many articles a count of `counted` stands."""
        return count if self.weight == 1 else about(count * self.weight)


async def all_hits(connection: AsyncConnection, where: Condition) -> HitSet:
    """Return all that is found, however much it is: for who needs to have it exactly."""
    total = int((await connection.execute(select(func.count()).select_from(ARTICLES).where(where))).scalar_one())
    return HitSet(total=total, is_exact=True, first=where, is_cut=False, counted=where, weight=1.0)


async def hits_of(
    connection: AsyncConnection,
    where: Condition,
    order: Ordered,
    after: Following,
    near: list[Condition],
    *,
    is_oldest: bool,
    size: int,
) -> HitSet:
    """Return what is found, in a time that hardly depends on how much that is.

    `order` is that of time in which `first` is cut off, `after` is what it may hold at all, and `near` what of that is
    a range of the time; a page has `size` hits, which is at most RANKED. The transaction must see one state of the
    table throughout (REPEATABLE READ): rows are named by their places.
    """
    await _set(connection, _ALWAYS)
    articles = await _articles(connection)
    if articles <= COUNTED:
        return await _by_index(connection, where, order, after)
    await _set(connection, _ALONG)
    probe = select(func.count()).select_from(ARTICLES).where(_any(PROBED), where)
    share = (await connection.execute(probe)).scalar_one() / PROBED
    if articles * share * share > MANY:
        found = await _in_ranges(connection, where, order, after, near, articles, share, is_oldest=is_oldest, size=size)
        if found is not None:
            return found
    return await _by_index(connection, where, order, after)


async def _by_index(connection: AsyncConnection, where: Condition, order: Ordered, after: Following) -> HitSet:
    await _set(connection, _BY_INDEX)
    found = _found(where)
    total = select(func.count()).select_from(found).scalar_subquery()
    chance = func.hashtid(found.c.place).op("&")(1_048_575) * 1.0 * total
    first = select(found.c.place).where(after(found.c)).order_by(*order(found.c))
    counted = select(found.c.place).where(or_(total <= COUNTED, chance < 1_048_576.0 * SAMPLE))
    row = (
        await connection.execute(
            select(total.label("total"), _array(first.limit(RANKED)).label("first"), _array(counted).label("counted"))
        )
    ).one()
    is_all = row.total <= COUNTED
    return HitSet(
        total=row.total,
        is_exact=True,
        first=_among(row.first),
        is_cut=row.total > RANKED,
        counted=_among(row.counted),
        weight=1.0 if is_all else row.total / max(1, row.counted.count("(")),
    )


async def _in_ranges(
    connection: AsyncConnection,
    where: Condition,
    order: Ordered,
    after: Following,
    near: list[Condition],
    articles: int,
    share: float,
    *,
    is_oldest: bool,
    size: int,
) -> HitSet | None:
    """Return what is found in two ranges; None where hits are not as frequent there as among all articles."""
    # a fifth more than a large page needs, for the share is a guess
    last, drawn = round(max(RANKED, 1.2 * size) / share), round(SAMPLE / share)
    by_time = order(ARTICLES.c)[0]
    edge = select(ARTICLES.c.sorted_at).where(*near).order_by(by_time).offset(last).limit(1).scalar_subquery()
    below = select(ARTICLES.c.id).order_by(ARTICLES.c.id).offset(drawn).limit(1).scalar_subquery()
    edges = (await connection.execute(select(edge.label("edge"), below.label("below")))).one()
    if edges.edge is None or edges.below is None:
        return None
    await _set(connection, _BY_INDEX)
    at = ARTICLES.c.sorted_at
    in_time = and_(*near, at <= edges.edge if is_oldest else at >= edges.edge)
    is_drawn = ARTICLES.c.id < edges.below
    # the index of words is asked once for both ranges
    found = _found(and_(where, or_(in_time, is_drawn)), in_time.label("in_time"), is_drawn.label("is_drawn"))
    first = select(found.c.place).where(found.c.in_time, after(found.c)).order_by(*order(found.c)).limit(RANKED)
    # the share was a guess: of more than SAMPLE hits in the range, some of them are counted
    counted = select(found.c.place).where(found.c.is_drawn).order_by(func.hashtid(found.c.place)).limit(SAMPLE)
    in_range = select(func.count()).select_from(found).where(found.c.is_drawn).scalar_subquery()
    both = select(_array(first).label("first"), _array(counted).label("counted"), in_range.label("in_range"))
    row = (await connection.execute(both)).one()
    if row.first.count("(") < max(RANKED // 4, size):
        return None
    total = row.in_range * articles / drawn
    return HitSet(
        total=about(total),
        is_exact=False,
        first=_among(row.first),
        is_cut=True,
        counted=_among(row.counted),
        weight=total / max(1, row.counted.count("(")),
    )


async def _articles(connection: AsyncConnection) -> int:
    """Return about how many articles there are; 0 where PostgreSQL has not counted them yet."""
    query = "SELECT reltuples FROM pg_class WHERE oid = CAST('search.articles' AS regclass)"
    return max(0, int((await connection.exec_driver_sql(query)).scalar_one()))


async def _set(connection: AsyncConnection, settings: dict[str, str]) -> None:
    """Make settings for the rest of the transaction."""
    await connection.execute(select(*(func.set_config(name, value, True) for name, value in settings.items())))


def _any(many: int) -> Condition:
    """Return the condition of so many articles, any: ids are hashes, the first of them are as good as a draw."""
    drawn = ARTICLES.alias("drawn")
    places: Select[Any] = select(literal_column("drawn.ctid")).select_from(drawn).order_by(drawn.c.id).limit(many)
    any_of_them: Condition = any_(func.array(places.scalar_subquery())) == _PLACE
    return any_of_them


def _found(where: Condition, *more: ColumnElement[Any]) -> CTE:
    """Return the places of what is found as a table that is made once."""
    columns = (_PLACE.label("place"), ARTICLES.c.sorted_at, ARTICLES.c.id, *more)
    return select(*columns).where(where).cte("found").prefix_with("MATERIALIZED")


def _array(query: Select[Any]) -> Any:
    # as text: they go back as they came
    return cast(func.array(query.scalar_subquery(), type_=_Places()), Text)


def _among(places: str) -> Condition:
    found: Condition = any_(cast(places, _Places())) == _PLACE
    return found


def about(count: float) -> int:
    """Return a count that was estimated with no more digits than are known: two.

    >>> about(123_456.7), about(98), about(0.4)
    (120000, 98, 1)
    """
    digits = max(0, len(str(int(count))) - 2)
    return max(1, round(round(count), -digits))
