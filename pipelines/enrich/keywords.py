"""The page's own keywords, cleaned."""

import re
from typing import Any

from pipelines.enrich.reading import Reading
from pipelines.enrich.words import key

#: a page with more writes them for machines; readers see no more than these
MOST = 20
#: longer than this it is a sentence
LONGEST = 60
#: what content systems put beside the words: their own marks, addresses, numbers of records
_NOISE = re.compile(r"https?:|www\.|^[\W\d_]*$|^\w+[:=_/]\S*$|^[a-z]+(-[a-z0-9]+){3,}$", re.IGNORECASE)


def keywords(reading: Reading) -> dict[str, Any]:
    """Return `keywords`: split where several stand in one, each once, in the page's order and spelling.

    The outlet's name, the section's marks and content systems' codes are no keywords.
    """
    kept: dict[str, str] = {}
    outlet = key(reading.outlet.name)
    for entry in reading.article.keywords[:200]:
        for part in re.split(r"[,;|،、]", entry[:2_000]):
            word = " ".join(part.split()).strip("#\"'“”„«»")
            form = key(word)
            if form and form != outlet and 1 < len(word) <= LONGEST and not _NOISE.search(word):
                kept.setdefault(form, word)
    return {"keywords": list(kept.values())[:MOST]}
