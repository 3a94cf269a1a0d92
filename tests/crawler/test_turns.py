"""Of a long sitemap index the parts with news are read at each poll, and every part in time."""

from datetime import UTC, datetime, timedelta

import pytest

from crawler.sources.listing import Rows, parts
from crawler.sources.turns import IN_TURN, NEWEST_PARTS, parts_to_read
from ledger.pages import Found

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
BASE = "https://www.paper.com/"
MOST = 2 * NEWEST_PARTS + IN_TURN


def index(count: int, form: str) -> tuple[Found, ...]:
    """Return the parts of an index that grows at its end, part 0 the oldest."""
    times = {
        "no time": [None] * count,
        "one time": [datetime(2026, 11, 1, tzinfo=UTC)] * count,
        "months": [datetime(2026, 11, 1, tzinfo=UTC) - timedelta(days=28 * (count - n)) for n in range(count)],
    }
    return parts(BASE, Rows(rows=[(f"/part-{n}.xml", at) for n, at in enumerate(times[form])])).parts


def polls(found: tuple[Found, ...], changing: str, most: int) -> tuple[int, int]:
    """Return at which poll the part that changes was first read, and at which all parts were; `most` at most."""
    read: dict[str, datetime] = {}
    renewed: dict[str, datetime] = {}
    first = everything = 0
    for poll in range(1, most + 1):
        at = NOW + timedelta(hours=poll)
        chosen = parts_to_read(found, read, renewed, at)
        assert len(chosen) == len(set(chosen)) <= MOST
        for url in chosen:
            if url not in renewed or url == changing:
                renewed[url] = at
            read[url] = at
        first = first or (poll if changing in chosen else 0)
        everything = everything or (poll if len(read) == len(found) else 0)
    return first, everything


@pytest.mark.parametrize("form", ["no time", "one time", "months"])
@pytest.mark.parametrize("count", [1, 8, 60, 300])
def test_the_newest_part_is_read_at_once_and_all_in_time(form: str, count: int) -> None:
    found = index(count, form)
    first, everything = polls(found, f"{BASE}part-{count - 1}.xml", count)
    assert first == 1
    assert 1 <= everything <= -(-count // IN_TURN)


@pytest.mark.parametrize("number", [0, 30, 59])
def test_where_no_time_tells_the_part_that_changes_is_found_and_then_read_at_each_poll(number: int) -> None:
    found = index(60, "no time")
    changing = f"{BASE}part-{number}.xml"
    first, everything = polls(found, changing, 60)
    assert 1 <= first <= everything
    read = {each.url: NOW for each in found}
    renewed = read | {changing: NOW + timedelta(hours=1)}
    assert changing in parts_to_read(found, read, renewed, NOW + timedelta(hours=2))


def test_an_old_part_that_states_a_later_change_is_read_again() -> None:
    times = [NOW - timedelta(days=n) for n in range(40)]
    found = parts(BASE, Rows(rows=[(f"/part-{n}.xml", at) for n, at in enumerate(times)])).parts
    read = {each.url: NOW - timedelta(days=30) for each in found}
    chosen = parts_to_read(found, read, {}, NOW)
    assert chosen == [f"{BASE}part-{n}.xml" for n in range(NEWEST_PARTS + IN_TURN)]
    assert len(parts_to_read(found, {each.url: NOW for each in found}, {}, NOW)) == NEWEST_PARTS


def test_names_are_ordered_by_their_numbers() -> None:
    named = ["/2026/9.xml", "/2026/10.xml", "/2025/12.xml", "/a.xml"]
    assert [each.url.removeprefix(BASE) for each in parts(BASE, Rows(rows=[(name, None) for name in named])).parts] == [
        "2026/10.xml",
        "2026/9.xml",
        "2025/12.xml",
        "a.xml",
    ]
