"""The API's description as a file: `python -m web.openapi > docs/openapi.json`."""

import json
import sys
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import create_async_engine

from index.postgresql.backend import PostgresqlIndex
from news.configuration import Configuration
from web.app import create_app


def openapi(home: Path = Path()) -> dict[str, Any]:
    """Return the description; no server is asked. `home` is a folder of outlets, which are not part of it."""
    engine = create_async_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    return create_app(engine, PostgresqlIndex(engine), Configuration(home=home)).openapi()


def as_file(described: dict[str, Any]) -> str:
    """Return the description as it is committed."""
    return json.dumps(described, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(as_file(openapi()))
