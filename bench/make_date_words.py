"""Makes pipelines/extract/data/date_words.json: months and halves of the day in 190 languages, of dateparser's tables.

    python bench/make_date_words.py

dateparser (https://github.com/scrapinghub/dateparser, BSD-3-Clause) must be importable; running Broadsheet needs
nothing of it. Its tables are the Unicode CLDR's (Unicode-3.0) and what its contributors added. NOTICE has both.
"""

import json
import pkgutil
from importlib import import_module
from pathlib import Path

from pipelines.extract.human_dates import DATE_WORDS, folded

MONTHS = "january february march april may june july august september october november december".split()


def main() -> None:
    """Write a line a language, and say how many."""
    tables = import_module("dateparser.data.date_translation_data")
    lines = []
    for module in sorted(pkgutil.iter_modules(tables.__path__), key=lambda each: each.name):
        # scripts and countries of a language differ in nothing that is read: the language's own table has their names
        if not module.name.isalpha() or len(module.name) > 3:
            continue
        words: dict[str, list[str]] = import_module(f"dateparser.data.date_translation_data.{module.name}").info
        found = {
            "months": [months_of(words.get(month, [])) for month in MONTHS],
            "am": list(dict.fromkeys(map(folded, words.get("am", [])))),
            "pm": list(dict.fromkeys(map(folded, words.get("pm", [])))),
        }
        lines.append(f'"{module.name}": {json.dumps(found, ensure_ascii=False)}')
    target = Path(__file__).parents[1] / "pipelines" / "extract" / "data" / DATE_WORDS
    target.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(len(lines), target.stat().st_size)


def months_of(names: list[str]) -> list[str]:
    """Return the names of a month that can be looked for: no number, and no single letter."""
    found = dict.fromkeys(folded(name).strip(".") for name in names)
    return [name for name in found if len(name) > 1 and not name[0].isdigit()]


if __name__ == "__main__":
    main()
