"""Who wrote it: people apart from agencies and desks, from what the page states and then from what it shows."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from selectolax.lexbor import LexborNode

from news.edit_words import edit_words
from pipelines.extract.block_segmentation import Block
from pipelines.extract.boilerplate import prose_of
from pipelines.extract.bylines import is_agency, is_byline, is_news_agency, is_person, names
from pipelines.extract.comparison import Candidate, letters, plain, without_signs
from pipelines.extract.document import Document, holders, label
from pipelines.extract.language_rules import any_of, whole_words

_METAS = {
    "author": 0.7,
    "article:author": 0.6,
    "parsely-author": 0.75,
    "byl": 0.75,
    "cxenseparse:author": 0.75,
    "sailthru.author": 0.7,
    "articleauthor": 0.75,
    "dc.creator": 0.65,
    "dcterms.creator": 0.65,
    "citation_author": 0.65,
    "og:article:author": 0.6,
    "article.author": 0.6,
    "authors": 0.6,
    "dcsext.author": 0.6,
}


@dataclass(frozen=True, kw_only=True)
class Authors:
    """People, agencies, and how they were found."""

    people: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()


def authors(
    document: Document,
    byline: Iterable[str],
    by: Iterable[str],
    signature: Iterable[str],
    labelled: Iterable[str],
    unmarked: Iterable[str],
    sites: Collection[str],
) -> Authors:
    """Return the article's authors.

    `byline` are the texts that the page shows as bylines, `by` those of them that begin with "By", `signature` the
    lines of names that begin or end the text, `labelled` lines anywhere on the page that begin with "Author",
    `unmarked` lines below the headline that are a name and say no more: they count where nothing else does. Sources
    that name the same people add their weights. Without people, an agency or desk signs; the outlet's own name only
    where nobody else does.
    """
    node = document.article
    author = node.get("author")
    whole = {*sites, *(letters(plain(name)) for name in _organisation_names(author))}
    stated = [
        ("json-ld author", 1.0, names(_json_ld(author), whole)),
        ("json-ld creator", 0.6, names(_json_ld(node.get("creator")), whole)),
        *((f"meta {name}", weight, names(values, whole)) for name, weight, values in _metas(document)),
        ("itemprop author", 0.65, names(_microdata(document), whole)),
        ("rel author", 0.62, names(plain(each.text() or "") for each in _cluster(_own(document.author_links)))),
        ("byline", _BYLINE, [name for name in names(byline) if _signs(name, sites)]),
        ("by", 0.2, [name for name in names(by) if _signs(name, sites)]),
        ("class author", 0.6, _first_signed(document, sites)),
        ("signature", 0.3, [name for name in names(signature) if is_person(name)]),
        ("label", 0.25, [name for name in names(labelled) if is_person(name)]),
    ]
    organisations = {letters(name) for name in _organisations(author)}
    found = [(source, weight, known) for source, weight, known in stated if known]
    found.sort(key=lambda each: -each[1])
    if not found and (alone := [name for name in names(unmarked) if _signs(name, sites)]):
        found = [("unmarked", 0.2, alone)]

    def people(known: list[str]) -> list[str]:
        return [name for name in known if not is_agency(name, sites) and letters(name) not in organisations]

    def agencies(known: list[str]) -> list[str]:
        return [name for name in known if name not in people(known)]

    chosen, why = _weighed(found, people, sites), "the most weight stands behind these people"
    if chosen:
        known = {letters(name) for name in people(chosen[2])}
        for each in found:
            alike = [
                other
                for other in found
                if other[0] not in _LINES and set(map(letters, other[2])) == set(map(letters, each[2]))
            ]
            if not each[0].startswith(_WHOLE) and each[0] != "by" and len(alike) < 2:
                continue  # what a page shows in one place may be the names of other articles
            more = {letters(name): name for name in people(each[2])}
            added = [name for key, name in more.items() if key not in known]
            if known < more.keys() and len(added) <= 3 and all(is_person(name) for name in added):
                chosen, known, why = each, set(more), f"names those of {chosen[0]} and more"
    else:
        chosen = _desk(found, organisations, sites)
        why = "names an agency or a desk; no source names people"
    marked = tuple(
        Candidate(value=", ".join(known), source=source, weight=weight, chosen=mine, why=why if mine else "")
        for source, weight, known in found
        for mine in [chosen is not None and source == chosen[0]]
    )
    if chosen is None:
        return Authors()
    signed = {letters(name): name for name in agencies(chosen[2])}
    for source, _, stated_names in found if people(chosen[2]) else ():
        if source == "json-ld author" or any(is_news_agency(name) for name in stated_names):
            for name in agencies(stated_names):
                signed.setdefault(letters(name), name)
    return Authors(people=tuple(people(chosen[2])), agencies=tuple(signed.values()), candidates=marked)


def parted(people: Iterable[str]) -> tuple[str, ...]:
    """Return Chinese names, which have no blank, one by one: what blanks part are several that begin with a surname.

    >>> parted(["王小明 李建国", "王小明", "Jane Doe", "王小明 北京报道"])
    ('王小明', '李建国', 'Jane Doe', '王小明 北京报道')
    """
    surnames = edit_words("zh").surnames
    found: dict[str, None] = {}
    for name in people:
        several = name.split()
        are_names = all(2 <= len(each) <= 3 and each[0] in surnames for each in several)
        found |= dict.fromkeys(several if are_names else [name])
    return tuple(found)


#: sources that are one statement: where they name those who were found and more, all belong together
_WHOLE = ("meta", "json-ld author", "rel")
#: sources that are lines of the page, which may speak of another article or of a picture
_LINES = ("byline", "by", "signature", "label")
#: the weight of what stands near the headline and looks like names
_BYLINE = 0.5
_Found = tuple[str, float, list[str]]


def _weighed(found: list[_Found], people: Callable[[list[str]], list[str]], sites: Collection[str]) -> _Found | None:
    """Return the source of the people behind whom most weight stands: sources that name the same people add up.

    People that a byline alone names do not outweigh a desk that signs in two other places.
    """
    sums: dict[frozenset[str], float] = {}
    first: dict[frozenset[str], _Found] = {}
    for each in found:
        if named := frozenset(letters(name) for name in people(each[2])):
            sums[named] = sums.get(named, 0.0) + each[1]
            first.setdefault(named, each)
    if not sums:
        return None
    best = max(sums, key=lambda named: sums[named])
    desks = sum(
        weight
        for source, weight, known in found
        if not people(known) and source != "byline" and not any(letters(name) in sites for name in known)
    )
    return None if sums[best] <= _BYLINE and desks > 2 * _BYLINE else first[best]


def _cluster(nodes: list[LexborNode]) -> list[LexborNode]:
    """Return the first elements that stand together; later ones belong to other articles."""
    found: list[LexborNode] = []
    homes: set[int] = set()
    for node in nodes[:8]:
        above = [each.mem_id for each in islice(holders(node), 4)]
        if found and not homes & set(above):
            break
        homes.update(above)
        found.append(node)
    return found


def _desk(found: list[_Found], organisations: Collection[str], sites: Collection[str]) -> _Found | None:
    """Return the source whose agency signs: JSON-LD's, unless it only repeats the publisher as an organisation."""
    if not found:
        return None
    if all(letters(name) in sites for name in found[0][2]):
        for each in found:
            if each[0] == "by" and not any(letters(name) in sites for name in each[2]):
                return each
    if all(letters(name) in organisations and letters(name) in sites for name in found[0][2]):
        for each in found[1:]:
            if each[0].startswith("meta") and not {letters(name) for name in each[2]} <= set(organisations):
                return each
    return found[0]


