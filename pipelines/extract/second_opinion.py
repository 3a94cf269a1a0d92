"""The rules' paragraphs in, others instead where the rules are in doubt and a learned opinion has the better of them.

The rules were made on pages that state that they are articles (JSON-LD, og:type), and fail seldom there. Older pages
state nothing and are laid out by tables and line breaks: there the line model decides. On pages that state an article
it is asked only where much prose was left out, and believed only if trafilatura agrees more with it than with them.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from json import JSONDecoder
from typing import Any

from news.configuration import read
from news.outlet import Outlet
from pipelines.extract.block_segmentation import Block, Outline, outline, text_lines
from pipelines.extract.body import length
from pipelines.extract.boilerplate import boilerplate
from pipelines.extract.comparison import letters
from pipelines.extract.document import Document
from pipelines.extract.headline import Headlines
from pipelines.extract.line_model import chances
from pipelines.extract.paragraphs import BodyText, paragraphs, rows

#: the expected F1 that the lines must gain; all five were chosen on the wide sets by cross-validation over domains
_GAIN, _GAIN_STATED = 0.01, 0.02
#: two texts that share more are one: then the rules' stays, whose short lines are better
_ALIKE = 0.98
#: on a page that states an article: prose outside the result against the result
_LEFT_OUT = 0.8
#: on a page that states nothing the rules keep too much, seldom too little: lines of more than so many times a text are
#: another article's, too
_GROWTH = 1.5
#: a line of so many letters is prose, and fewer such lines are a notice
_PROSE, _PARAGRAPHS = 80, 3
_SUBHEADINGS = ("h2", "h3", "h4", "h5")
_WORD = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]|\w+")


@cache
def _reader() -> str:
    return read().reader  # the environment of a process does not change


def reader_of(outlet: Outlet) -> str:
    """Return whose text of the outlet's pages is taken: its file's word, else that of BROADSHEET_READER."""
    return outlet.reader or _reader()


def trafilatura_text(content: bytes, url: str) -> str:
    """Return exactly what trafilatura takes for the text of a page's bytes, with its own settings; "" for none."""
    from trafilatura import bare_extraction  # costs half a second, and few pages need it

    found = bare_extraction(content, url=url)
    return str(getattr(found, "text", None) or "")


def states_article(document: Document) -> bool:
    """Tell whether the page calls itself an article, by JSON-LD or og:type."""
    return bool(document.article) or document.meta("og:type").lower() == "article"


def reconsider(
    document: Document, page: Outline, blocks: list[Block], headline: str, titles: Collection[str] = ()
) -> list[Block]:
    """Return the article's blocks: `blocks`, which the rules chose, or those that the line model would keep.

    `titles` are folded headlines, which are no part of the text. Chances are compared with the text by the F1 that
    each choice is expected to have: lines count by their length, and a line's chance is its truth.
    """
    stated = states_article(document) or _marked(page, blocks)
    if stated and not _doubted(page, blocks):
        return blocks
    found = chances(page, headline)
    if not found:
        return blocks
    chosen = {id(block) for block, chance in zip(page.blocks, found, strict=True) if chance > 0.5}
    kept = _cells(page, blocks)
    chosen |= _items(page, chosen, kept)
    sizes = [length(block.text) for block in page.blocks]
    gain = _expected(page, sizes, found, chosen) - _expected(page, sizes, found, kept)
    if not chosen or gain <= (_GAIN_STATED if stated else _GAIN):
        return blocks
    others = [
        block
        for block in rows(page, [block for block in page.blocks if id(block) in chosen])
        if letters(block.text) not in titles and not boilerplate(block.text)
    ]
    ours, theirs = _words(blocks), _words(others)
    if not theirs or _overlap(ours, theirs) > _ALIKE:
        return blocks
    size = _size(blocks)
    if not stated and size >= _TEASER and _size(others) > _GROWTH * size:
        return blocks
    if stated:
        witness = _witness(document)
        if not witness or _overlap(theirs, witness) <= _overlap(ours, witness):
            return blocks
    return others


#: hidden text has to bring so many times the shown text
_HIDDEN_GAIN = 1.6
#: so much of the shown text has to stand in the hidden one, too: else it is another text
_SAME_TEXT = 0.8
#: less shown text than this is a teaser or a notice, with which nothing is compared
_TEASER = 250


