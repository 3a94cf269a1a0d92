"""The dashboard Crawl health: how the attempts end, how fast the outlets answer, who has gone quiet."""

from index.kibana.panels import Chart, Condition, Control, Dashboard, Group, Measure, Panel, Place, SearchPanel
from index.kibana.searches import FAILED, FAILURES
from index.kibana.views import EVENTS
from news.outcome import Outcome

_ATTEMPTS = Measure(label="Attempts")
_MEDIAN = Measure(label="Median, ms", operation="median", field="latency_ms")
_SLOWEST = Measure(label="95 % within, ms", operation="percentile", field="latency_ms", percentile=95)
_AT = Group(field="at", label="Time")
_OUTLET = Group(field="outlet", label="Outlet", size=50)
_OUTCOME = Group(field="outcome", label="Outcome", size=25)
#: an attempt that brought something to read
_BROUGHT = Condition(field="outcome", values=(Outcome.NEW, Outcome.CHANGED))


def _panel(
    id: str,
    title: str,
    place: Place,
    chart: Chart,
    measures: tuple[Measure, ...],
    *groups: Group,
    where: Condition | None = None,
) -> Panel:
    return Panel(
        id=id, title=title, place=place, view=EVENTS, chart=chart, measures=measures, groups=groups, where=where
    )


CRAWL_HEALTH = Dashboard(
    id="broadsheet-crawl-health",
    title="Broadsheet: Crawl health",
    description="Every attempt to fetch a page: how it ended, how long the outlet took, what brought nothing.",
    since="now-7d",
    controls=(
        Control(view=EVENTS, field="outlet", label="Outlet"),
        Control(view=EVENTS, field="outcome", label="Outcome"),
        Control(view=EVENTS, field="host", label="Host"),
    ),
    panels=(
        _panel("attempts", "Attempts", Place(x=0, y=0, w=12, h=5), Chart.METRIC, (_ATTEMPTS,)),
        _panel(
            "failures",
            "Without an article",
            Place(x=12, y=0, w=12, h=5),
            Chart.METRIC,
            (Measure(label="Without an article"),),
            where=FAILED,
        ),
        _panel(
            "addresses",
            "Addresses",
            Place(x=24, y=0, w=12, h=5),
            Chart.METRIC,
            (Measure(label="Addresses", operation="unique_count", field="url"),),
        ),
        _panel("latency", "95 % answered within", Place(x=36, y=0, w=12, h=5), Chart.METRIC, (_SLOWEST,)),
        _panel(
            "outcomes-over-time",
            "Attempts by outcome",
            Place(x=0, y=5, w=32, h=12),
            Chart.BARS,
            (_ATTEMPTS,),
            _AT,
            _OUTCOME,
        ),
        _panel("outcomes", "Outcomes", Place(x=32, y=5, w=16, h=12), Chart.RANKING, (_ATTEMPTS,), _OUTCOME),
        _panel(
            "latency-over-time",
            "Latency",
            Place(x=0, y=17, w=24, h=12),
            Chart.LINES,
            (_MEDIAN, _SLOWEST),
            _AT,
        ),
        _panel(
            "latency-by-outlet",
            "Latency and volume by outlet",
            Place(x=24, y=17, w=24, h=12),
            Chart.TABLE,
            (_ATTEMPTS, _MEDIAN, _SLOWEST, Measure(label="Bytes", operation="sum", field="content_bytes")),
            _OUTLET,
        ),
        _panel(
            "silent",
            "Outlets by their last new or changed article, the quietest first",
            Place(x=0, y=29, w=24, h=14),
            Chart.TABLE,
            (Measure(label="Last", operation="max", field="at"), Measure(label="New or changed")),
            Group(field="outlet", label="Outlet", size=200, ascending=True),
            where=_BROUGHT,
        ),
        _panel(
            "outcomes-by-outlet",
            "Failures by outlet and outcome",
            Place(x=24, y=29, w=24, h=14),
            Chart.TABLE,
            (_ATTEMPTS,),
            _OUTLET,
            _OUTCOME,
            where=FAILED,
        ),
        _panel(
            "statuses",
            "HTTP statuses",
            Place(x=0, y=43, w=16, h=12),
            Chart.RANKING,
            (_ATTEMPTS,),
            Group(field="status", label="Status", size=20),
        ),
        _panel(
            "reasons",
            "Reasons",
            Place(x=16, y=43, w=32, h=12),
            Chart.TABLE,
            (_ATTEMPTS,),
            Group(field="reason", label="Reason", size=50),
        ),
        SearchPanel(
            id="failed-attempts", title="Failed attempts", place=Place(x=0, y=55, w=48, h=18), search=FAILURES.id
        ),
    ),
)