def _signs(name: str, sites: Collection[str]) -> bool:
    return is_person(name) or is_agency(name, sites)


def _first_signed(document: Document, sites: Collection[str]) -> list[str]:
    """Return the names in the first element of an author's class; later ones belong to other articles."""
    for node in _own(document.signed):
        text = plain(node.text(separator="|") or "").strip("| ")
        if 3 < len(text) < 120 and (found := [name for name in names([text]) if is_person(name)]):
            return found
    return []


def _organisations(value: Any) -> list[str]:
    """Return the names that JSON-LD gives to authors that it types as organisations."""
    listed = _organisation_names(value)
    return names(listed, {letters(plain(name)) for name in listed})


def _organisation_names(value: Any) -> list[str]:
    listed = value if isinstance(value, list) else [value]
    typed = [each for each in listed[:200] if isinstance(each, dict) and "Organization" in str(each.get("@type"))]
    return [name for each in typed for name in _json_ld(each)]


_SIGNLESS_METAS = {without_signs(name): weight for name, weight in _METAS.items()}


def _metas(document: Document) -> Iterator[tuple[str, float, list[str]]]:
    """Yield name, weight and values of the meta tags of authors, however the parts of a name are joined."""
    for name, values in document.metas.items():
        if weight := _METAS.get(name) or _SIGNLESS_METAS.get(without_signs(name)):
            yield name, weight, values
    for at in ("1", "2"):
        label, value = document.meta(f"twitter:label{at}"), document.meta(f"twitter:data{at}")
        if label and value and is_byline(f"{label} {value}"):
            yield f"twitter:data{at}", 0.7, [value]


