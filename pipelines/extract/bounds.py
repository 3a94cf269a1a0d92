"""What no parser should be given: a tag of a hundred thousand attributes, a hundred thousand nested elements."""

import re

#: a tag with more attributes costs quadratic time (100,000: 19 s); real pages stay under 100
ATTRIBUTES_LIMIT = 2_000
#: elements nested deeper cost quadratic time in an HTML5 parser (100,000: 14 s); real pages stay under 100
DEPTH_LIMIT = 3_000
#: fewer tags than this cannot nest dangerously deep, so the depth is not counted
_MANY_TAGS = 30_000
#: scripts and comments are passed over: there "<" begins no tag
_TAG = re.compile(
    r"<script\b.*?</script|<style\b.*?</style|<!--.*?-->|<(/?)([a-zA-Z][a-zA-Z0-9]*)", re.DOTALL | re.IGNORECASE
)
#: one attribute, as HTML's tokenizer takes them
_ATTRIBUTE = r"""[\s/]*+[^\s>"'=/]++(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"']++)?)?"""
#: all of a page up to a tag with more attributes than the limit. It goes over the page once: no quantifier gives back
#: what it took, and what looks like a tag in a script is taken whole
_SPARING = re.compile(
    rf"(?:[^<]++|<(?![a-zA-Z])|<[a-zA-Z][\w:-]*+(?:{_ATTRIBUTE}){{0,{ATTRIBUTES_LIMIT}}}+(?!{_ATTRIBUTE}))*+"
)
#: they end without an end tag, or have none
_UNNESTED = frozenset(
    "p li dt dd td th tr tbody thead tfoot option optgroup area base br col embed hr img input link meta param "
    "source track wbr".split()
)


def overstrained(html: str) -> str | None:
    """Return why the page must not be parsed, in a sentence for people, or None.

    It is a net for what is known to freeze parsers, not a proof: the pool's time limit stands behind it.
    """
    at = 0
    while (match := _SPARING.match(html, at)) and (found := match.end()) < len(html):
        end = _end_of_script(html, found)
        if end < 0:
            return f"A tag has more than {ATTRIBUTES_LIMIT:,} attributes."
        at = end
    if html.count("<") > _MANY_TAGS and _too_deep(html):
        return f"Its elements are nested more than {DEPTH_LIMIT:,} deep."
    return None


def _end_of_script(html: str, at: int) -> int:
    """Return where the script, style or comment around `at` ends, -1 if there is none: in it "<" begins no tag."""
    html = html.lower()
    for opening, closing in (("<script", "</script"), ("<style", "</style"), ("<!--", "-->")):
        begin = html.rfind(opening, 0, at + len(opening))
        if begin >= 0 and html.rfind(closing, begin, at) < 0:
            end = html.find(closing, at + 1)
            return len(html) if end < 0 else end
    return -1


def _too_deep(html: str) -> bool:
    depth = 0
    for match in _TAG.finditer(html):
        if match[2] is None or match[2].lower() in _UNNESTED:
            continue
        depth = max(0, depth - 1) if match[1] else depth + 1
        if depth > DEPTH_LIMIT:
            return True
    return False
