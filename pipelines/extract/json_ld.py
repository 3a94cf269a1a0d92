"""JSON-LD as pages really carry it: graphs, lists, references, broken syntax; out comes the article's node."""

import html
import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import orjson

from pipelines.extract.comparison import letters

Node = dict[str, Any]

#: scripts past this size are data dumps, not descriptions of an article
_SCRIPT_LIMIT = 2_000_000
#: nodes past this number are lists of other things
_NODES_LIMIT = 2_000
#: what hangs below these keys describes something else than the page's article
_OTHERS = frozenset(
    "itemListElement liveBlogUpdate isPartOf citation mentions comment review hasPart breadcrumb potentialAction "
    "about isBasedOn itemReviewed relatedLink significantLink interactionStatistic publisher author creator offers "
    "image video thumbnail associatedMedia contributor editor".split()
)
_COMMENTS = re.compile(r"^\s*(?:<!--|//<!\[CDATA\[|<!\[CDATA\[|/\*<!\[CDATA\[\*/)|(?:-->|//\]\]>|\]\]>)\s*;?\s*$")
_TRAILING_COMMA = re.compile(r",(?=\s{0,200}[}\]])")
_MISSING_COMMA = re.compile(r'(?<=["\]}\d])(\s{0,200}\n\s{0,200})(?="[\w@]{1,60}"\s{0,50}:)')


def read(scripts: Iterable[str]) -> tuple[Node, ...]:
    """Return all typed objects of the JSON-LD scripts, references resolved one step, in the page's order."""
    nodes: list[Node] = []
    by_id: dict[str, Node] = {}
    for script in scripts:
        if len(script) <= _SCRIPT_LIMIT:
            for value in _values(script):
                _name(value, by_id, _NODES_LIMIT - len(by_id))
                nodes.extend(_flat(value, _NODES_LIMIT - len(nodes)))
    return tuple(_resolved(node, by_id) for node in nodes)


_HOST = re.compile(r"^(?:https?:)?//[^/?#]*", re.IGNORECASE)


def _names(id: str) -> Iterator[str]:
    """Yield the names under which a node may be meant: its id, the same without the host, and its fragment alone.

    >>> list(_names("https://a.example/story#ada"))
    ['https://a.example/story#ada', '/story#ada', '#ada']
    """
    yield id
    yield _HOST.sub("", id)
    if "#" in id:
        yield f"#{id.rpartition('#')[2]}"


def _name(value: Any, by_id: dict[str, Node], room: int) -> None:
    """Note every node that has an id and says something, wherever it hangs, under its names."""
    waiting = [value]
    for _ in range(max(0, room)):
        if not waiting:
            return
        item = waiting.pop()
        if isinstance(item, list):
            waiting += item[:room]
        elif isinstance(item, dict):
            if isinstance(id := item.get("@id"), str) and (len(item) > 2 or "name" in item):
                for name in _names(id):
                    if "name" not in by_id.get(name, ()):  # one that names it says more than one that refers to it
                        by_id[name] = item
            waiting += [below for below in item.values() if isinstance(below, dict | list)]


def types(node: Node) -> frozenset[str]:
    """Return the node's types without a namespace.

    >>> sorted(types({"@type": ["schema:NewsArticle", "http://schema.org/Report"]}))
    ['NewsArticle', 'Report']
    """
    found = node.get("@type")
    return frozenset(
        re.split(r"[/#:]", name)[-1]
        for name in (found if isinstance(found, list) else [found])
        if isinstance(name, str)
    )


def is_article(node: Node) -> bool:
    """Tell whether the node is an article, a report or a posting."""
    return any(name.endswith(("Article", "Posting")) or name == "Report" for name in types(node))


def main(nodes: tuple[Node, ...], url: str, title: str) -> Node:
    """Return the node of the page's own article with what its twins add, or an empty one.

    Pages carry nodes of several plugins for the same article, and of other articles. The own one is named by the
    page's address or shares its headline; of several the fullest wins.
    """
    articles = [
        node
        for node in nodes
        if is_article(node) and ("DiscussionForumPosting" not in types(node) or _own(node, url, title) >= _SURE)
    ]
    if not articles:
        articles = [node for node in nodes if types(node) & _INSTEAD]
    scored = [(_own(node, url, title), node) for node in articles]
    if not scored:
        return {}
    best_score, best = max(scored, key=lambda pair: pair[0])
    merged = dict(best)
    for score, node in scored:
        twin = node is not best and (score >= best_score - 1 or letters(_text(node.get("headline"))) == letters(title))
        if twin and score > 1:
            for key, value in node.items():
                merged.setdefault(key, value)
            merged["@type"] = sorted(types(merged) | types(node))  # one of them may say that it is an opinion
    return merged


#: what a page may be about that carries no article
_INSTEAD = frozenset({"VideoObject", "ImageGallery", "MediaGallery", "Review", "CriticReview"})
#: the node shares address or headline with the page; a reader's posting shares neither
_SURE = 2


def _own(node: Node, url: str, title: str) -> float:
    path = url.split("?")[0].rstrip("/").rpartition("//")[2]
    page = node.get("mainEntityOfPage")
    page = page.get("@id") or page.get("url") if isinstance(page, dict) else page
    score = 0.0
    addresses = [
        _text(value).split("?")[0].split("#")[0].rstrip("/").rpartition("//")[2]
        for value in (page, node.get("url"), node.get("@id"))
    ]
    if path and path in addresses:
        score += 3
    headline = letters(_text(node.get("headline")) or _text(node.get("name")))
    if headline and title and (headline in letters(title) or letters(title) in headline):
        score += 2
    score += 0.5 * sum(
        bool(node.get(key)) for key in ("headline", "datePublished", "author", "articleBody", "dateModified")
    )
    return score


