"""The headline of a page without a trusted h1: the line above the text that the page's titles or its address repeat.

Old pages state a title with the site's and the section's name, and show the headline in a td, a b or an h3; an h1, if
there is one, is the logo or heads another story. What stands above the text and is a whole part of a title is the
headline.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import replace
from urllib.parse import unquote, urljoin, urlsplit

from pipelines.extract.block_segmentation import Block, Outline
from pipelines.extract.bylines import is_agency
from pipelines.extract.comparison import Candidate, length, letters
from pipelines.extract.document import Document
from pipelines.extract.headline import TITLE_LIMIT, Headlines
from pipelines.extract.human_dates import find

#: characters of a headline, those of a dense script counted threefold: shorter is a section's name
_LEAST, _MOST = 12, 250
#: a line is longer than a headline that nothing repeats
_LINE = 130
#: a title or an h1 of less may be a section's or a site's, though two sources say it
_SHORT = 25
#: what may stand between two parts of a title; a space or a quotation mark alone parts no names
_PARTING = re.compile(r"[|｜–—\-:»«·•/~_>(),]")
#: lines between headline and text, at most: date, byline, picture, tools
_ABOVE = 40
#: the text's first lines, of which one may be the headline
_INTO = 2
_HEADINGS = frozenset("h1 h2 h3 h4".split())
_LABEL = re.compile(r"head(?!er)|title|\bhed\b|titre|titul|titel|zagolov")
_SENTENCE_END = re.compile(r"[.。।]$")
#: so many words of a line have to stand in the address
_SLUG_WORDS, _SLUG_SHARE = 4, 0.7
_DECORATION = " |»«·•–—-"
#: between a headline and what names site and section; a colon may stand in a headline
_STRONG = re.compile(
    r"\s+[|–—\-»«·•/~:]+\s+|\s*[|｜_]\s*|\s*(?:::|--)\s*|"
    r"(?<=[\u3040-\u9fff”》」])-|-(?=[\u3040-\u9fff“《「])"
)
#: signs that part a title and stand in no headline
_BARS = re.compile(r"\s*[|｜]\s*")
#: a headline shares this many of its words with the text; a text of fewer words says nothing
_TOLD, _ENOUGH_TEXT = 0.5, 40
#: characters of a text that are looked at
_READ = 8_000
#: behind a breadcrumb
_LABEL_ENDS = ">»|›/"
_WORD = re.compile(r"[^\W_]+")


def mended(tops: Headlines, document: Document, page: Outline, body: list[Block], sites: Collection[str]) -> Headlines:
    """Return the headlines, with the line above the text in the place of what no second source confirms.

    `body` are the blocks of the text, `sites` the outlet's folded names. What JSON-LD states, and an h1 that og:title
    or JSON-LD repeats, are left as they are.
    """
    chosen = next((each for each in tops.candidates if each.chosen), None)
    if chosen is not None and _confirmed(chosen, tops.candidates):
        return tops
    titles = dict.fromkeys(each.value for each in tops.candidates if each.source != "h1")
    titles.update(dict.fromkeys((document.title, document.meta("og:title"), document.meta("title"))))
    titles = {title: None for title in titles if 0 < len(title) <= TITLE_LIMIT}
    is_heading = chosen is not None and chosen.source == "h1"
    if is_heading and (glued := _unglued(tops.headline, titles)):
        return _with(tops, glued, "the part of the h1 that the page's title repeats")
    if is_heading and length(tops.headline) >= _SHORT and any(_akin(tops.headline, title) for title in titles):
        return tops
    # a short h1 that is all the title says is the name of a section or of the site
    stated = is_heading and any(
        is_part(tops.headline, title) and (length(title) >= _SHORT or letters(title) != letters(tops.headline))
        for title in titles
    )
    lines = _lines(document, page, body, sites, tops.headline if stated else "")
    own = letters(tops.headline) if is_heading else ""
    parts = [line for line in lines if letters(line.text) != own and any(is_part(line.text, each) for each in titles)]
    found = max(parts, key=lambda line: line.size, default=None)
    text = _stems(" ".join(block.text for block in body))
    longest = max((_main_part(title, sites, text) for title in titles), key=lambda each: _rank(each, text), default="")
    if found is not None and (found.size >= _SHORT or 2 * found.size > length(longest)):
        if stated and found.size <= length(tops.headline):
            return tops
        return _with(tops, found.text, "a line above the text, and a part of the page's title")
    if not stated:
        slug = _slug(document.url)
        repeated = [line for line in lines if _in_slug(line.text, slug)]
        if repeated:
            return _with(tops, repeated[-1].text, "a line above the text, repeated by the page's address")
    named = tops.headline if is_heading else longest
    is_alien = len(text) >= _ENOUGH_TEXT and _told(named, text) < _TOLD
    if is_alien and is_heading and length(named) < _SHORT and _told(longest, text) >= _TOLD:
        return _with(tops, longest, "the longest part of the title, of whose words the text is")
    if is_alien or (length(named) < _SHORT and not stated):
        plain = [line for line in lines if _may_head(line, sites)]
        told = [line for line in plain if _told(line.text, text) >= _TOLD]
        if line := _styled(page, told) or _styled(page, plain):
            return _with(tops, line.text, "it stands above the text as a headline does")
        if is_alien and told:
            return _with(tops, told[-1].text, "the last line above the text, which is of its words")
    if not is_heading and longest:
        return _with(tops, longest, "the longest part of the title")
    return tops


def _confirmed(chosen: Candidate, candidates: Iterable[Candidate]) -> bool:
    key = letters(chosen.value)
    sources = {each.source for each in candidates if letters(each.value) == key}
    if any(source.startswith(("json-ld", "itemprop", "heading")) for source in sources):
        return True
    return "h1" in sources and ("og:title" in sources or ("title" in sources and length(chosen.value) >= _SHORT))


def is_part(line: str, title: str) -> bool:
    """Tell whether the line is the title, or stands in it between separators.

    >>> is_part("Rain stops play", "Cricket - Rain stops play | Sport"), is_part("Rain stops", "Rain stops play")
    (True, False)
    """
    places: list[int] = []
    folded: list[str] = []
    for at, char in enumerate(title):
        for each in unicodedata.normalize("NFKC", char).casefold():
            if each.isalnum():
                folded.append(each)
                places.append(at)
    key = letters(line)
    start = "".join(folded).find(key) if key else -1
    if start < 0:
        return False
    end = start + len(key)
    before = start == 0 or bool(_PARTING.search(title[places[start - 1] + 1 : places[start]]))
    return before and (end == len(places) or bool(_PARTING.search(title[places[end - 1] + 1 : places[end]])))


def _akin(heading: str, title: str) -> bool:
    """Tell whether a heading and a title are two wordings of one headline: half of the title's words are shared."""
    words = frozenset(_words(title))
    return len(words) >= _SLUG_WORDS and len(words & frozenset(_words(heading))) >= 0.5 * len(words)


