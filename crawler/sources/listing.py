"""What a source lists: addresses of pages, or the parts of a sitemap index."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from urllib.parse import urljoin, urlsplit

from ledger.pages import Found
from news.source_sum import Disposition, SourceSum
from news.url import normal

#: of a longer list the newest are taken, and of what states no time as many of the others in turn at each reading; the
#: dated past is filled in by `crawl --since`
NEWEST = 1_000
#: sitemaps.org allows as many entries in one file
MOST_ROWS = 50_000
#: before this there was no web to list; a time that is further ahead of now is none that a page was changed at
FIRST = datetime(1990, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)


#: most addresses are absolute, and joining them is half of the work of a long list
_WHOLE = ("http://", "https://")

#: an address as it stands there, and when the list says that its page was changed
Row = tuple[str, datetime | None]


@dataclass(frozen=True, kw_only=True)
class Rows:
    """What a list says, in its order."""

    rows: Sequence[Row]
    #: it is a sitemap index: its addresses are those of sitemaps
    are_parts: bool = False
    #: links that are no article's by a rule of the reader's
    not_articles: Sequence[str] = ()
    #: entries that name no address; each by what stands in its place
    nameless: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Pages that were found, or the parts of a sitemap index, the newest first."""

    found: tuple[Found, ...] = ()
    parts: tuple[Found, ...] = ()
    #: pages without a time from the middle of a long list, those near its ends first: some are taken at each reading
    rest: tuple[Found, ...] = ()
    #: all that it announces, without what was found and the rest
    sum: SourceSum = field(default_factory=SourceSum)


def stated(*times: datetime | None) -> datetime | None:
    """Return the first of these times that a page can have been changed at; None: no time is stated.

    >>> stated(datetime(9999, 1, 1, tzinfo=UTC), None, datetime(2024, 2, 8, tzinfo=UTC)).isoformat()
    '2024-02-08T00:00:00+00:00'
    >>> stated(datetime(1, 1, 1, tzinfo=UTC))
    """
    latest = datetime.now(UTC) + AHEAD
    return next((at for at in times if at is not None and FIRST <= at <= latest), None)


def listing(base: str, listed: Rows, newest: int = NEWEST) -> Listing:
    """Return the listing of what a list says, addresses absolute against `base` and in normal form.

    The `newest` are found. What states no time keeps its place in the list, before all that does; where those are too
    many the first and the last are found, for lists grow at either end, and the others are its `rest`. A time that
    cannot be (`stated`) counts as none.
    """
    undated, dated = _split(listed.rows)
    least = newest // 2 if dated else newest
    room = max(least, newest - len(dated))
    middle: Sequence[Row] = ()
    if len(undated) > room:
        start, end = room - room // 2, len(undated) - room // 2
        undated, middle = undated[:start] + undated[end:], undated[start:end]
    counted = SourceSum(announced=len(listed.rows) + len(listed.not_articles) + len(listed.nameless))
    counted = counted.plus(Disposition.NOT_ARTICLE, listed.not_articles).plus(Disposition.REFUSED, listed.nameless)
    found, counted = _kept(base, [*undated, *dated], newest, counted)
    rest, counted = _kept(base, _inward(middle), MOST_ROWS, counted, known={each.url for each in found})
    return Listing(found=found, rest=rest, sum=counted)


def _inward(rows: Sequence[Row]) -> Sequence[Row]:
    """Return rows from both ends inward.

    >>> [address for address, _ in _inward([("1", None), ("2", None), ("3", None), ("4", None), ("5", None)])]
    ['1', '5', '2', '4', '3']
    """
    pairs = zip_longest(rows[: -(-len(rows) // 2)], reversed(rows[-(-len(rows) // 2) :]))
    return [row for pair in pairs for row in pair if row is not None]


def parts(base: str, listed: Rows) -> Listing:
    """Return the parts of a sitemap index, the newest first: by time, then by the numbers in the address.

    Those that state no time come first. `sitemap-2026-11.xml` is newer than `sitemap-2026-2.xml`.
    """
    undated, dated = _split(listed.rows)
    undated.sort(key=lambda row: _numbers(row[0]), reverse=True)
    dated.sort(key=lambda row: (row[1], _numbers(row[0])), reverse=True)
    counted = SourceSum(announced=len(listed.nameless)).plus(Disposition.REFUSED, listed.nameless)
    found, counted = _kept(base, [*undated, *dated], MOST_ROWS, counted)
    # a part is no article: what is announced are those that cannot be read
    return Listing(parts=found, sum=replace(counted, announced=sum(counted.counts.values()), parts=len(found)))


def _split(listed: Iterable[Row]) -> tuple[list[Row], list[Row]]:
    """Return the rows that state no time, and those that do, the latest first."""
    rows: list[Row] = [(address, stated(at)) for address, at in listed]
    dated = [row for row in rows if row[1] is not None]
    dated.sort(key=lambda row: row[1] or FIRST, reverse=True)
    return [row for row in rows if row[1] is None], dated


def _kept(
    base: str, rows: Sequence[Row], most: int, counted: SourceSum, known: Collection[str] = ()
) -> tuple[tuple[Found, ...], SourceSum]:
    """Return what is kept, `most` at most and nothing of `known`, and the sum with all that is not."""
    found: dict[str, Found] = {}
    refused, again, looked = [], [], 0
    for address, changed_at in rows:
        if len(found) == most:
            break
        looked += 1
        try:
            url = normal(address if address.startswith(_WHOLE) else urljoin(base, _with_host(address)))
        except ValueError:
            refused.append(address)
            continue
        if url in found or url in known:
            again.append(url)
        else:
            found[url] = Found(url=url, lastmod=changed_at)
    counted = counted.plus(Disposition.REFUSED, refused).plus(Disposition.KNOWN, again)
    return tuple(found.values()), counted.plus(Disposition.TOO_OLD, (address for address, _ in rows[looked:]))


def _with_host(address: str) -> str:
    """Return an address that begins with a host as one: nobody means a folder by `www.`.

    >>> _with_host("www.paper.example/a"), _with_host("www.html")
    ('//www.paper.example/a', 'www.html')
    """
    host, slash, _ = address.partition("/")
    return f"//{address}" if slash and host.lower().startswith("www.") and host.count(".") > 1 else address


def _numbers(address: str) -> tuple[list[int], str]:
    """Return what orders parts by name: the numbers of the path, then its words."""
    path = urlsplit(address).path if "[" not in address else address
    return [int(each) for each in re.findall(r"[0-9]{1,18}", path)], path
