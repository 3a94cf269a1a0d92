"""The box that holds the article among all that a page shows, and a second opinion where it holds hardly any text."""

import re
from bisect import bisect
from html import unescape
from itertools import accumulate

from selectolax.lexbor import LexborHTMLParser

from pipelines.extract import json_ld
from pipelines.extract.block_segmentation import HEADINGS, Block, Box, Outline, outline
from pipelines.extract.boilerplate import OWN_PROSE, comments_at, prose_of
from pipelines.extract.comparison import length, letters, plain
from pipelines.extract.document import Document
from pipelines.extract.human_dates import is_of_date
from pipelines.extract.regions import DATED

#: furniture that holds this share of the page's prose is no furniture: its name says something else
_TOO_MUCH = 0.4
#: a box that holds the h1 and this share of the prose is the article, whatever its name
_HEADED = 0.25
#: names that mean what they say even on a large box, up to this share
_CERTAIN_TOO_MUCH = 0.8
#: names that may mean a notice or the article behind it: a notice is short
_DOUBTFUL_TOO_MUCH = 0.15
_DOUBTFUL = frozenset("paywall piano hide hidden subscription subscribe".split())
_CERTAIN = frozenset(
    "entries comments comment disqus respond footer nav related recommended recommendations sidebar "
    "aside cookie cookies consent "
    "onetrust gdpr ccpa modal popup contentinfo".split()
)
_LIMITS = dict.fromkeys(_CERTAIN, _CERTAIN_TOO_MUCH) | dict.fromkeys(_DOUBTFUL, _DOUBTFUL_TOO_MUCH) | {"entries": 1.0}
#: names made of the article's words: the box is taken as the publisher's own word for where the text is
_BODY_LABEL = re.compile(
    r"(?:^|[\s_-])(?:article|story|post|entry|news|page)[-_]{0,2}(?:body|content|text|copy)(?:$|[\s_-])|"
    r"articlebody|storybody|(?:^|\s)(?:body-copy|bodycopy|article__content|richtext-body|entry)(?:$|\s)"
)
#: a named box with less of the prose, or less prose, is not believed to be the whole article
_FAIR_PART = 0.3
_THREE_PARAGRAPHS = 700
#: so many light article elements beside a heavy one are teasers
_TEASERS = 3
#: the share of the prose that the article's box must hold of what holds it
_NEARLY_ALL = 0.9


def bounds(page: Outline, headline: str) -> tuple[int, int]:
    """Return the place of the first block that may be the article's, and that of the first behind it that may not.

    The article stands below its `headline` (folded), and above what readers wrote and lists of other articles.
    """
    end = min(comments_at(page, headline), entries(page, headline))
    return _headline_at(page, headline, end), end


def main_box(page: Outline, headline: str, start: int, end: int) -> int:
    """Return the box that holds the article: the smallest that holds nearly all of the prose from `start` to `end`.

    Names that would make furniture of most of the prose are cleared on the way. A box that its publisher calls the
    article's text is preferred, and of several articles on one page the one under `headline`.
    """
    boxes = page.boxes
    total = _weigh(page, start, end)
    if total == 0:
        return 0
    at = _own_article(page, letters(headline), 0)
    at = _named_body(page, at)
    while boxes[at].children:
        heaviest = max(boxes[at].children, key=lambda child: boxes[child].mass)
        share = boxes[heaviest].mass
        if share < _NEARLY_ALL * boxes[at].mass or share == 0 or boxes[heaviest].tag in ("p", "blockquote", "li", "ul"):
            break
        if boxes[at].label and _look(boxes[at]) == _look(boxes[heaviest]) and share < boxes[at].mass:
            break  # slides that are never closed: each holds the next
        at = heaviest
    return at


def _look(box: Box) -> tuple[str, str]:
    return box.tag, box.label


