"""All dashboards."""

from index.kibana.corrections import CORRECTIONS
from index.kibana.health import CRAWL_HEALTH
from index.kibana.overview import NEWS

DASHBOARDS = (NEWS, CORRECTIONS, CRAWL_HEALTH)
