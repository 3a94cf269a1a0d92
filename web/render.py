"""Pages and JSON: a template escapes every text that is not Markup."""

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import jinja2
import orjson
from starlette.responses import HTMLResponse, Response

from news.attribution import SOURCES
from web import times
from web.conditional import tagged

#: what every page leads to: its address and its name
SECTIONS = (
    ("/", "Search"),
    ("/changes", "Changes"),
    ("/watches", "Watches"),
    ("/outlets", "Outlets"),
    ("/status", "Status"),
    ("/api", "API"),
)
HERE = Path(__file__).parent
STATIC = HERE / "static"


@cache
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["static"] = _static
    environment.globals["instant"] = times.instant
    environment.globals["sections"] = SECTIONS
    environment.globals["sources"] = SOURCES[:2]  # those whose licence asks to be named
    return environment


@cache
def _static(name: str) -> str:
    """Return the address of a static file; it changes with the file, so browsers may keep it."""
    return f"/static/{name}?{sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


def page(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Return the template filled in; browsers ask again each time, for news are news."""
    text = _templates().get_template(template).render(values)
    # a stranger's lone surrogate must not make the page fail
    headers = {"Cache-Control": "no-cache", "Vary": "Cookie"}  # of the time zone
    return HTMLResponse(text.encode("utf-8", "replace"), status_code=status, headers=headers)


def json_answer(value: Any, status: int = 200, *, volatile: str = "") -> Response:
    """Return `value` as JSON; times as ISO 8601 in UTC with a Z, lone surrogates as U+FFFD.

    It has an ETag, for which the key `volatile` does not count: what differs each time, as how long an answer took.
    """
    content = json_bytes(value)
    response = Response(content, status, media_type="application/json", headers={"Cache-Control": "no-cache"})
    same = json_bytes({name: each for name, each in value.items() if name != volatile}) if volatile else content
    return tagged(response, same)


def problem(status: int, title: str, sentence: str) -> Response:
    """Return an error for programs (RFC 9457)."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": sentence}
    return Response(
        json_bytes(body), status, media_type="application/problem+json", headers={"Cache-Control": "no-cache"}
    )


def json_bytes(value: Any) -> bytes:
    """Return `value` as JSON; a stranger's lone surrogate becomes U+FFFD."""
    try:
        return orjson.dumps(value, option=orjson.OPT_UTC_Z)
    except TypeError:
        return orjson.dumps(_mended(value), option=orjson.OPT_UTC_Z)


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {_mended(name): _mended(each) for name, each in value.items()}
    return [_mended(each) for each in value] if isinstance(value, list | tuple) else value