def with_hidden(
    document: Document, shown: Outline, found: BodyText, tops: Headlines, chrome: Collection[int], site: str
) -> tuple[Outline, BodyText]:
    """Return outline and text with what a page hides until a script shows it, or `shown` and `found` as they are.

    Hidden text counts where it is much more than the shown, goes on where that begins, and is neither a copy of it
    nor under a headline of its own. What is hidden in the style of the shown paragraphs is theirs; where hardly
    anything is shown, the hidden text must have paragraphs and no other heading above them.
    """
    size = _size(found.blocks)
    body = document.tree.body
    if body is None or shown.hidden < max(_TEASER, (_HIDDEN_GAIN - 1) * size):
        return shown, found
    whole = outline(body, hidden=True)
    other = paragraphs(whole, tops, chrome, site)
    visible = {letters(block.text) for block in shown.blocks}
    theirs = {letters(block.text): block for block in other.blocks}
    more = [block for key, block in theirs.items() if key not in visible and len(block.text) >= _PROSE]
    gained = _size(more)
    if gained < max(_TEASER, (_HIDDEN_GAIN - 1) * size) or len(more) < _PARAGRAPHS:
        return shown, found
    kept = sum(length(block.text) for block in found.blocks if letters(block.text) in theirs)
    if size >= _TEASER:
        styles = {(block.tag, shown.boxes[block.box].label) for block in found.blocks}
        alike = sum(length(block.text) for block in more if (block.tag, whole.boxes[block.box].label) in styles)
        if kept < _SAME_TEXT * size or alike < _SAME_TEXT * gained:
            return shown, found
    titles = {letters(each) for each in (tops.headline, *tops.alternatives)}
    heads = (block for block in whole.blocks if block.tag == "h1" and letters(block.text) not in visible | titles)
    if next(heads, None) is not None:
        return shown, found
    return whole, other


def _items(page: Outline, chosen: Collection[int], kept: Collection[int]) -> set[int]:
    """Return the ids of kept blocks that stand in items of a list of which another item is chosen.

    An item is a box with a heading of its own; its list is the box around it. Items stand and fall together: a line's
    chance falls with its distance from the headline, and half a list is no text.
    """
    boxes = page.boxes
    headed = {boxes[block.box].parent for block in page.blocks if block.tag in _SUBHEADINGS}
    lists: dict[int, list[int]] = {}
    texts: set[int] = set()
    for block in page.blocks:
        item = boxes[block.box].parent
        if item > 0 and item in headed:
            of_list = boxes[item].parent
            lists.setdefault(of_list, []).append(id(block))
            if id(block) in chosen and block.tag not in _SUBHEADINGS:
                texts.add(of_list)
    return {each for of_list in texts for each in lists[of_list] if each in kept}


def _marked(page: Outline, blocks: list[Block]) -> bool:
    """Tell whether the text stands in an article element, or in what its publisher marks as the article's body."""
    holders = page.above(blocks[0].box) if blocks else ()
    return any(page.boxes[at].tag == "article" or page.boxes[at].prose for at in holders)


def _doubted(page: Outline, blocks: list[Block]) -> bool:
    kept = {id(block) for block in blocks}
    size = _size(blocks)
    outside = 0
    for block in page.blocks:
        if len(block.text) >= _PROSE and id(block) not in kept and block.linked < 0.4 * len(block.text):
            outside += length(block.text)
    return outside > _LEFT_OUT * size


def _cells(page: Outline, blocks: list[Block]) -> set[int]:
    """Return the ids of the page's blocks that `blocks` hold: themselves, or the cells of which a row was joined."""
    own = {id(block) for block in page.blocks}
    found = {id(block) for block in blocks if id(block) in own}
    joined = {block.box: block.text for block in blocks if id(block) not in own}
    text = ""
    for block in page.blocks if joined else ():
        text = joined.get(block.box, text)
        if text.startswith(block.text):
            found.add(id(block))
            text = text[len(block.text) :].lstrip()
    return found


def _expected(page: Outline, sizes: list[int], found: list[float], chosen: Collection[int]) -> float:
    inside = right = whole = 0.0
    for block, size, chance in zip(page.blocks, sizes, found, strict=True):
        whole += size * chance
        if id(block) in chosen:
            inside += size
            right += size * chance
    return 2 * right / (inside + whole) if right else 0.0


