"""JSON as every program's address answers it."""

from typing import Any

import orjson
from starlette.responses import Response


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
