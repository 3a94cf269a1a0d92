"""What a source lists: addresses of pages, and further sources."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from urllib.parse import urljoin

from ledger.pages import Found
from news.outlet import Source
from news.url import normal

#: Elastic's crawler takes as many; a longer address is no article's
URL_CHARACTERS = 2_048
#: of a longer list the newest are taken: the past is filled in by `crawl --since`, not by every poll
NEWEST = 1_000


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Pages that were found and sources that were found with them (the parts of a sitemap index)."""

    found: tuple[Found, ...] = ()
    children: tuple[Source, ...] = ()
    #: addresses that were listed but cannot be one of a page
    passed_over: int = 0


def listing(base: str, listed: Iterable[tuple[str, datetime | None]], newest: int = NEWEST) -> Listing:
    """Return the listing of `(address, changed at)` pairs, addresses absolute against `base` and in normal form.

    The `newest` are kept; what states no time keeps its place in the list, before all that does.
    """
    rows = list(listed)
    undated = [(address, at) for address, at in rows if at is None]
    dated = [(address, at) for address, at in rows if at is not None]
    dated.sort(key=lambda row: row[1], reverse=True)
    found: dict[str, Found] = {}
    passed_over = 0
    # of the longest lists (a sitemap may have 50,000 rows) no more are looked at than are kept
    for address, changed_at in chain(undated, dated):
        if len(found) == newest:
            break
        try:
            url = normal(urljoin(base, address))
        except ValueError:
            passed_over += 1
            continue
        if len(url) > URL_CHARACTERS:
            passed_over += 1
        elif url not in found:
            found[url] = Found(url=url, lastmod=changed_at)
    return Listing(found=tuple(found.values()), passed_over=passed_over)
