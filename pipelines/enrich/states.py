"""American states as papers and Congress shorten them: Calif., D-Minn."""

from functools import cache
from importlib.resources import files

from pipelines.enrich.gazetteer import find
from pipelines.enrich.reading import Reading
from pipelines.enrich.runs import capital


@cache
def shortened() -> dict[str, str]:
    """Return data/states.txt: short form -> the state's looked-up name; "wis" for papers, "WI" for Congress."""
    found: dict[str, str] = {}
    for line in (files("pipelines.enrich") / "data" / "states.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            name, _, forms = line.partition(": ")
            found |= dict.fromkeys(forms.split(), name)
    return found


def short_state(reading: Reading, index: int) -> int | None:
    """Return the number of an American state as papers shorten it: D-Minn., R-FL, La Crosse, Wis."""
    word, form = reading.words[index], reading.keys[index]
    if not index or len(form) > 5 or not capital(reading, index):
        return None
    gap = reading.text[reading.words[index - 1].end : word.start]
    member = gap == "-" and reading.words[index - 1].text in ("D", "R", "I")
    dotted = reading.text[word.end : word.end + 1] == "."
    states = shortened()
    if form in states and dotted and (member or (gap == ", " and capital(reading, index - 1))):
        return find(states[form])[0]
    town = gap == ", " and capital(reading, index - 1) and reading.language == "en" and not reading.loud[index]
    if (member or town) and word.text in states and word.text.isupper():
        return find(states[word.text])[0]
    return None
