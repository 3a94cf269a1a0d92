"""Outlets that announce articles over a month, in every form of list, by a clock that is given; no network.

An article stands in a list from its time on, for as long as the form keeps it. What an outlet does wrong is made wrong
here, too: items that move, entries that are broken, answers that fail.
"""

import json
import math
import random
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cached_property

from news.outlet import SourceKind

#: the month that is played; it lies in the past, for a list's time from the future counts as none
START = datetime(2026, 10, 1, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
#: entries of a feed, and of a sitemap's part
FEED_ITEMS, PART_ROWS = 20, 500
#: articles that the outlet had before the month began
PAST = 600
#: every so many items: one that has moved to another address, an entry that is none, an answer that fails
MOVED, BROKEN, FAILED = 40, 25, 250
#: an item moves so long after it was announced
MOVES_AFTER = timedelta(hours=5)
#: of a week's articles so many are announced in an hour of the day, from midnight on: people write by day
BY_HOUR = [1, 1, 1, 1, 2, 4, 7, 9, 10, 10, 9, 9, 9, 9, 9, 9, 9, 8, 7, 6, 5, 4, 3, 2]


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One article of an outlet."""

    number: int
    at: datetime
    path: str

    def path_at(self, now: datetime) -> str:
        """Return where it stands then: some move."""
        moved = self.number % MOVED == 7 and now >= self.at + MOVES_AFTER
        return f"{self.path}-moved" if moved else self.path


#: what a source's address, and those that it names, answer at a time
Answers = Callable[["Newspaper", str, datetime], str | None]


@dataclass(frozen=True, kw_only=True)
class Form:
    """One form of list: its address, what is expected there, and what it answers."""

    name: str
    kind: SourceKind
    path: str
    answers: Answers
    #: of all articles, the share that it announces
    share: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Newspaper:
    """An outlet with its articles and sources."""

    host: str
    pieces: Sequence[Piece]
    forms: Sequence[Form]
    #: the names of the articles' parts, by how parts are named
    parts: dict[str, list[str]] = field(default_factory=dict)

    @property
    def base(self) -> str:
        """Where it is."""
        return f"https://{self.host}"

    @cached_property
    def times(self) -> list[datetime]:
        """When each article is announced, the first one first."""
        return [each.at for each in self.pieces]

    def until(self, now: datetime, share: float = 1.0) -> list[Piece]:
        """Return what was announced by then in a source of that share."""
        known = self.pieces[: bisect_right(self.times, now)]
        return [each for each in known if in_share(each, share)] if share < 1 else list(known)

    def part_names(self, pattern: str) -> list[str]:
        """Return for each article the name of its part, such as its month."""
        if pattern not in self.parts:
            self.parts[pattern] = [f"{at:{pattern}}" for at in self.times]
        return self.parts[pattern]


def in_share(piece: Piece, share: float) -> bool:
    """Say whether a source of that share announces an article: the same ones each time."""
    return (piece.number * 2_654_435_761 % 2**32) / 2**32 < share


def newspapers(count: int, articles: int, days: int, seed: int = 19) -> list[Newspaper]:
    """Return so many outlets with so many articles in all, small ones and large ones, each with a form of its own."""
    chance = random.Random(seed)  # noqa: S311 - the same outlets for the same seed
    sizes = [math.exp(chance.gauss(0, 0.8)) for _ in range(count)]
    made = []
    for number, size in enumerate(sizes):
        forms = [FORMS[number % len(FORMS)]]
        if number % 3 == 1 and forms[0].kind is not SourceKind.FEED:
            forms.append(SIDE_FEED)
        wanted = max(5, round(articles * size / sum(sizes)))
        made.append(_newspaper(f"paper{number}.example", wanted, days, forms, chance))
    return made


def _newspaper(host: str, articles: int, days: int, forms: Sequence[Form], chance: random.Random) -> Newspaper:
    hours = chance.choices(range(24 * days), weights=[BY_HOUR[each % 24] for each in range(24 * days)], k=articles)
    times = [START + each * HOUR + timedelta(seconds=chance.randrange(3600)) for each in hours]
    # some come together: the morning's paper, an agency's evening
    times = [each.replace(minute=5, second=0) if chance.random() < 0.1 else each for each in times]
    past = [START - timedelta(hours=6 * number) - timedelta(minutes=5) for number in range(PAST)]
    pieces = []
    for number, at in enumerate(sorted([*past, *times])):
        slug = chance.choice(("harbour", "council", "ferry", "storm", "school"))
        path = f"/{at:%Y/%m}/{slug}-story-{number}" if number % 2 else f"/{slug}/{number}-of-the-day"
        pieces.append(Piece(number=number, at=at, path=path))
    return Newspaper(host=host, pieces=pieces, forms=forms)


# lists


def _row(paper: Newspaper, piece: Piece, now: datetime, *, dated: bool) -> str:
    lastmod = f"<lastmod>{piece.at:%Y-%m-%dT%H:%M:%SZ}</lastmod>" if dated else ""
    broken = "<url><loc></loc></url>" if piece.number % BROKEN == 3 else ""
    return f"{broken}<url><loc>{paper.base}{piece.path_at(now)}</loc>{lastmod}</url>"


def _sitemap(paper: Newspaper, pieces: Sequence[Piece], now: datetime, *, dated: bool) -> str:
    rows = "".join(_row(paper, each, now, dated=dated) for each in pieces)
    return f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</urlset>'


def _index(paper: Newspaper, parts: Sequence[tuple[str, str]]) -> str:
    rows = "".join(
        f"<sitemap><loc>{paper.base}{path}</loc>{f'<lastmod>{time}</lastmod>' if time else ''}</sitemap>"
        for path, time in parts
    )
    return f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</sitemapindex>'


def _feed(share: float) -> Answers:
    def answers(paper: Newspaper, _: str, now: datetime) -> str:
        items = []
        for each in reversed(paper.until(now, share)[-FEED_ITEMS:]):
            if each.number % BROKEN == 3:
                items.append("<item><title>An item without a link</title></item>")
            at = format_datetime(each.at)
            items.append(f"<item><link>{paper.base}{each.path_at(now)}</link><pubDate>{at}</pubDate></item>")
        return f'<rss version="2.0"><channel><title>Paper</title>{"".join(items)}</channel></rss>'

    return answers


def _atom(paper: Newspaper, _: str, now: datetime) -> str:
    entries = "".join(
        f'<entry><id>tag:{each.number}</id><link href="{each.path_at(now)}"/>'
        f"<updated>{each.at.isoformat()}</updated></entry>"
        for each in reversed(paper.until(now)[-FEED_ITEMS:])
    )
    return f'<feed xmlns="http://www.w3.org/2005/Atom" xml:base="{paper.base}/"><title>Paper</title>{entries}</feed>'


def _json_feed(paper: Newspaper, _: str, now: datetime) -> str:
    items = [
        {"id": each.number, "url": paper.base + each.path_at(now), "date_published": each.at.isoformat()}
        for each in reversed(paper.until(now)[-FEED_ITEMS:])
    ]
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items})


def _text(paper: Newspaper, _: str, now: datetime) -> str:
    return "\n".join(f"{paper.base}{each.path_at(now)}" for each in paper.until(now)[-PART_ROWS:])


def _news(paper: Newspaper, _: str, now: datetime) -> str:
    fresh = [each for each in paper.until(now) if each.at > now - 2 * DAY]
    return _sitemap(paper, fresh, now, dated=True)


def _whole(order: str, *, dated: bool) -> Answers:
    def answers(paper: Newspaper, _: str, now: datetime) -> str:
        pieces = paper.until(now)
        if order == "any":
            random.Random(len(pieces)).shuffle(pieces)  # noqa: S311 - any order will do
        elif order == "newest first":
            pieces.reverse()
        return _sitemap(paper, pieces, now, dated=dated)

    return answers


def _numbered(times: str, *, newest_first: bool = False, dated: bool = False) -> Answers:
    """Return an index of parts of PART_ROWS; with `newest_first` part 1 has the newest, and all shift."""

    def answers(paper: Newspaper, path: str, now: datetime) -> str | None:
        pieces = paper.until(now)
        if newest_first:
            pieces.reverse()
        count = max(1, -(-len(pieces) // PART_ROWS))
        if path.endswith("/sitemap.xml"):
            stated = {"none": "", "one": f"{now:%Y-%m-%d}", "year": f"{now:%Y}"}[times]
            return _index(paper, [(f"/part-{number}.xml", stated) for number in range(1, count + 1)])
        number = int(path.rpartition("-")[2].partition(".")[0])
        chosen = pieces[(number - 1) * PART_ROWS : number * PART_ROWS]
        return _sitemap(paper, chosen, now, dated=dated) if chosen else None

    return answers


def _by_time(pattern: str, times: str, *, dated: bool = True, years: bool = False) -> Answers:
    """Return an index with a part for each month or day, or one of years that name those."""

    def answers(paper: Newspaper, path: str, now: datetime) -> str | None:
        pieces = paper.until(now)
        part_of = paper.part_names(pattern)
        names = {name: piece.at for name, piece in zip(part_of, pieces, strict=False)}
        if path.endswith("/sitemap.xml"):
            if years:
                return _index(
                    paper, [(f"/year-{year}.xml", "") for year in sorted({f"{at:%Y}" for at in names.values()})]
                )
            return _index(paper, _parts(names, times, now))
        if path.startswith("/year-"):
            year = path[6:10]
            return _index(paper, _parts({name: at for name, at in names.items() if f"{at:%Y}" == year}, times, now))
        wanted = path.removeprefix("/sitemap-").removesuffix(".xml")
        chosen = [piece for name, piece in zip(part_of, pieces, strict=False) if name == wanted]
        return _sitemap(paper, chosen, now, dated=dated) if chosen else None

    return answers


def _parts(names: Mapping[str, datetime], times: str, now: datetime) -> list[tuple[str, str]]:
    """Return the parts with the times that the index states: none, one for all, the month, the last change."""
    forms = {"none": "", "one": f"{now:%Y-%m-%dT00:00:00Z}", "months": "%Y-%m", "change": "%Y-%m-%dT%H:%M:%SZ"}
    return [(f"/sitemap-{name}.xml", at.strftime(forms[times])) for name, at in names.items()]


def _front_page(paper: Newspaper, _: str, now: datetime) -> str:
    newest = reversed(paper.until(now)[-40:])
    links = "".join(f'<a href="{each.path_at(now)}">Story</a>' for each in newest)
    return (
        f'<a href="/tag/harbour">Harbour</a><a href="mailto:x@y">Mail</a>{links}<a href="https://other.example/a">A</a>'
    )


FEED, SITEMAP, FRONT_PAGE = SourceKind.FEED, SourceKind.SITEMAP, SourceKind.FRONT_PAGE
FORMS = [
    Form(name="RSS", kind=FEED, path="/feed.xml", answers=_feed(1.0)),
    Form(name="Atom", kind=FEED, path="/atom.xml", answers=_atom),
    Form(name="JSON Feed", kind=FEED, path="/feed.json", answers=_json_feed),
    Form(name="news sitemap", kind=SITEMAP, path="/news.xml", answers=_news),
    Form(name="RSS as sitemap", kind=SITEMAP, path="/rss-map.xml", answers=_feed(1.0)),
    Form(name="text as sitemap", kind=SITEMAP, path="/map.txt", answers=_text),
    Form(name="front page", kind=FRONT_PAGE, path="/", answers=_front_page),
    Form(name="sitemap, any order", kind=SITEMAP, path="/all.xml", answers=_whole("any", dated=True)),
    Form(name="sitemap, no time", kind=SITEMAP, path="/all.xml", answers=_whole("oldest first", dated=False)),
    Form(
        name="sitemap, newest first, no time",
        kind=SITEMAP,
        path="/all.xml",
        answers=_whole("newest first", dated=False),
    ),
    Form(name="index, parts numbered up", kind=SITEMAP, path="/sitemap.xml", answers=_numbered("none")),
    Form(name="index, numbered, one time", kind=SITEMAP, path="/sitemap.xml", answers=_numbered("one", dated=True)),
    Form(name="index, numbered, a year", kind=SITEMAP, path="/sitemap.xml", answers=_numbered("year", dated=True)),
    Form(
        name="index, part 1 the newest", kind=SITEMAP, path="/sitemap.xml", answers=_numbered("none", newest_first=True)
    ),
    Form(name="index of months, no time", kind=SITEMAP, path="/sitemap.xml", answers=_by_time("%Y-%m", "none")),
    Form(name="index of months, months", kind=SITEMAP, path="/sitemap.xml", answers=_by_time("%Y-%m", "months")),
    Form(name="index of days, no time", kind=SITEMAP, path="/sitemap.xml", answers=_by_time("%Y-%m-%d", "none")),
    Form(name="index of days, one time", kind=SITEMAP, path="/sitemap.xml", answers=_by_time("%Y-%m-%d", "one")),
    Form(name="index of days, changes", kind=SITEMAP, path="/sitemap.xml", answers=_by_time("%Y%m%d", "change")),
    Form(
        name="index of years of days",
        kind=SITEMAP,
        path="/sitemap.xml",
        answers=_by_time("%Y-%m-%d", "none", years=True),
    ),
]
SIDE_FEED = Form(name="RSS beside", kind=FEED, path="/side.xml", answers=_feed(0.4), share=0.4)
