"""When an outlet may and should be asked for news: what its file says of that, checked field by field."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import time
from typing import TYPE_CHECKING, Any

from news.errors import ConfigurationError

if TYPE_CHECKING:
    from apscheduler.triggers.cron import CronTrigger

#: the limits between which a source is polled where its file names none: a feed of twenty entries loses none even if
#: ten times as many come as are usual, and a source that brings nothing costs four requests a day
LEAST_MINUTES, MOST_MINUTES = 5.0, 360.0
JITTER_SECONDS = 30.0
_QUIET = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: what its table may have, and of which type
FIELDS: dict[str, tuple[type, ...]] = {
    "every_minutes": (int, float),
    "cron": (str,),
    "least_minutes": (int, float),
    "most_minutes": (int, float),
    "jitter_seconds": (int, float),
    "quiet_hours": (list,),
    "paused": (bool,),
    "revisit_days": (int, float),
    "sources": (dict,),
}


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """One outlet's or source's times. Without `every_minutes` and `cron` the pace is learned, between the limits."""

    every_minutes: float | None = None
    #: five fields, in the outlet's time zone; days of the week count from Sunday, 0
    cron: str | None = None
    least_minutes: float = LEAST_MINUTES
    most_minutes: float = MOST_MINUTES
    #: up to so many seconds later, another number each time, so that outlets are not all asked at once
    jitter_seconds: float = JITTER_SECONDS
    #: (from, to) in the outlet's time zone: nothing is asked for then; one may pass midnight
    quiet_hours: tuple[tuple[time, time], ...] = ()
    paused: bool = False
    #: days after which an article is visited no more; None: as BROADSHEET_REVISIT_DAYS says
    revisit_days: float | None = None
    #: address of a source -> its own times
    sources: Mapping[str, "Schedule"] = field(default_factory=dict)

    def of(self, url: str) -> "Schedule":
        """Return the times of one source."""
        return self.sources.get(url, self)


def parse_schedule(fields: Mapping[str, Any], place: str, *, above: Schedule | None = None) -> Schedule:
    """Return the schedule that a file's table `[schedule]` describes; `place` names the file in errors.

    A source's own table `[schedule.sources."https://…"]` takes what it does not say from the outlet's (`above`).
    Raises ConfigurationError, which names the field, for one that is unknown, of a wrong type or cannot be.
    """
    values = dict(fields)
    for name, value in values.items():
        if name not in FIELDS:
            raise ConfigurationError(
                f"{place}: unknown field 'schedule.{name}'. Use one of: {', '.join(sorted(FIELDS))}."
            )
        wrong = not isinstance(value, FIELDS[name]) or (isinstance(value, bool) and FIELDS[name] != (bool,))
        if wrong or (isinstance(value, int | float) and value < 0):
            raise ConfigurationError(f"{place}: field 'schedule.{name}' cannot be {value!r}.")
    inner = values.pop("sources", {})
    if "cron" in values:
        trigger(values["cron"], place)
    if "quiet_hours" in values:
        values["quiet_hours"] = tuple(_quiet(each, place) for each in values["quiet_hours"])
    if {"cron", "every_minutes"} <= values.keys():
        raise ConfigurationError(f"{place}: 'schedule.cron' and 'schedule.every_minutes' exclude each other.")
    if above and {"cron", "every_minutes"} & values.keys():
        above = replace(above, cron=None, every_minutes=None)
    made = replace(above or Schedule(), **values)
    if made.every_minutes == 0 or not 0 < made.least_minutes <= made.most_minutes:
        raise ConfigurationError(f"{place}: the minutes of 'schedule' are above 0, and least_minutes the lesser.")
    if above is not None and inner:
        raise ConfigurationError(f"{place}: a source of 'schedule.sources' has no sources.")
    if not all(isinstance(each, dict) for each in inner.values()):
        raise ConfigurationError(f"{place}: 'schedule.sources' has a table for each address.")
    own = {url: parse_schedule(table, place, above=made) for url, table in inner.items()}
    return replace(made, sources=own)


def trigger(cron: str, place: str, zone: str | None = None) -> "CronTrigger":
    """Return what tells the times of a crontab expression, in `zone`, else in UTC. Raises ConfigurationError."""
    from apscheduler.triggers.cron import CronTrigger

    parts = cron.split()
    if len(parts) == 5:
        # APScheduler counts the days of the week from Monday, everybody else from Sunday
        parts[4] = re.sub(r"(?<![/\w])[0-7](?!\d)", lambda found: _DAYS[int(found[0])], parts[4])
    try:
        return CronTrigger.from_crontab(" ".join(parts), timezone=zone or "UTC")
    except ValueError as error:
        raise ConfigurationError(f"{place}: field 'schedule.cron': '{cron}': {error}.") from error


def _quiet(text: Any, place: str) -> tuple[time, time]:
    match = _QUIET.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ConfigurationError(f"{place}: field 'schedule.quiet_hours': '{text}' is not like 23:00-05:30.")
    first, last = time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4]))
    if first == last:
        raise ConfigurationError(f"{place}: field 'schedule.quiet_hours': '{text}' has no end.")
    return first, last
