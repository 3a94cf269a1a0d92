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
#: a tag with that many attributes. Every quantifier is possessive or bounded: on hostile input it fails, it does not try
#: again. A value past 1,000 characters ends the match; so few attributes of that length fit a page that they are cheap.
_OVERFULL = re.compile(
    r"""<[a-zA-Z][\w:-]*+(?:[\s/]*+[^\s>"'=/]++(?:\s*+=\s*+(?:"[^"]{0,1000}+"|'[^']{0,1000}+'|[^\s>"']++))?){%d}"""
    % ATTRIBUTES_LIMIT
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
    while match := _OVERFULL.search(html, at):
        if not _in_script(html, match.start()):
            return f"A tag has more than {ATTRIBUTES_LIMIT:,} attributes."
        at = match.end()
    if html.count("<") > _MANY_TAGS and _too_deep(html):
        return f"Its elements are nested more than {DEPTH_LIMIT:,} deep."
    return None


def _in_script(html: str, at: int) -> bool:
    """Tell whether a place is inside a script or style (or is one's own tag): there "<" begins no tag."""
    head = html[at : at + 8].lower()
    if head.startswith(("<script", "<style")):
        return True
    return any(
        html.rfind(f"<{name}", 0, at) > html.rfind(f"</{name}", 0, at)
        for name in ("script", "style", "SCRIPT", "STYLE")
    )


def _too_deep(html: str) -> bool:
    depth = 0
    for match in _TAG.finditer(html):
        if match[2] is None or match[2].lower() in _UNNESTED:
            continue
        depth = max(0, depth - 1) if match[1] else depth + 1
        if depth > DEPTH_LIMIT:
            return True
    return False
