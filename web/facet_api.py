"""`/api/facets`: the facets that there are, and the values of one in a search."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BeforeValidator, Field, create_model
from starlette.responses import Response

from index.fields import facets, known_facet
from index.query import MOST_VALUES
from web.error_responses import ERRORS
from web.models import ApiModel, FacetCount
from web.parameters import MEANT
from web.render import json_answer
from web.search_params import SearchParams
from web.state import state_of

#: values in one answer, unless asked otherwise
SIZE = 100

api_facets = APIRouter(prefix="/api/facets", tags=["facets"])

_DESCRIBED = Field(ge=1, le=MOST_VALUES, description="Values, the most frequent first.")
_SIZE: Any = (Annotated[int, _DESCRIBED, BeforeValidator(lambda value: SIZE if value == "" else value)], SIZE)
_MEANT = {name: each for name, each in MEANT.items() if name not in ("sort", "fields", "like")}
#: what says which articles are meant, and how many values are wanted
FacetQuery: Any = create_model("FacetQuery", **_MEANT, size=_SIZE)


class FacetItem(ApiModel):
    """One facet."""

    name: Annotated[str, Field(description="For filters.", examples=["in_language"])]
    label: Annotated[str, Field(description="For people.", examples=["Language"])]
    also: Annotated[list[str], Field(description="Other names that it is called by.", examples=[["language"]])]
    href: Annotated[str, Field(description="Where its values are, in the API.")]


class FacetsResponse(ApiModel):
    """All facets."""

    facets: list[FacetItem]


class FacetValuesResponse(ApiModel):
    """The values of a facet in the articles of a search."""

    facet: str
    label: str
    total: Annotated[int, Field(description="Articles of the search.")]
    estimated: Annotated[bool, Field(description="Whether `total` is an estimate.")]
    values: list[FacetCount]


@api_facets.get("", summary="List the facets", response_model=FacetsResponse)
async def list_all() -> Response:
    """Return what articles can be filtered and counted by."""
    found = [
        {"name": name, "label": each.label, "also": list(each.aliases), "href": f"/api/facets/{name}"}
        for name, each in facets().items()
    ]
    return json_answer({"facets": found})


@api_facets.get("/{name}", summary="Count a facet's values", response_model=FacetValuesResponse, responses=ERRORS)
async def values(
    request: Request,
    name: Annotated[str, Path(description="The facet's name, or another that it is called by.", examples=["places"])],
    asked: Annotated[FacetQuery, Query()],
) -> Response:
    """Return the values of a facet in the articles of a search, the most frequent first.

    They are counted as if the search had no filter of this facet.
    """
    facet = known_facet(name)
    params = SearchParams.of([each for each in request.query_params.multi_items() if each[0] != "size"], program=True)
    query = params.query(facets=(facet,), facet_size=asked.size)
    found = await state_of(request).index.search(query)
    counted = [{"value": each.value, "label": each.label, "count": each.count} for each in found.facets.get(facet, ())]
    return json_answer(
        {
            "facet": facet,
            "label": facets()[facet].label,
            "total": found.total,
            "estimated": found.is_estimated,
            "values": counted,
        }
    )
