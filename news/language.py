"""A language with the confidence of whoever named it."""

from dataclasses import dataclass

#: tags that name the same written language as another, as pages state them: old codes, and Norwegian's two forms,
#: which the outlets' lists and the detector call "no"
_SAME = {"nb": "no", "nn": "no", "iw": "he", "in": "id", "ji": "yi", "fil": "tl", "cmn": "zh", "arb": "ar", "prs": "fa"}


@dataclass(frozen=True)
class Language:
    """A primary BCP 47 subtag such as `de`, or `und`, and how sure that is, 0 to 1."""

    code: str
    confidence: float


UNKNOWN = Language("und", 0.0)


def primary(tag: str | None) -> str:
    """Return the primary subtag of a BCP 47 tag as a page states it, or "" where it states none.

    >>> primary("en-US"), primary("NB_no"), primary("x-default"), primary(None)
    ('en', 'no', '', '')
    """
    code = (tag or "").strip().lower().replace("_", "-").split("-")[0]
    if not (2 <= len(code) <= 3 and code.isascii() and code.isalpha()) or code in ("und", "mul", "zxx"):
        return ""
    return _SAME.get(code, code)
