"""A request of the API in, a refusal of parameters that its operation does not have out: one place for all."""

from collections.abc import Iterator

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel

from index.fields import facet_named, meant
from news.errors import BadQuery, hint


async def refuse_unknown(request: Request) -> None:
    """Let a request through whose parameters are all declared; in a search a facet may go by any of its names.

    What a page's address has besides, as someone's tracking parameters, is no fault: pages are no operations. Raises
    BadQuery, which names the parameter and the nearest that there is.
    """
    route = request.scope["route"]
    if not isinstance(route, APIRoute) or not route.include_in_schema:
        return
    known = list(dict.fromkeys(_names(route.dependant)))
    is_search = "q" in known
    for name in request.query_params:
        if name not in known and not (is_search and facet_named(name)):
            near = meant(name, known) if is_search else hint(name, known, cutoff=0.6) if known else "It takes none."
            raise BadQuery(f"There is no parameter '{name[:50]}' here. {near}")


def _names(dependant: Dependant) -> Iterator[str]:
    """Yield the names of an operation's parameters, those of a model one by one."""
    for field in dependant.query_params:
        declared = field.field_info.annotation
        if isinstance(declared, type) and issubclass(declared, BaseModel):
            yield from (each.alias or name for name, each in declared.model_fields.items())
        else:
            yield field.alias
    for each in dependant.dependencies:
        yield from _names(each)


def body_fields(request: Request) -> list[str]:
    """Return the names that the body of a request may have; none where its operation takes no body."""
    route = request.scope.get("route")
    if not isinstance(route, APIRoute):
        return []
    return [
        field.alias or name
        for each in route.dependant.body_params
        if isinstance(model := each.field_info.annotation, type) and issubclass(model, BaseModel)
        for name, field in model.model_fields.items()
    ]
