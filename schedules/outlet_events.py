"""The crawl events of an outlet: it became unhealthy, it recovered, it is unhealthy now, an hour of it is over."""

from datetime import datetime
from typing import Any

from ledger.completeness import Hours
from ledger.outlet_health import Health
from news.moment import utc
from news.outlet import Outlet
from schedules.health_rules import HOUR

#: as long as the index's field takes
REASON_CHARACTERS = 512


def change_of_health(found: Health, outlet: Outlet) -> dict[str, Any]:
    """Return the event that an outlet became unhealthy or recovered."""
    known = _of(outlet, "outlet_unhealthy" if found.reason else "outlet_recovered", found.checked_at) | {
        "seen": found.seen
    }
    if found.expected is not None:
        known["expected"] = round(found.expected)
    return known | _problem(found, found.checked_at)


def unhealthy_id(slug: str) -> str:
    """Return the id of the one event that stands in the index for as long as an outlet is unhealthy."""
    return f"unhealthy-{slug}"


def unhealthy_now(found: Health, outlet: Outlet) -> dict[str, Any]:
    """Return that event: why an outlet is unhealthy, since when, and when it was checked last."""
    assert found.since is not None, "an unhealthy outlet has been so since a time"
    return change_of_health(found, outlet) | {"event": "outlet_unhealthy_now", "unhealthy_since": utc(found.since)}


def outlet_hour(
    outlet: Outlet, hour: datetime, counted: Hours, seen: int, expected: float | None, health: Health | None
) -> dict[str, Any]:
    """Return the event of an outlet's hour: its attempts and articles, the usual ones, its health at the end.

    `seen` is what its sources brought after their first reading, `expected` how much that is in such an hour, None
    where too little is known. `health` is how it is now; what it was before that changed is not known.
    """
    event = _of(outlet, "outlet_hour", hour) | {
        "found": counted.found,
        "fetched": counted.fetched,
        "stored": counted.stored,
        "changed": counted.changed,
        "unchanged": counted.unchanged,
        "refused": sum(counted.refused.values()),
        "seen_in_hour": seen,
    }
    if expected is not None:
        event |= {"expected_in_hour": round(expected, 3), "missing_in_hour": round(expected - seen, 3)}
    end = hour + HOUR
    if health is not None and health.reason and health.since is not None and health.since < end:
        event |= {"unhealthy_since": utc(health.since)} | _problem(health, end)
    return event


def _of(outlet: Outlet, event: str, at: datetime) -> dict[str, Any]:
    document = {"event": event, "at": utc(at), "outlet": outlet.slug, "outlet_name": outlet.name}
    return document | ({"country": outlet.country} if outlet.country else {})


def _problem(health: Health, until: datetime) -> dict[str, Any]:
    """Return why an outlet is unhealthy and how long it has been silent until then; nothing of a healthy one."""
    event: dict[str, Any] = {"reason": health.reason[:REASON_CHARACTERS]} if health.reason else {}
    if health.silent_since and health.silent_since < until:
        silent_hours = round((until - health.silent_since) / HOUR, 1)
        event |= {"silent_since": utc(health.silent_since), "silent_hours": silent_hours}
    return event
