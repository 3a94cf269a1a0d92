"""JSON Feed (jsonfeed.org, version 1.1)."""

import json
from typing import Any

from crawler.sources.listing import Rows, stated
from crawler.sources.times import instant
from news.errors import SourceUnreadable
from news.page import Page


def rows(page: Page) -> Rows:
    """Return the items' addresses with the time of their last change, where they state one.

    An item's `url`, else its `id` where that is an address; `external_url` is another's page. Raises SourceUnreadable
    for what is no JSON, or no feed.
    """
    try:
        feed = json.loads(page.content.decode("utf-8-sig", "replace"), strict=False)
    except (ValueError, RecursionError) as error:
        raise SourceUnreadable("it is not a feed: its JSON is broken") from error
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list):
        raise SourceUnreadable("it is not a feed")
    found = [(_address(each), each) if isinstance(each, dict) else ("", {"id": each}) for each in items]
    return Rows(
        rows=[
            (address, stated(*(instant(each.get(name)) for name in ("date_modified", "date_published"))))
            for address, each in found
            if address
        ],
        nameless=[str(each.get("id", each.get("title", ""))) for address, each in found if not address],
    )


def _address(item: dict[str, Any]) -> str:
    url, id = item.get("url"), item.get("id")
    if isinstance(url, str) and url.strip():
        return url.strip()
    return id.strip() if isinstance(id, str) and id.strip().lower().startswith(("http://", "https://")) else ""
