"""What an outlet says of its author below the text."""

import re
from collections.abc import Iterable

from pipelines.extract.blocks import Block
from pipelines.extract.words import letters

_SAYS = re.compile(
    r"\b(?:is|was|has been) (?:an?|the|one of|based|now)\b|\b(?:writes|covers|reports|joined|edits|works)\b|"
    r"\b(?:ist|arbeitet|schreibt|berichtet|leitet|war)\b|\b(?:est|couvre|écrit|travaille)\b|\b(?:es|escribe|cubre|trabaja)\b|"
    r"\b(?:è|scrive|lavora)\b|@|e-?mail:",
    re.IGNORECASE,
)
#: a longer paragraph about its author is an essay's end
_LIMIT = 450
_LAST = 3


def without_biographies(blocks: list[Block], people: Iterable[str]) -> list[Block]:
    """Return the blocks without the last ones that begin with an author's name and say who that is."""
    names = [key for person in people if len(key := letters(person)) > 4]
    cut = len(blocks)
    for at in range(len(blocks) - 1, max(2, len(blocks) - 1 - _LAST), -1):
        block = blocks[at]
        start = letters(block.text[:80])
        if len(block.text) <= _LIMIT and any(name in start for name in names) and _SAYS.search(block.text):
            cut = at
    return blocks[:cut]
