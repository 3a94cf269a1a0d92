"""JSON Feed (jsonfeed.org, version 1.1)."""

import json
import re
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
    text = page.content.decode("utf-8-sig", "replace")
    try:
        feed = json.loads(text, strict=False)
    except (ValueError, RecursionError) as error:
        feed = {"items": _rescued(text)}
        if not feed["items"]:
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


_ITEMS = re.compile(r'"items"\s*:\s*\[')


def _rescued(text: str) -> list[Any]:
    """Return the items of a broken feed up to the one that is, which comes last as what it begins with."""
    decoder = json.JSONDecoder(strict=False)
    found: list[Any] = []
    begin = _ITEMS.search(text)
    at = begin.end() if begin else len(text)
    while at < len(text) and text[at] != "]":
        if text[at] in " \t\r\n,":
            at += 1
            continue
        try:
            item, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return [*found, text[at : at + 300]] if found else []
        found.append(item)
    return found


def _address(item: dict[str, Any]) -> str:
    url, id = item.get("url"), item.get("id")
    if isinstance(url, str) and url.strip():
        return url.strip()
    return id.strip() if isinstance(id, str) and id.strip().lower().startswith(("http://", "https://")) else ""
