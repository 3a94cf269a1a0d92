"""Text as it is compared: tags and entities gone, spaces single, letters alone."""

import html
import re
import unicodedata

_TAG = re.compile(r"<[a-zA-Z/!][^<>]{0,2000}>")
_NOT_LETTERS = re.compile(r"[\W_]+")
_SPACES = re.compile("\\s{2,}|[^\\S\xa0\u202f]")
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\ufeff]")


def plain(value: str) -> str:
    """Return one line of text: entities resolved (twice, as pages escape twice), tags and invisible characters gone.

    >>> plain("Iran&amp;#8217;s  <b>vote</b>\\u200b ")
    'Iran’s vote'
    """
    if "&" in value:
        value = html.unescape(html.unescape(value))
    if "<" in value:
        value = _TAG.sub(" ", value)
    return single_spaced(_INVISIBLE.sub("", value))


def single_spaced(text: str) -> str:
    """Return text with single spaces; a no-break space that stands alone is the author's and stays.

    >>> single_spaced(" 5   km  away "), len(single_spaced(f"5{chr(160)}km"))
    ('5 km away', 4)
    """
    if "\xa0" in text or "\u202f" in text:
        return _SPACES.sub(" ", text).strip()
    return " ".join(text.split())


def letters(value: str) -> str:
    """Return letters and digits alone, folded: two headlines are one if these are equal.

    >>> letters("Kata’ib – Hezbollah") == letters("Kata'ib-hezbollah")
    True
    """
    return _NOT_LETTERS.sub("", unicodedata.normalize("NFKC", value).casefold())
