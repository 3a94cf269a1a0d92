"""A saved page in, the line of JSON that `broadsheet read` prints of it out."""

import gzip
import zlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from news.clock import now
from news.errors import BroadsheetError, PageUnreadable
from news.outlet import Outlet
from news.page import Page
from news.url import site_of
from pipelines.digest import explained, read_article
from pipelines.extract.instants import read as read_instant

#: a saved page that unpacks to more is refused, as the crawler would have refused it
_SIZE_LIMIT = 20_000_000
#: a page without a known time of fetching cannot be told to be dated ahead
_NEVER = datetime(2199, 1, 1, tzinfo=UTC)


def read_saved(line: Mapping[str, Any], folder: Path, outlet: Outlet, *, explain: bool = False) -> dict[str, Any]:
    """Return `id` and the article's fields for one line of a manifest, or `id` and `error`.

    With `explain` there is also `candidates`: what was weighed for each field, which was chosen, and why.

    `line` has `id`, `url` and perhaps `crawled_at`; the page is `<id>.html.gz` or `<id>.html` in `folder`. Never
    raises for what the line or the page holds.
    """
    name = line.get("id")
    try:
        page = page_of_line(line, folder, undated=_NEVER)
        extracted = read_article(page, outlet, explain=explain)
    except BroadsheetError as error:
        return {"id": name, "error": str(error)}
    if extracted.article is None:
        assert extracted.refusal is not None, "there is an article or a refusal"
        return {"id": name, "error": extracted.refusal.reason, "outcome": str(extracted.refusal.outcome)}
    candidates = {"candidates": explained(extracted.candidates)} if explain else {}
    return {"id": name} | extracted.article.as_json() | candidates


def outlet_of(url: str, outlets: Iterable[Outlet]) -> Outlet:
    """Return the outlet at whose site the address is, else one that says nothing but the site's name."""
    site = site_of(url)
    for outlet in outlets:
        if site_of(outlet.home) == site or any(site_of(f"//{host}") == site for host in outlet.hosts):
            return outlet
    return Outlet(slug="", name="", home=f"https://{site}/")


def page_of_line(line: Mapping[str, Any], folder: Path, *, undated: datetime | None = None) -> Page:
    """Return the page of one line of a manifest; `undated` is its time where the line states none, default: now.

    Raises PageUnreadable, which says why there is none.
    """
    name, url = line.get("id"), line.get("url")
    if not isinstance(name, str) or not isinstance(url, str) or not name or Path(name).name != name:
        raise PageUnreadable("A line of the manifest needs an id that is a file name, and a url.")
    stated = read_instant(str(line.get("crawled_at") or ""))
    at = stated.clock.replace(tzinfo=stated.zone or UTC) if stated and stated.clock else undated or now()
    packed, plain = folder / f"{name}.html.gz", folder / f"{name}.html"
    try:
        if packed.exists():
            with gzip.open(packed) as file:
                content = file.read(_SIZE_LIMIT + 1)
        else:
            with plain.open("rb") as file:
                content = file.read(_SIZE_LIMIT + 1)
    except FileNotFoundError as error:
        raise PageUnreadable(f"There is neither {packed.name} nor {plain.name} beside the manifest.") from error
    except (OSError, EOFError, zlib.error) as error:
        raise PageUnreadable(f"{packed.name} cannot be unpacked: {error}.") from error
    if len(content) > _SIZE_LIMIT:
        raise PageUnreadable(f"{name} unpacks to more than {_SIZE_LIMIT:,} bytes.")
    return Page(url=url, final_url=url, status=200, content=content, fetched_at=at)
