"""The dashboard Corrections: what outlets changed after the fact, said so or not, and what they withdrew."""

from index.kibana.overview import CONTROLS
from index.kibana.panels import Chart, Condition, Dashboard, Group, Measure, Panel, Place, SearchPanel
from index.kibana.searches import CHANGED, STEALTH, WITHDRAWN
from index.kibana.views import CHANGES, WITHDRAWALS

_EDITED = Condition(field="edit_kinds")
_SILENTLY = Condition(field="stealth", values=("true",))
_OUTLET = Group(field="outlet_name", label="Outlet", size=20)
_KIND = Group(field="edit_kinds", label="Kind of edit", size=15)
_CHANGED_AT = Group(field="changed_at", label="Last change")


def _number(id: str, x: int, label: str, view: str, where: Condition | None) -> Panel:
    return Panel(
        id=id,
        title=label,
        place=Place(x=x, y=0, w=16, h=5),
        view=view,
        chart=Chart.METRIC,
        measures=(Measure(label=label),),
        where=where,
    )


CORRECTIONS = Dashboard(
    id="broadsheet-corrections",
    title="Broadsheet: Corrections",
    description="Articles changed or withdrawn after they were out. An article counts once a kind, by its last change.",
    since="now-90d",
    controls=CONTROLS,
    panels=(
        _number("changed", 0, "Changed articles", CHANGES, _EDITED),
        _number("stealth", 16, "With stealth edits", CHANGES, _SILENTLY),
        _number("withdrawn", 32, "Withdrawn articles", WITHDRAWALS, None),
        Panel(
            id="kinds-over-time",
            title="Changed articles by kind of edit",
            place=Place(x=0, y=5, w=32, h=12),
            view=CHANGES,
            chart=Chart.BARS,
            measures=(Measure(label="Articles"),),
            groups=(_CHANGED_AT, _KIND),
            where=_EDITED,
        ),
        Panel(
            id="kinds",
            title="Kinds of edit",
            place=Place(x=32, y=5, w=16, h=12),
            view=CHANGES,
            chart=Chart.RANKING,
            measures=(Measure(label="Articles"),),
            groups=(_KIND,),
            where=_EDITED,
        ),
        Panel(
            id="kinds-by-outlet",
            title="Kinds of edit by outlet",
            place=Place(x=0, y=17, w=24, h=14),
            view=CHANGES,
            chart=Chart.TABLE,
            measures=(Measure(label="Articles"),),
            groups=(_OUTLET, _KIND),
            where=_EDITED,
        ),
        Panel(
            id="stealth-by-outlet",
            title="Stealth edits by outlet",
            place=Place(x=24, y=17, w=24, h=14),
            view=CHANGES,
            chart=Chart.RANKING,
            measures=(Measure(label="Articles"),),
            groups=(_OUTLET,),
            where=_SILENTLY,
        ),
        SearchPanel(id="diffs", title="What changed", place=Place(x=0, y=31, w=48, h=18), search=CHANGED.id),
        SearchPanel(id="stealth-diffs", title="Stealth edits", place=Place(x=0, y=49, w=48, h=14), search=STEALTH.id),
        Panel(
            id="withdrawn-over-time",
            title="Withdrawn articles by outlet",
            place=Place(x=0, y=63, w=32, h=12),
            view=WITHDRAWALS,
            chart=Chart.BARS,
            measures=(Measure(label="Articles"),),
            groups=(Group(field="gone_at", label="Withdrawn"), Group(field="outlet_name", label="Outlet")),
        ),
        Panel(
            id="withdrawn-status",
            title="The outlet's answer",
            place=Place(x=32, y=63, w=16, h=12),
            view=WITHDRAWALS,
            chart=Chart.RANKING,
            measures=(Measure(label="Articles"),),
            groups=(Group(field="gone_reason", label="Status"),),
        ),
        SearchPanel(
            id="tombstones", title="Withdrawn articles", place=Place(x=0, y=75, w=48, h=14), search=WITHDRAWN.id
        ),
    ),
)
