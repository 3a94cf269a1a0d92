"""The article's box in, and marked in it what stands beside the article: comments, teasers, columns, footers."""

import re
from collections import Counter
from dataclasses import dataclass
from itertools import takewhile

from news.url import site_of
from pipelines.extract.block_segmentation import HEADINGS, Block, Outline, size_of
from pipelines.extract.bylines import is_byline, is_person, names
from pipelines.extract.comparison import letters
from pipelines.extract.language_rules import PhraseFinder

#: they are the article's flow, and no region of the page
_FLOW = frozenset("p blockquote h1 h2 h3 h4 h5 h6 pre figure picture center font span noindex".split())
#: a line of fewer characters is a title, a name, a date or a button
_PROSE = 60
#: a line is a link if this share of it is linked
_LINK = 0.6
#: a sentence of which less is linked says more than its links
_PART = 0.8
#: a link of fewer characters is no title of an article
_TITLE = 12
#: a longer paragraph is no teaser
_TEASER = 400
#: a region of links has at most this share of the article's prose
_LIGHT = 0.5
#: boxes that are looked into; each costs a pass over their blocks, and real articles stand less deep
_SCANS_LIMIT = 40
#: a region of less than this share of the article's prose is no part of it by its size alone
_THIN = 0.12
#: the share of a region's paragraphs that a link or a date introduces, from which on it is a list of entries
_INTRODUCED = 0.7
#: the mass of a paragraph of two hundred characters: less is no article beside which something can stand
_LEAST_ARTICLE = 300
#: what is left of the box's prose that the article's own box must hold to be the box
_NEARLY_ALL = 0.9
#: below the text they belong to it
_LISTED = frozenset("table ul ol dl".split())
_DIGITS = re.compile(r"\d+")
#: a date or a time of day
DATED = re.compile(r"\d{1,2}:\d{2}|(?<!\d)(?:19|20)\d\d(?!\d)|\d{1,2}[./-]\d{1,2}[./-]\d{2}")


@dataclass(slots=True)
class _Region:
    """Neighbours of one look in a box, the first and the last of the blocks that they hold, and the prose in these."""

    boxes: list[int]
    first: int
    last: int
    mass: float = 0.0


def narrowed(page: Outline, chosen: int, headline: str, site: str) -> int:
    """Mark as furniture the regions of the chosen box that stand beside the article; return the box that is left.

    A region stands beside the article if nearly each of its paragraphs is introduced by a link or a date, as the
    entries of lists and comments are, or if its links to the same site say more than its paragraphs, and the box holds
    other prose of which neither is true. The region that holds the headline never does. `site` is the page's host.
    """
    boxes = page.boxes
    spans = page.spans()
    titles = _titles(page, letters(headline), chosen)
    site = site_of(f"https://{site}/") if site else ""
    at = left = chosen
    narrowing = True
    scans = 0
    while (regions := _regions(page, at, spans)) and scans < _SCANS_LIMIT:
        if len(regions) == 1 and regions[0].mass == boxes[at].mass:  # a wrapper
            at = regions[0].boxes[0]
            left = at if narrowing else left
            continue
        scans += 1
        flow = boxes[at].mass - sum(region.mass for region in regions)
        ours: list[_Region] = []
        beside: list[_Region] = []
        for region in regions:
            is_beside = _is_list(page, region, titles, site) and not _is_amid(page, at, region)
            (beside if is_beside else ours).append(region)
        main = max([flow, *(region.mass for region in ours)])
        if main > _LEAST_ARTICLE:
            beside += [
                region for region in ours if region.mass < _LIGHT * main and _is_linked(page, region, titles, site)
            ]
            heavy = max(ours, key=lambda region: region.mass, default=None)
            if heavy is not None and heavy.mass > flow:
                last = _last(page, at, ours, heavy)
                beside += [
                    region for region in ours if region not in beside and _is_thin(page, region, heavy, last, titles)
                ]
            elif main == flow:
                beside += [region for region in _behind(page, at, ours, flow, titles) if region not in beside]
            for region in beside:
                for box in region.boxes:
                    _mark(page, box)
        heaviest = max(ours, key=lambda region: region.mass, default=None)
        if heaviest is None or len(heaviest.boxes) > 1 or flow > heaviest.mass:
            break
        if boxes[at].label and _look(page, at) == _look(page, heaviest.boxes[0]):
            break  # slides that are never closed: each holds the next
        narrowing = narrowing and heaviest.mass >= _NEARLY_ALL * boxes[at].mass
        at = heaviest.boxes[0]
        left = at if narrowing else left
    return left


