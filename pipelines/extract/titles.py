"""Titles taken apart: the headline in them, and what an outlet puts before and behind it."""

import re
from collections.abc import Collection

from pipelines.extract.document import Document
from pipelines.extract.lines import line_hash
from pipelines.extract.words import letters

#: between a headline and a site's or a section's name
SEPARATOR = re.compile(r"\s+[|–—\-:»«·•/~]+\s+|\s*[|｜]\s*|\s*::\s*|\s+[-–—]\s*(?=\S+$)|(?<=\S):\s+")
_MEDIA_TAG = re.compile(
    r"^(?:watch|video|photos?|pictures?|gallery|listen|live|exclusive|in pictures)\s*[:|]\s+|"
    r"\s*[\[(](?:watch|video|videos?|photos?|pictures?|pics|gallery|listen|updated?|live|"
    r"exclusive|\+ ?video)[\])]\s*$",
    re.IGNORECASE,
)
#: a title is not longer; what is longer is a text in the wrong place
TITLE_LIMIT = 500


def without_site(value: str, sites: Collection[str]) -> str:
    """Return a headline without the outlet's name before or behind it.

    >>> without_site("Rain stops play | Cricket - The Daily Example", {"thedailyexample"})
    'Rain stops play | Cricket'
    """
    breaks = list(SEPARATOR.finditer(value))
    for match in breaks:
        if match.start() > 0 and _is_site(value[match.end() :], sites):
            return value[: match.start()].strip()
    for match in reversed(breaks):
        if _is_site(value[: match.start()], sites) and match.end() < len(value) and ":" not in match[0]:
            return value[match.end() :].strip()
    return value.strip()


def title_parts(document: Document) -> tuple[str, ...]:
    """Return what stands behind a separator in the page's titles: over many pages an outlet's suffixes recur."""
    parts: dict[str, None] = {}
    for title in (document.title, document.meta("og:title")):
        for match in list(SEPARATOR.finditer(title[:TITLE_LIMIT]))[:6]:
            parts.setdefault(title[match.end() :].strip())
    return tuple(part for part in parts if part)


def without_recurring(value: str, chrome: Collection[int]) -> str:
    """Return a headline without the last part that recurs behind the headlines of the outlet."""
    for match in SEPARATOR.finditer(value) if chrome else ():
        if match.start() > 10 and line_hash(value[match.end() :]) in chrome:
            return value[: match.start()].strip()
    return value


def without_media_tag(value: str) -> str:
    """Return a headline without the note that a film or pictures come with it.

    >>> without_media_tag("Fire on the pier [Watch]"), without_media_tag("VIDEO: Fire on the pier")
    ('Fire on the pier', 'Fire on the pier')
    """
    return _MEDIA_TAG.sub("", value).strip() or value


def _is_site(value: str, sites: Collection[str]) -> bool:
    key = letters(value)
    return key in sites or key.removesuffix("com") in sites or f"the{key}" in sites or key.removeprefix("the") in sites


def without_kicker(value: str, seen: str) -> tuple[str, str]:
    """Return kicker and headline where the page shows the headline (`seen`, folded) without its first part.

    >>> without_kicker("Opinion | Let it rain today", "letitraintoday")
    ('Opinion', 'Let it rain today')
    """
    before, bar, after = value.partition("|")
    if bar and len(seen) > 10 and letters(after) == seen:
        return before.strip(), after.strip()
    return "", value
