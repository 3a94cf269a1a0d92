"""What the sources of an outlet list and are the first to list, over weeks, as an outlet's habits make it."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from schedules.stale_sources import REMEMBERED, is_stale

HOUR = timedelta(hours=1)
MONDAY = datetime(2024, 1, 8, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")
#: source -> share of the articles that it lists, and hours until it does
Sources = Mapping[str, tuple[float, float]]


def week(workday: float, weekend: float, night: float) -> list[float]:
    """Return articles an hour for the hours of a week; from 22 to 6 it is night."""
    return [
        night if hour % 24 < 6 or hour % 24 >= 22 else workday if hour // 24 < 5 else weekend for hour in range(168)
    ]


@dataclass
class Newsday:
    """Some weeks of an outlet: for each source the times at which its list was renewed, and what it was first with."""

    renewed: dict[str, list[datetime]] = field(default_factory=dict)
    firsts: dict[str, dict[datetime, int]] = field(default_factory=dict)

    def is_stale(self, source: str, now: datetime) -> bool:
        """Say whether `source` is called stale at a reading at `now`."""
        known = [at for at in self.renewed[source] if at <= now]
        if not known or now - known[-1] <= 2 * HOUR:
            return False
        since, until = known[-1], min(now, known[-1] + REMEMBERED)
        hours = sorted({_hour(at) for at in known if since - REMEMBERED <= _hour(at) <= since})
        firsts = {
            each: {hour: found for hour, found in brought.items() if since - REMEMBERED <= hour <= until}
            for each, brought in self.firsts.items()
        }
        return is_stale(source, hours, firsts, since, until, UTC_ZONE)

    def alarms(self, weeks: Sequence[int], every: int = 2) -> int:
        """Return how often a source is newly called stale in these weeks, looked at every so many hours."""
        times = [MONDAY + HOUR * hour for number in weeks for hour in range(168 * number, 168 * (number + 1), every)]
        alarms = 0
        for source in self.renewed:
            said = [self.is_stale(source, at) for at in times]
            alarms += sum(now and not before for before, now in zip([False, *said], said, strict=False))
        return alarms


def newsday(
    rate: Sequence[float],
    sources: Sources,
    *,
    weeks: int,
    seed: int = 1,
    moods: float = 0.4,
    unless: Callable[[str, datetime], bool] = lambda *_: False,
) -> Newsday:
    """Return what comes of articles at random, some days busier than others, of which each source lists a share.

    A source lists nothing that appears while `unless` says so.
    """
    chance = random.Random(seed)
    listed: list[tuple[datetime, int, str]] = []
    for number in range(168 * weeks):
        if number % 24 == 0:
            mood = chance.lognormvariate(0, moods)
        at = MONDAY + HOUR * number
        left = rate[number % 168] * mood
        pause = chance.expovariate(1)
        article = 0
        while pause < left:
            came = at + HOUR * (pause / left)
            article += 1
            for source, (share, delay) in sources.items():
                if chance.random() < share and not unless(source, came):
                    listed.append((came + HOUR * delay * chance.uniform(0.5, 1.5), number * 1_000 + article, source))
            pause += chance.expovariate(1)
    made = Newsday(renewed={source: [] for source in sources}, firsts={source: {} for source in sources})
    known: set[int] = set()
    for at, article, source in sorted(listed):
        # sources are read each quarter of an hour
        read_at = _hour(at) + HOUR / 4 * (int((at - _hour(at)) / (HOUR / 4)) + 1)
        made.renewed[source].append(read_at)
        if article not in known:
            known.add(article)
            hours = made.firsts[source]
            hours[_hour(read_at)] = hours.get(_hour(read_at), 0) + 1
    return made


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