def _size(blocks: list[Block]) -> int:
    """Return the characters of the blocks, those of dense scripts counted as `length` counts them."""
    return sum(length(block.text) for block in blocks)


def _words(blocks: list[Block]) -> Counter[str]:
    return Counter(_WORD.findall(" ".join(block.text for block in blocks)))


def _overlap(one: Counter[str], other: Counter[str]) -> float:
    shared = sum((one & other).values())
    return 2 * shared / (one.total() + other.total()) if shared else 0.0


def _witness(document: Document) -> Counter[str]:
    from trafilatura import extract  # costs half a second, and few pages need it

    html = document.tree.html
    return Counter(_WORD.findall((extract(html, fast=True, include_comments=False) if html else "") or ""))


#: a longer text than this is whole: then no script is read
_WHOLE = 1_500
#: what the state of a script has to bring, and how much of the shown text it must repeat to be the same text
_STATE_GAIN, _REPEATED = 1.6, 0.8
#: the share of its text that has to stand in paragraphs: the rest are subheadings
_MOSTLY = 0.8
#: of the headline's words, the share that a text without a title of its own has to use
_KIN = 0.34
#: scripts and values of a page that are looked at; real ones stay under a tenth
_SCRIPT_LIMIT, _VALUES_LIMIT, _PARTS_LIMIT = 4_000_000, 100_000, 2_000
#: pieces of one script that are no JSON: of more it has none
_FAILURES_LIMIT = 20
_DECODER = JSONDecoder()
_LONG_WORD = re.compile(r"\w{4,}|[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]{2}")
_PUSHED = re.compile(r"\.push\(\s*(?=\[)")
_ASSIGNED = re.compile(r"[\w$\])]\s*=\s*(?=\{|JSON\.parse\(\s*[\"'])")
_PARSED = re.compile(r"JSON\.parse\(\s*")
#: a row of pushed chunks: its number and a value, or a text
_ROW = re.compile(r"^[0-9a-f]+:(?:I|HL)?(?=[\[{\"])", re.MULTILINE)
_MARKUP = re.compile(r"<(?:p|br)\b[^<>]*>", re.IGNORECASE)
#: parts of the state that are beside the article, by their name
_ASIDE = re.compile(
    r"comment|related|recommend|teaser|footer|sidebar|navig|menu|cookie|consent|promo|newsletter|"
    r"i18n|locale|messages|bio",
    re.IGNORECASE,
)
#: keys of a title, of an address, and of a paragraph's text
_TITLES = ("headline", "title", "hed")
_ADDRESSES = ("url", "href", "link", "slug", "permalink", "path", "canonicalUrl", "webUrl")
_TEXTS = frozenset(
    "text value content contents children html body paragraph paragraphs data nodes copy props "
    "attributes model fields".split()
)


@dataclass(slots=True)
class _Stated:
    """A text in a script's state, and the folded title of what holds it, "" where that has none."""

    lines: list[str]
    title: str


def in_scripts(document: Document, body: str, tops: Headlines) -> str:
    """Return `body`, or the text in a script's state: the whole of which `body` is a part, or `body` and the rest.

    A page that is built by its script carries the article as JSON, or as HTML in chunks that are pushed one by one. A
    text counts if it repeats what is shown, if what holds it has the page's headline, or if it has no title, no
    rival, and the headline's words. Lists of entries that lead elsewhere, and what another title heads, are not it.
    """
    size = length(body)
    if size >= _WHOLE:
        return body
    own = {letters(each) for each in (tops.headline, *tops.alternatives)} - {""}
    shown = [key for line in body.splitlines() if len(key := letters(line)) > 20]
    least = max(_TEASER, _STATE_GAIN * size)
    found: list[tuple[_Stated, set[str]]] = []
    for stated in _states(document):
        lines = [line for line in dict.fromkeys(stated.lines) if letters(line) not in own and not boilerplate(line)]
        prose = [long for line in lines if (long := length(line)) >= _PROSE]
        if len(prose) >= _PARAGRAPHS and sum(prose) >= _MOSTLY * sum(map(length, lines)):
            found.append((_Stated(lines, stated.title), set(map(letters, lines))))
    for stated, keys in sorted(found, key=lambda each: -sum(map(len, each[1]))):
        again = sum(len(key) for key in shown if key in keys)
        text = "\n".join(stated.lines)
        if shown and again >= _REPEATED * sum(map(len, shown)):
            return text if length(text) >= least else body
        if again or length(text) < least - size:
            continue
        if stated.title:
            related = any(stated.title in each or each in stated.title for each in own if len(each) > 12)
        else:
            rivals = [other for other, _ in found if other is not stated and not other.title]
            asked = set(_LONG_WORD.findall(tops.headline.lower()))
            said = set(_LONG_WORD.findall(text.lower()))
            related = not rivals and len(asked & said) >= max(1, _KIN * len(asked))
        if related:
            return f"{body}\n{text}".strip()
    return body