def _mark(page: Outline, box: int) -> None:
    mass = page.boxes[box].mass
    page.boxes[box].furniture = "beside the article"
    for above in page.above(box):
        page.boxes[above].mass -= mass


def _titles(page: Outline, headline: str, chosen: int) -> set[int]:
    """Return where the headline stands among the blocks, else where the first h1 does."""
    found = {at for at, key in enumerate(page.keys()) if key == headline} if headline else None
    if found:
        return found
    return {next((at for at, block in enumerate(page.blocks) if block.tag == "h1" and block.box > chosen), -1)}


def _regions(page: Outline, at: int, spans: dict[int, tuple[int, int]]) -> list[_Region]:
    """Return the regions of a box: its children that hold blocks, neighbours of one look in one, the heaviest apart."""
    boxes = page.boxes
    children = [
        child
        for child in boxes[at].children
        if child in spans and boxes[child].tag not in _FLOW and not boxes[child].furniture
    ]
    heaviest = max(children, key=lambda child: boxes[child].mass, default=-1)
    found: list[_Region] = []
    before = None
    for child in children:
        first, last = spans[child]
        look = _look(page, child)
        if found and look == before and child != heaviest:
            found[-1].boxes.append(child)
            found[-1].last = last
        else:
            found.append(_Region([child], first, last))
        found[-1].mass += boxes[child].mass
        before = None if child == heaviest else look
    return found


def _is_list(page: Outline, region: _Region, titles: set[int], site: str) -> bool:
    """Tell whether the region is a list of entries: nearly each of its paragraphs comes after a link or a date."""
    if any(region.first <= at <= region.last for at in titles):
        return False
    prose = introduced = 0
    titled = dated = False
    for block in page.blocks[region.first : region.last + 1]:
        size = block.size
        title = block.linked >= _TITLE and _own(block, site)
        if size >= _PROSE and block.linked < _LINK * len(block.text):
            prose += 1
            introduced += dated or (size < _TEASER and (titled or (title and block.opens_linked)))
            titled = dated = False
        else:
            titled = titled or title
            dated = dated or (block.tag not in HEADINGS and DATED.search(block.text) is not None)
    return prose >= 2 and introduced >= _INTRODUCED * prose


def _is_amid(page: Outline, at: int, region: _Region) -> bool:
    """Tell whether the region is a list of sentences, linked in part, between paragraphs of the box `at` itself."""
    around = [block for number in (region.first - 1, region.last + 1) for block in page.blocks[number : number + 1]]
    return (
        page.boxes[region.boxes[0]].tag in _LISTED
        and all(page.boxes[block.box].parent == at and block.size >= _PROSE for block in around)
        and all(block.linked < _PART * len(block.text) for block in page.blocks[region.first : region.last + 1])
    )


def _is_linked(page: Outline, region: _Region, titles: set[int], site: str) -> bool:
    """Tell whether the region's links to the same site say more than its paragraphs."""
    if any(region.first <= at <= region.last for at in titles):
        return False
    said = linked = 0
    for block in page.blocks[region.first : region.last + 1]:
        size = block.size
        if size >= _PROSE and block.linked < _LINK * len(block.text):
            said += size - block.linked
        if block.linked >= _TITLE and _own(block, site):
            linked += block.linked
    return 0 < said < linked


def _is_thin(page: Outline, region: _Region, main: _Region, last: int, titles: set[int]) -> bool:
    """Tell whether the region holds little, below the article's `last` block or above its headline, and looks other."""
    if page.boxes[region.boxes[0]].tag == "table" and not any(
        block.linked for block in page.blocks[region.first : region.last + 1]
    ):
        return False  # figures
    if region is main or region.mass > _THIN * main.mass or any(region.first <= at <= region.last for at in titles):
        return False
    outside = region.first > last or (region.last < main.first and any(at > region.last for at in titles))
    return outside and _look(page, region.boxes[0]) != _look(page, main.boxes[0])


