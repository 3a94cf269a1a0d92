"""What outlets announce, found and stored: cases of faults; outlets over a month by a given clock."""

import argparse
import sys
from pathlib import Path
from typing import Any

from bench.aims import Aim, told
from bench.cases import wrong
from crawler.reactor import run
from crawler.slices import settings

_AIMS: tuple[Aim, ...] = (("cases_wrong", "most", 0),)


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; return 1 if a figure falls short of its aim."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=Path, help="folder of cases, each with its expected.json")
    parser.add_argument("--port", type=int, default=8460, help="port that the outlets are served from, on loopback")
    chosen = parser.parse_args(arguments)
    values = settings()
    values.set("BROADSHEET_ALLOW_LOOPBACK", True, priority="cmdline")
    figures: dict[str, Any] = {}
    if chosen.cases:
        found = run(wrong(chosen.cases, chosen.port), values)
        bad = {name: faults for name, faults in found.items() if faults}
        for name, faults in bad.items():
            print(f"{name}: {'; '.join(faults)}")
        figures |= {"cases": len(found), "cases_wrong": len(bad)}
    return told(figures, _AIMS)


if __name__ == "__main__":
    sys.exit(main())
