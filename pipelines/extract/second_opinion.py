"""The rules' paragraphs in, others instead where the rules are in doubt and a learned opinion has the better of them.

The rules were made on pages that state that they are articles (JSON-LD, og:type), and fail seldom there. Older pages
state nothing and are laid out by tables and line breaks: there the line model decides. On pages that state an article
it is asked where names of elements say nothing, and may make the text shorter; and where much prose was left out, and
is believed there only if trafilatura agrees more with it than with them.
"""

import re
from collections import Counter
from collections.abc import Collection
from functools import cache
from urllib.parse import urlsplit

from news.configuration import read
from news.outlet import Outlet
from pipelines.extract.block_segmentation import HEADINGS, Block, Outline, outline, size_of
from pipelines.extract.body import bounds, same_site
from pipelines.extract.boilerplate import boilerplate, repeated_notices
from pipelines.extract.comparison import letters
from pipelines.extract.document import Document
from pipelines.extract.headline import Headlines
from pipelines.extract.line_model import chances, telling_names
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
#: a page of fewer elements with a telling name: there, too, the rules keep too much
_FEW_NAMES, _GAIN_NAMELESS, _GROWTH_NAMELESS = 9, 0.03, 1.02
#: and no cut to less than this is believed
_CUT = 0.6
#: a line of a lower chance is none of the text, whoever chose it, where the model was asked at all
_HOPELESS = 0.08
#: a paragraph of so many characters is more to lose: its chance has to be half of that
_PARAGRAPH = 150
#: a line of so many letters is prose, and fewer such lines are a notice
_PROSE, _PARAGRAPHS = 80, 3
#: fewer lines are no list
_LEAST_ITEMS = 3
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


def may_be_text(page: Outline, headline: str) -> list[bool]:
    """Tell of each block whether it stands where the article may be: below its headline, above what others wrote."""
    start, end = bounds(page, letters(headline))
    notices = repeated_notices(page)
    return [start <= at < end and id(block) not in notices for at, block in enumerate(page.blocks)]


def reconsider(
    document: Document, page: Outline, blocks: list[Block], headline: str, titles: Collection[str] = ()
) -> list[Block]:
    """Return the article's blocks: `blocks`, which the rules chose, or those that the line model would keep.

    `titles` are folded headlines, which are no part of the text. Chances are compared with the text by the F1 that
    each choice is expected to have: lines count by their length, and a line's chance is its truth.
    """
    stated = states_article(document) or _marked(page, blocks)
    doubted = stated and _doubted(page, blocks)
    nameless = stated and telling_names(page, _FEW_NAMES) < _FEW_NAMES
    if stated and not doubted and not nameless:
        return blocks
    found = chances(page, headline)
    if not found:
        return blocks
    found = [chance if own else 0.0 for chance, own in zip(found, may_be_text(page, headline), strict=True)]
    chosen = {id(block) for block, chance in zip(page.blocks, found, strict=True) if chance > 0.5}
    kept = _cells(page, blocks)
    site = (urlsplit(document.url).hostname or "").removeprefix("www.")
    items = _items(page, chosen, kept, site)
    chosen |= items
    if stated:
        chosen |= _tabled(page, kept - {id(block) for block in blocks}, site)
    sizes = [block.size for block in page.blocks]
    gain = _expected(page, sizes, found, chosen) - _expected(page, sizes, found, kept)
    best = blocks
    if chosen and gain > (_GAIN_STATED if stated else _GAIN):
        others = [
            block
            for block in rows(page, [block for block in page.blocks if id(block) in chosen])
            if letters(block.text) not in titles and not boilerplate(block.text)
        ]
        if _is_better(document, page, blocks, others, gain, stated=stated, doubted=doubted, nameless=nameless):
            best = others
    hopeless = {
        id(block)
        for block, chance in zip(page.blocks, found, strict=True)
        if chance < (_HOPELESS if block.size < _PARAGRAPH else _HOPELESS / 2)
    } - items
    likely = [block for block in best if block.tag in HEADINGS or id(block) not in hopeless]
    return likely if size_of(likely) >= _CUT * size_of(best) else best


def _is_better(
    document: Document,
    page: Outline,
    blocks: list[Block],
    others: list[Block],
    gain: float,
    *,
    stated: bool,
    doubted: bool,
    nameless: bool,
) -> bool:
    """Tell whether `others`, which the model chose, are believed against `blocks`: it expects them to gain `gain`."""
    ours, theirs = _words(blocks), _words(others)
    if not theirs or _overlap(ours, theirs) > _ALIKE:
        return False
    size, other = size_of(blocks), size_of(others)
    if not stated:
        return size < _TEASER or other <= _GROWTH * size
    if nameless and gain > _GAIN_NAMELESS and _CUT * size <= other <= _GROWTH_NAMELESS * size:
        return True
    witness = _witness(document) if doubted and not _is_another(page, blocks, others) else None
    return witness is not None and _overlap(theirs, witness) > _overlap(ours, witness)


