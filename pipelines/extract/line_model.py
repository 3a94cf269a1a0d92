"""A page's lines in, the chance of each that it is the article's out: a learned opinion, beside the rules' own.

What it looks at is structure: size, links, place, neighbours, style and kinship with the headline, in no language's
words. It is learned from pages with a truth by `bench/train_lines.py`, and asked only where the rules' result is in
doubt (`second_opinion`).
"""

import json
import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from pipelines.extract.block_segmentation import HEADINGS, Block, Outline
from pipelines.extract.comparison import letters
from pipelines.extract.language_rules import named

#: of each line, in the order of the numbers that `features` returns
FEATURES = (
    "size", "linked", "strong", "tag", "ended", "commas", "digits", "begins",  # the line itself
    "furniture", "article", "named_body", "comments", "form", "depth",  # the boxes that hold it
    "place", "prose_before", "after_headline", "prose_since_headline", "up_to_headline",  # where it stands
    "style_share", "style_lines", "box_share", "box_lines", "outer_share",  # how much of the page is alike
    "size_before", "size_after", "linked_before", "linked_after", "size_before_2", "size_after_2",
    "same_box_before", "same_box_after", "sizes_around", "linked_around", "gap_before", "breaks_since",
    "words_of_headline", "words_of_top", "repeats", "time",
    "linked_parent", "linked_outer", "linked_style", "linked_list", "list_lines", "parent_lines", "parent_share",
    "to_median", "prose_after", "longest_after", "to_last_prose", "since_heading", "linked_heading",
    "upper", "label", "address", "copyright", "names",
)  # fmt: skip
#: where the learned model lies; without it the rules are alone
MODEL = Path(__file__).parent / "data" / "lines.json"
_TAGS = {"p": 1, "blockquote": 2, "pre": 2, "li": 3, "dd": 3, "dt": 3, "td": 4, "th": 4, "tr": 4, "div": 5}
_ENDED = re.compile(r"[.!?…。！？।॥؟۔»”\"'’)\]]$")
_COMMAS = re.compile(r"[,，、،;]")
_DIGITS = re.compile(r"\d")
_TIME = re.compile(r"\b\d{1,2}[:.]\d{2}\b|\b(?:19|20)\d\d\b")
_WORDS = re.compile(r"\w{4,}|[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]{2}")
_COMMENTS = re.compile(r"comment|reply|respon[ds]|disqus|forum|discuss|guestbook|koment|kommentar|otzyv|feedback")
_BODY = re.compile(r"(?:article|story|post|entry|news|text|content|detail)[-_]{0,2}(?:body|content|text|copy|detail)")
_LABEL = re.compile(r"[^\s:：][^:：]{1,30}[:：]\s?\S")
_ADDRESS = re.compile(r"@|https?:|www\.")
_LISTS = ("ul", "ol", "dl")
#: a page of more is a list or an attack; the trees take some 40 microseconds a line
_BLOCKS_LIMIT = 3_000
#: a line of so many letters is prose, if it is no link
_PROSE = 80
#: words of a line that are looked at
_WORDS_LIMIT = 60
#: lines below one that are looked at, and boxes above one in which a list is looked for
_AHEAD, _UP = 5, 4
#: elements with a telling name that are counted: most pages have more
_NAMES_LIMIT = 20
#: lines that stand right under the headline, whose words say what the article is about
_TOP_PROSE = 2


