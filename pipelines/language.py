"""An article's language: the detector's word, weighed against what the page and its outlet say, and the script."""

import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from importlib import import_module
from itertools import islice
from typing import Any

from news.language import UNKNOWN, Language, primary

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
_LATIN = re.compile(f"[{_RANGES['Latn']}]+")
#: the letters of all other scripts, by which a Latin text is known in one look
_OTHER = re.compile(f"[{''.join(letters for name, letters in _RANGES.items() if name != 'Latn')}]+")
_SCRIPT = re.compile("|".join(f"(?P<{name}>[{letters}]+)" for name, letters in _RANGES.items() if name != "Latn"))

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
    sample = text[:SAMPLE]
    rest = _LATIN.sub("", sample)
    counts = Counter(Latn=len(sample) - len(rest))
    for run in _SCRIPT.finditer("".join(_OTHER.findall(rest))):
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


#: langdetect itself reads no more than its first 10,000 characters once addresses are taken out
READ = 20_000
#: below this many letters the detector guesses: at 40 letters of the real pages' bodies 6 % are wrong, at 60 3 %
ENOUGH_LETTERS = 60
#: a detector less sure than this needs a witness who agrees
SURE = 0.80

#: letters of Han, with no kana beside them to speak of, are Chinese, whatever the detector says: it takes traditional
#: characters for Korean, which is not written in them
_NEARLY_ALL = 0.6

#: languages that langdetect has no profile for, and what it calls their texts instead: only such an answer may be
#: overruled by a page or outlet that states them, so that an English article of a Zulu paper stays English
MISTAKEN_FOR = {
    "is": {"no", "da", "sv", "nl", "fo", "hu"},
    "fo": {"no", "da", "sv", "nl", "is"},
    "se": {"fi", "et", "no", "sl", "hr", "lv", "sk", "hu"},
    "kl": {"fi", "et", "sw", "tl", "so", "id", "hu"},
    "zu": {"sw", "so", "tl", "id", "sl", "hr"},
    "xh": {"sw", "so", "tl", "id", "sl", "hr"},
    "st": {"sw", "so", "tl", "id", "af", "it"},
    "kj": {"sw", "so", "tl", "id", "fi", "et"},
    "br": {"nl", "fr", "de", "cy", "af", "da", "no"},
    "ga": {"cy", "en", "so", "vi"},
    "eu": {"et", "fi", "id", "tl", "so", "sw", "es"},
    "gl": {"pt", "es"},
    "lb": {"de", "nl", "af"},
    "ms": {"id", "tl"},
    "mt": {"it", "so", "ro", "es"},
    "bs": {"hr", "sl", "mk", "sk"},
    "sr": {"hr", "mk", "sl", "bg", "ru"},
    "be": {"ru", "uk", "bg"},
    "az": {"tr"},
    "uz": {"tr", "so", "id", "ru", "bg", "mk"},
    "ku": {"tr", "so", "ar", "fa", "ur"},
    "kk": {"ru", "mk", "bg", "uk"},
    "ky": {"ru", "mk", "bg", "uk"},
    "mn": {"ru", "mk", "bg", "uk"},
    "tg": {"ru", "mk", "bg", "uk"},
    "ps": {"fa", "ur", "ar"},
}
#: neighbours between which a few paragraphs may not decide: a page or outlet that names one of them is believed
CLOSE = (
    frozenset({"no", "da", "sv"}),
    frozenset({"hr", "sl", "sr", "bs"}),
    frozenset({"cs", "sk"}),
    frozenset({"bg", "mk", "ru", "uk"}),
    frozenset({"es", "ca", "pt", "gl"}),
    frozenset({"af", "nl"}),
    frozenset({"id", "ms", "tl"}),
    frozenset({"hi", "mr", "ne"}),
    frozenset({"ar", "fa", "ur"}),
)
#: one script, one language of the news: the script alone can tell
_ALONE = {
    script: code for code, script in SCRIPTS.items() if script not in ("Cyrl", "Arab", "Deva", "Hebr", "Ethi")
} | {"Hebr": "he"}


def identify(text: str, stated: str | None, expected: tuple[str, ...] = ()) -> Language:
    """Return the language of an article's text, or UNKNOWN rather than a guess.

    `stated` is the page's own claim, a BCP 47 tag (`<html lang>`, JSON-LD `inLanguage`), or None; `expected` are the
    languages its outlet writes in. Both are witnesses: they decide between neighbours, for languages that the
    detector does not know and for texts too short for it; the script refutes them.

    >>> identify("Der Kanzler sprach am Abend im Bundestag über den Haushalt und die neuen Steuern.", "en").code
    'de'
    >>> identify("12:30", None).code
    'und'
    """
    script, share = script_of(text)
    claims = [code for code in (primary(stated), *map(primary, expected)) if code and can_be(code, script)]
    if not script:
        return UNKNOWN
    # a dense script says in one character what a word says in others
    enough = ENOUGH_LETTERS // 4 if script in ("Hani", "Kana", "Hang") else ENOUGH_LETTERS
    few = len(list(islice(filter(str.isalpha, text[:READ]), enough))) < enough
    guesses = detect(text)
    if few or not guesses:
        return _short(script, share, claims, guesses)
    best = guesses[0]
    if script == "Hani" and share >= _NEARLY_ALL:
        return Language("zh", round(share, 3))
    for claim in claims:
        if best.code in MISTAKEN_FOR.get(claim, ()) and _unlike_expected(best.code, expected):
            return Language(claim, round(best.confidence * 0.9, 3))
    for claim in claims:
        for guess in guesses:
            if guess.code == claim:
                return Language(
                    claim, 1.0 if guess is best and guess.confidence > 0.99 else max(guess.confidence, SURE)
                )
    for claim in claims:
        if best.confidence < 0.99 and any({best.code, claim} <= near for near in CLOSE):
            return Language(claim, SURE)
    return best if best.confidence >= SURE and can_be(best.code, script) else UNKNOWN


def _unlike_expected(code: str, expected: tuple[str, ...]) -> bool:
    return code not in map(primary, expected)


def _short(script: str, share: float, claims: list[str], guesses: list[Language]) -> Language:
    """Decide for a text the detector cannot be trusted with: a claim it does not contradict, or the script alone."""
    if script in _ALONE and share > 0.6:
        return Language(_ALONE[script], round(share, 3))
    return Language(claims[0], 0.5) if claims else UNKNOWN


def detect(text: str) -> list[Language]:
    """Return langdetect's own answers, the likeliest first, without any witness; [] where it finds no letters."""
    return [Language("zh" if each.lang.startswith("zh") else each.lang, each.prob) for each in _answers(text[:READ])]


def _answers(text: str) -> list[Any]:
    detect_langs, error = _detector()
    try:
        return list(detect_langs(text))
    except error:  # "no features in text": digits or signs alone
        return []


@cache
def _detector() -> tuple[Callable[[str], list[Any]], type[Exception]]:
    """Return the detector's function and error: the compiled one, else the one it copies; unseeded it is random."""
    try:
        detector: Any = import_module("langdetect_rs")
    except ImportError:  # no wheel for this machine: the same answers, fifty times slower
        detector = import_module("langdetect")
    detector.DetectorFactory.seed = 0
    return detector.detect_langs, detector.LangDetectException