def _is_another(page: Outline, blocks: list[Block], others: list[Block]) -> bool:
    """Tell whether most of what `others` add stands in an article element of its own, as another article does."""
    own = {at for block in blocks for at in page.above(block.box)}
    boxes = page.boxes
    if not any(boxes[at].tag == "article" for at in own):
        return False
    added = [block for block in others if block.box not in own]
    beside = [
        block for block in added if any(boxes[at].tag == "article" and at not in own for at in page.above(block.box))
    ]
    return 2 * size_of(beside) > size_of(added)


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
    size = size_of(found.blocks)
    body = document.tree.body
    if body is None or shown.hidden < max(_TEASER, (_HIDDEN_GAIN - 1) * size):
        return shown, found
    whole = outline(body, hidden=True)
    other = paragraphs(whole, tops, chrome, site)
    visible = {letters(block.text) for block in shown.blocks}
    theirs = {letters(block.text): block for block in other.blocks}
    more = [block for key, block in theirs.items() if key not in visible and len(block.text) >= _PROSE]
    gained = size_of(more)
    if gained < max(_TEASER, (_HIDDEN_GAIN - 1) * size) or len(more) < _PARAGRAPHS:
        return shown, found
    kept = sum(block.size for block in found.blocks if letters(block.text) in theirs)
    if size >= _TEASER:
        styles = {(block.tag, shown.boxes[block.box].label) for block in found.blocks}
        alike = sum(block.size for block in more if (block.tag, whole.boxes[block.box].label) in styles)
        if kept < _SAME_TEXT * size or alike < _SAME_TEXT * gained:
            return shown, found
    titles = {letters(each) for each in (tops.headline, *tops.alternatives)}
    heads = (block for block in whole.blocks if block.tag == "h1" and letters(block.text) not in visible | titles)
    if next(heads, None) is not None:
        return shown, found
    return whole, other


def _items(page: Outline, chosen: Collection[int], kept: Collection[int], site: str) -> set[int]:
    """Return the ids of kept blocks that stand in lists of which another item is chosen, or that link nowhere here.

    An item is a line of a list, or a box with a heading of its own; its list is the box around it. Items with a heading
    stand and fall together: a line's chance falls with its distance from the headline, and half a list is no text. A
    list without a link to the same site (`site` is the page's host) is no list of other articles.
    """
    boxes = page.boxes
    headed = {boxes[block.box].parent for block in page.blocks if block.tag in _SUBHEADINGS}
    lists: dict[int, list[int]] = {}
    texts: set[int] = set()
    leading: set[int] = set()
    for block in page.blocks:
        item = boxes[block.box].parent
        if item > 0 and item in headed:
            holders = {boxes[item].parent}
            if id(block) in chosen and block.tag not in _SUBHEADINGS:
                texts |= holders
        elif block.tag == "li":
            holders = {item, boxes[max(item, 0)].parent}  # its list, and all lists beside that
        else:
            continue
        for of_list in holders:
            lists.setdefault(of_list, []).append(id(block))
        if any(same_site(link, site) for link in block.links):
            leading |= holders
    whole = texts | {at for at, lines in lists.items() if at not in leading and len(lines) >= _LEAST_ITEMS}
    return {each for of_list in whole for each in lists.get(of_list, ()) if each in kept}


def _tabled(page: Outline, cells: Collection[int], site: str) -> set[int]:
    """Return those of the ids of `cells`, which the rules joined to rows of tables, that link nowhere on the site."""
    return {
        id(block)
        for block in page.blocks
        if id(block) in cells and not any(same_site(link, site) for link in block.links)
    }


def _marked(page: Outline, blocks: list[Block]) -> bool:
    """Tell whether the text stands in an article element, or in what its publisher marks as the article's body."""
    holders = page.above(blocks[0].box) if blocks else ()
    return any(page.boxes[at].tag == "article" or page.boxes[at].prose for at in holders)


def _doubted(page: Outline, blocks: list[Block]) -> bool:
    """Tell whether much prose stands outside of the blocks that is no copy of theirs."""
    kept = {id(block) for block in blocks}
    least = _LEFT_OUT * size_of(blocks)
    outside = [
        block
        for block in page.blocks
        if len(block.text) >= _PROSE and id(block) not in kept and block.linked < 0.4 * len(block.text)
    ]
    if size_of(outside) <= least:
        return False
    said = letters("".join(block.text for block in blocks))
    return size_of([block for block in outside if letters(block.text) not in said]) > least


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


def _words(blocks: list[Block]) -> Counter[str]:
    return Counter(_WORD.findall(" ".join(block.text for block in blocks)))


def _overlap(one: Counter[str], other: Counter[str]) -> float:
    shared = sum((one & other).values())
    return 2 * shared / (one.total() + other.total()) if shared else 0.0


def _witness(document: Document) -> Counter[str]:
    from trafilatura import extract  # costs half a second, and few pages need it

    html = document.tree.html
    return Counter(_WORD.findall((extract(html, fast=True, include_comments=False) if html else "") or ""))