def _states(document: Document) -> Iterator[_Stated]:
    """Yield the texts in the page's scripts, of each list and each piece of HTML one."""
    chunks: list[str] = []
    for script in document.tree.css("script:not([src])"):
        kind, source = script.attributes.get("type") or "", script.text() or ""
        if "ld+json" in kind or len(source) > _SCRIPT_LIMIT:
            continue
        if "json" in kind:
            yield from _texts(_decoded(source, 0))
        elif _PUSHED.search(source):
            for pushed in _all_decoded(source, _PUSHED):
                chunks += [each for each in pushed if isinstance(each, str)] if isinstance(pushed, list) else []
        else:
            for match in list(_ASSIGNED.finditer(source))[:20]:
                value = _PARSED.match(source, match.end())
                inner = _decoded(source, value.end() if value else match.end())
                yield from _texts(_decoded(inner, 0) if isinstance(inner, str) else inner)
    stream = "".join(chunks)
    if _MARKUP.search(stream):
        yield from _texts(stream)
    for row in _all_decoded(stream, _ROW):
        yield from _texts(row)


def _all_decoded(source: str, before: re.Pattern[str]) -> Iterator[Any]:
    """Yield the JSON values that stand behind the pattern."""
    failures = 0
    for match in before.finditer(source):
        value = _decoded(source, match.end())
        failures += value is None
        if failures > _FAILURES_LIMIT:
            return
        yield value


def _decoded(source: str, at: int) -> Any:
    """Return the JSON value that begins at a place of the source, None where none does."""
    try:
        return _DECODER.raw_decode(source.lstrip() if not at else source, at)[0]
    except (ValueError, RecursionError):
        return None


def _texts(value: Any) -> Iterator[_Stated]:
    waiting: list[tuple[Any, str]] = [(value, "")]
    for _ in range(_VALUES_LIMIT):
        if not waiting:
            return
        part, title = waiting.pop()
        if isinstance(part, str):
            if len(_MARKUP.findall(part)) >= _PARAGRAPHS or part.count("\n") >= _PARAGRAPHS - 1:
                yield _Stated(text_lines(part), title)
        elif isinstance(part, dict):
            own = next((found for name in _TITLES if (found := letters(_joined(part.get(name))))), "")
            waiting += [(each, own or title) for name, each in part.items() if not _ASIDE.search(name)]
        elif isinstance(part, list):
            waiting += [(each, title) for each in part]
            lines = [line for item in part if not _leads_elsewhere(item) for line in text_lines(_joined(item))]
            if len(lines) > len(part) / 2:
                yield _Stated(lines, title)


def _leads_elsewhere(item: Any) -> bool:
    """Tell whether an item of a list has a title and an address of its own: an entry, and no paragraph."""
    return isinstance(item, dict) and any(item.get(name) for name in _ADDRESSES) and any(map(item.get, _TITLES))


def _joined(value: Any) -> str:
    """Return the text of a paragraph's value: a text itself, or a tree of parts that have it."""
    waiting, found = [value], []
    for _ in range(_PARTS_LIMIT):
        if not waiting:
            break
        part = waiting.pop()
        if isinstance(part, str):
            found.append(part)
        elif isinstance(part, list):
            parts = part[3:] if part[:1] == ["$"] else part  # an element: its mark, tag and key stand before
            waiting += reversed(parts)
        elif isinstance(part, dict):
            waiting += reversed([each for name, each in part.items() if name in _TEXTS])
    return "".join(found)
