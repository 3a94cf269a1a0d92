"""The dashboard News: what is written, where, about whom."""

from index.kibana.panels import Chart, Control, Dashboard, Group, Measure, Panel, Place, SearchPanel
from index.kibana.searches import LATEST
from index.kibana.views import ARTICLES

COUNT = Measure(label="Articles")

#: what articles are narrowed down by
CONTROLS = (
    Control(view=ARTICLES, field="outlet_name", label="Outlet"),
    Control(view=ARTICLES, field="in_language", label="Language"),
    Control(view=ARTICLES, field="country", label="Country"),
    Control(view=ARTICLES, field="sections", label="Section"),
)


def _number(id: str, x: int, measure: Measure) -> Panel:
    place = Place(x=x, y=0, w=12, h=5)
    return Panel(id=id, title=measure.label, place=place, view=ARTICLES, chart=Chart.METRIC, measures=(measure,))


def _over_time(id: str, title: str, x: int, group: Group) -> Panel:
    return Panel(
        id=id,
        title=title,
        place=Place(x=x, y=5, w=24, h=12),
        view=ARTICLES,
        chart=Chart.BARS,
        measures=(COUNT,),
        groups=(Group(field="sorted_at", label="Published"), group),
    )


def _ranking(id: str, title: str, place: Place, field: str) -> Panel:
    return Panel(
        id=id,
        title=title,
        place=place,
        view=ARTICLES,
        chart=Chart.RANKING,
        measures=(COUNT,),
        groups=(Group(field=field, label=title, size=15),),
    )


NEWS = Dashboard(
    id="broadsheet-news",
    title="Broadsheet: News",
    description="Volume by outlet and language, stories, places, people, organisations, sections, and the articles.",
    since="now-30d",
    controls=CONTROLS,
    panels=(
        _number("articles", 0, COUNT),
        _number("stories", 12, Measure(label="Stories", operation="unique_count", field="story_key")),
        _number("outlets", 24, Measure(label="Outlets", operation="unique_count", field="outlet")),
        _number("languages", 36, Measure(label="Languages", operation="unique_count", field="in_language")),
        _over_time("volume-by-outlet", "Articles by outlet", 0, Group(field="outlet_name", label="Outlet")),
        _over_time("volume-by-language", "Articles by language", 24, Group(field="in_language", label="Language")),
        _ranking("places", "Places", Place(x=0, y=17, w=16, h=14), "place_names"),
        _ranking("people", "People", Place(x=16, y=17, w=16, h=14), "people_names"),
        _ranking("organisations", "Organisations", Place(x=32, y=17, w=16, h=14), "organisation_names"),
        _ranking("sections", "Sections", Place(x=0, y=31, w=24, h=12), "sections"),
        Panel(
            id="outlets-table",
            title="Outlets: articles and stories",
            place=Place(x=24, y=31, w=24, h=12),
            view=ARTICLES,
            chart=Chart.TABLE,
            measures=(
                Measure(label="Articles"),
                Measure(label="Stories", operation="unique_count", field="story_key"),
            ),
            groups=(Group(field="outlet_name", label="Outlet", size=20),),
        ),
        SearchPanel(id="latest", title="Latest articles", place=Place(x=0, y=43, w=48, h=20), search=LATEST.id),
    ),
)
