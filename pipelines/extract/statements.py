"""What a page states for machines beyond what it shows: corrections, checked claims, sources, and text in scripts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from json import JSONDecoder
from typing import Any
from zoneinfo import ZoneInfo

from news.article import ClaimReview, CorrectionNotice
from news.moment import TimeSource
from pipelines.extract import instants, json_ld
from pipelines.extract.body import length, text_lines
from pipelines.extract.boilerplate import boilerplate
from pipelines.extract.comparison import letters, plain
from pipelines.extract.document import Document
from pipelines.extract.headline import Headlines

#: statements of one sort; more are a list of other articles, or an attack
_MOST = 20
#: characters of a notice or a claim; of a name or a verdict
_TEXT, _NAME = 4_000, 300


def correction_notices(document: Document, zone: ZoneInfo | None) -> tuple[CorrectionNotice, ...]:
    """Return the corrections that the article's JSON-LD states: texts, CorrectionComment nodes or addresses.

    Source: schema.org/correction. `zone` is the outlet's. Each text stands once, in the page's order.
    """
    values = [*_listed(document.article.get("correction"))]
    values += [node for node in document.nodes if "CorrectionComment" in json_ld.types(node)]
    found: dict[str, CorrectionNotice] = {}
    for value in values[: 2 * _MOST]:
        notice = _notice(document, value, zone)
        if notice is not None:
            found.setdefault(letters(notice.text) or notice.url, notice)
    return tuple(found.values())[:_MOST]


def _notice(document: Document, value: Any, zone: ZoneInfo | None) -> CorrectionNotice | None:
    if isinstance(value, str):
        address = _address(document, value) if value.startswith(("http://", "https://", "/")) else ""
        value = {"url": value} if address else {"text": value}
    if not isinstance(value, dict):
        return None
    text = next((said for key in ("text", "description", "name") if (said := _said(value.get(key), _TEXT))), "")
    address = _address(document, value.get("url"))
    if not text and not address:
        return None
    stated = instants.read(str(value.get("datePublished") or value.get("dateCreated") or ""))
    return CorrectionNotice(
        text=text, url=address, date_published=stated.moment(TimeSource.JSON_LD, zone) if stated else None
    )


def is_based_on(document: Document) -> tuple[str, ...]:
    """Return addresses, else names, of what the article's JSON-LD says that it is based on (schema.org/isBasedOn).

    >>> document = Document(url="https://a.example/1", tree=None, article={"isBasedOn": ["/2", {"name": "A report"}]})
    >>> is_based_on(document)
    ('https://a.example/2', 'A report')
    """
    found: dict[str, None] = {}
    for key in ("isBasedOn", "isBasedOnUrl"):
        for value in _listed(document.article.get(key))[:_MOST]:
            node = value if isinstance(value, dict) else {"url": value}
            address = _address(document, node.get("url") or node.get("@id"))
            if name := address or _said(node.get("name"), _NAME) or _said(node.get("headline"), _NAME):
                found.setdefault(name)
    return tuple(found)[:_MOST]


def claim_reviews(document: Document) -> tuple[ClaimReview, ...]:
    """Return the claims that the page checks: schema.org's ClaimReview nodes that have a claim.

    They stand beside the article's node, or as its `review`. A review of another page has its address; one without an
    address is of this page.
    """
    nodes = [*document.nodes, *_listed(document.article.get("review"))]
    found: dict[tuple[str, str], ClaimReview] = {}
    for node in nodes:
        if not isinstance(node, dict) or "ClaimReview" not in json_ld.types(node):
            continue
        claim = _said(node.get("claimReviewed"), _TEXT)
        if not claim:
            continue
        item, rating = _first(node.get("itemReviewed")), _first(node.get("reviewRating"))
        review = ClaimReview(
            claim=claim,
            claimant=", ".join(_names(item.get("author")))[:_NAME],
            verdict=_said(rating.get("alternateName"), _NAME) or _said(rating.get("name"), _NAME),
            url=_address(document, node.get("url")) or document.url,
        )
        found.setdefault((letters(claim), review.url), review)
    return tuple(found.values())[:_MOST]


def _names(value: Any) -> Iterator[str]:
    for each in _listed(value)[:_MOST]:
        if name := _said(each.get("name") if isinstance(each, dict) else each, _NAME):
            yield name


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _first(value: Any) -> json_ld.Node:
    """Return the first node of a value, an empty one where it is something else."""
    value = value[0] if isinstance(value, list) and value else value
    return value if isinstance(value, dict) else {}


def _said(value: Any, most: int) -> str:
    value = value[0] if isinstance(value, list) and value else value
    return plain(value)[:most] if isinstance(value, str) else ""


def _address(document: Document, value: Any) -> str:
    """Return an absolute address of the web, or an empty text."""
    value = value[0] if isinstance(value, list) and value else value
    return document.absolute(value) if isinstance(value, str) and value.strip() else ""


#: a longer text than this is whole: then no script is read
_WHOLE = 1_500
#: what the state of a script has to bring, and how much of the shown text it must repeat to be the same text
_STATE_GAIN, _REPEATED, _LEAST = 1.6, 0.8, 250
#: the share of its text that has to stand in paragraphs: the rest are subheadings
_MOSTLY = 0.8
#: of the headline's words, the share that a text without a title of its own has to use
_KIN = 0.34
#: a line of so many letters is a paragraph, and fewer paragraphs are a notice
_PROSE, _PARAGRAPHS = 80, 3
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
    least = max(_LEAST, _STATE_GAIN * size)
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
