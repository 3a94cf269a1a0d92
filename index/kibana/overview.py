"""The dashboard News: what is written, where, about whom."""

from functools import partial

from index.kibana.panels import Chart, Control, Dashboard, Group, Measure, Panel, SearchPanel
from index.kibana.rows import in_rows
from index.kibana.searches import LATEST
from index.kibana.views import ARTICLES

COUNT = Measure(label="Articles")
_STORIES = Measure(label="Stories", operation="unique_count", field="story_key")

#: what articles are narrowed down by
CONTROLS = (
    Control(view=ARTICLES, field="outlet_name", label="Outlet"),
    Control(view=ARTICLES, field="in_language", label="Language"),
    Control(view=ARTICLES, field="country", label="Country"),
    Control(view=ARTICLES, field="sections", label="Section"),
)

_panel = partial(Panel, view=ARTICLES)


def _number(id: str, measure: Measure) -> tuple[int, Panel]:
    return 12, _panel(id=id, title=measure.label, chart=Chart.METRIC, measures=(measure,))


def _over_time(id: str, title: str, group: Group) -> tuple[int, Panel]:
    groups = (Group(field="sorted_at", label="Published"), group)
    return 24, _panel(id=id, title=title, chart=Chart.BARS, measures=(COUNT,), groups=groups)


def _ranking(id: str, title: str, field: str) -> Panel:
    groups = (Group(field=field, label=title, size=15),)
    return _panel(id=id, title=title, chart=Chart.RANKING, measures=(COUNT,), groups=groups)


NEWS = Dashboard(
    id="broadsheet-news",
    title="Broadsheet: News",
    description="Volume by outlet and language, stories, places, people, organisations, sections, and the articles.",
    since="now-30d",
    controls=CONTROLS,
    panels=in_rows(
        (
            (
                5,
                _number("articles", COUNT),
                _number("stories", _STORIES),
                _number("outlets", Measure(label="Outlets", operation="unique_count", field="outlet")),
                _number("languages", Measure(label="Languages", operation="unique_count", field="in_language")),
            ),
            (
                12,
                _over_time("volume-by-outlet", "Articles by outlet", Group(field="outlet_name", label="Outlet")),
                _over_time("volume-by-language", "Articles by language", Group(field="in_language", label="Language")),
            ),
            (
                14,
                (16, _ranking("places", "Places", "place_names")),
                (16, _ranking("people", "People", "people_names")),
                (16, _ranking("organisations", "Organisations", "organisation_names")),
            ),
            (
                12,
                (24, _ranking("sections", "Sections", "sections")),
                (
                    24,
                    _panel(
                        id="outlets-table",
                        title="Outlets: articles and stories",
                        chart=Chart.TABLE,
                        measures=(COUNT, _STORIES),
                        groups=(Group(field="outlet_name", label="Outlet", size=20),),
                    ),
                ),
            ),
            (20, (48, SearchPanel(id="latest", title="Latest articles", search=LATEST.id))),
        )
    ),
)