@cache
def model() -> dict[str, Any]:
    """Return the learned model, {} where its file is missing or made for other features."""
    try:
        found: dict[str, Any] = json.loads(MODEL.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return found if tuple(found.get("features", ())) == FEATURES else {}


def chances(page: Outline, headline: str) -> list[float]:
    """Return the chance, 0 to 1, of each block that it is the article's; [] where there is no model or no block."""
    learned = model()
    if not learned or len(page.blocks) > _BLOCKS_LIMIT:
        return []
    found = []
    for row in features(page, headline):
        score = learned["base"]
        for tree in learned["trees"]:
            while type(tree) is list:  # a branch: feature, edge, the side up to it, the side above
                tree = tree[2] if row[tree[0]] <= tree[1] else tree[3]
            score += tree
        found.append(1 / (1 + math.exp(-score)))
    return found


def telling_names(page: Outline, most: int = _NAMES_LIMIT) -> int:
    """Return how many of the page's elements have a class or an id that says what they hold; `most` if more do.

    Pages whose names are made by a program (`css-1x2y3z`), or that have none, say nothing by them.
    """
    found = 0
    for box in page.boxes:
        if box.label and (named(box.label) or _BODY.search(box.label)):
            found += 1
            if found >= most:
                break
    return found


@dataclass(slots=True)
class _Place:
    """What a line has of the boxes that hold it."""

    furniture: int = 0
    article: int = 0
    named: int = 0
    comments: int = 0
    form: int = 0


def features(page: Outline, headline: str) -> list[list[float]]:
    """Return FEATURES of each block of the page, numbers all."""
    blocks, boxes = page.blocks, page.boxes
    if not blocks:
        return []
    places = _places(page)
    sizes = [block.size for block in blocks]
    logs = list(map(math.log1p, sizes))
    links = [min(1.0, block.linked / len(block.text)) for block in blocks]
    prose = [
        size if size >= _PROSE and link < 0.4 and block.tag not in HEADINGS else 0
        for block, size, link in zip(blocks, sizes, links, strict=True)
    ]
    total = sum(prose) or 1
    held: Counter[int] = Counter()
    lines: Counter[int] = Counter()
    styles: Counter[tuple[str, str, str]] = Counter()
    style_lines: Counter[tuple[str, str, str]] = Counter()
    of_style = []
    for block, size in zip(blocks, prose, strict=True):
        box = boxes[block.box]
        above = boxes[box.parent] if box.parent >= 0 else box
        style = (box.tag, box.label, above.label)
        of_style.append(style)
        styles[style] += size
        style_lines[style] += 1
        lines[block.box] += 1
        if size:
            for at in page.above(block.box):
                held[at] += size
    keys = [letters(block.text[:200]) for block in blocks]
    start = _headline_at(keys, letters(headline), prose)
    near = set(page.above(blocks[start].box)) if start >= 0 else {0}
    told = set(_WORDS.findall(headline.lower()))
    top = set(told)
    seen: set[str] = set()
    count = len(blocks)
    around_lines = _around(page, sizes, links, prose)
    before = since = taken = 0
    gap = breaks = 0
    found = []
    for at, block in enumerate(blocks):
        place, size, text = places[block.box], sizes[at], block.text
        steps = 0
        holder = block.box
        while holder not in near:
            holder = boxes[holder].parent
            steps += 1
        words = _WORDS.findall(text.lower())[:_WORDS_LIMIT] if told or top else []
        parent = boxes[block.box].parent
        tag = 6 if block.tag in HEADINGS else _TAGS.get(block.tag, 0)
        around = slice(max(0, at - 3), at + 4)
        found.append(
            [
                logs[at], links[at], block.strong / len(text), tag, bool(_ENDED.search(text)),
                len(_COMMAS.findall(text)) / (size + 1) * 100, len(_DIGITS.findall(text)) / (len(text) + 1),
                1 if text[:1].isupper() else 2 if text[:1].islower() else 0,
                place.furniture, place.article, place.named, place.comments, place.form, boxes[block.box].depth,
                at / count, before / total, max(-50, min(200, at - start)) if start >= 0 else -60,
                since / total, steps,
                styles[of_style[at]] / total, style_lines[of_style[at]], held[block.box] / total, lines[block.box],
                held[parent] / total if parent >= 0 else 1.0,
                logs[at - 1] if at else 0, logs[at + 1] if at + 1 < count else 0,
                links[at - 1] if at else 0, links[at + 1] if at + 1 < count else 0,
                logs[at - 2] if at > 1 else 0, logs[at + 2] if at + 2 < count else 0,
                (at > 0 and blocks[at - 1].box == block.box) or (at > 0 and boxes[blocks[at - 1].box].parent == parent),
                at + 1 < count and (blocks[at + 1].box == block.box or boxes[blocks[at + 1].box].parent == parent),
                math.log1p(sum(prose[around])), sum(links[around]) / len(links[around]),
                min(gap, 20), min(breaks, 20),
                sum(word in told for word in words) / len(words) if words else 0.0,
                sum(word in top for word in words) / len(words) if words else 0.0,
                len(keys[at]) > 20 and keys[at] in seen, bool(_TIME.search(text[:40])),
                *around_lines[at],
            ]
        )  # fmt: skip
        seen.add(keys[at])
        before += prose[at]
        if at > start:
            since += prose[at]
            if prose[at]:
                breaks += gap > 2
                if taken < _TOP_PROSE:
                    taken += 1
                    top.update(words)
        gap = 0 if prose[at] else gap + 1
    return found


def _around(page: Outline, sizes: list[int], links: list[float], prose: list[int]) -> list[list[float]]:
    """Return of each block the features from `linked_parent` on: its holders, its style, what follows, its letters."""
    blocks, boxes = page.blocks, page.boxes
    text = [0] * len(boxes)
    linked = [0] * len(boxes)
    lines = [0] * len(boxes)
    styles: dict[tuple[str, str, str], list[int]] = {}
    of_style = []
    for block in blocks:
        size = len(block.text)
        text[block.box] += size
        linked[block.box] += block.linked
        lines[block.box] += 1
        box = boxes[block.box]
        style = styles.setdefault((box.tag, box.label, boxes[max(box.parent, 0)].label), [0, 0])
        style[0] += block.linked
        style[1] += size
        of_style.append(style)
    for at in range(len(boxes) - 1, 0, -1):  # a box stands behind the one that holds it
        above = boxes[at].parent
        text[above] += text[at]
        linked[above] += linked[at]
        lines[above] += lines[at]
    shares = [of_box / (whole or 1) for of_box, whole in zip(linked, text, strict=True)]
    ordered = sorted(filter(None, prose))
    median = ordered[len(ordered) // 2] if ordered else _PROSE
    last = max((at for at, size in enumerate(prose) if size), default=0)
    names = telling_names(page)
    found: list[list[float]] = []
    heading = -1
    for at, block in enumerate(blocks):
        if block.tag in HEADINGS:
            heading = at
        parent = max(boxes[block.box].parent, 0)
        held = next((box for box in islice(page.above(block.box), _UP) if boxes[box].tag in _LISTS), 0)
        found.append(
            [
                shares[parent], shares[max(boxes[parent].parent, 0)], of_style[at][0] / of_style[at][1],
                shares[held] if held else 0, lines[held] if held else 0, lines[parent], text[parent] / text[0],
                sizes[at] / median, sum(map(bool, prose[at + 1 : at + 1 + _AHEAD])),
                max(sizes[at + 1 : at + 1 + _AHEAD], default=0), min(last - at, 60),
                min(at - heading, 30) if heading >= 0 else 40, links[heading] if heading >= 0 else 0,
                *_letters_of(block), names,
            ]
        )  # fmt: skip
    return found


def _letters_of(block: Block) -> tuple[float, bool, bool, bool]:
    text = block.text
    upper = sum(map(str.isupper, text)) / len(text)
    return upper, bool(_LABEL.match(text)), bool(_ADDRESS.search(text)), "©" in text


def _headline_at(keys: list[str], headline: str, prose: list[int]) -> int:
    """Return the place of the last line that is the headline and has prose behind it, -1 where there is none."""
    behind = sum(prose)
    best = -1
    if len(headline) < 6:
        return best
    for at, key in enumerate(keys):
        if behind < 0.3 * sum(prose):
            break
        if key and (key == headline[:200] or (len(key) > 15 and (key in headline or headline in key))):
            best = at
        behind -= prose[at]
    return best


def _places(page: Outline) -> list[_Place]:
    found: list[_Place] = []
    for box in page.boxes:
        above = found[box.parent] if box.parent >= 0 else _Place()
        found.append(
            _Place(
                above.furniture + bool(box.furniture),
                above.article or (box.tag == "article") + 2 * (box.tag == "main"),
                above.named or box.prose or bool(_BODY.search(box.label)),
                above.comments or bool(_COMMENTS.search(box.label)),
                above.form + (box.tag in ("form", "header", "footer", "aside")),
            )
        )
    return found
