"""The status page: whether all works, what is due, pending and rejected, how long things take."""

from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from ledger.job_queue import job_counts
from ledger.outbox import backlog
from ledger.outlet_health import count_unhealthy
from ledger.rejected_documents import rejected
from ledger.totals import totals, unrecordable
from ledger.workload import due_pages, durations
from news.clock import now
from web import render, times
from web.probes import index_state
from web.state import state_of, zone_of

#: outlets with pages due, and rejected documents, that are shown
MOST_DUE, MOST_REJECTED = 12, 20
#: how long things took is counted of so long
DURATIONS_OF = timedelta(days=1)
_PARTS = {
    "ledger": "Ledger (PostgreSQL)",
    "index": "Search index",
    "archive": "Archive of raw pages",
    "pool": "Extraction",
    "worker": "Workers",
}
_DURATIONS = {
    "published_to_seen": "From an article’s publication to its first fetch",
    "found_to_stored": "From the listing of an address to its article",
    "site_answers": "A site’s answer",
    "recrawl": "A requested recrawl",
}


@dataclass(frozen=True, kw_only=True)
class DurationRow:
    """How long one thing takes, in words."""

    what: str
    times: int
    median: str
    p95: str


async def status_page(request: Request) -> Response:
    """Answer `GET /status`. Raises SQLAlchemyError if the ledger is away."""
    state, zone = state_of(request), zone_of(request)
    readiness = await state.probe.readiness()
    async with state.engine.connect() as connection:
        await state.outlets.learn_from(connection)
        counted, jobs = await totals(connection), await job_counts(connection)
        pending, refused = await backlog(connection), await rejected(connection, limit=MOST_REJECTED)
        due = await due_pages(connection, MOST_DUE)
        took = await durations(connection, now() - DURATIONS_OF)
        lost = await unrecordable(connection)
        unhealthy = await count_unhealthy(connection)
    index = await index_state(state)
    return render.page(
        "status.html",
        parts=[(_PARTS[name], reason) for name, reason in readiness.parts.items()],
        notes=[*readiness.notes, *index["notes"], *([lost.sentence() + "."] if lost.pages else [])],
        missing=readiness.missing,
        totals=counted,
        jobs=jobs,
        unhealthy=unhealthy,
        index=index,
        pending=pending,
        pending_since=times.seen(pending.pending_since, zone) if pending.pending_since else None,
        rejected=[
            (
                each,
                f"/articles/{each.id}" if each.stream == "articles" else "",
                each.document.get("headline") or each.id,
                times.seen(each.refused_at, zone),
            )
            for each in refused
        ],
        due=[(each, state.outlets.name(each.outlet), times.seen(each.since, zone)) for each in due],
        durations=[
            DurationRow(
                what=_DURATIONS[each.what],
                times=each.times,
                median=seconds_words(each.median_seconds),
                p95=seconds_words(each.p95_seconds),
            )
            for each in took
        ],
    )


def seconds_words(seconds: float) -> str:
    """Return a number of seconds in words.

    >>> seconds_words(0.0834), seconds_words(1.234), seconds_words(12.34), seconds_words(3_900)
    ('83 ms', '1.23 s', '12 s', '1 h 5 min')
    """
    if seconds < 1:
        return f"{seconds * 1_000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.2f} s"
    return f"{seconds:.0f} s" if seconds < 120 else times.span(timedelta(seconds=seconds))
