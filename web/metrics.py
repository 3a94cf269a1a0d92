"""Metrics for Prometheus: this process's own, and what the ledger counts for all of them."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

from fastapi import APIRouter, Request
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import PlainTextResponse, Response

from ledger.completeness import Hours, sums
from ledger.faults import reason_of
from ledger.job_queue import job_counts
from ledger.outbox import backlog
from ledger.outlet_health import healths
from ledger.recaptures import estimates
from news.clock import now
from news.log import Log
from news.outcome import Outcome
from web.state import AppState, state_of

metrics = APIRouter()

#: Prometheus waits for ten seconds as a rule, and what the process itself knows must be there by then
PATIENCE_SECONDS = 7.0

log = Log()


@metrics.get("/metrics", summary="Metrics for Prometheus", response_class=PlainTextResponse, tags=["state"])
async def exposed(request: Request) -> Response:
    """Return all metrics in Prometheus' text format; those of the ledger are read again for each request.

    While PostgreSQL cannot be reached, only those of the process are returned, and `broadsheet_ledger_up` is 0.
    """
    families: list[Metric] = []
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            families = await _counted(state_of(request))
    except (SQLAlchemyError, TimeoutError) as error:
        log.warning("ledger_unavailable", path=request.url.path, reason=reason_of(error))
    families.append(_gauge("broadsheet_ledger_up", "1 if the ledger answered this request.", bool(families)))
    registry = CollectorRegistry()
    registry.register(_Families(families))
    return Response(generate_latest(REGISTRY) + generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


async def _counted(state: AppState) -> list[Metric]:
    """Return what the ledger counts. Raises SQLAlchemyError if it is away."""
    async with state.engine.connect() as connection:
        index_backlog, jobs = await backlog(connection), await job_counts(connection)
        known = await healths(connection)
        day = await sums(connection, now() - timedelta(days=1))
        estimated = await estimates(connection)
    families = [
        _gauge("broadsheet_index_pending", "Documents pending indexing.", index_backlog.pending),
        _gauge("broadsheet_index_rejected", "Rejected documents.", index_backlog.rejected),
        *(_gauge(f"broadsheet_jobs_{name}", f"Jobs or workers: {name}.", count) for name, count in jobs.items()),
    ]
    unhealthy = GaugeMetricFamily("broadsheet_outlet_unhealthy", "1 for an unhealthy outlet.", labels=["outlet"])
    usual = GaugeMetricFamily(
        "broadsheet_outlet_expected", "Usual number of new addresses in a day.", labels=["outlet"]
    )
    for slug, health in known.items():
        unhealthy.add_metric([slug], float(health.reason is not None))
        if health.expected is not None:
            usual.add_metric([slug], health.expected)
    stages = GaugeMetricFamily(
        "broadsheet_outlet_day", "Pages of an outlet in 24 hours, by stage.", labels=["outlet", "stage"]
    )
    refused = GaugeMetricFamily(
        "broadsheet_refused_day", "Attempts in 24 hours without an article, by outcome.", labels=["outcome"]
    )
    complete = GaugeMetricFamily(
        "broadsheet_outlet_completeness",
        "Estimated share of an outlet's articles that are found, and the bounds of its interval.",
        labels=["outlet", "bound"],
    )
    for slug, each in estimated.items():
        if each.estimate is not None:
            for bound, value in (("", each.estimate.share), ("low", each.estimate.low), ("high", each.estimate.high)):
                complete.add_metric([slug, bound or "estimate"], value)
    everything = Hours()
    for slug, hours in day.items():
        everything += hours
        for stage in ("found", "fetched", "stored", "changed", "unchanged"):
            stages.add_metric([slug, stage], getattr(hours, stage))
    # a rule that watches it needs it before the first one
    for outcome, times in ({Outcome.UNRECORDABLE: 0} | dict(everything.refused)).items():
        refused.add_metric([outcome], times)
    return [*families, unhealthy, usual, complete, stages, refused]


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


class _Families:
    """What was counted, as Prometheus' client asks for it."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        """Yield it."""
        yield from self._families
