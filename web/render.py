"""Pages and JSON: a template escapes every text that is not Markup."""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import jinja2
import orjson
from starlette.responses import HTMLResponse, Response

from pipelines.enrich.attribution import SOURCES

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
    return HTMLResponse(text.encode("utf-8", "replace"), status_code=status, headers={"Cache-Control": "no-cache"})


def json_answer(value: Any, status: int = 200) -> Response:
    """Return `value` as JSON; times as ISO 8601 in UTC with a Z, lone surrogates as U+FFFD."""
    try:
        content = orjson.dumps(value, option=orjson.OPT_UTC_Z)
    except TypeError:
        content = orjson.dumps(_mended(value), option=orjson.OPT_UTC_Z)
    return Response(content, status_code=status, media_type="application/json", headers={"Cache-Control": "no-cache"})


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_mended(name): _mended(each) for name, each in value.items()}
    return [_mended(each) for each in value] if isinstance(value, list | tuple) else value
