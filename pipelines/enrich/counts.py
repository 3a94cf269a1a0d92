"""How long a text is: words, and seconds to read them."""

import re
from typing import Any

from pipelines.enrich.reading import Reading

#: words a minute of silent reading: Brysbaert 2019 (doi 10.1016/j.jml.2019.104047), 238 for English non-fiction
WORDS_A_MINUTE = 238
#: characters a minute where words are not set apart: Trauzettel-Klosinski and Dietz 2012 (doi 10.1167/iovs.11-8284),
#: 255 Chinese and 357 Japanese characters
DENSE_A_MINUTE = 300
#: characters of Han, kana and Thai that make a word, as word processors count them
DENSE = re.compile("[\u0e01-\u0e3a\u0e40-\u0e4e\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
_WORD = re.compile(r"\w[\w'’.-]*")


def counts(reading: Reading) -> dict[str, Any]:
    """Return `word_count` and `reading_seconds` of the body; Han, kana and Thai count a word a character."""
    body = reading.article.body
    dense = 0 if body.isascii() else len(DENSE.findall(body))
    plain = len(_WORD.findall(DENSE.sub(" ", body) if dense else body))
    seconds = 60 * (plain / WORDS_A_MINUTE + dense / DENSE_A_MINUTE)
    return {"word_count": plain + dense, "reading_seconds": round(seconds)}
