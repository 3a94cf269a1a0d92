"""The dashboard Corrections: what outlets changed after the fact, said so or not, and what they withdrew."""

from functools import partial

from index.kibana.overview import CONTROLS, COUNT
from index.kibana.panels import Chart, Condition, Dashboard, Group, Measure, Panel, SearchPanel
from index.kibana.rows import in_rows
from index.kibana.searches import CHANGED, STEALTH, WITHDRAWN
from index.kibana.views import CHANGES, WITHDRAWALS

_EDITED = Condition(field="edit_kinds")
_SILENTLY = Condition(field="stealth", values=("true",))
_OUTLET = Group(field="outlet_name", label="Outlet", size=20)
_KIND = Group(field="edit_kinds", label="Kind of edit", size=15)
_CHANGED_AT = Group(field="changed_at", label="Last change")

_edited = partial(Panel, view=CHANGES, measures=(COUNT,), where=_EDITED)
_withdrawn = partial(Panel, view=WITHDRAWALS, measures=(COUNT,))


def _number(id: str, title: str, view: str, where: Condition | None) -> tuple[int, Panel]:
    counted = (Measure(label=title),)
    return 16, Panel(id=id, title=title, view=view, chart=Chart.METRIC, measures=counted, where=where)


CORRECTIONS = Dashboard(
    id="broadsheet-corrections",
    title="Broadsheet: Corrections",
    description="Articles changed or withdrawn after they were out. An article counts once a kind, by its last change.",
    since="now-90d",
    controls=CONTROLS,
    panels=in_rows(
        (
            (
                5,
                _number("changed", "Changed articles", CHANGES, _EDITED),
                _number("stealth", "With stealth edits", CHANGES, _SILENTLY),
                _number("withdrawn", "Withdrawn articles", WITHDRAWALS, None),
            ),
            (
                12,
                (
                    32,
                    _edited(
                        id="kinds-over-time",
                        title="Changed articles by kind of edit",
                        chart=Chart.BARS,
                        groups=(_CHANGED_AT, _KIND),
                    ),
                ),
                (16, _edited(id="kinds", title="Kinds of edit", chart=Chart.RANKING, groups=(_KIND,))),
            ),
            (
                14,
                (
                    24,
                    _edited(
                        id="kinds-by-outlet",
                        title="Kinds of edit by outlet",
                        chart=Chart.TABLE,
                        groups=(_OUTLET, _KIND),
                    ),
                ),
                (
                    24,
                    _edited(
                        id="stealth-by-outlet",
                        title="Stealth edits by outlet",
                        chart=Chart.RANKING,
                        groups=(_OUTLET,),
                        where=_SILENTLY,
                    ),
                ),
            ),
            (18, (48, SearchPanel(id="diffs", title="What changed", search=CHANGED.id))),
            (14, (48, SearchPanel(id="stealth-diffs", title="Stealth edits", search=STEALTH.id))),
            (
                12,
                (
                    32,
                    _withdrawn(
                        id="withdrawn-over-time",
                        title="Withdrawn articles by outlet",
                        chart=Chart.BARS,
                        groups=(
                            Group(field="gone_at", label="Withdrawn"),
                            Group(field="outlet_name", label="Outlet"),
                        ),
                    ),
                ),
                (
                    16,
                    _withdrawn(
                        id="withdrawn-status",
                        title="The outlet's answer",
                        chart=Chart.RANKING,
                        groups=(Group(field="gone_reason", label="Status"),),
                    ),
                ),
            ),
            (14, (48, SearchPanel(id="tombstones", title="Withdrawn articles", search=WITHDRAWN.id))),
        )
    ),
)
