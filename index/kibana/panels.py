"""What a dashboard is made of, as data: panels that measure and group, controls, saved searches."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

#: Kibana's dashboards are this many columns wide
COLUMNS = 48


class Chart(StrEnum):
    """How a panel shows its numbers."""

    #: one number
    METRIC = "metric"
    #: stacked bars over time, a colour for each value of the second group
    BARS = "bar_stacked"
    #: a line over time for each measure
    LINES = "line"
    #: a bar for each value, the longest first
    RANKING = "bar_horizontal"
    TABLE = "data_table"


Operation = Literal["count", "unique_count", "median", "percentile", "max", "sum"]


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A number over documents. All but `count` are of a field."""

    label: str
    operation: Operation = "count"
    field: str = ""
    #: of operation "percentile"
    percentile: int | None = None


@dataclass(frozen=True, kw_only=True)
class Group:
    """Documents by their values of a field, `size` of them; by time where the field is a date."""

    field: str
    label: str
    size: int = 10
    #: the smallest first measure first, as who has been silent longest
    ascending: bool = False


@dataclass(frozen=True, kw_only=True)
class Condition:
    """Documents whose field has one of the values; without values: any."""

    field: str
    values: tuple[str, ...] = ()

    def kql(self) -> str:
        """Return the condition in Kibana's query language.

        >>> Condition(field="outcome", values=("new", "changed")).kql()
        'outcome: ("new" or "changed")'
        >>> Condition(field="stealth", values=("true",)).kql(), Condition(field="gone_at").kql()
        ('stealth: "true"', 'gone_at: *')
        """
        quoted = [f'"{value}"' for value in self.values]
        wanted = "*" if not quoted else quoted[0] if len(quoted) == 1 else f"({' or '.join(quoted)})"
        return f"{self.field}: {wanted}"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a panel stands: columns from the left, rows from above, width, height."""

    x: int
    y: int
    w: int
    h: int


#: of a panel that is not yet put into a row (index/kibana/rows.py)
NOWHERE = Place(x=0, y=0, w=0, h=0)


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One chart over the documents of a data view."""

    id: str
    title: str
    #: the data view's id
    view: str
    chart: Chart
    measures: tuple[Measure, ...]
    groups: tuple[Group, ...] = ()
    where: Condition | None = None
    place: Place = NOWHERE


@dataclass(frozen=True, kw_only=True)
class SearchPanel:
    """A saved search on a dashboard: the documents themselves, with their links."""

    id: str
    title: str
    #: the saved search's id
    search: str
    place: Place = NOWHERE


@dataclass(frozen=True, kw_only=True)
class Control:
    """A list to choose from above a dashboard: the values of a field."""

    view: str
    field: str
    label: str


@dataclass(frozen=True, kw_only=True)
class SavedSearch:
    """Documents in columns, the newest first."""

    id: str
    title: str
    description: str
    view: str
    columns: tuple[str, ...]
    #: a date field, by which the newest comes first
    sort: str
    where: Condition | None = None


@dataclass(frozen=True, kw_only=True)
class Dashboard:
    """A page of panels over a span of time."""

    id: str
    title: str
    description: str
    #: in Elasticsearch's date arithmetic, until now
    since: str
    controls: tuple[Control, ...]
    panels: tuple[Panel | SearchPanel, ...]
