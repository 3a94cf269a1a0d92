"""The headline among all that a page calls itself, and the other headlines that it carries."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from selectolax.lexbor import LexborNode

from pipelines.extract.block_segmentation import outline
from pipelines.extract.comparison import Candidate, letters, line_hash, plain, weigh
from pipelines.extract.document import Document, holders

#: between a headline and a site's or a section's name
SEPARATOR = re.compile(r"\s+[|–—\-:»«·•/~]+\s+|\s*[|｜]\s*|\s*::\s*|\s+[-–—]\s*(?=\S+$)|(?<=\S):\s+")
#: a sign of SEPARATOR with what must stand beside it: looked for first, for a pattern that may begin with a space is
#: tried at each character
_SIGN = re.compile(r"[|｜–—\-:»«·•/~](?:(?<=[|｜])|(?<=\s.)|(?<=:)(?=[:\s]))")
_MEDIA_TAG = re.compile(
    r"^(?:watch|video|photos?|pictures?|gallery|listen|live|exclusive|in pictures)\s*[:|]\s+|"
    r"\s*[\[(](?:watch|video|videos?|photos?|pictures?|pics|gallery|listen|updated?|live|"
    r"exclusive|\+ ?video)[\])]\s*$",
    re.IGNORECASE,
)
#: "(From The Daily Example)"
_BRACKET = re.compile(r"\s*[(（\[]([^()（）\[\]]{2,60})[)）\]]\s*$")
#: a title is not longer; what is longer is a text in the wrong place
TITLE_LIMIT = 500


def may_part(line: str) -> bool:
    """Tell whether SEPARATOR may be found in a line; most lines have no such sign."""
    return _SIGN.search(line) is not None


def without_site(value: str, sites: Collection[str]) -> str:
    """Return a headline without the outlet's name before or behind it.

    >>> without_site("Rain stops play | Cricket - The Daily Example", {"thedailyexample"})
    'Rain stops play | Cricket'
    """
    bracket = _BRACKET.search(value)
    if bracket and bracket.start() > 0 and any(letters(bracket[1]).endswith(site) for site in sites if len(site) > 5):
        value = value[: bracket.start()]
    breaks = list(SEPARATOR.finditer(value))
    for match in breaks:
        if match.start() > 0 and _is_site(value[match.end() :], sites):
            return value[: match.start()].strip()
    for match in reversed(breaks):
        if _is_site(value[: match.start()], sites) and match.end() < len(value) and ":" not in match[0]:
            return value[match.end() :].strip()
    return value.strip()


def title_parts(document: Document) -> tuple[str, ...]:
    """Return what stands behind a separator in the page's titles: over many pages an outlet's suffixes recur."""
    parts: dict[str, None] = {}
    for title in (document.title, document.meta("og:title")):
        for match in list(SEPARATOR.finditer(title[:TITLE_LIMIT]))[:6]:
            parts.setdefault(title[match.end() :].strip())
    return tuple(part for part in parts if part)


def without_recurring(value: str, chrome: Collection[int]) -> str:
    """Return a headline without the last part that recurs behind the headlines of the outlet."""
    for match in SEPARATOR.finditer(value) if chrome else ():
        if match.start() > 10 and line_hash(value[match.end() :]) in chrome:
            return value[: match.start()].strip()
    return value


def without_media_tag(value: str) -> str:
    """Return a headline without the note that a film or pictures come with it.

    >>> without_media_tag("Fire on the pier [Watch]"), without_media_tag("VIDEO: Fire on the pier")
    ('Fire on the pier', 'Fire on the pier')
    """
    return _MEDIA_TAG.sub("", value).strip() or value


def _is_site(value: str, sites: Collection[str]) -> bool:
    key = letters(value)
    return key in sites or key.removesuffix("com") in sites or f"the{key}" in sites or key.removeprefix("the") in sites


def without_kicker(value: str, seen: str) -> tuple[str, str]:
    """Return kicker and headline where the page shows the headline (`seen`, folded) without its first part.

    >>> without_kicker("Opinion | Let it rain today", "letitraintoday")
    ('Opinion', 'Let it rain today')
    """
    before, bar, after = value.partition("|")
    if bar and len(seen) > 10 and letters(after) == seen:
        return before.strip(), after.strip()
    return "", value


#: a page that calls itself more names than this is a list
_ALTERNATIVES = 12
_KICKER = re.compile(r"kicker|overline|roofline|eyebrow|topline|dachzeile|spitzmarke|ueberzeile")


@dataclass(frozen=True, kw_only=True)
class Headlines:
    """The headline, the others, the kicker above it, and how the choice was made."""

    headline: str = ""
    alternatives: tuple[str, ...] = ()
    kicker: str = ""
    candidates: tuple[Candidate, ...] = ()


def headlines(document: Document, sites: Collection[str], chrome: Collection[int] = ()) -> Headlines:
    """Return the page's headlines.

    `sites` are folded names of the outlet (`site_names`); what stands behind the headlines of many of its pages is in
    `chrome` (hashes of `title_parts`).

    Each source's word is cleaned of the site's name, and of a kicker that another source leaves out; then the sources
    vote. What the visible h1 says outweighs one machine-readable source that stands alone, not two that agree.
    """
    stated = [each for each in _stated(document) if each.value and len(each.value) <= TITLE_LIMIT]
    shortened = [
        replace(each, value=without_media_tag(without_recurring(without_site(each.value, sites), chrome)))
        for each in stated
    ]
    shortened = [each for each in shortened if letters(each.value) not in sites]
    seen = letters(next((each.value for each in shortened if each.source == "h1"), ""))
    cleaned, kicker = [], _kicker(document, seen)
    for each in shortened:
        above, rest = without_kicker(each.value, seen)
        kicker = kicker or above
        cleaned.append(replace(each, value=_whole(rest, shortened)))
    chosen, marked = weigh(cleaned)
    others = dict.fromkeys(each.value for each in sorted(cleaned, key=lambda each: -each.weight))
    distinct: dict[str, str] = {letters(chosen): chosen}
    shown = [without_site(each.value, sites) for each in stated if each.source == "h1"]  # with its note of a film
    for other in (*others, *(each.value for each in shortened), *shown):
        distinct.setdefault(letters(other), other)
    if kicker and letters(kicker) not in letters(chosen):
        whole = f"{kicker} {chosen}"  # as a reader sees the two
        distinct.setdefault(letters(whole), whole)
    if (first := SEPARATOR.split(document.title)[0].strip()) and len(first.split()) > 2:
        distinct.setdefault(letters(first), first)
    distinct.pop(letters(chosen), None)
    return Headlines(
        headline=chosen,
        alternatives=tuple(value for key, value in distinct.items() if key)[:_ALTERNATIVES],
        kicker=kicker,
        candidates=marked,
    )


def _stated(document: Document) -> list[Candidate]:
    node = document.article

    def said(key: str) -> str:
        value = node.get(key)
        value = value[0] if isinstance(value, list) and value else value
        return plain(value) if isinstance(value, str) else ""

    found = [
        Candidate(value=said("headline"), source="json-ld headline", weight=2.45),
        *_shown(document),
        Candidate(value=said("alternativeHeadline"), source="json-ld alternativeHeadline", weight=2.4),
        Candidate(value=document.meta("og:title"), source="og:title", weight=1.5),
        Candidate(value=said("name") if said("name") != said("headline") else "", source="json-ld name", weight=0.5),
        Candidate(value=document.meta("twitter:title"), source="twitter:title", weight=0.3),
        Candidate(value=document.title, source="title", weight=0.4),
        Candidate(
            value=document.meta("title", "dc.title", "parsely-title", "sailthru.title", "headline"),
            source="meta title",
            weight=0.3,
        ),
    ]
    own = document.properties.get("headline", ())
    if own and not document.headings:
        found.append(Candidate(value=plain(own[0].text() or ""), source="itemprop headline", weight=2.0))
    return found


def _shown(document: Document) -> Iterator[Candidate]:
    """Yield the heading that readers see.

    An h1 inside a navigation is written for search engines; then the h2 that og:title repeats is the headline. What
    h1, JSON-LD and the title agree on is whole.
    """
    heading = _first_heading(document)
    if letters(heading) == letters(str(document.article.get("headline") or "")) == letters(document.title):
        yield Candidate(value=heading, source="h1", weight=2.5)
        return
    social = letters(document.meta("og:title"))
    outside = [node for node in document.headings if not _in_navigation(node)]
    shown = outside if outside else document.tree.css("h2, h3")[:50]
    for node in (*shown, *(document.tree.css("h2")[:8] if outside else ())) if social != letters(heading) else ():
        part = _part(node, social)
        if part is not None:
            yield Candidate(value=heading, source="h1", weight=0.5)
            yield Candidate(value=part, source="heading without its kicker", weight=3.5)
            return
    yield Candidate(value=heading, source="h1", weight=2.5)


def _part(heading: LexborNode, social: str) -> str | None:
    """Return the text of the heading, or of an element in it, that og:title (folded) repeats."""
    if not social or social not in letters(heading.text() or ""):
        return None
    for node in (heading, *heading.css("*")[:10]):
        if letters(node.text() or "") == social:
            return plain(node.text() or "")
    return None


def _in_navigation(node: LexborNode) -> bool:
    return any(above.tag == "nav" for above in holders(node))


def _first_heading(document: Document) -> str:
    """Return the h1 that most resembles what the page says elsewhere of its title, else the first with text."""
    texts = [text for node in document.headings[:20] if (text := _visible(node))]
    said = letters(" ".join((document.meta("og:title"), document.title, str(document.article.get("headline") or ""))))
    for text in texts:
        if (key := letters(text)) and len(key) > 8 and key in said:
            return text
    many = [text for text in texts if len(text.split()) > 2 or len(text) > 20]
    return (many or texts or [""])[0]


def _whole(value: str, others: Iterable[Candidate]) -> str:
    """Return the whole of a headline that its source cuts with an ellipsis, if another source has it."""
    stem = value.removesuffix("...").removesuffix("…")
    if stem != value and len(stem) > 30:
        for other in others:
            if (
                len(other.value) > len(stem)
                and letters(other.value).startswith(letters(stem))
                and "..." not in other.value
            ):
                return other.value
    return value


def _kicker(document: Document, seen: str) -> str:
    """Return what names itself a kicker in or right above the h1, or what a meta tag says."""
    for node in document.headings[:3]:
        above = _kicker_node(node)
        if above is None and letters(node.text() or "") == seen:
            above = _kicker_above(node)
        if above is not None and 1 < len(text := plain(above.text(separator=" ") or "").rstrip(" :|")) < 80:
            return text
    return document.meta("taboola:kicker", "kicker", "article:kicker")


def _kicker_above(heading: LexborNode) -> LexborNode | None:
    node = heading.prev
    while node is not None and not (node.tag or "-").isalpha():
        node = node.prev
    if node is not None and _KICKER.search((node.attributes.get("class") or "").lower()):
        return node
    return None


def _kicker_node(heading: LexborNode) -> LexborNode | None:
    for node in heading.css("[class]")[:10]:
        if _KICKER.search((node.attributes.get("class") or "").lower()):
            return node
    return None


def _visible(heading: LexborNode) -> str:
    """Return the h1's text without its kicker."""
    joined = heading.css_first("wbr, sub, sup") is not None  # they stand within a word
    whole = (
        " ".join(line.text for line in outline(heading).blocks) if joined else plain(heading.text(separator=" ") or "")
    )
    above = _kicker_node(heading)
    rest = whole.removeprefix(plain(above.text(separator=" ") or "")).lstrip(" :|–-") if above else whole
    return rest if len(letters(rest)) > 10 else whole
