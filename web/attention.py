"""How much outlets write about something over time: articles that a search finds, as a share of all of an outlet's."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import Field, create_model
from starlette.responses import StreamingResponse

from index.protocol import Index
from index.query import MOST_VALUES, Bucket, Interval
from index.query import Query as IndexQuery
from news.clock import now
from web.error_responses import ERRORS
from web.export_formats import cell, csv_row
from web.parameters import MEANT
from web.search_params import SearchParams
from web.state import state_of

attention_table = APIRouter(prefix="/api")

#: outlets of one table: each is asked for twice
MOST_OUTLETS = 200
COLUMNS = ("begins", "outlet", "articles", "all_articles", "share")


@dataclass(frozen=True, kw_only=True)
class AttentionRow:
    """One outlet in one bar of time in which it has any article."""

    #: the first day or hour of it: ISO 8601 in the query's time zone
    begins: str
    outlet: str
    #: articles that the search finds
    articles: int
    #: all articles of the outlet
    all_articles: int

    @property
    def share(self) -> float:
        """The part of the outlet's articles that is found, 0 to 1."""
        return self.articles / self.all_articles


async def outlets_of(index: Index, query: IndexQuery, most: int) -> tuple[Bucket, ...]:
    """Return the outlets with the most articles that `query` finds, at most `most` (1 to MOST_OUTLETS) of them."""
    counted = await index.search(
        replace(query, size=0, facets=("outlet",), facet_size=min(most, MOST_VALUES), highlight=False, is_exact=True)
    )
    chosen = query.filters.get("outlet")
    return tuple(each for each in counted.facets["outlet"] if not chosen or each.value in chosen)


async def attention(
    index: Index, query: IndexQuery, interval: Interval, outlets: Sequence[Bucket]
) -> AsyncIterator[list[AttentionRow]]:
    """Yield each outlet's rows, the oldest first: a row for each day, hour, … in which it published anything.

    Counts are exact. An article without a date of publication is in no row. Raises BadQuery as a search does.
    """
    whole = IndexQuery(
        published_from=query.published_from, published_until=query.published_until, timezone=query.timezone
    )
    for outlet in outlets:
        found, everything = [
            {
                bar.value: bar.count
                for bar in (
                    await index.search(
                        replace(
                            asked,
                            filters={**asked.filters, "outlet": (outlet.value,)},
                            size=0,
                            facets=(),
                            histogram=interval,
                            highlight=False,
                            is_exact=True,
                        )
                    )
                ).histogram
            }
            for asked in (query, whole)
        ]
        yield [
            AttentionRow(
                begins=begins,
                outlet=outlet.value,
                articles=found.get(begins, 0),
                all_articles=max(count, found.get(begins, 0)),  # one may have come between the two questions
            )
            for begins, count in sorted(everything.items())
            if count
        ]


def attention_csv(rows: Sequence[AttentionRow]) -> str:
    """Return the rows as CSV; a share has six decimals."""
    return "".join(
        csv_row(
            [
                *map(cell, (each.begins, each.outlet, each.articles, each.all_articles)),
                f"{each.share:.6f}",
            ]
        )
        for each in rows
    )


_AttentionQuery: Any = create_model(
    "AttentionQuery",
    **{name: declared for name, declared in MEANT.items() if name not in ("fields", "like", "sort")},
    interval=(
        Interval,
        Field(default=Interval.DAY, description=f"Width of a row: {', '.join(Interval)}.", examples=["week"]),
    ),
    outlets=(
        int,
        Field(default=50, ge=1, le=MOST_OUTLETS, description="Outlets in the table, those with the most articles."),
    ),
)


@attention_table.get(
    "/attention",
    summary="Attention over time, by outlet",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "CSV: a row for each outlet and day, with the articles found, all its articles, the share.",
            "content": {"text/csv": {"schema": {"type": "string"}}},
        },
        400: ERRORS[400],
        503: ERRORS[503],
    },
    tags=["search"],
)
async def attention_over_time(request: Request, asked: Annotated[_AttentionQuery, Query()]) -> StreamingResponse:
    """Count the articles that a search finds by outlet and day (or hour, week, month, year), as CSV.

    `share` is the part of all articles that the outlet published then: big outlets and small ones can be compared.
    """
    # a search takes `outlets` for the facet
    parameters = [(name, value) for name, value in request.query_params.multi_items() if name != "outlets"]
    query = SearchParams.of(parameters, program=True).query()
    index, at = state_of(request).index, now()
    outlets = await outlets_of(index, query, asked.outlets)
    tables = attention(index, query, asked.interval, outlets)
    # asked before the answer begins: what cannot be asked is an error with its status
    first: list[AttentionRow] = await anext(tables, [])

    async def text() -> AsyncIterator[str]:
        yield "\ufeff" + csv_row(COLUMNS) + attention_csv(first)
        async for rows in tables:
            yield attention_csv(rows)

    name = f"broadsheet-attention-{at:%Y-%m-%d-%H%M}.csv"
    return StreamingResponse(
        text(),
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
        media_type="text/csv; charset=utf-8; header=present",
    )
