"""Panels of the attempts to fetch a page: how they end, how fast the outlets answer, who brought nothing for long."""

from functools import partial

from index.kibana.panels import Chart, Condition, Group, Measure, Panel, SearchPanel
from index.kibana.rows import Row
from index.kibana.searches import FAILED, FAILURES
from index.kibana.views import EVENTS
from news.outcome import Outcome

_ATTEMPTS = Measure(label="Attempts")
_MEDIAN = Measure(label="Median, ms", operation="median", field="latency_ms")
_SLOWEST = Measure(label="95 % within, ms", operation="percentile", field="latency_ms", percentile=95)
_AT = Group(field="at", label="Time")
_OUTLET = Group(field="outlet", label="Outlet", size=50)
_OUTCOME = Group(field="outcome", label="Outcome", size=25)

# other events have no outcome of their own and would be counted as attempts
_panel = partial(Panel, view=EVENTS, where=Condition(field="event", values=("attempt",)))
_number = partial(_panel, chart=Chart.METRIC)
_ranking = partial(_panel, chart=Chart.RANKING, measures=(_ATTEMPTS,))
_table = partial(_panel, chart=Chart.TABLE)

NUMBERS: Row = (
    5,
    (12, _number(id="attempts", title="Attempts", measures=(_ATTEMPTS,))),
    (
        12,
        _number(
            id="failures", title="Without an article", measures=(Measure(label="Without an article"),), where=FAILED
        ),
    ),
    (
        12,
        _number(
            id="addresses",
            title="Addresses",
            measures=(Measure(label="Addresses", operation="unique_count", field="url"),),
        ),
    ),
    (12, _number(id="latency", title="95 % answered within", measures=(_SLOWEST,))),
)

ROWS: tuple[Row, ...] = (
    (
        12,
        (
            32,
            _panel(
                id="outcomes-over-time",
                title="Attempts by outcome",
                chart=Chart.BARS,
                measures=(_ATTEMPTS,),
                groups=(_AT, _OUTCOME),
            ),
        ),
        (16, _ranking(id="outcomes", title="Outcomes", groups=(_OUTCOME,))),
    ),
    (
        12,
        (
            24,
            _panel(
                id="latency-over-time",
                title="Latency",
                chart=Chart.LINES,
                measures=(_MEDIAN, _SLOWEST),
                groups=(_AT,),
            ),
        ),
        (
            24,
            _table(
                id="latency-by-outlet",
                title="Latency and volume by outlet",
                measures=(_ATTEMPTS, _MEDIAN, _SLOWEST, Measure(label="Bytes", operation="sum", field="content_bytes")),
                groups=(_OUTLET,),
            ),
        ),
    ),
    (
        14,
        (
            24,
            _table(
                id="quietest",
                title="Outlets by their last new or changed article, the quietest first",
                measures=(Measure(label="Last", operation="max", field="at"), Measure(label="New or changed")),
                groups=(Group(field="outlet", label="Outlet", size=200, ascending=True),),
                where=Condition(field="outcome", values=(Outcome.NEW, Outcome.CHANGED)),
            ),
        ),
        (
            24,
            _table(
                id="outcomes-by-outlet",
                title="Failures by outlet and outcome",
                measures=(_ATTEMPTS,),
                groups=(_OUTLET, _OUTCOME),
                where=FAILED,
            ),
        ),
    ),
    (
        12,
        (
            16,
            _ranking(id="statuses", title="HTTP statuses", groups=(Group(field="status", label="Status", size=20),)),
        ),
        (
            32,
            _table(
                id="reasons",
                title="Reasons",
                measures=(_ATTEMPTS,),
                groups=(Group(field="reason", label="Reason", size=50),),
            ),
        ),
    ),
    (18, (48, SearchPanel(id="failed-attempts", title="Failed attempts", search=FAILURES.id))),
)
