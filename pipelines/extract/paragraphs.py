"""The article's paragraphs: the blocks of its box, without what is not the article's; and the links in them."""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from news.article import BodyLink
from pipelines.extract.block_segmentation import HEADINGS, Block, Outline, size_of
from pipelines.extract.body import bounds, main_box, teasers
from pipelines.extract.boilerplate import (
    CAPTION,
    boilerplate,
    ciphertext,
    is_date_line,
    repeated_notices,
    signed_off,
)
from pipelines.extract.bylines import is_person, names
from pipelines.extract.comparison import Candidate, letters, line_hash, single_spaced
from pipelines.extract.correction_notices import MOST_CHARACTERS, is_correction, is_notice_heading
from pipelines.extract.document import Document
from pipelines.extract.headline import Headlines
from pipelines.extract.regions import (
    deals,
    narrowed,
    without_appeals,
    without_captions,
    without_following,
    without_lead_ins,
    without_wholes,
)

_TEXT_TAGS = frozenset("p blockquote pre dd".split())
#: a box of this name holds a picture and what is said of it
_PICTURE = re.compile(
    r"image|photo|picture|figure|caption|gallery|\bimg|media(?!wiki)|embed-?placeholder|oembed-placeholder"
)
_SENTENCE_END = re.compile(r"[.!?…。！？।॥؟۔:»”\"'’)\]]$")
#: more of a text than this is no chrome
_MOST_CHROME = 0.4
#: a paragraph; shorter lines have to look like one
_PARAGRAPH = 80
#: captions of so many times the rest are the text of an essay in pictures
_ESSAY = 3


@dataclass(frozen=True, kw_only=True)
class BodyText:
    """The article's blocks in order, and for an explanation what was dropped."""

    blocks: list[Block]
    #: lines of names before the first or after the last paragraph
    signatures: tuple[str, ...] = ()
    #: the outlet's notices of correction
    correction: str = ""
    #: a part of the text is there, but with its letters moved: what is missing is behind a paywall
    is_ciphered: bool = False
    candidates: tuple[Candidate, ...] = ()


