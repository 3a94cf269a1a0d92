"""One name for one thing: no public class stands twice in the packages, and no module is longer than can be held."""

import ast
import statistics
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("broadsheet", "web", "schedules", "crawler", "pipelines", "index", "ledger", "news")
#: class -> why it may stand in several places: each is the same role behind one protocol
SAME_ROLE: dict[str, str] = {}
MOST_LINES = 400


def modules() -> list[Path]:
    return [file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py")) if file.stat().st_size]


def test_no_public_class_has_the_name_of_another() -> None:
    found = defaultdict(set)
    for file in modules():
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].add(str(file.relative_to(ROOT)))
    twice = {name: sorted(files) for name, files in found.items() if len(files) > 1}
    assert {name: files for name, files in twice.items() if name not in SAME_ROLE} == {}
    assert SAME_ROLE.keys() - twice.keys() == set(), "an exception that is none any more"


def test_a_module_is_worth_opening_and_can_be_held() -> None:
    lines = {str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines()) for file in modules()}
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}
    assert 100 <= statistics.median(lines.values()) <= 200
    assert len(list((ROOT / "pipelines").rglob("*.py"))) <= 60
