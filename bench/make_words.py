"""Makes pipelines/enrich/data/words.bin: given names, surnames and common words, as sorted hashes.

    python bench/make_words.py

The names and words are those of Faker (MIT licence), which must be importable; running Broadsheet needs nothing of it.
"""

import importlib
import json
import pkgutil
from array import array
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import faker.providers.lorem
import faker.providers.person

from pipelines.enrich.text.lexicon import hashed, key

#: names that are words first: as names they count for nothing alone
NOT_GIVEN = set(
    """a an the of in on at to by may june april august summer spring autumn winter chance major price justice general
    prince king queen bishop royal north south east west green white black brown grant mark will art bill rich so do
    no an van de la le di da al el ali-ben die der das und mit von am im star page case day love hope faith joy grace
    precious patience blessing sunday monday friday gift honor liberty america india china asia paris london sydney
    berlin hamburg florida montana nevada alabama arizona cuba
    england scotland wales brazil odessa vienna rome roma lima santiago san santa saint st new old big
    little long short young true false miss mister major minor senior junior the german france holland home house
    maker banker christian gay bear wolf fox eagle apollo mercury mars venus sun moon sky storm river ocean sea lake
    forest stone rock cash dollar penny ford lincoln mercedes porsche honda tesla alexa siri echo ring nest angel
    heaven earth world city town village university college school church police court bank union party state""".split()
)


def main() -> None:
    """Write the sets and say their sizes."""
    given: Counter[str] = Counter()
    surnames: Counter[str] = Counter()
    for provider in providers(faker.providers.person):
        for attribute in dir(provider):
            values = getattr(provider, attribute)
            if hasattr(values, "keys") or isinstance(values, (tuple, list)):
                names = [value for value in values if isinstance(value, str)]
                if attribute.startswith("first_name"):
                    given.update(set(map(key, names)))
                elif attribute.startswith("last_name"):
                    surnames.update(set(map(key, names)))
    common = {
        key(word)
        for provider in providers(faker.providers.lorem)
        for word in getattr(provider, "word_list", ())
        if isinstance(word, str)
    }
    sets = {
        "given": {name for name in given if len(name) > 1 and " " not in name and name not in NOT_GIVEN},
        "surnames": {name for name in surnames if len(name) > 1 and " " not in name},
        "common": {word for word in common if len(word) > 1 and word not in given},
    }
    columns: dict[str, array[Any]] = {name: array("Q", sorted(map(hashed, words))) for name, words in sets.items()}
    target = Path(__file__).parents[1] / "pipelines" / "enrich" / "data" / "words.bin"
    with target.open("wb") as file:
        sizes = [(name, column.typecode, len(column) * column.itemsize) for name, column in columns.items()]
        file.write(json.dumps({"columns": sizes}).encode() + b"\n")
        for column in columns.values():
            file.write(column.tobytes())
    print({name: len(words) for name, words in sets.items()}, target.stat().st_size)


def providers(package: ModuleType) -> Iterator[type]:
    """Yield the provider class of each locale of a Faker package."""
    for module in pkgutil.iter_modules(package.__path__):
        if module.ispkg:
            yield importlib.import_module(f"{package.__name__}.{module.name}").Provider


if __name__ == "__main__":
    main()
