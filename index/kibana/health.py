"""The dashboard Crawl health: what was expected and seen, who is unwell, what the index is owed, how attempts end."""

from index.kibana import attempts, knowing
from index.kibana.panels import Control, Dashboard
from index.kibana.rows import in_rows
from index.kibana.views import EVENTS

CRAWL_HEALTH = Dashboard(
    id="broadsheet-crawl-health",
    title="Broadsheet: Crawl health",
    description="New addresses, expected and seen; unhealthy outlets; documents pending indexing; outcomes of fetches.",
    since="now-7d",
    controls=(
        Control(view=EVENTS, field="outlet", label="Outlet"),
        Control(view=EVENTS, field="outcome", label="Outcome"),
        Control(view=EVENTS, field="host", label="Host"),
    ),
    panels=in_rows((attempts.NUMBERS, *knowing.ROWS, *attempts.ROWS)),
)
