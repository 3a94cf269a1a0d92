"""`/api/corrections`: how outlets edit, correct and withdraw, counted over the articles first seen since a time."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from ledger.corrections import (
    FOLLOWED_HOURS,
    FOLLOWED_TIMES,
    LEAST_ARTICLES,
    LEAST_EDITS,
    REPORT_DAYS,
    correction_reports,
)
from news.clock import now
from news.edits import EditKind
from news.moment import utc
from web.change_list import ChangesAsked
from web.error_responses import ERRORS
from web.models import ApiModel
from web.outlet_names import OutletNames
from web.render import json_answer
from web.state import state_of

api_corrections = APIRouter(prefix="/api")
_SHARE = f"Null: fewer than {LEAST_ARTICLES} articles, or fewer than half of all, were followed."


class CorrectionsQuery(BaseModel):
    """The parameters of `/api/corrections`."""

    outlet: Annotated[list[str], Field(description="Slugs of outlets; without one, all that have articles.")] = []
    since: Annotated[
        str,
        Field(
            alias="from",
            description="Articles first seen on or after: a day, a month, a year, or an ISO 8601 time. "
            f"Default {REPORT_DAYS} days ago.",
        ),
    ] = ""
    timezone: Annotated[str, Field(description="IANA time zone of days. Default UTC.")] = ""


class OutletCorrections(ApiModel):
    """One outlet's articles that were first seen since then. Every count is of these."""

    outlet: str
    articles: int
    refetched: Annotated[int, Field(description="Articles that were fetched again at least once.")]
    followed: Annotated[
        int,
        Field(
            description=f"Articles that were fetched again {FOLLOWED_TIMES} times or more, the last time "
            f"{FOLLOWED_HOURS} hours or more after the first sight."
        ),
    ]
    refetches_median: Annotated[float, Field(description="How often an article was fetched again.")]
    edited: Annotated[int, Field(description="Articles with an edit that is neither cosmetic nor unexplained.")]
    followed_edited: int
    edits: Annotated[int, Field(description="Versions with such an edit.")]
    substantive_edits: Annotated[int, Field(description="Versions whose substance changed.")]
    silent_edits: Annotated[int, Field(description="Of them, those that the page does not disclose.")]
    unexplained: Annotated[
        int, Field(description="Versions that do not tell what the outlet changed: they were extracted otherwise.")
    ]
    kinds: Annotated[dict[EditKind, int], Field(description="Class of edit to versions.")]
    corrected: Annotated[int, Field(description="Articles that got a notice of correction.")]
    corrections: Annotated[int, Field(description="Versions with a new notice of correction.")]
    hours_to_correct_median: Annotated[
        float | None, Field(description="From publication to the first sight of an article's first notice.")
    ]
    headline_changes: int
    headline_changed: Annotated[int, Field(description="Articles whose headline became another.")]
    followed_headline_changed: int
    withdrawn: Annotated[int, Field(description="Articles whose page was gone.")]
    returned: Annotated[int, Field(description="Of them, those that came back.")]
    is_followed: Annotated[bool, Field(description="Whether enough articles were followed for shares of them.")]
    edited_ratio: Annotated[float | None, Field(description=f"Of the followed articles. {_SHARE}")]
    silent_ratio: Annotated[
        float | None,
        Field(description=f"Of the edits of substance. {_SHARE} Null, too, of fewer than {LEAST_EDITS} edits."),
    ]
    headline_churn_ratio: Annotated[
        float | None, Field(description=f"Followed articles whose headline became another. {_SHARE}")
    ]


class CorrectionsResponse(ApiModel):
    """A report of each outlet, by slug."""

    since: datetime
    outlets: list[OutletCorrections]


@api_corrections.get(
    "/corrections",
    summary="Report how outlets correct",
    response_model=CorrectionsResponse,
    responses={400: ERRORS[400], 503: ERRORS[503]},
    tags=["versions"],
)
async def api_report(request: Request, asked: Annotated[CorrectionsQuery, Query()]) -> Response:
    """Return each outlet's edits by class, silent ones, time to correct, changed headlines and withdrawals."""
    state = state_of(request)
    async with state.engine.connect() as connection:
        await state.outlets.learn_from(connection)
        outlets, since = asked_of(request.query_params.multi_items(), state.outlets)
        reports = await correction_reports(connection, since=since, outlets=outlets)
    # without `from` it is another instant each time: the report is the same until something happens
    return json_answer({"since": utc(since), "outlets": [each.as_json() for each in reports]}, volatile="since")


def asked_of(parameters: Iterable[tuple[str, str]], outlets: OutletNames) -> tuple[tuple[str, ...], datetime]:
    """Return the outlets and the time that parameters ask for. Raises BadQuery, and UnknownOutlet."""
    asked = ChangesAsked.of(parameters, outlets)
    since, _ = asked.bounds()
    return asked.outlets, since or now() - timedelta(days=REPORT_DAYS)