def _lines(document: Document, page: Outline, body: list[Block], sites: Collection[str], heading: str) -> list[Block]:
    """Return the lines before the text, and its first ones, that may be a headline: short, and no link to elsewhere.

    Where `heading` is the page's h1 and stands among them, those after it.
    """
    places = {id(block): at for at, block in enumerate(page.blocks)}
    first = places.get(id(body[0]), 0) if body else len(page.blocks)
    into = places.get(id(body[min(len(body), _INTO) - 1]), first) if body else len(page.blocks)
    path = urlsplit(document.url).path
    found: list[Block] = []
    key = letters(heading)
    for block in page.blocks[max(0, first - _ABOVE) : into + 1]:
        if key and letters(block.text) == key:
            found.clear()
        text = block.text.strip(_DECORATION)
        if not _LEAST <= length(text) <= _MOST or letters(text) in sites:
            continue
        if block.linked > 0.5 * len(block.text) and not any(_path(link, document.url) == path for link in block.links):
            continue
        found.append(replace(block, text=text))
    return found


def _path(link: str, url: str) -> str:
    try:
        return urlsplit(urljoin(url, link)).path
    except ValueError:  # a broken address leads nowhere
        return ""


def _slug(url: str) -> frozenset[str]:
    """Return the words of the address's path and query."""
    parts = urlsplit(url)
    return frozenset(_words(unquote(f"{parts.path} {parts.query}")))