def paragraphs(page: Outline, tops: Headlines, chrome: Collection[int], site: str = "") -> BodyText:
    """Return the article's blocks.

    What is kept stands in the article's box, outside of furniture, in elements of the sort in which the box has its
    long paragraphs; `site` is the page's host, `chrome` holds hashes of lines that recur over the outlet's pages.
    """
    start, end = bounds(page, letters(tops.headline))
    chosen = main_box(page, tops.headline, start, end)
    teasers(page, site)
    chosen = narrowed(page, chosen, tops.headline, site)
    own = {id(block) for block in page.blocks[start:end]} - repeated_notices(page)
    own |= {id(block) for block in page.blocks[:start] if is_correction(page, block)}
    inside = [block for block in _inside(page, chosen) if id(block) in own]
    inside = without_appeals(page, without_wholes(rows(page, inside)), chosen)
    inside = without_following(without_captions(page, inside, chosen))
    inside = without_lead_ins(inside, letters(tops.headline))
    sold = deals(inside, site)
    styles = _styles(page, inside)
    small = {at for at, box in enumerate(page.boxes) if box.mass < 0.25 * page.boxes[chosen].mass}
    titles = {letters(each) for each in (tops.headline, *tops.alternatives, tops.kicker)} - {""}
    linked_lists = _linked_lists(page, inside)
    repeats = _repeats(inside)
    seen: set[str] = set()
    kept: list[Block] = []
    captions: list[Block] = []
    dropped: list[Candidate] = []
    recurring = _recurring(inside, chrome)
    notices: list[str] = []
    is_below_heading = False
    listing = False  # below a label such as "Read next:", whose list goes with it
    for block in inside:
        key = letters(block.text)
        # the notice itself stands below a heading that is nothing but a label
        is_below_heading = bool(notices) and is_below_heading and _is_prose(block)
        if is_below_heading or is_correction(page, block):
            notices.append(block.text)
            is_below_heading = not is_below_heading and is_notice_heading(block.text)
            continue
        reason = "" if id(block) in sold else _reason(page, block, key, styles)
        if not reason and key in titles and len(kept) < 5:
            reason = "a headline"
        elif not reason and len(kept) < 2 and block.tag not in HEADINGS and is_date_line(block.text):
            reason = "a line of dates"
        elif not reason and key in seen and len(key) > 20 and not repeats:
            reason = "stands twice"
        elif not reason and key in recurring:
            reason = "recurs over the outlet's pages"
        elif not reason and id(block) not in sold and _list_of(page, block) in linked_lists:
            reason = "a list of links"
        elif not reason and listing and block.linked and _list_of(page, block) in small:
            reason = "a list under a label of the page"
        elif not reason and not kept and len(block.text) < 120 and block.tag in HEADINGS and block.tag == "h1":
            reason = "a headline"
        listing = (reason == "a label of the page") or (listing and _list_of(page, block) >= 0)
        if reason:
            captions += [block] if reason == CAPTION else []
            dropped.append(Candidate(value=block.text[:200], source="page", weight=0.0, why=reason))
            continue
        seen.add(key)
        kept.append(block)
    if size_of(captions) > _ESSAY * size_of(kept):
        essay = {id(block) for block in (*kept, *captions)}
        kept = [block for block in inside if id(block) in essay]
    kept = _with_their_text(page, kept, chosen)
    ciphered = ciphertext(kept, page.blocks)
    if ciphered:
        kept = [block for at, block in enumerate(kept) if at not in ciphered]
    trimmed, signatures = _unsigned(_trimmed(kept))
    return BodyText(
        blocks=trimmed,
        signatures=signatures,
        correction="\n".join(notices[:5]),
        is_ciphered=bool(ciphered),
        candidates=tuple(dropped),
    )


def _with_their_text(page: Outline, kept: list[Block], chosen: int) -> list[Block]:
    """Return the blocks without headings over links: in a box of their own of which nothing else is kept."""
    texts = {at for block in kept if block.tag not in HEADINGS for at in page.above(block.box)}
    alone = [block for block in kept if block.tag in HEADINGS and page.boxes[block.box].parent not in texts]
    if not alone or len(alone) == len(kept):
        return kept
    lines: Counter[int] = Counter()
    below: Counter[int] = Counter()
    linked: Counter[int] = Counter()
    for block in page.blocks:
        for at in page.above(block.box):
            lines[at] += 1
            if block.tag not in HEADINGS:
                below[at] += len(block.text)
                linked[at] += block.linked
    lone = set()
    for block in alone:
        holder = next((at for at in page.above(block.box) if lines[at] > 1), chosen)
        if holder not in texts and chosen in page.above(holder) and 2 * linked[holder] >= below[holder]:
            lone.add(id(block))
    return [block for block in kept if id(block) not in lone]


def _is_prose(block: Block) -> bool:
    """Tell whether a block can be a notice below its heading, and is no heading or menu."""
    return block.tag not in HEADINGS and 20 < len(block.text) <= MOST_CHARACTERS and not block.linked


def _repeats(inside: list[Block]) -> bool:
    """Tell whether repetition is the text's manner (a week's meals), not a copy of a line or of the whole."""
    long = [letters(block.text) for block in inside if len(block.text) > 30]
    again = len(long) - len(set(long))
    repeated = len([line for line, times in Counter(long).items() if times > 1])
    return 0.1 * len(long) < again and (again < 0.45 * len(long) or again > 1.2 * repeated)


def _recurring(inside: list[Block], chrome: Collection[int]) -> set[str]:
    """Return the folded lines that the outlet's pages share.

    Where they are a good part of the text, two pages carried one article: then none of its lines is taken for chrome.
    """
    if not chrome:
        return set()
    found = [block for block in inside if line_hash(block.text) in chrome]
    prose = sum(len(block.text) for block in inside if block.tag not in HEADINGS)
    if sum(len(block.text) for block in found) > _MOST_CHROME * prose:
        return set()
    return {letters(block.text) for block in found}


