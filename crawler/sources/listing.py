"""What a source lists: addresses of pages, and further sources."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from urllib.parse import urljoin

from ledger.pages import Found
from news.outlet import Source
from news.url import normal

#: of a longer list the newest are taken: the past is filled in by `crawl --since`, not by every poll
NEWEST = 1_000
#: before this there was no web to list; a time that is further ahead of now is none that a page was changed at
FIRST = datetime(1990, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Pages that were found and sources that were found with them (the parts of a sitemap index)."""

    found: tuple[Found, ...] = ()
    children: tuple[Source, ...] = ()
    #: addresses that were listed but are none that can be kept: no address of the web, or too long (news.url)
    skipped: int = 0


def stated(*times: datetime | None) -> datetime | None:
    """Return the first of these times that a page can have been changed at; None: no time is stated.

    >>> stated(datetime(9999, 1, 1, tzinfo=UTC), None, datetime(2024, 2, 8, tzinfo=UTC)).isoformat()
    '2024-02-08T00:00:00+00:00'
    >>> stated(datetime(1, 1, 1, tzinfo=UTC))
    """
    latest = datetime.now(UTC) + AHEAD
    return next((at for at in times if at is not None and FIRST <= at <= latest), None)


def listing(base: str, listed: Iterable[tuple[str, datetime | None]], newest: int = NEWEST) -> Listing:
    """Return the listing of `(address, changed at)` pairs, addresses absolute against `base` and in normal form.

    The `newest` are kept; what states no time keeps its place in the list, before all that does. A time that cannot be
    (`stated`) counts as none.
    """
    rows = [(address, stated(at)) for address, at in listed]
    undated = [(address, at) for address, at in rows if at is None]
    dated = [(address, at) for address, at in rows if at is not None]
    dated.sort(key=lambda row: row[1], reverse=True)
    found: dict[str, Found] = {}
    skipped = 0
    # of the longest lists (a sitemap may have 50,000 rows) no more are looked at than are kept
    for address, changed_at in chain(undated, dated):
        if len(found) == newest:
            break
        try:
            url = normal(urljoin(base, address))
        except ValueError:
            skipped += 1
            continue
        if url not in found:
            found[url] = Found(url=url, lastmod=changed_at)
    return Listing(found=tuple(found.values()), skipped=skipped)
