"""The ledger's tables. What is written here is never forgotten; the search index is made from it."""

from ledger.schema.base import LATEST, NOW, ZERO, metadata
from ledger.schema.bookkeeping import (
    event_watermarks,
    imports,
    outbox,
    publishing,
    quarantine,
    reprocessing_parts,
    reprocessings,
)
from ledger.schema.frontier import attempts, backfill_sitemaps, outlets, pages, recrawls, robots, sites, sources
from ledger.schema.statistics import (
    completeness,
    completeness_estimates,
    health,
    listings,
    source_change_hours,
    source_hourly,
    source_sums,
)
from ledger.schema.texts import addresses, articles, merged_stories, raw_pages, signatures, tombstones, versions
from ledger.schema.watching import deliveries, delivery_pauses, notifications, watch_hours, watch_news, watches

__all__ = [
    "LATEST",
    "NOW",
    "ZERO",
    "addresses",
    "articles",
    "attempts",
    "backfill_sitemaps",
    "completeness",
    "completeness_estimates",
    "deliveries",
    "delivery_pauses",
    "event_watermarks",
    "health",
    "imports",
    "listings",
    "merged_stories",
    "metadata",
    "notifications",
    "outbox",
    "outlets",
    "pages",
    "publishing",
    "quarantine",
    "raw_pages",
    "recrawls",
    "reprocessing_parts",
    "reprocessings",
    "robots",
    "signatures",
    "sites",
    "source_change_hours",
    "source_hourly",
    "source_sums",
    "sources",
    "tombstones",
    "versions",
    "watch_hours",
    "watch_news",
    "watches",
]