def _named_body(page: Outline, within: int) -> int:
    """Return the box inside `within` that its publisher names as the article's text, else `within`.

    One that stands alone is believed if it holds a fair part of the prose; of several the holder of them all is.
    """
    boxes = page.boxes
    least = max(_FAIR_PART * boxes[within].mass, _THREE_PARAGRAPHS)
    named = [
        at
        for at, box in enumerate(boxes)
        if box.mass > least and (box.prose or _BODY_LABEL.search(box.label)) and within in page.above(at)
    ]
    looks = {(boxes[at].tag, boxes[at].label) for at in named if not boxes[at].prose}
    named += [
        at
        for at, box in enumerate(boxes)
        if box.mass and (box.tag, box.label) in looks and at not in named and within in page.above(at)
    ]
    outer = [at for at in named if not any(each in named for each in page.above(boxes[at].parent))]
    if len(outer) == 1:
        return outer[0]
    for at in page.above(outer[0]) if outer else ():
        if all(at in page.above(each) for each in outer):
            return at
    return within


def _headline_at(page: Outline, headline: str, end: int) -> int:
    """Return where the headline (folded) stands, if most of the prose before `end` follows; else 0.

    Above it stand menus, forms to log in, other articles. One that is linked may itself be another article's.
    """
    keys = page.keys()
    printed = [at for at in range(end) if keys[at] == headline]
    at = next((at for at in printed if page.blocks[at].tag in HEADINGS), 0)
    if at and page.blocks[at].tag != "h1":
        at = printed[0]  # what is no heading may be the headline, and a film or a gallery below has its title
    if at == 0 or page.blocks[at].linked:
        return 0
    above, below = ([block for block in part if prose_of(block)] for part in (page.blocks[:at], page.blocks[at:end]))
    holders = {page.boxes[block.box].parent for block in above}
    beside = {page.boxes[block.box].parent for block in (page.blocks[at], *below)}
    if holders & beside:
        return 0  # a text that stands on both sides, or beside the headline
    return at if sum(map(prose_of, below)) >= sum(map(prose_of, above)) else 0


def _weigh(page: Outline, start: int, end: int) -> float:
    """Fill each box's mass with the prose that it holds outside furniture, and return the page's."""
    boxes = page.boxes
    heavy: list[tuple[tuple[int, ...], float]] = []
    for block in page.blocks[start:end]:
        if block.tag in HEADINGS:
            continue
        size = block.size
        if size < 60 or block.linked > size * 0.4:
            continue
        mass = min(size, 1200) ** 1.15 * (1 if block.tag in ("p", "blockquote") else 0.7)
        way = page.above(block.box)
        heavy.append((way, mass))
        for at in way:
            boxes[at].mass += mass
    total = boxes[0].mass
    lying = set()
    for box in boxes:
        if box.furniture and box.mass > total * _LIMITS.get(box.furniture, _TOO_MUCH):
            lying.add(_look(box))
            box.furniture = ""
    for box in boxes if lying else ():  # where a name lies of one box, it does of all that look like it
        if box.mass and _look(box) in lying:
            box.furniture = ""
    for block in page.blocks:
        if block.tag == "h1":
            for at in page.above(block.box):
                if boxes[at].mass > total * _HEADED:
                    boxes[at].furniture = ""
    kept = _outside(page, heavy)
    if kept < 0.3 * total:  # the names lie
        for box in boxes:
            if box.mass > 0.03 * total and box.furniture not in _CERTAIN:
                box.furniture = ""
        kept = _outside(page, heavy)
    return kept


def _outside(page: Outline, heavy: list[tuple[tuple[int, ...], float]]) -> float:
    boxes = page.boxes
    for box in boxes:
        box.mass = 0.0
    for way, mass in heavy:
        if not any(boxes[each].furniture for each in way):
            for each in way:
                boxes[each].mass += mass
    return boxes[0].mass


def _own_article(page: Outline, headline: str, start: int) -> int:
    """Return the article element under our headline if the page carries several, else `start`."""
    boxes = page.boxes
    holders = [at for at, box in enumerate(boxes) if box.tag == "article" and box.mass > 0.08 * boxes[0].mass]
    outer = [at for at in holders if not any(each in holders for each in page.above(boxes[at].parent))]
    others = [at for at, box in enumerate(boxes) if box.tag == "article" and box.mass and at not in holders]
    if len(outer) == 1:
        beside = [at for at in others if outer[0] not in page.above(at)]
        if len(beside) >= _TEASERS and boxes[outer[0]].mass > _FAIR_PART * boxes[0].mass:
            return outer[0]  # one article among teasers
        # perhaps a wrapper: look at the articles inside it
        inner = [at for at in holders if at != outer[0]]
        outer = [at for at in inner if not any(each in inner for each in page.above(boxes[at].parent))] or outer
    if len(outer) < 2 or not headline:
        return start
    for block in page.blocks:
        if block.tag in HEADINGS and letters(block.text) == headline:
            for at in page.above(block.box):
                if at in outer:
                    return at
    return start


