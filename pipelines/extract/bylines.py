"""What stands between headline and text: who wrote it, and when."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pipelines.extract.blocks import Block, Outline
from pipelines.extract.headline import Headlines
from pipelines.extract.month_names import names
from pipelines.extract.names import is_byline, is_person
from pipelines.extract.words import letters

_LABEL = re.compile(
    r"by-?line|author|autor|auteur|writer|penulis|yazar|verfasser|redakt|journalist|reporter|contributor"
)
_NOT_LABEL = re.compile(r"author-?(?:bio|desc|about|box)|autoren-?info|comment")
_AUTHOR = re.compile(
    r"^(?:autorin/autor|autor(?:in|en)?|author|auteure?|автор|yazar|penulis|redactor|text)\s*[:：]?\s+(?=\S)",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
#: lines before and after the headline, and into the text, among which date and byline stand
_BEFORE, _INTO = 6, 4
_BYLINE_LIMIT = 120
#: in the text itself, and in titles, a line is a date line only if it is hardly more than a date
_DATE_LIMIT = 50


@dataclass(frozen=True, kw_only=True)
class Near:
    """Lines near the headline that may name people, and lines that may hold dates."""

    names: tuple[str, ...] = ()
    #: those of the names that follow a "By"
    by: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    #: lines anywhere on the page that say "Author" and a name
    labelled: tuple[str, ...] = ()


def bylines(page: Outline, body: list[Block], tops: Headlines, titles: Iterable[str] = ()) -> Near:
    """Return the lines around headline and beginning of the text that may be byline or date line.

    `titles` are the parts behind the headline in the page's title; some outlets put the date there.
    """
    keys = {letters(each) for each in (tops.headline, *tops.alternatives)}
    places = {id(block): at for at, block in enumerate(page.blocks)}
    first = places.get(id(body[0]), 0) if body else 0
    heads = [at for at, block in enumerate(page.blocks) if letters(block.text) in keys and at <= first + 2]
    start = heads[-1] if heads else max(0, first - 12)
    last = places.get(id(body[-1]), first) if body else first
    told = {id(block) for block in body}
    found: list[str] = []
    dates = [part for part in titles if len(part) <= _DATE_LIMIT]
    for at in range(max(0, start - _BEFORE), min(len(page.blocks), max(first, start) + _INTO)):
        block = page.blocks[at]
        if len(block.text) <= _BYLINE_LIMIT and at != start:
            if id(block) not in told or len(block.text) <= _DATE_LIMIT:
                dates.append(block.text)
            if at > start - 3 and (is_byline(block.text) or _labelled(page, block)):
                found.append(block.text)
            elif name := _dated_name(block.text):
                found.append(name)
    for at in range(last, min(len(page.blocks), last + 4)):
        block = page.blocks[at]
        if not found and len(block.text) <= _BYLINE_LIMIT and _labelled(page, block):
            found.append(block.text)
    labelled = [
        _AUTHOR.sub("", block.text) for block in page.blocks if len(block.text) < 60 and _AUTHOR.match(block.text)
    ]
    by = tuple(line for line in found[:6] if is_byline(line))
    return Near(names=tuple(found[:6]), by=by, dates=tuple(dates), labelled=tuple(labelled[:3]))


def _dated_name(line: str) -> str:
    """Return the name in a line of name and date, as "Jane Doe - May 4, 2024" or "Jane Doe 4 May 2024"."""
    if not _YEAR.search(line) or len(line) > 80:
        return ""
    words = re.split(r"\d", line)[0].replace("|", " ").split()
    while words and (words[-1].strip(".,-–—•·:").lower() in names("en").months or not words[-1].strip(".,-–—•·:")):
        words.pop()
    name = " ".join(words).strip(" ,-–—•·:")
    return name if is_person(name) else ""


def _labelled(page: Outline, block: Block) -> bool:
    labels = " ".join(page.boxes[at].label for at in list(page.above(block.box))[:2])
    return bool(_LABEL.search(labels)) and not _NOT_LABEL.search(labels)