def _behind(page: Outline, at: int, regions: list[_Region], flow: float, titles: set[int]) -> list[_Region]:
    """Return the small regions below the last paragraph of the box's own flow, that look like none above it."""
    held = {block for region in regions for block in range(region.first, region.last + 1)}
    spans = [
        number
        for number, block in enumerate(page.blocks)
        if number not in held and block.size >= _PROSE and at in page.above(block.box)
    ]
    last = max(spans, default=len(page.blocks))
    looks = {_look(page, region.boxes[0]) for region in regions if region.first < last}
    return [
        region
        for region in regions
        if region.first > last
        and region.mass <= _THIN * flow
        and page.boxes[region.boxes[0]].tag not in _LISTED
        and not _is_itemised(page, region)
        and _look(page, region.boxes[0]) not in looks
        and not any(region.first <= title <= region.last for title in titles)
    ]


def _is_itemised(page: Outline, region: _Region) -> bool:
    """Tell whether most lines of the region are items without a link, as ingredients and results are."""
    blocks = page.blocks[region.first : region.last + 1]
    return 2 * sum(block.tag in ("li", "dd", "td") and not block.linked for block in blocks) > len(blocks)


def _last(page: Outline, at: int, regions: list[_Region], main: _Region) -> int:
    """Return the article's last block in the box: of its own flow, or of a region that is no small part of it."""
    held = {block for region in regions for block in range(region.first, region.last + 1)}
    last = max(region.last for region in regions if region.mass > _THIN * main.mass)
    for number in range(len(page.blocks) - 1, last, -1):
        block = page.blocks[number]
        if number not in held and block.size >= _PROSE and at in page.above(block.box):
            return number
    return last


def _look(page: Outline, box: int) -> tuple[str, ...]:
    """Return what a box looks like: its tag and names, or where it has none the tags of its parts."""
    found = page.boxes[box]
    if found.label:
        return found.tag, _DIGITS.sub("", found.label)
    return found.tag, *sorted({page.boxes[child].tag for child in found.children})


def _own(block: Block, site: str) -> bool:
    """Tell whether one of the block's links leads to the page's site, or nowhere."""
    return any("//" not in link[:9] or (site != "" and site in link) for link in block.links)


#: a paragraph; a button's words or a name
_LONG, _SHORT = 80, 40
#: a text that stands once whole and once in pieces is no shorter, and its pieces are so much of it
_WHOLE, _LEAST_PIECES, _IN_PIECES = 600, 3, 0.9


def without_wholes(inside: list[Block]) -> list[Block]:
    """Return the blocks without those that hold a whole text in one line whose paragraphs stand there, too."""
    long = [block for block in inside if len(block.text) > _WHOLE]
    if not long:
        return inside
    keys = [(id(block), key) for block in inside if len(key := letters(block.text)) > 20]
    wholes = set()
    for block in sorted(long, key=lambda each: -len(each.text))[:_LEAST_PIECES]:
        whole = letters(block.text)
        pieces = {key for of, key in keys if of != id(block) and len(key) < 0.7 * len(whole) and key in whole}
        if len(pieces) >= _LEAST_PIECES and sum(map(len, pieces)) > _IN_PIECES * len(whole):
            wholes.add(id(block))
    return [block for block in inside if id(block) not in wholes]


#: lines of an article before which no other one begins below; so many headings with a byline each are its own manner
_OWN_LINES, _MOST_BYLINED = 3, 6
#: lines below a heading among which a byline stands
_BELOW = 2


def without_following(inside: list[Block]) -> list[Block]:
    """Return the blocks up to the next article in full: a heading, and right below it who wrote that one."""
    prose, found = 0, []
    for at, block in enumerate(inside):
        if block.tag in ("h1", "h2", "h3") and prose >= _OWN_LINES:
            below = list(takewhile(lambda each: len(each.text) < _LONG, inside[at + 1 : at + 1 + _BELOW]))
            if any(is_byline(each.text) and _is_signed(each.text) for each in below):
                found.append(at)
        prose += block.tag not in HEADINGS and block.size >= _LONG
    return inside[: found[0]] if 0 < len(found) < _MOST_BYLINED else inside