#: fewer entries are no list
_LEAST_ENTRIES = 3
_ENTRIES_SHARE, _NAMES_SHARE = 0.8, 0.6
#: a date or a time of day, or how long ago, and the characters of a line of one
_AGO = r"\b\d+ \w+ ago\b"
_DATED = re.compile(rf"{DATED.pattern}|{_AGO}")
_DATE_LINE = 100
#: a day with a time of day, or how long ago: a chronicle has one of both, what readers write has both
_DAY, _CLOCK = r"(?:(?:19|20)\d\d|\d[./-]\d{1,2}[./-]\d{2})", r"\d{1,2}[:.]\d{2}"
_STAMPED = re.compile(rf"{_DAY}.*{_CLOCK}|{_CLOCK}.*{_DAY}|{_AGO}")
_SIGNING = re.compile(r"[^\W\d_]{2,}")
_LEAST_TITLE = 20
#: words of a name, and of when somebody wrote: "Ada Roe of Pier Street, posted at"
_MOST_NAMES = 7


def entries(page: Outline, headline: str) -> int:
    """Mark as furniture each list below an article's prose whose parts are all signed and dated; return its end.

    These are what readers wrote, or other articles. The entries of a live blog, signed by few, bear a time and no
    other name; so do the rows of a table. The article, under `headline` (folded), ends at the first such list, unless
    it goes on below. Without one, its end is the number of blocks.
    """
    keys, boxes = page.keys(), page.boxes
    end = len(keys)
    start = keys.index(headline) if headline in keys else 0
    prose = [at for at in range(start, end) if prose_of(page.blocks[at])]
    told = accumulate(prose_of(page.blocks[at]) for at in prose)
    begun = next((at for at, much in zip(prose, told, strict=True) if much >= OWN_PROSE), end)
    dated = [at for at in range(begun, end) if _is_dated(page.blocks[at])]
    spans = page.spans() if len(dated) >= _LEAST_ENTRIES else {}
    for at, (first, last) in spans.items():
        if first <= begun or bisect(dated, last) - bisect(dated, first - 1) < _LEAST_ENTRIES:
            continue
        parts = [spans[part] for part in boxes[at].children if part in spans and boxes[part].tag not in ("tr", "td")]
        signed = [who for begin, behind in parts if (who := _signed(page.blocks[begin : behind + 1]))]
        if len(signed) < max(_LEAST_ENTRIES, _ENTRIES_SHARE * len(parts)):
            continue
        if len(set(signed)) >= _NAMES_SHARE * len(signed):
            boxes[at].furniture = "entries"
            if not _goes_on(page, prose, at, first, last):
                end = min(end, first)
    return end


def _goes_on(page: Outline, prose: list[int], at: int, first: int, last: int) -> bool:
    """Tell whether the text goes on below a list: with twice as much, or with a line like one above, near the list."""
    before, behind = [each for each in prose if each < first], [each for each in prose if each > last]
    if len(behind) >= 2 * len(before):
        return True
    above = set(page.above(page.blocks[before[-1]].box))
    holder = next(box for box in page.above(at) if box in above)
    looks = {_standing(page, each) for each in before if holder in page.above(page.blocks[each].box)}
    return any(holder in page.above(page.blocks[each].box) and _standing(page, each) in looks for each in behind)


def _standing(page: Outline, at: int) -> tuple[str, int]:
    block = page.blocks[at]
    return block.tag, page.boxes[block.box].depth


def _is_dated(block: Block) -> bool:
    return len(block.text) < _DATE_LINE and block.tag not in HEADINGS and bool(_DATED.search(block.text))


