"""Polls of simulated outlets by a given clock: how long after a source announces an article it is found.

What decides is Broadsheet's own: the readers of lists, the turns of an index's parts, the learned timetable. A
dictionary stands for the ledger, and the lists come from bench.announcing.
"""

import heapq
from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import repeat
from typing import Any
from zlib import crc32

from bench.announcing import FAILED, HOUR, START, Form, Newspaper, in_share, newspapers
from crawler.sources import read_source
from crawler.sources.listing import NEWEST
from crawler.sources.turns import parts_to_read
from crawler.spiders.outlet_spider import SOURCE_DEPTH
from ledger.pages import Found
from ledger.schedule_state import ScheduleState
from ledger.source_rates import Counts
from news.errors import SourceUnreadable
from news.outlet import Outlet, Source, SourceKind
from news.page import Page
from news.schedule import Schedule
from schedules.plan import next_reading
from schedules.timetable import learned_of


@dataclass
class Memory:
    """What the ledger would know of one outlet."""

    found_at: dict[str, datetime] = field(default_factory=dict)
    read_at: dict[str, datetime] = field(default_factory=dict)
    renewed_at: dict[str, datetime] = field(default_factory=dict)
    first_at: dict[str, datetime] = field(default_factory=dict)
    lists: dict[str, frozenset[Found]] = field(default_factory=dict)
    counted: Counts = field(default_factory=dict)
    sent: dict[str, int] = field(default_factory=dict)
    sums_wrong: int = 0


def discovered(outlets: int, articles: int, days: int, workers: int = 2) -> dict[str, Any]:
    """Return the shares that were found within one and three intervals of their source, in all and by form."""
    one: Counter[str] = Counter()
    three: Counter[str] = Counter()
    announced: Counter[str] = Counter()
    wrong = polls = 0
    with ProcessPoolExecutor(workers) as pool:
        for delays, sums_wrong, made in pool.map(
            _month, range(outlets), repeat(outlets), repeat(articles), repeat(days)
        ):
            wrong += sums_wrong
            polls += made
            for form, intervals in delays:
                announced[form] += 1
                one[form] += intervals <= 1
                three[form] += intervals <= 3
    worst = {form: round(one[form] / announced[form], 4) for form in announced if one[form] < 0.99 * announced[form]}
    late = {form: round(three[form] / announced[form], 4) for form in announced if three[form] < announced[form]}
    return {
        "articles_announced": announced.total(),
        "readings": polls,
        "found_within_one_interval": round(one.total() / announced.total(), 4),
        "found_within_three_intervals": round(three.total() / announced.total(), 4),
        "forms_under_.99_within_one": worst,
        "forms_with_some_later_than_three": late,
        "sums_that_do_not_come_out": wrong,
    }


def _month(number: int, outlets: int, articles: int, days: int) -> tuple[list[tuple[str, int]], int, int]:
    """Play one of the outlets: the forms of its announcements, each with the intervals until it was found.

    Besides, the sums that did not come out, and the readings.
    """
    # made again in each process: what answers is a function that cannot be sent
    paper = newspapers(outlets, articles, days)[number]
    sources = {paper.base + form.path: form for form in paper.forms}
    outlet = Outlet(
        slug="a",
        name=paper.host,
        home=f"{paper.base}/",
        sources=tuple(Source(kind=form.kind, url=url) for url, form in sources.items()),
    )
    memory = Memory()
    begin, end = START + 6 * HOUR, START + timedelta(days=days)
    line = [(begin, url) for url in sources]
    polls: dict[str, list[datetime]] = defaultdict(list)
    while line:
        now, url = heapq.heappop(line)
        if now > end:
            continue
        polls[url].append(now)
        if crc32(f"{url} {now}".encode()) % FAILED:
            _read(paper, outlet, sources[url], url, memory, now)
        memory.read_at[url] = now
        state = ScheduleState(last_at=memory.read_at, first_at=memory.first_at)
        habit = learned_of(outlet, state, memory.counted, now)[url]
        coming = next_reading(url, Schedule(), habit, now, now, None).at
        if coming is not None:
            heapq.heappush(line, (max(coming, now + timedelta(seconds=1)), url))
    delays = []
    for url, form in sources.items():
        for piece in paper.pieces:
            if not begin <= piece.at < end - 24 * HOUR or not in_share(piece, form.share):
                continue
            ways = [paper.base + piece.path, f"{paper.base}{piece.path}-moved"]
            found = min((memory.found_at[way] for way in ways if way in memory.found_at), default=None)
            later = [at for at in polls[url] if at > piece.at]
            within = next((n for n, at in enumerate(later, 1) if found is not None and found <= at), 10**6)
            delays.append((form.name, within))
    return delays, memory.sums_wrong, sum(map(len, polls.values()))


def _read(paper: Newspaper, outlet: Outlet, form: Form, url: str, memory: Memory, now: datetime) -> None:
    """Read a source, and the parts that it names, as a crawl does."""
    waiting = deque([(url, form.kind, 0)])
    while waiting:
        each, kind, depth = waiting.popleft()
        content = form.answers(paper, each.removeprefix(paper.base), now)
        memory.read_at[each] = now
        if content is None:
            continue
        same = crc32(content.encode())
        if memory.sent.get(each) == same and "<sitemapindex" not in content[:200]:
            continue  # 304
        memory.sent[each] = same
        page = Page(url=each, final_url=each, status=200, headers={}, content=content.encode(), fetched_at=now)
        try:
            listing = read_source(kind, page)
        except SourceUnreadable:
            continue
        memory.sums_wrong += listing.sum.left != len(listing.found) + len(listing.rest)
        rest = [found for found in listing.rest if found.url not in memory.found_at]
        taken = [*listing.found, *rest[:NEWEST]]
        if rest[NEWEST:]:
            del memory.sent[each]  # it is not asked for on condition
        _ingest(memory, each, [found for found in taken if found.url.startswith(outlet.home)], now)
        if listing.parts and depth < SOURCE_DEPTH:
            chosen = parts_to_read(listing.parts, memory.read_at, memory.renewed_at, now)
            waiting.extend((part, SourceKind.SITEMAP, depth + 1) for part in chosen)


def _ingest(memory: Memory, url: str, found: Iterable[Found], now: datetime) -> None:
    listed = frozenset(found)
    new = [each.url for each in listed if each.url not in memory.found_at]
    memory.found_at |= dict.fromkeys(new, now)
    if new and url in memory.first_at:
        hours = memory.counted.setdefault(url, {})
        hour = (now.weekday(), now.astimezone(UTC).hour)
        hours[hour] = hours.get(hour, 0) + len(new)
    memory.first_at.setdefault(url, now)
    if listed and memory.lists.get(url) != listed:
        memory.lists[url] = listed
        memory.renewed_at[url] = now
