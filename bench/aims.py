"""The end of a benchmark with aims: a table for people, and one line of JSON."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

#: figure, "least" or "most", and what it has to be
Aim = tuple[str, str, float]


def told(figures: Mapping[str, Any], aims: Sequence[Aim]) -> int:
    """Print the figures; return 1 if one that was measured falls short of its aim, else 0."""
    for name, value in figures.items():
        print(f"{name:40} {value}")
    known = [aim for aim in aims if aim[0] in figures]
    short = [name for name, side, aim in known if (figures[name] < aim if side == "least" else figures[name] > aim)]
    print(json.dumps({**figures, "falls_short": short}))
    return 1 if short else 0