def _is_signed(line: str) -> bool:
    return not line.endswith(".") and any(map(is_person, names([line])))


#: of the article's prose, the most that a box with an appeal holds
_MOST_APPEAL = 0.3
#: characters in which an appeal says that it is one
_APPEAL_BEGINS = 200
_APPEALS = PhraseFinder("appeals")


def without_appeals(page: Outline, inside: list[Block], chosen: int) -> list[Block]:
    """Return the blocks without boxes of their own in which the outlet asks for money or members."""
    boxes = page.boxes
    asking: Counter[int] = Counter()
    lines: Counter[int] = Counter()
    for block in inside:
        at = boxes[block.box].parent
        if at not in (chosen, -1) and block.size >= _SHORT and boxes[at].mass < _MOST_APPEAL * boxes[chosen].mass:
            lines[at] += 1
            asking[at] += _APPEALS.finds(block.text, _APPEAL_BEGINS)
    appeals = {at for at, times in asking.items() if times and 2 * times >= lines[at]}
    return [block for block in inside if boxes[block.box].parent not in appeals] if appeals else inside


#: lines that lead to other sites, as those of deals to their shops; fewer are sources and sponsors
_LEAST_DEALS = 8


def deals(inside: list[Block], site: str) -> set[int]:
    """Return the ids of the linked lines of a page that lists what others sell: most of its lines lead away from it."""
    away = [
        block
        for block in inside
        if block.linked > 0.5 * len(block.text) > _TITLE
        and (block.linked < 0.9 * len(block.text) or any(map(str.isdigit, block.text)))
        and block.links
        and all("//" in link[:8] and not (site and site in link) for link in block.links)
    ]
    prose = sum(block.tag not in HEADINGS and block.size >= _LONG for block in inside) - len(away)
    return set(map(id, away)) if len(away) >= _LEAST_DEALS and len(away) > prose else set()


#: a caption and who made the picture are so many lines and characters at most, and one paragraph
_CAPTION_LINES, _CAPTION_SIZE = 3, 250
#: of the text, the most that captions are: more is a gallery, whose text they are
_MOST_CAPTIONS = 0.25
#: what holds a paragraph may hold its picture, too
_NO_FRAMES = frozenset("p article blockquote body main".split())


def without_captions(page: Outline, inside: list[Block], chosen: int) -> list[Block]:
    """Return the blocks without what is said of pictures: the few lines that share a box of their own with one.

    A box with a heading is a part of the text that has a picture, and where much of the text stands beside pictures,
    it is what is said of them.
    """
    boxes = page.boxes
    pictured: set[int] = set()
    for at in page.pictures:
        while at > chosen and at not in pictured:
            pictured.add(at)
            at = boxes[at].parent
    framed: dict[int, list[Block]] = {}
    for block in inside if pictured else ():
        at = block.box
        while at > chosen and at not in pictured:
            at = boxes[at].parent
        if at > chosen and boxes[at].tag not in _NO_FRAMES:
            framed.setdefault(at, []).append(block)
    captions = [
        block
        for of_frame in framed.values()
        if len(of_frame) <= _CAPTION_LINES
        and size_of(of_frame) <= _CAPTION_SIZE
        and sum(block.size >= _LONG for block in of_frame) <= 1
        and not any(block.tag in HEADINGS for block in of_frame)
        for block in of_frame
    ]
    if not captions or size_of(captions) > _MOST_CAPTIONS * size_of(inside):
        return inside
    dropped = set(map(id, captions))
    return [block for block in inside if id(block) not in dropped]


#: of what stands below the headline, the most that may be left out above it
_MOST_LEAD_IN = 0.2


def without_lead_ins(inside: list[Block], headline: str) -> list[Block]:
    """Return the blocks from the headline on, where one heading is it and most of the text stands below."""
    tops = [at for at, block in enumerate(inside) if block.tag in HEADINGS and letters(block.text) == headline]
    if len(tops) != 1 or size_of(inside[: tops[0]]) > _MOST_LEAD_IN * size_of(inside[tops[0] :]):
        return inside
    return inside[tops[0] :]
