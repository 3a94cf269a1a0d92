"""Persons whom the news calls by one name, or in scripts without capitals: data/people.txt."""

from functools import cache
from importlib.resources import files

from pipelines.enrich.words import key


@cache
def famous() -> tuple[dict[str, tuple[tuple[str, ...], ...]], frozenset[str]]:
    """Return data/people.txt: looked-up form -> all forms of that person; and the beginnings of longer forms."""
    found: dict[str, tuple[tuple[str, ...], ...]] = {}
    beginnings: set[str] = set()
    for line in (files("pipelines.enrich") / "data" / "people.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            names = tuple(line.split("|"))
            for name in names:
                form = key(name)
                found[form] = (*found.get(form, ()), names)
                parts = form.split(" ")
                beginnings.update(" ".join(parts[:size]) for size in range(1, len(parts)))
    return found, frozenset(beginnings)


def fullest(names: tuple[str, ...], form: str) -> str:
    """Return the full name that ends as a short form does: Wolodymyr Selenskyj for Selenskyj."""
    if " " in form or (not form.isascii() and not form[0].isalpha()):
        return next((name for name in names if key(name) == form), names[0])
    longer = [name for name in names if " " in name and form in key(name).split(" ")]
    exact = next((name for name in names if key(name) == form), names[0])
    return longer[0] if longer else exact
