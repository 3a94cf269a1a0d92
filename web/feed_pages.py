"""`/feeds/…`: a search, or what changed, as Atom or JSON Feed."""

from dataclasses import replace
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from index.query import Sort
from news.errors import NotFound
from web.conditional import tagged
from web.feeds import Feed, FeedEntry, article_entry, atom, json_feed, title_of
from web.render import json_answer
from web.search_params import SearchParams
from web.state import state_of

#: entries of a feed: what a busy search finds between two visits of a feed reader
ENTRIES = 50
#: of a feed that has no entry yet
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


async def search_feed(request: Request) -> Response:
    """Answer `GET /feeds/search.atom` and `.json`: the newest articles of a search, which has the page's parameters.

    Raises BadQuery and IndexUnavailable.
    """
    params = SearchParams.of(request.query_params.multi_items())
    asked = replace(params, sort=Sort.NEWEST, size=ENTRIES, cursor="")
    found = await state_of(request).index.search(asked.query())
    base = base_of(request)
    entries = [article_entry(hit.document, base) for hit in found.hits]
    return feed_answer(request, title_of(params.text), base + replace(params, cursor="").href(), entries)


def base_of(request: Request) -> str:
    """Return the address under which the asker sees the pages, without a slash at its end.

    A proxy that speaks HTTPS with the asker says so; whoever says it of himself has his own links changed, no others.
    """
    is_secure = request.headers.get("x-forwarded-proto", "").strip().lower() == "https"
    return str(request.base_url.replace(scheme="https") if is_secure else request.base_url).rstrip("/")


def feed_answer(request: Request, title: str, page: str, entries: list[FeedEntry]) -> Response:
    """Return entries in the form that the address asks for. Raises NotFound for another form."""
    updated = max((datetime.fromisoformat(entry.updated) for entry in entries), default=_NEVER)
    feed = Feed(title=title, address=str(request.url), page=page, updated=updated)
    match request.path_params["kind"]:
        case "atom":
            response = Response(atom(feed, entries).encode("utf-8", "replace"), media_type="application/atom+xml")
            return tagged(response)
        case "json":
            response = json_answer(json_feed(feed, entries))
            response.headers["Content-Type"] = "application/feed+json"
            return response
    raise NotFound(f"There is nothing at {request.url.path[:200]}; a feed is .atom or .json.")
