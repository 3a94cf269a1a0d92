"""Metrics for Prometheus: this process's own, and what the ledger counts for all of them."""

from collections.abc import Iterator

from fastapi import APIRouter, Request
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

from ledger.outbox import debt
from ledger.totals import job_counts
from web.rooms import rooms_of

metrics = APIRouter()


@metrics.get("/metrics")
async def exposed(request: Request) -> Response:
    """Give all metrics in Prometheus' text format; those of the ledger are asked for anew each time."""
    async with rooms_of(request).engine.connect() as connection:
        owed, jobs = await debt(connection), await job_counts(connection)
    families = [
        _gauge("broadsheet_index_owed", "Documents that the index does not have yet.", owed.owed),
        _gauge("broadsheet_index_quarantined", "Documents that the index refused.", owed.quarantined),
        *(_gauge(f"broadsheet_jobs_{name}", f"Jobs or workers: {name}.", count) for name, count in jobs.items()),
    ]
    registry = CollectorRegistry()
    registry.register(_Families(families))
    return Response(generate_latest(REGISTRY) + generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


class _Families:
    """What was counted, as Prometheus' client asks for it."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        """Yield it."""
        yield from self._families
