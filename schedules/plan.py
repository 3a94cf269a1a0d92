"""When a source is read next, and why: a pure function of what it brought, what its file says, and the time."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from news.schedule import Schedule, trigger

#: new addresses that a reading should bring: one, so that an article is seen about as soon as it is listed
WORTH_A_READING = 1.0
#: a source of which nothing is known is taken to bring this much an hour; four readings an hour tell the truth soon
UNKNOWN_AN_HOUR = 4.0
#: an hour of the week that was seen so many times weighs as much as the week's average
PRIOR_WEEKS = 0.5
#: so much watching tells more than UNKNOWN_AN_HOUR does
KNOWN_AFTER = timedelta(hours=3)
HOURS_A_WEEK = 168
HOUR = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Habit:
    """What a source brings: addresses an hour, for each hour of the week in the outlet's time zone, from Monday on."""

    an_hour: tuple[float, ...]
    #: whether it was watched for long enough to speak of a habit
    is_known: bool = True

    def expected(self, start: datetime, end: datetime, zone: ZoneInfo) -> float:
        """Return how many new addresses are to be expected between two instants."""
        total, at = 0.0, start
        while at < end:
            until = min(end, _next_hour(at))
            total += self.an_hour[_hour_of_week(at, zone)] * ((until - at) / HOUR)
            at = until
        return total

    def worth(self, start: datetime, least: timedelta, most: timedelta, zone: ZoneInfo) -> timedelta:
        """Return after how long from `start` on WORTH_A_READING addresses are to be expected, between the limits."""
        total, at = 0.0, start
        while at < start + most:
            until = _next_hour(at)
            rate = self.an_hour[_hour_of_week(at, zone)]
            here = rate * ((until - at) / HOUR)
            if total + here >= WORTH_A_READING:
                return min(max(at + HOUR * ((WORTH_A_READING - total) / rate) - start, least), most)
            total, at = total + here, until
        return most


def learn(counts: Mapping[tuple[int, int], int], watched: timedelta) -> Habit:
    """Return a source's habit from (day, hour) -> addresses it brought, `watched` for so long up to its last reading.

    An hour of the week leans on the average of all until it was seen often enough. The average itself begins at
    UNKNOWN_AN_HOUR and sinks for as long as nothing comes.
    """
    hours = max(watched / HOUR, 0.0)
    average = (sum(counts.values()) + 1.0) / (hours + 1.0 / UNKNOWN_AN_HOUR)
    weeks = hours / HOURS_A_WEEK
    return Habit(
        an_hour=tuple(
            (counts.get(divmod(hour, 24), 0) + PRIOR_WEEKS * average) / (weeks + PRIOR_WEEKS)
            for hour in range(HOURS_A_WEEK)
        ),
        is_known=watched >= KNOWN_AFTER,
    )


@dataclass(frozen=True, kw_only=True)
class NextReading:
    """One source and the next time that it is read; `at` None: never, as things are."""

    source: str
    at: datetime | None
    why: str


def next_reading(
    source: str,
    schedule: Schedule,
    habit: Habit,
    last_at: datetime | None,
    now: datetime,
    zone_name: str | None,
    *,
    enabled: bool = True,
    paused: bool = False,
) -> NextReading:
    """Return when `source` is read next.

    `last_at` is when it was last read or asked for; one that never was is read at once. What is overdue is due `now`,
    once. Never within quiet hours; the jitter is the same however often one asks.
    """
    if not enabled or paused or schedule.paused:
        why = "paused" if paused or schedule.paused else "not enabled"
        return NextReading(source=source, at=None, why=why)
    zone = zone_of(zone_name)
    if last_at is None:
        at, why = now, "not read yet"
    elif schedule.cron:
        fires = trigger(schedule.cron, source, zone_name).get_next_fire_time(None, last_at + timedelta(seconds=1))
        if fires is None:
            return NextReading(source=source, at=None, why=f"cron {schedule.cron} has no further date")
        at, why = fires.astimezone(UTC), f"cron {schedule.cron}"
    elif schedule.every_minutes:
        at, why = last_at + timedelta(minutes=schedule.every_minutes), f"every {schedule.every_minutes:g} minutes"
    else:
        least, most = timedelta(minutes=schedule.least_minutes), timedelta(minutes=schedule.most_minutes)
        after = habit.worth(last_at, least, most, zone)
        brings = habit.expected(last_at, last_at + HOUR, zone)
        at = last_at + after
        why = f"{brings:.2g} new pages an hour at this time" if habit.is_known else "its rate is not known yet"
    if last_at is not None:
        at += timedelta(seconds=schedule.jitter_seconds * _share(source, last_at))
    if at < now:
        at, why = now, f"{why}; due since {at:%d %b %H:%M} UTC"
    awake = after_quiet(at, schedule.quiet_hours, zone)
    if awake != at:
        at, why = awake, f"{why}; quiet until {awake.astimezone(zone):%H:%M}"
    return NextReading(source=source, at=at, why=why)


def zone_of(name: str | None) -> ZoneInfo:
    """Return the time zone of an outlet; UTC where none is known."""
    return ZoneInfo(name or "UTC")


def after_quiet(at: datetime, quiet: Sequence[tuple[time, time]], zone: ZoneInfo) -> datetime:
    """Return `at`, or the end of the quiet hours that it is in.

    >>> night = [(time(22), time(6))]
    >>> after_quiet(datetime(2024, 2, 8, 23, tzinfo=UTC), night, ZoneInfo("UTC")).isoformat()
    '2024-02-09T06:00:00+00:00'
    """
    for _ in range(len(quiet) + 1):  # one may end within another
        local = at.astimezone(zone)
        for first, last in quiet:
            inside = first <= local.time() < last if first < last else not last <= local.time() < first
            if inside:
                day = local.date() + timedelta(days=int(local.time() >= last))
                ends = datetime.combine(day, last, zone).astimezone(UTC)
                # a clock that is set back has an hour twice: its second one is as quiet
                at = ends if ends > at else ends + HOUR
                break
        else:
            return at
    return at


def _share(source: str, last_at: datetime) -> float:
    """Return a number in [0, 1) that differs by source and time and is the same each time it is asked for."""
    digest = hashlib.blake2b(f"{source} {last_at.timestamp()}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") / 2**32


def _hour_of_week(at: datetime, zone: ZoneInfo) -> int:
    local = at.astimezone(zone)
    return local.weekday() * 24 + local.hour


def _next_hour(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + HOUR
