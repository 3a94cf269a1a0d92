"""The script a text is written in, read from a sample of its letters."""

import re
from collections import Counter

#: how many characters are looked at: enough for any article's first paragraphs
SAMPLE = 4_000

_RANGES = {
    "Latn": "A-Za-zÀ-ɏḀ-ỿ",
    "Cyrl": "Ѐ-ԯ",
    "Arab": "؀-ۿݐ-ݿﭐ-﷿ﹰ-ﻼ",
    "Hebr": "֐-׿",
    "Grek": "Ͱ-Ͽἀ-῿",
    "Kana": "぀-ヿ",
    "Hang": "가-힣ᄀ-ᇿ",
    "Hani": "㐀-鿿",
    "Deva": "ऀ-ॿ",
    "Beng": "ঀ-৿",
    "Guru": "਀-੿",
    "Gujr": "઀-૿",
    "Taml": "஀-௿",
    "Telu": "ఀ-౿",
    "Knda": "ಀ-೿",
    "Mlym": "ഀ-ൿ",
    "Thai": "ก-๛",
    "Geor": "Ⴀ-ჿ",
    "Armn": "԰-֏",
    "Ethi": "ሀ-፿",
    "Khmr": "ក-៿",
    "Mymr": "က-႟",
    "Laoo": "ກ-ໟ",
}
_LETTERS = re.compile("|".join(f"(?P<{name}>[{letters}]+)" for name, letters in _RANGES.items()))

#: the script of each language that is not written in Latin letters, where one script is the rule
SCRIPTS = {
    "ru": "Cyrl", "uk": "Cyrl", "bg": "Cyrl", "mk": "Cyrl", "be": "Cyrl", "kk": "Cyrl", "ky": "Cyrl", "mn": "Cyrl",
    "tg": "Cyrl", "ar": "Arab", "fa": "Arab", "ur": "Arab", "ps": "Arab", "ckb": "Arab", "he": "Hebr", "yi": "Hebr",
    "el": "Grek", "ja": "Kana", "ko": "Hang", "zh": "Hani", "hi": "Deva", "mr": "Deva", "ne": "Deva", "bn": "Beng",
    "pa": "Guru", "gu": "Gujr", "ta": "Taml", "te": "Telu", "kn": "Knda", "ml": "Mlym", "th": "Thai", "ka": "Geor",
    "hy": "Armn", "am": "Ethi", "ti": "Ethi", "km": "Khmr", "my": "Mymr", "lo": "Laoo",
}  # fmt: skip
#: written in several scripts: the script refutes none of them
SEVERAL = frozenset({"sr", "uz", "az", "bs", "ku", "tt", "sd", "ug", "ms"})


def script_of(text: str) -> tuple[str, float]:
    """Return the ISO 15924 code of the script most letters are in, and their share of all letters; ("", 0.0) for none.

    Kana beside Han is Japanese, and both count as Kana.

    >>> script_of("Москва, 2024")
    ('Cyrl', 1.0)
    """
    counts: Counter[str] = Counter()
    for run in _LETTERS.finditer(text[:SAMPLE]):
        counts[run.lastgroup or ""] += len(run.group())
    # a Japanese text is at least a tenth kana; a Chinese one quotes a few at most
    if counts["Kana"] * 10 > counts["Hani"]:
        counts["Kana"] += counts.pop("Hani", 0)
    total = counts.total()
    if not total:
        return "", 0.0
    script, letters = counts.most_common(1)[0]
    return script, letters / total


def can_be(language: str, script: str) -> bool:
    """Return whether `language` is written in `script`.

    >>> can_be("de", "Cyrl"), can_be("sr", "Cyrl")
    (False, True)
    """
    return not script or language in SEVERAL or SCRIPTS.get(language, "Latn") == script
