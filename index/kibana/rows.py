"""A dashboard's panels in rows: heights and widths in, places out."""

from collections.abc import Iterable
from dataclasses import replace

from index.kibana.panels import COLUMNS, Panel, Place, SearchPanel

#: a row: its height, then its panels from the left, each with its width in columns
Row = tuple[int, *tuple[tuple[int, Panel | SearchPanel], ...]]


def in_rows(rows: Iterable[Row]) -> tuple[Panel | SearchPanel, ...]:
    """Return the panels of all rows, each in its place, the first row above.

    >>> low, high = (SearchPanel(id=id, title=id, search="s") for id in ("low", "high"))
    >>> [panel.place for panel in in_rows([(5, (16, low)), (12, (48, high))])]
    [Place(x=0, y=0, w=16, h=5), Place(x=0, y=5, w=48, h=12)]
    """
    placed = []
    y = 0
    for height, *panels in rows:
        x = 0
        for width, panel in panels:
            placed.append(replace(panel, place=Place(x=x, y=y, w=width, h=height)))
            x += width
        assert x <= COLUMNS, f"row of {panels[0][1].id} is wider than {COLUMNS} columns"
        y += height
    return tuple(placed)
