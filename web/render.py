"""Templates: every text is escaped unless it is Markup of ours."""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import jinja2
from starlette.responses import HTMLResponse

from pipelines.enrich.attribution import SOURCES

ROOM = Path(__file__).parent
STATIC = ROOM / "static"


@cache
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(ROOM / "templates"),
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
    """Return the address of a file of ours; it changes with the file, so browsers may keep it."""
    return f"/static/{name}?{sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


def page(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Return the template filled in; browsers ask again each time, for news are news."""
    text = _templates().get_template(template).render(values)
    # a stranger's lone surrogate must not make a page of ours fail
    return HTMLResponse(text.encode("utf-8", "replace"), status_code=status, headers={"Cache-Control": "no-cache"})