def _words(text: str) -> list[str]:
    plain = "".join(each for each in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(each))
    return [word for word in _WORD.findall(plain) if len(word) > 2]


def _in_slug(line: str, slug: Collection[str]) -> bool:
    words = _words(line)
    return len(words) >= _SLUG_WORDS and sum(word in slug for word in words) >= _SLUG_SHARE * len(words)


def _may_head(line: Block, sites: Collection[str]) -> bool:
    return (
        line.size <= _LINE
        and not _SENTENCE_END.search(line.text)
        and not is_agency(line.text, sites)
        and not find(line.text, "en", None)
    )


def _styled(page: Outline, lines: list[Block]) -> Block | None:
    """Return the last line that is set as a headline: a heading, a box of a headline's name, all bold."""
    for fits in (
        lambda line: line.tag in _HEADINGS,
        lambda line: bool(_LABEL.search(page.boxes[line.box].label)),
        lambda line: line.strong > 0.8 * len(line.text),
    ):
        for line in reversed(lines):
            if fits(line):
                return line
    return None


def _stems(text: str) -> frozenset[str]:
    """Return what words are compared by: their beginnings, for they are inflected; of a dense script all pairs."""
    found: set[str] = set()
    for word in _words(text[:_READ]):
        if length(word) > len(word):
            found.update(word[at : at + 2] for at in range(len(word) - 1))
        elif len(word) > 3:
            found.add(word[:5])
    return frozenset(found)


def _told(line: str, text: Collection[str]) -> float:
    """Return the share of the line's words that the text has, 0 to 1: a headline's are told again, a site's not."""
    words = _stems(line)
    return sum(word in text for word in words) / len(words) if words else 0.0


def _main_part(title: str, sites: Collection[str], text: Collection[str]) -> str:
    """Return the part of a title that the text tells again, of several the longest; a site's name before a colon goes.

    A bar stands in no headline, so that a dash is looked at only where there is none.
    """
    bars = [part for part in _BARS.split(title) if letters(part) not in sites]
    part = max(bars, key=lambda each: _rank(each, text), default="") if _BARS.search(title) else title
    if part == title or length(part) > _LINE:
        part = max((each.strip() for each in _STRONG.split(part)), key=lambda each: _rank(each, text))
    before, colon, after = part.partition(":")
    return after.strip() if colon and after and letters(before) in sites else part


def _rank(part: str, text: Collection[str]) -> tuple[float, int]:
    return _told(part, text) * length(part), length(part)


def _unglued(heading: str, titles: Iterable[str]) -> str:
    """Return the end or the beginning of an h1 that is a part of a title, where a label stands at its other end."""
    for title in titles:
        for part in (title, *_STRONG.split(title)):
            part = part.strip()
            if length(part) < _SHORT or not len(part) < len(heading) < 2.5 * len(part):
                continue
            before = heading.removesuffix(part).rstrip() if heading.endswith(part) else part
            if before[-1] in _LABEL_ENDS or len(before) < 0.5 * len(part) or heading.startswith(f"{part} ("):
                return part
    return ""


def _with(tops: Headlines, headline: str, why: str) -> Headlines:
    others = dict.fromkeys((tops.headline, *tops.alternatives))
    found = Candidate(value=headline, source="page", weight=0.0, chosen=True, why=why)
    return replace(
        tops,
        headline=headline,
        alternatives=tuple(each for each in others if each and letters(each) != letters(headline))[:12],
        candidates=(found, *(replace(each, chosen=False, why="") for each in tops.candidates)),
    )
