"""Panels of what the daemon knows: expected against seen, who is unwell and since when, what the index is owed."""

from functools import partial

from index.kibana.panels import Chart, Condition, Group, Measure, Panel
from index.kibana.rows import Row
from index.kibana.views import EVENTS

_AT = Group(field="at", label="Time")
_EXPECTED = Measure(label="Expected", operation="sum", field="expected_in_hour")
_SEEN = Measure(label="Seen", operation="sum", field="seen_in_hour")

_lines = partial(Panel, view=EVENTS, chart=Chart.LINES, groups=(_AT,))
_table = partial(Panel, view=EVENTS, chart=Chart.TABLE)
# hours of which is known what is usual in them, so that both sums are over the same hours
_JUDGED = Condition(field="expected_in_hour")


def _of_the_index(field: str, label: str) -> tuple[int, Panel]:
    """Return a panel a third wide: of each span of time the worst, since a mean hides what mattered."""
    measure = Measure(label=label, operation="max", field=field)
    debts = Condition(field="event", values=("index_backlog",))
    return 16, _lines(id=field.replace("_", "-"), title=label, measures=(measure,), where=debts)


ROWS: tuple[Row, ...] = (
    (
        12,
        (
            24,
            _lines(
                id="expected-over-time",
                title="New addresses, expected and seen",
                measures=(_EXPECTED, _SEEN),
                where=_JUDGED,
            ),
        ),
        (
            24,
            _table(
                id="expected-by-outlet",
                title="New addresses by outlet, expected against seen: who misses most first",
                measures=(
                    Measure(label="Missing", operation="sum", field="missing_in_hour"),
                    _EXPECTED,
                    _SEEN,
                    Measure(label="New articles", operation="sum", field="stored"),
                    Measure(label="Refused", operation="sum", field="refused"),
                ),
                groups=(Group(field="outlet", label="Outlet", size=200),),
                where=_JUDGED,
            ),
        ),
    ),
    (
        12,
        (
            32,
            _table(
                id="unhealthy",
                title="Unhealthy now, the longest first",
                measures=(
                    Measure(label="Unhealthy since", operation="max", field="unhealthy_since"),
                    Measure(label="Silent since", operation="max", field="silent_since"),
                    Measure(label="Last looked at", operation="max", field="at"),
                ),
                groups=(
                    Group(field="outlet", label="Outlet", size=200, ascending=True),
                    Group(field="reason", label="Reason", size=5),
                ),
                where=Condition(field="event", values=("outlet_unhealthy_now",)),
            ),
        ),
        (
            16,
            _lines(
                id="unhealthy-over-time",
                title="Unhealthy outlets",
                measures=(Measure(label="Outlets", operation="unique_count", field="outlet"),),
                where=Condition(field="unhealthy_since"),
            ),
        ),
    ),
    (
        10,
        _of_the_index("pending", "Documents pending indexing"),
        _of_the_index("lag_seconds", "Lag of the index, seconds"),
        _of_the_index("rejected", "Rejected documents"),
    ),
)