def _unsigned(kept: list[Block]) -> tuple[list[Block], tuple[str, ...]]:
    """Return the blocks without lines of names at their beginning and end, and those lines."""
    signatures = []
    for at in (2, 1, 0, -1):
        if (
            len(kept) > 4
            and kept[at].tag in ("p", "div", "span", "strong", "section", "article")
            and len(kept[at].text) < 80
        ):
            found = names([kept[at].text])
            rest = letters(kept[at].text)
            for name in found:
                rest = rest.replace(letters(name), "", 1)
            if found and len(rest) < 8 and all(is_person(name) for name in found):
                signatures.append(kept.pop(at).text)
    return kept, tuple(signatures)


def _inside(page: Outline, chosen: int) -> list[Block]:
    """Return the blocks of the box that no furniture holds."""
    boxes = page.boxes
    known: dict[int, bool] = {chosen: True, -1: False}

    def ours(box: int) -> bool:
        way = []
        while box not in known:
            way.append(box)
            box = boxes[box].parent
        answer = known[box]
        for each in reversed(way):
            answer = answer and not boxes[each].furniture and boxes[each].tag not in ("header", "form")
            known[each] = answer
        return answer

    return [block for block in page.blocks if ours(block.box)]


def _style(page: Outline, block: Block) -> tuple[str, str, str]:
    box = page.boxes[block.box]
    above = page.boxes[box.parent] if box.parent >= 0 else box
    return box.tag, box.label, above.label


def _styles(page: Outline, inside: list[Block]) -> Counter[tuple[str, str, str]]:
    """Return how much prose the box has in each sort of element."""
    found: Counter[tuple[str, str, str]] = Counter()
    for block in inside:
        size = block.size
        if size >= _PARAGRAPH and block.linked < 0.5 * len(block.text) and block.tag not in HEADINGS:
            found[_style(page, block)] += size
    return found


def _reason(page: Outline, block: Block, key: str, styles: Counter[tuple[str, str, str]]) -> str:
    """Return why the block is not the article's, judged alone, or an empty text."""
    if not key:
        return "no letters"
    text, size = block.text, block.size
    if reason := boilerplate(text):
        return reason
    total = sum(styles.values())
    own = styles[_style(page, block)]
    usual = own >= max(0.12 * total, 160)
    ended = bool(_SENTENCE_END.search(text))
    worded = (block.tag == "p" and usual and size > 60) or (
        block.tag == "li" and size > 100 and block.linked < 0.8 * size
    )
    if block.linked > (0.6 if size < 300 else 0.85) * len(text) and not (worded and ended):
        return "a link"
    if block.tag in HEADINGS or block.tag == "tr":
        return ""
    labels = " ".join(page.boxes[at].label for at in page.above(block.box)[:3])
    if size < 300 and not usual and _PICTURE.search(labels):
        return "a picture's caption"
    if size >= _PARAGRAPH or usual:
        return ""
    if block.tag in _TEXT_TAGS and (ended or own or page.boxes[page.boxes[block.box].parent].mass):
        return ""
    if block.tag == "li":
        return ""
    return "a short line outside of paragraphs"


def _list_of(page: Outline, block: Block) -> int:
    """Return the place of the list that holds the block, -1 where none does."""
    for step, at in enumerate(page.above(block.box)):
        if page.boxes[at].tag in ("ul", "ol", "dl"):
            return at
        if step > 3:
            break
    return -1


