"""Which parts of a sitemap index are read at this poll: those where news stand, and some of the others in turn."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain, islice

from ledger.pages import Found

#: of the parts that come first, by time and by name, and of those whose list was another one last, so many at each poll
NEWEST_PARTS = 5
#: so many of the others: all are read in time, whatever order they stand in
IN_TURN = 5
#: a part that states no time and was read is read again after this
AGAIN = timedelta(days=1)


def parts_to_read(
    parts: Sequence[Found], read_at: Mapping[str, datetime], renewed_at: Mapping[str, datetime], now: datetime
) -> list[str]:
    """Return the addresses of the parts to read now, the most promising first.

    `parts` are all that the index lists, the newest first, as crawler.sources.listing.parts orders them; `read_at`
    says when one was last read, `renewed_at` when its list was last another one. The stated times are believed where
    they tell parts apart. An index without them, or with one time for all, is worked through: both ends of it, the
    parts that changed last, then in turn what was never read, what states a change since, and what was read longest
    ago.
    """
    chosen: dict[str, None] = {}
    dated = [each for each in parts if each.lastmod is not None]
    told_apart = len({each.lastmod for each in dated}) > 1
    unsure = [each for each in parts if each.lastmod is None or not told_apart]
    by_time = islice(dated, NEWEST_PARTS) if told_apart else iter(())
    # outlets number their parts upwards, or give the newest number 1
    by_name = chain(unsure[: NEWEST_PARTS - 2], unsure[-2:])
    renewed = sorted((each for each in unsure if each.url in renewed_at), key=lambda each: renewed_at[each.url])
    for each in chain(by_time, by_name, reversed(renewed[-NEWEST_PARTS:])):
        chosen[each.url] = None
    others = [each for each in parts if each.url not in chosen]
    chosen |= dict.fromkeys(islice(_in_turn(others, read_at, now), IN_TURN))
    return list(chosen)


def _in_turn(parts: Sequence[Found], read_at: Mapping[str, datetime], now: datetime) -> Iterator[str]:
    yield from (each.url for each in parts if each.url not in read_at)
    known = [each for each in parts if each.url in read_at]
    changed = [each for each in known if each.lastmod is not None and each.lastmod > read_at[each.url]]
    yield from (each.url for each in changed)
    old = [each for each in known if each not in changed and each.lastmod is None and read_at[each.url] <= now - AGAIN]
    yield from (each.url for each in sorted(old, key=lambda each: read_at[each.url]))