def _signed(blocks: list[Block]) -> str:
    """Return the letters by which an entry differs from others: its title that is a link, or who wrote it and when.

    An empty text for what is no entry: without a date, with a heading, or with a day alone, as those of a chronicle.
    """
    dated = [block.text for block in blocks if _is_dated(block)]
    if len(blocks) < 2 or not dated or any(block.tag in HEADINGS for block in blocks):
        return ""
    for block in blocks:
        if block.linked >= 0.9 * len(block.text) > _LEAST_TITLE:
            return letters(block.text)
    if not any(_STAMPED.search(line) for line in dated):
        return ""
    short = [block.text for block in blocks if len(block.text) < _DATE_LINE][:4]
    lines = [[word for word in _SIGNING.findall(line) if not is_of_date(word)] for line in short]
    if not any(0 < len(line) <= _MOST_NAMES for line in lines):
        return ""  # a title or a question
    return letters(" ".join(word for line in lines for word in line))


#: fewer boxes alike are no list
_LEAST_TEASERS = 3
#: a teaser's text is one paragraph, seldom two
_TEASER_PARAGRAPHS = 2
#: more of the page's prose than this is the article, a list in itself
_TEASERS_SHARE = 0.6


def teasers(page: Outline, site: str) -> None:
    """Mark as furniture each box of which most parts are teasers of the same site (`site` is the page's host).

    Lists of products or places link elsewhere, and what they link is rarely all of a line.
    """
    boxes = page.boxes
    spans = page.spans()
    most = _TEASERS_SHARE * boxes[0].mass
    for box in boxes:
        if len(box.children) < _LEAST_TEASERS or box.furniture or box.mass > most:
            continue
        parts = [child for child in box.children if child in spans]
        if len(parts) < _LEAST_TEASERS:
            continue
        kinds = {boxes[part].tag for part in parts}
        if len(kinds) > 2 or kinds & {"p", "h2", "h3", "blockquote"}:
            continue
        held = (page.blocks[first : last + 1] for first, last in (spans[part] for part in parts))
        if sum(_is_teaser(blocks, site) for blocks in held) >= 0.8 * len(parts):
            box.furniture = "teasers"


def _is_teaser(blocks: list[Block], site: str) -> bool:
    if len(blocks) > 8:
        return False
    heads = [
        block
        for block in blocks
        if block.linked > 0.8 * len(block.text)
        and len(block.text) > 15
        and any(same_site(link, site) for link in block.links)
    ]
    texts = [block for block in blocks if len(block.text) > 60 and block.linked < 0.3 * len(block.text)]
    return bool(heads) and len(texts) <= _TEASER_PARAGRAPHS


def same_site(link: str, site: str) -> bool:
    """Tell whether the address, as the page writes it, leads to the page's own host."""
    return site in link if "//" in link[:8] else link.startswith(("/", "."))


_MARKUP = re.compile(r"<(?:p|br|div|li)\b[^<>]{0,500}>", re.IGNORECASE)


def text_lines(value: str) -> list[str]:
    """Return the lines of a text that may be HTML, escaped or not, as a page would show them.

    >>> text_lines("<p>One &amp; <b>two</b>.</p><p>Three.</p>"), text_lines("One.\\n\\nTwo.")
    (['One & two.', 'Three.'], ['One.', 'Two.'])
    """
    if "&lt;" in value and "<" not in value:
        value = unescape(value)
    if not _MARKUP.search(value):
        return [line for line in map(plain, value.splitlines()) if line]
    body = LexborHTMLParser(value).body
    return [block.text for block in outline(body).blocks] if body is not None else []


#: a body of fewer letters is doubted
DOUBTED_BELOW = 250
#: a rescue has to bring this many times the text: on whole articles JSON-LD's is right less often than the page's
_GAIN = 2


def second_opinion(document: Document, body: str) -> str:
    """Return the text of JSON-LD's `articleBody`, else what trafilatura finds, if it is much more than `body`.

    Pages that build their text by script still carry it for search engines; and where our rules fail altogether, a
    second reader with other rules may not.
    """
    if not document.article and document.meta("og:type").lower() != "article":
        return body
    stated = document.article.get("articleBody")
    if isinstance(stated, str):
        text = "\n".join(text_lines(stated))
        if length(text) > max(DOUBTED_BELOW, _GAIN * length(body)):
            return text
    if json_ld.types(document.article) & {"VideoObject", "ImageGallery", "MediaGallery"}:
        return body
    from trafilatura import extract as trafilatura_extract  # costs half a second, and few pages need it

    html = document.tree.html
    found = trafilatura_extract(html, fast=True, include_comments=False) if html else None
    return found if found and length(found) > max(DOUBTED_BELOW, _GAIN * length(body)) else body