def _text(value: object) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    return value if isinstance(value, str) else ""


def _values(script: str) -> list[Any]:
    """Return the JSON values of one script, mended in the ways that pages break it."""
    try:
        return [orjson.loads(script)]
    except orjson.JSONDecodeError:
        text = _COMMENTS.sub("", _COMMENTS.sub("", script)).strip().rstrip(";")
    if not text:
        return []
    commas = _TRAILING_COMMA.sub("", text)
    tries: tuple[Callable[[], str], ...] = (
        lambda: text,
        lambda: commas,
        lambda: _MISSING_COMMA.sub(r",\1", commas),
        lambda: _plain_marks(commas),
        lambda: _repaired(commas),
        lambda: _repaired(_MISSING_COMMA.sub(r",\1", _plain_marks(_ESCAPE.sub("", commas)))),
        lambda: html.unescape(commas),
        lambda: _closed(_repaired(commas)),
    )
    for mended in tries:
        if found := _sequence(mended().strip()):
            return found
    return _rescued(text)


#: a stroke that escapes nothing which JSON escapes
_ESCAPE = re.compile(r'\\(?!["\\/bfnrt]|u[0-9a-fA-F]{4})(?<!\\\\)')
#: a key between quotation marks of print
_PRINTED = re.compile(r"[“”„](@?\w{1,60})[“”„](?=\s{0,20}:)")


def _plain_marks(text: str) -> str:
    """Return JSON with its own quotation marks: pages have printed ones, and a script's single ones."""
    if '"' not in text:
        return text.replace("'", '"')
    return _PRINTED.sub(r'"\1"', text)


def _closed(text: str) -> str:
    """Return JSON that was cut off up to the last value that came whole, with its brackets closed.

    >>> _closed('{"a": [{"b": 1}, {"c": "wor')
    '{"a": [{"b": 1}]}'
    """
    open_, whole, closing = "", 0, ""
    inside = False
    for match in _STRUCTURE.finditer(text):
        sign = match[0]
        if sign == '"':
            inside = not inside
        elif inside or len(sign) > 1:
            continue
        elif sign in "{[":
            open_ += "}" if sign == "{" else "]"
        elif sign == ",":
            whole, closing = match.start(), open_[::-1]
        elif open_.endswith(sign):
            open_ = open_[:-1]
            whole, closing = match.end(), open_[::-1]
    return text[:whole] + closing


_STRUCTURE = re.compile(r'\\[\s\S]|["{}\[\],]')


_TOKEN = re.compile(r'\\[\s\S]|"|//|/\*')
#: behind the mark that ends a string JSON goes on; one inside of it was to be escaped
_GOES_ON = re.compile(r'\s{0,50}(?:[:}\]]|,\s{0,50}["{\[\d]|$)')


def _repaired(text: str) -> str:
    """Return JSON without JavaScript's comments, and with the quotation marks inside its strings escaped.

    >>> _repaired('{/* a */ "headline": "Mayor: "we rebuild" it"}')
    '{ "headline": "Mayor: \\\\"we rebuild\\\\" it"}'
    """
    found: list[str] = []
    inside, at = False, 0
    for match in _TOKEN.finditer(text):
        sign, start = match[0], match.start()
        if start < at:
            continue
        if sign == '"' and inside and not _GOES_ON.match(text, match.end()):
            found += (text[at:start], r"\"")
            at = match.end()
        elif sign == '"':
            inside = not inside
        elif not inside and sign in ("//", "/*"):
            end = text.find("\n" if sign == "//" else "*/", match.end())
            found.append(text[at:start])
            at = len(text) if end < 0 else end + len(sign) - (sign == "//") * 2
    return "".join((*found, text[at:]))


def _sequence(text: str) -> list[Any]:
    """Return the values that stand one after the other; raw line breaks inside strings are allowed."""
    decoder, found, at = json.JSONDecoder(strict=False), [], 0
    while at < len(text):
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        found.append(value)
        while at < len(text) and text[at] in " \t\r\n,;":
            at += 1
    return found


_FIELD = re.compile(
    r'"(@type|headline|datePublished|dateModified|description|inLanguage|articleSection)"\s*:\s*"((?:[^"\\]|\\.){1,2000})"'
)


def _rescued(text: str) -> list[Any]:
    """Return the first plain string of each field that matters, where the whole cannot be read."""
    found: Node = {}
    for match in _FIELD.finditer(text[:200_000]):
        found.setdefault(match[1], match[2].replace('\\"', '"').replace("\\/", "/"))
    return [found] if {"@type", "headline"} <= found.keys() else []


def _flat(value: Any, room: int) -> Iterator[Node]:
    """Yield the typed objects in `value` that may describe the page, at most `room`."""
    waiting, seen = [value], 0
    while waiting and seen < room:
        item = waiting.pop(0)
        if isinstance(item, list):
            waiting[:0] = item[:room]
        elif isinstance(item, dict):
            seen += 1
            if "@type" in item:
                yield item
            waiting[:0] = [
                below for key, below in item.items() if key not in _OTHERS and isinstance(below, dict | list)
            ]


def _resolved(node: Node, by_id: dict[str, Node]) -> Node:
    def look(value: Any) -> Any:
        if isinstance(value, dict) and isinstance(id := value.get("@id"), str) and not value.get("name"):
            return next((by_id[name] for name in _names(id) if name in by_id), {}) | value
        return value

    def plain(value: Any) -> Any:
        # JSON-LD 1.1, 4.3: lists and sets may say that they are such
        return value.get("@list", value.get("@set", value)) if isinstance(value, dict) else value

    return {
        key: [look(item) for item in value] if isinstance(value, list) else look(value)
        for key, value in ((key, plain(value)) for key, value in node.items())
    }
