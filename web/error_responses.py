"""What went wrong in, one sentence out: a page for people, JSON for programs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from ledger.faults import reason_of, sentence_of
from news.errors import (
    BadQuery,
    BroadsheetError,
    DatabaseUnavailable,
    EditConflict,
    IndexUnavailable,
    NotFound,
    hint,
)
from news.log import Log
from web import render
from web.known_parameters import body_fields
from web.models import ErrorResponse
from web.readiness import index_sentence
from web.render import problem

log = Log()

#: the errors of every address (RFC 9457); their sentence is in `detail`
ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": ErrorResponse, "description": "The request is not valid."},
    404: {"model": ErrorResponse, "description": "There is no such thing."},
    503: {"model": ErrorResponse, "description": "PostgreSQL or the index cannot be reached."},
}

_TITLES = {
    400: "Invalid request",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Edited meanwhile",
    412: "Edited since it was read",
    503: "Temporarily unavailable",
}
#: whose id an address of the API has
_KINDS = {"articles": "an article's", "stories": "a story's", "recrawls": "a recrawl's", "watches": "a watch's"}
_STATUS: dict[type[BroadsheetError], int] = {
    BadQuery: 400,
    EditConflict: 409,
    NotFound: 404,
    IndexUnavailable: 503,
    DatabaseUnavailable: 503,
    BroadsheetError: 400,
}


def answer(request: Request, status: int, sentence: str, headers: Any = None) -> Response:
    """Return a refusal as the asker reads it."""
    title = _TITLES.get(status, HTTPStatus(status).phrase)
    response: Response
    if is_program(request):
        response = problem(status, title, sentence)
    else:
        response = render.page("failure.html", status, title=title, sentence=sentence, number=status)
    response.headers.update(headers or {})
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = "10"
    return response


def is_program(request: Request) -> bool:
    """Say whether the address is one that programs ask."""
    path = request.url.path
    return path.startswith(("/api/", "/feeds/")) or path in ("/healthz", "/readyz", "/metrics", "/openapi.json")


def add_to(app: FastAPI) -> None:
    """Give the application an answer to each error."""
    for kind, status in _STATUS.items():
        app.add_exception_handler(kind, _of_ours(status))
    app.add_exception_handler(SQLAlchemyError, _ledger_away)
    app.add_exception_handler(TimeoutError, _ledger_away)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)


def _of_ours(status: int) -> Any:
    async def handle(request: Request, error: Exception) -> Response:
        if isinstance(error, IndexUnavailable):
            log.warning("index_unavailable", path=request.url.path, reason=str(error))
            return answer(request, status, index_sentence(error))
        return answer(request, status, str(error))

    return handle


async def _ledger_away(request: Request, error: Exception) -> Response:
    # the statement and its values stay out of log and answer: they carry articles
    log.warning("ledger_unavailable", path=request.url.path, reason=reason_of(error))
    return answer(request, 503, sentence_of(error))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = _methods(request)
    sentences = {
        404: f"There is nothing at {request.url.path[:200]}.",
        405: f"This address accepts {headers.get('Allow', 'GET')} only.",
    }
    return answer(request, error.status_code, sentences.get(error.status_code, str(error.detail)), headers)


def _methods(request: Request) -> str:
    """Return the methods of every route of the address: the one that was refused by knows its own alone (RFC 9110)."""
    found = {
        method
        for route in _routes(request.app.routes)
        # one that only says how to ask is no method of the API
        if route.matches(request.scope)[0] is not Match.NONE and not (is_program(request) and _is_hidden(route))
        for method in getattr(route, "methods", None) or ("GET",)
    }
    return ", ".join(sorted(found - {"HEAD"})) or "GET"


def _routes(routes: Iterable[Any]) -> Iterator[Any]:
    """Yield routes, those of included routers, too."""
    for route in routes:
        included = getattr(route, "original_router", None)
        yield from _routes(included.routes) if included else (route,)


def _is_hidden(route: Any) -> bool:
    return not getattr(route, "include_in_schema", True)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # an unknown name explains why a known one is missing
    first = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
    status = 404 if first["loc"][0] == "path" else 400
    return answer(request, status, sentence_of_invalid(first, request.url.path, body_fields(request)))


def sentence_of_invalid(error: Mapping[str, Any], path: str, fields: Sequence[str] = ()) -> str:
    """Return in one sentence what is wrong with a parameter or a field, from pydantic's description of it.

    `fields` are those that the request's body may have.

    >>> sentence_of_invalid({"type": "int_parsing", "loc": ("query", "size"), "input": "x", "ctx": {}}, "/api/search")
    "The parameter 'size' must be a whole number, not 'x'."
    """
    place, *names = error["loc"]
    name, given = str(names[0] if names else place), str(error["input"])[:50]
    limits = error.get("ctx", {})
    what = f"The parameter '{name}'" if place == "query" else f"The field '{name}'"
    match error["type"]:
        case "uuid_parsing" | "uuid_type":
            kind = _KINDS.get(path.split("/")[2] if path.count("/") > 1 else "", "a valid")
            return f"'{given}' is not {kind} id."
        case "missing" | "string_too_short" if place == "query":
            return f"{what} is missing: {path}?{name}=…"
        case "extra_forbidden" if fields and len(names) == 1:
            return f"There is no field '{name[:50]}'. {hint(name, fields)}"
        case "enum":
            known = str(limits["expected"]).replace("'", "").replace(" or ", ", ").split(", ")
            return f"{what} cannot be '{given}'. {hint(given, known)}"
        case "bool_parsing" | "bool_type":
            return f"{what} must be true or false, or 1 or 0; not '{given}'."
        case "greater_than_equal":
            return f"{what} must be at least {limits['ge']}, not {given}."
        case "less_than_equal":
            return f"{what} must be at most {limits['le']}, not {given}."
        case "int_parsing" | "int_parsing_size" | "int_from_float" | "int_type":
            return f"{what} must be a whole number, not '{given}'."
    return f"{what} is not valid: {str(error['msg'])[:1].lower()}{str(error['msg'])[1:]}."


def unforeseen(request: Request, error: Exception) -> Response:
    """Return the answer to an error in Broadsheet itself; the log has its traceback under the same event id."""
    event_id = uuid4().hex[:12]
    log.error("page_failed", event_id=event_id, path=request.url.path, exc_info=error)
    return answer(request, 500, f"Internal error; see the log (event id {event_id}).")