def _linked_lists(page: Outline, inside: list[Block]) -> set[int]:
    """Return the lists of which links are the greater part."""
    linked: Counter[int] = Counter()
    whole: Counter[int] = Counter()
    items: Counter[int] = Counter()
    for block in inside:
        if (at := _list_of(page, block)) >= 0:
            linked[at] += block.linked
            whole[at] += len(block.text)
            items[at] += 1
    # a round-up of the news links half of each long item; a list of links has little else
    return {at for at, size in whole.items() if linked[at] > (0.5 if size < 100 * items[at] else 0.8) * size}


def _trimmed(kept: list[Block]) -> list[Block]:
    """Return the blocks without the last ones that head nothing or say who reported."""
    while kept and (kept[-1].tag in HEADINGS or signed_off(kept[-1].text)):
        kept.pop()
    return kept


_CELLS = frozenset(("td", "th"))
#: a longer cell is a column of a page that is laid out with tables
_CELL_LIMIT = 160
#: fewer rows are layout
_LEAST_ROWS = 2


def rows(page: Outline, blocks: list[Block]) -> list[Block]:
    """Return the blocks with the short cells of one table row joined into a block of tag `tr`.

    Rows count only where their table has at least two of several cells: else a table is how an old page is laid out.
    """
    found: list[Block] = []
    at = 0
    whole: dict[int, int] = {}
    while at < len(blocks):
        row = _row(page, blocks[at])
        end = at
        while (
            row >= 0 and end < len(blocks) and _row(page, blocks[end]) == row and len(blocks[end].text) <= _CELL_LIMIT
        ):
            end += 1
        if end - at >= 2:
            cells = blocks[at:end]
            joined = replace(
                cells[0],
                text=" ".join(cell.text for cell in cells),
                tag="tr",
                linked=sum(cell.linked for cell in cells),
                strong=sum(cell.strong for cell in cells),
            )
            table = _table(page, row)
            whole[table] = whole.get(table, 0) + 1
            found.append(joined)
            at = end
        else:
            found.append(blocks[at])
            at += 1
    return [
        block if block.tag != "tr" or whole[_table(page, block.box)] >= _LEAST_ROWS else replace(block, tag="td")
        for block in found
    ]


def _row(page: Outline, block: Block) -> int:
    """Return the box of the row whose cell is the block's own box, -1 for none."""
    for step, at in enumerate(page.above(block.box)):
        if page.boxes[at].tag == "tr":
            return at if step else -1
        if page.boxes[at].tag not in _CELLS and step > 1:
            return -1
    return -1


def _table(page: Outline, box: int) -> int:
    for at in page.above(box):
        if page.boxes[at].tag == "table":
            return at
    return box


#: links of one article; more are a list of them
_LINKS_LIMIT = 300
#: characters of a link's words
_WORDS_LIMIT = 300


def body_links(document: Document, page: Outline, blocks: Iterable[Block], body: str) -> tuple[BodyLink, ...]:
    """Return the links of those blocks that are lines of `body`, in its order.

    Links within the page, to mail and to scripts are none; a picture's has no words and is left out.
    """
    lines: dict[str, list[int]] = {}
    for at, text in enumerate(body.split("\n")):
        lines.setdefault(text, []).append(at)
    places = {id(block): at for at, block in enumerate(page.blocks)}
    anchors: dict[int, list[tuple[str, str]]] = {}
    for at, address, words in page.anchors:
        anchors.setdefault(at, []).append((address, words))
    found: list[BodyLink] = []
    for block in blocks:
        at = places.get(id(block), -1)
        if at not in anchors or not (where := lines.get(block.text)):
            continue
        line = where.pop(0) if len(where) > 1 else where[0]
        for address, words in anchors[at]:
            is_elsewhere = bool(address.strip()) and not address.strip().startswith("#")
            shown, target = single_spaced(words)[:_WORDS_LIMIT], document.absolute(address) if is_elsewhere else ""
            if shown and target:
                found.append(BodyLink(text=shown, url=target, paragraph=line))
        if len(found) >= _LINKS_LIMIT:
            break
    return tuple(found[:_LINKS_LIMIT])