#: what holds the names of readers and of other articles' authors
_OTHERS = re.compile(r"\bcomments?\b|comment-(?:list|body|author|meta)|disqus|related|recommend|most-?(?:read|popular)")
_STEPS = 6


def _own(nodes: list[LexborNode]) -> list[LexborNode]:
    """Return the elements that stand neither among comments nor in what lists other articles."""
    return [node for node in nodes[:12] if not _of_others(node)]


def _of_others(node: LexborNode) -> bool:
    for above in islice(holders(node), _STEPS):
        if above.tag in ("body", "main"):
            break
        if _OTHERS.search(label(above)):
            return True
        # an item of a list with a linked heading of its own
        if above.tag == "li" and above.css_first("h2 a, h3 a, h4 a") is not None and above.css_first("h1") is None:
            return True
    return False


def _json_ld(value: Any, depth: int = 0) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [name for each in value[:200] for name in _json_ld(each, depth + 1)] if depth < 4 else []
    if isinstance(value, dict):
        name = value.get("name") or value.get("@value")
        if not name and (value.get("givenName") or value.get("familyName")):
            name = f"{value.get('givenName') or ''} {value.get('familyName') or ''}"
        return _json_ld(name, depth + 1) if depth < 4 else []
    return []


def _microdata(document: Document) -> list[str]:
    found = []
    for node in _cluster(_own(document.properties.get("author", []))):
        inner = node.css_first('[itemprop~="name"]')
        source = inner or node
        found.append(source.attributes.get("content") or source.text(separator=" ") or "")
    return found


_SAYS_WHO = re.compile(rf"{whole_words('biography')}|@|e-?mail:", re.IGNORECASE)
#: a longer paragraph about its author is an essay's end
_BIOGRAPHY_LIMIT = 450
_LAST_BLOCKS, _FIRST_BLOCKS = 3, 2
#: characters of a line of agencies, and letters of somebody's initials
_WIRED_LIMIT, _INITIALS = 60, 3
#: in small letters, at the beginning of a line: "writes about the lake"
_VERB = re.compile(rf"{any_of('biography')}\s")
#: a line that ends otherwise goes on in the next one
_ENDS = tuple('.!?…”“"’»)')


def without_signatures(blocks: list[Block], people: Iterable[str]) -> list[Block]:
    """Return the blocks without those that say who wrote it.

    They are the last ones that begin with an author's name and say who that is, or with the verb behind a name that
    stands elsewhere, or name an agency; and the first ones that begin with an author's whole name.
    """
    names = [key for person in people if len(key := letters(person)) > 4]

    def says_who(block: Block) -> bool:
        is_said = letters(block.text.partition(":")[0]) in names  # "Jane Doe: What was it like?"
        return not is_said and len(block.text) <= _BIOGRAPHY_LIMIT and bool(_SAYS_WHO.search(block.text))

    cut = len(blocks)
    for at in range(len(blocks) - 1, max(2, len(blocks) - 1 - _LAST_BLOCKS), -1):
        start = letters(blocks[at].text[:80])
        is_below_name = is_person(blocks[at - 1].text)
        is_nameless = _VERB.match(blocks[at].text) and (is_below_name or blocks[at - 1].text.endswith(_ENDS))
        by_name = any(name in start for name in names) or is_nameless
        is_last = not any(map(prose_of, blocks[at + 1 : cut]))
        if (by_name and says_who(blocks[at])) or (is_last and _is_wired(blocks[at].text)):
            cut = at - 1 if is_nameless and is_below_name else at
    begin = 0
    while begin < min(_FIRST_BLOCKS, cut - _FIRST_BLOCKS) and says_who(blocks[begin]):
        if not letters(blocks[begin].text).startswith(tuple(names)):
            break
        begin += 1
    return blocks[begin:cut]


def _is_wired(line: str) -> bool:
    """Tell whether a line names a news agency, perhaps beside initials: "abc/PAP", "Reuters, dpa"."""
    parts = [part.strip(" ()[].") for part in re.split(r"[/,;|–-]", line[:_WIRED_LIMIT])]
    return any(map(is_news_agency, parts)) and all(is_news_agency(part) or len(part) <= _INITIALS for part in parts)
