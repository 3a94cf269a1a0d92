"""Is an outlet well? A pure function of what it brought hour by hour and how its sources were read."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from ledger.completeness import Hours
from ledger.outlet_health import SourceHealth
from ledger.source_rates import WEEKS
from news.outcome import COSTLY, Outcome

HOUR = timedelta(hours=1)
#: what is usual is learned of so long; the arrivals that are asked for are no older
REMEMBERED = timedelta(weeks=WEEKS)
#: pauses of an outlet that are needed to know which are usual; one that brings less is never called silent
ENOUGH_PAUSES = 10
#: an hour of the week leans on the same hour of days of its kind (workdays, weekends), as if seen so many weeks
KIND_WEEKS = 4
#: of an outlet's pauses, so many are no longer than its usual one
USUAL = 0.98
#: silent: a pause of so many usual ones; dead: so many readings in a row that failed
INTERVALS = 2
#: the newest attempts, or articles, that are compared with those before
RECENT = 10
FEW = 5
#: what half of the recent ones suffer, and did not before, is an illness
MOST = 0.5
#: bodies that are cut to less than this share of their usual length
SHORT = 0.4

_WALLS = {Outcome.WALL}
_BLOCKS = {Outcome.HTTP_ERROR, Outcome.THROTTLED}
_AWAY = {Outcome.UNREACHABLE, Outcome.TIMEOUT, Outcome.SERVER_ERROR}
_EMPTY = {Outcome.EMPTY, Outcome.NOT_AN_ARTICLE, Outcome.UNREADABLE, Outcome.TOO_DEEP}
_REFUSED = {Outcome.UNRECORDABLE}
_ILLNESSES = (
    (_WALLS, "show a consent wall, paywall or bot check"),
    (_BLOCKS, "are blocked by the site"),
    (_AWAY, "do not answer"),
    (_EMPTY, "have no readable article"),
    (_REFUSED, "cannot be recorded"),
    # they cost everybody else a worker: their outlet is named for as long as it goes on, used to it or not
    (COSTLY, "took too long, or too much memory, to read"),
)


@dataclass(frozen=True, kw_only=True)
class HealthVerdict:
    """How an outlet is; without reasons it is well."""

    reasons: tuple[str, ...] = ()
    #: addresses that it usually brings in a day like the last; None: too little is known
    expected: float | None = None
    #: when it brought something for the last time, of an outlet that is silent
    silent_since: datetime | None = None


def judge(
    brought: Mapping[datetime, int],
    hours: Mapping[datetime, Hours],
    sources: Sequence[SourceHealth],
    last_at: datetime | None,
    now: datetime,
    zone: ZoneInfo,
) -> HealthVerdict:
    """Return how an outlet is.

    `brought` has hour -> new addresses, from its second reading on; `hours` what became of them; `last_at` is when
    the last one was found. Silence counts up to its last good reading: that nobody looked is no silence of its own.
    """
    read_at = max((each.fetched_at for each in sources if each.fetched_at and not each.failures), default=None)
    first_at = min((each.first_read_at for each in sources if each.first_read_at), default=None)
    reasons = [*_dead(sources), *_recent(hours)]
    if first_at is None or read_at is None or not brought:
        return HealthVerdict(reasons=tuple(reasons))
    newest = max(brought)
    usual = Usual.of(brought, max(first_at, now - REMEMBERED), newest + HOUR, zone)
    expected = usual.expected(now - timedelta(days=1), now)
    since = max(last_at or newest, newest)
    silent = usual.is_silent(brought, since, read_at)
    if silent:
        reasons.insert(0, f"silent since {since.astimezone(UTC):%d %b %H:%M} UTC, although it usually has new articles")
    return HealthVerdict(reasons=tuple(reasons), expected=expected, silent_since=since if silent else None)


@dataclass(frozen=True, kw_only=True)
class Usual:
    """How much an outlet usually brings in each hour of the week, of its own time zone."""

    an_hour: tuple[float, ...]
    zone: ZoneInfo

    @classmethod
    def of(cls, brought: Mapping[datetime, int], start: datetime, end: datetime, zone: ZoneInfo) -> "Usual":
        """Learn it from the hours between two instants."""
        seen, counts = [0] * 168, [0] * 168
        at = start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        while at < end:
            hour = _hour_of_week(at, zone)
            seen[hour] += 1
            counts[hour] += brought.get(at, 0)
            at += HOUR
        return cls(an_hour=tuple(_rate(hour, seen, counts) for hour in range(168)), zone=zone)

    def expected(self, start: datetime, end: datetime) -> float:
        """Return how many new addresses are usual between two instants."""
        total, at = 0.0, start
        while at < end:
            until = min(end, at.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + HOUR)
            total += self.an_hour[_hour_of_week(at, self.zone)] * ((until - at) / HOUR)
            at = until
        return total

    def is_silent(self, brought: Mapping[datetime, int], since: datetime, until: datetime) -> bool:
        """Say whether an outlet that brought nothing between two instants is silent.

        Pauses are not measured in hours but in what is usual in them: a night or a weekend in which little comes is
        short. Silent is what lasts longer than INTERVALS of its usual pauses, and than any that it has made.
        """
        hours = sorted(brought)
        pauses = sorted(self.expected(one, other) for one, other in pairwise(hours))
        if len(pauses) < ENOUGH_PAUSES:
            return False
        usual = max(pauses[min(int(len(pauses) * USUAL), len(pauses) - 1)], 1.0)
        return self.expected(since, until) > max(INTERVALS * usual, pauses[-1])


def _rate(hour: int, seen: Sequence[int], counts: Sequence[int]) -> float:
    workdays, weekend = range(5), range(5, 7)
    alike = [day * 24 + hour % 24 for day in (workdays if hour // 24 < 5 else weekend)]
    times = sum(seen[each] for each in alike)
    if not times:
        return 0.0
    kind = sum(counts[each] for each in alike) / times
    return (counts[hour] + KIND_WEEKS * kind) / (seen[hour] + KIND_WEEKS)


def _dead(sources: Sequence[SourceHealth]) -> list[str]:
    """Say which sources cannot be read any more, or list nothing where they did."""
    reasons = []
    for each in sources:
        if each.failures >= INTERVALS:
            since = f" since {each.failing_since.astimezone(UTC):%d %b %H:%M} UTC" if each.failing_since else ""
            why = each.reason or each.outcome
            # one that never worked is as dead as one that ceased to
            reasons.append(f"{each.url} cannot be read{since} ({why})")
        elif each.outcome == "read" and not each.found and each.first_read_at and each.first_read_at != each.fetched_at:
            reasons.append(f"{each.url} no longer lists anything")
    return reasons


def _recent(hours: Mapping[datetime, Hours]) -> list[str]:
    """Say what most of the recent attempts and articles suffer that those before did not, and what lasts."""
    reasons = []
    recent, before = _newest(hours, "fetched")
    for outcomes, words in _ILLNESSES:
        share = _share(recent, outcomes)
        is_new = outcomes is COSTLY or share >= 2 * _share(before, outcomes)
        if recent.fetched >= FEW and share >= MOST and is_new:
            reasons.append(f"{share:.0%} of {recent.fetched} pages {words}")
    recent, before = _newest(hours, "stored")
    if recent.stored >= FEW and not recent.letters:
        return [*reasons, f"none of {recent.stored} new articles has a text that can be read"]
    if recent.stored >= FEW and before.stored >= RECENT:
        undated = recent.undated / recent.stored
        if undated >= MOST and undated >= 2 * before.undated / before.stored:
            reasons.append(f"{undated:.0%} of {recent.stored} new articles have no date")
        length, usual = recent.letters / recent.stored, before.letters / before.stored
        if length < SHORT * usual:
            reasons.append(f"new articles have {length:.0f} characters, before {usual:.0f}")
    return reasons


def _newest(hours: Mapping[datetime, Hours], counted: str) -> tuple[Hours, Hours]:
    """Return the newest hours with RECENT of what is counted, or fewer, and those before."""
    recent, before = Hours(), Hours()
    for _, each in sorted(hours.items(), reverse=True):
        if getattr(recent, counted) < RECENT:
            recent += each
        else:
            before += each
    return recent, before


def _share(hours: Hours, outcomes: AbstractSet[Outcome]) -> float:
    return sum(hours.refused.get(each, 0) for each in outcomes) / hours.fetched if hours.fetched else 0.0


def _hour_of_week(at: datetime, zone: ZoneInfo) -> int:
    local = at.astimezone(zone)
    return local.weekday() * 24 + local.hour
