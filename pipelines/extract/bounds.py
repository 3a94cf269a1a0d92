"""What no parser should be given: a tag of a hundred thousand attributes, a hundred thousand nested elements."""

import re

#: a tag with more attributes costs quadratic time (100,000: 19 s); real pages stay under 100
ATTRIBUTES_LIMIT = 2_000
#: elements nested deeper cost quadratic time in an HTML5 parser (100,000: 14 s); real pages stay under 100
DEPTH_LIMIT = 3_000
#: fewer tags than this cannot nest dangerously deep, so the depth is not counted
_MANY_TAGS = 30_000
#: a stretch without "<" shorter than this holds fewer attributes than the limit
_LONG_STRETCH = 4_000

_STRETCH = re.compile(rf"<([a-zA-Z][a-zA-Z0-9:-]*)([^<>]{{{_LONG_STRETCH},}})")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_ATTRIBUTE = re.compile(r"""[^\s"'=<>/]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>]*))?""")
#: they end without an end tag, or have none
_UNNESTED = frozenset(
    "p li dt dd td th tr tbody thead tfoot option optgroup area base br col embed hr img input link meta param "
    "source track wbr".split()
)


def overstrained(html: str) -> str | None:
    """Return why the page must not be parsed, in a sentence for people, or None.

    It is a net for what is known to freeze parsers, not a proof: the pool's time limit stands behind it.
    """
    for match in _STRETCH.finditer(html):
        if not _in_script(html, match.start()) and _too_many(match[2]):
            return f"A <{match[1].lower()}> tag has more than {ATTRIBUTES_LIMIT:,} attributes."
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


def _too_many(attributes: str) -> bool:
    return any(count >= ATTRIBUTES_LIMIT for count, _ in enumerate(_ATTRIBUTE.finditer(attributes), 1))


def _too_deep(html: str) -> bool:
    depth = 0
    for match in _TAG.finditer(html):
        if match[2].lower() in _UNNESTED:
            continue
        depth = max(0, depth - 1) if match[1] else depth + 1
        if depth > DEPTH_LIMIT:
            return True
    return False
