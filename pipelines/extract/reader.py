"""The order in which a page is read, from its bytes to its article."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from urllib.parse import urlsplit

from news.article import BODY_LIMIT, Article, Kind
from news.digest import Refusal
from news.errors import PageUnreadable
from news.moment import Moment, TimeSource
from news.outcome import Outcome
from news.outlet import Outlet
from news.page import Page
from pipelines.extract.authors import authors, parted, without_signatures
from pipelines.extract.block_segmentation import Outline, outline, size_of
from pipelines.extract.body import DOUBTED_BELOW, second_opinion
from pipelines.extract.bylines import bylines
from pipelines.extract.comparison import Candidate, length, letters, line_hashes, plain
from pipelines.extract.dates import Place, modified, published
from pipelines.extract.document import Document, begins_as_html, decode, overstrained, parse
from pipelines.extract.headline import SEPARATOR, TITLE_LIMIT, headlines, may_part, title_parts
from pipelines.extract.human_dates import find
from pipelines.extract.images import images
from pipelines.extract.instants import zone_of_outlet
from pipelines.extract.metadata import (
    canonical,
    first_guess,
    free,
    genre,
    keywords,
    locked_parts,
    rights,
    section,
    site_names,
    stated_language,
)
from pipelines.extract.page_kind import entries, is_live, is_script_notice, kind, wall, why_missing
from pipelines.extract.paragraphs import body_links, paragraphs
from pipelines.extract.second_opinion import (
    reader_of,
    reconsider,
    states_article,
    trafilatura_text,
    with_hidden,
)
from pipelines.extract.standfirst import descriptions, standfirst
from pipelines.extract.statements import claim_reviews, correction_notices, in_scripts, is_based_on
from pipelines.extract.title_lines import mended


@dataclass(frozen=True, kw_only=True)
class Extracted:
    """An article or the reason why there is none, and what a crawler learns from the page either way."""

    article: Article | None = None
    refusal: Refusal | None = None
    #: what the page claims, a BCP 47 tag
    stated_language: str | None = None
    #: 0 to 1: how sure the language of `article` is, once it was settled
    language_confidence: float = 0.0
    #: stable 64-bit hashes of the page's visible lines
    lines: tuple[int, ...] = ()
    #: of an article: the lines themselves
    texts: tuple[str, ...] = ()
    #: field -> what was weighed for it; filled where an explanation was asked for
    candidates: Mapping[str, tuple[Candidate, ...]] = field(default_factory=dict)


#: what the web sends as HTML, under which names
_HTML = ("text/html", "application/xhtml+xml", "application/xml", "text/xml", "text/plain", "application/octet-stream")
#: a text has no control characters; a few are a broken page, every fiftieth character is data
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
_SAMPLE = 4_000
#: less text than this, without a node that says that it is an article, is none
_LEAST_BODY = 80


def extract(page: Page, outlet: Outlet, chrome: frozenset[int] = frozenset(), *, explain: bool = False) -> Extracted:
    """Return the article of a page, or the refusal that says why there is none.

    `chrome` holds hashes of lines that recur over the outlet's pages (`Extracted.lines` of many of them); such lines
    are not the article's. With `explain` the candidates of each field are kept. No network, no clock: a page reads the
    same for ever. Raises PageUnreadable where the bytes defeat the parser, and nothing else for what a stranger wrote.
    """
    if refusal := _not_html(page):
        return Extracted(refusal=refusal)
    html = decode(page.content, page.headers.get("content-type", ""))
    if not html or html.isspace():
        return Extracted(refusal=Refusal(outcome=Outcome.EMPTY, reason="The page is empty."))
    if len(_CONTROL.findall(html[:_SAMPLE])) > _SAMPLE // 50:
        return Extracted(refusal=Refusal(outcome=Outcome.NOT_HTML, reason="It is binary data, not HTML."))
    if reason := overstrained(html):
        return Extracted(refusal=Refusal(outcome=Outcome.TOO_DEEP, reason=reason))
    document = parse(html, page.final_url)
    if document.tree.body is None:
        raise PageUnreadable(f"{page.final_url} has no body that could be parsed.")
    return _read(page, outlet, chrome, document, explain=explain)


def _read(page: Page, outlet: Outlet, chrome: frozenset[int], document: Document, *, explain: bool) -> Extracted:
    zone = zone_of_outlet(outlet.timezone, outlet.country)
    sites = site_names(document, outlet)
    claimed = stated_language(document)
    language = first_guess(claimed, outlet)

    tops = headlines(document, sites, chrome)
    body_node = document.tree.body
    assert body_node is not None
    shown = outline(body_node)
    site = (urlsplit(page.final_url).hostname or "").removeprefix("www.")
    found = paragraphs(shown, tops, chrome, site)
    shown, found = with_hidden(document, shown, found, tops, chrome, site)
    better = mended(tops, document, shown, found.blocks, sites)
    if better is not tops:
        tops, found = better, paragraphs(shown, better, chrome, site)
    titles = {letters(each) for each in (tops.headline, *tops.alternatives)}
    by_rule = size_of(found.blocks)
    if not found.is_ciphered:  # any other source of such a page has the moved letters, too
        found = replace(found, blocks=reconsider(document, shown, found.blocks, tops.headline, titles))
    lines = line_hashes((*title_parts(document), *descriptions(document), *(block.text for block in shown.blocks)))
    lead, lead_candidates, repeated = standfirst(document, shown, found.blocks, tops.headline, chrome)
    if repeated and len(repeated) == len(found.blocks):  # nothing else is the text
        lead, repeated = "", frozenset()

    near = bylines(shown, found.blocks, tops, title_parts(document))
    spoken = [
        each
        for line in near.dates
        for each in find(line, language, zone, outlet.country, near=True)
        # a masthead shows the day on which it is read
        if line not in near.above or abs(each.stated.day - page.fetched_at.date()) > timedelta(days=1)
    ]
    place = Place(language=language, country=outlet.country, zone=zone)
    issued, issued_candidates = published(document, spoken, place, page.fetched_at)
    changed, changed_candidates = modified(document, spoken, place, page.fetched_at)
    signed = authors(document, near.names, near.by, found.signatures, near.labelled, near.unmarked, sites)
    kept = without_signatures([block for at, block in enumerate(found.blocks) if at not in repeated], signed.people)
    body = "\n".join(block.text for block in kept)
    live = entries(document, shown, found.blocks, zone, live=is_live(document))

    if reader_of(outlet) == "trafilatura":
        body = trafilatura_text(page.content, page.final_url)
    elif not found.is_ciphered:
        if min(by_rule, length(body)) < DOUBTED_BELOW:
            body = second_opinion(document, body)
        body = in_scripts(document, body, tops)
    if is_script_notice(tops.headline, body):
        body = ""
    if not body and live:
        body = "\n".join(part for entry in live for part in (entry.headline, entry.body) if part)
    marked = any(shown.boxes[at].tag == "article" for block in found.blocks[:1] for at in shown.above(block.box))
    sort = kind(document, body, len(live), dated=issued is not None, marked=marked)
    if not body and (sort in (Kind.VIDEO, Kind.GALLERY) or found.is_ciphered):
        body, lead = lead, ""  # what is said of a film or a gallery, or before a paywall, is all its text
    known = bool(body.strip())
    if not known and tops.headline:
        # an address may have a date, whatever stands there
        known = bool(issued or signed.people) if states_article(document) else _is_dated(issued)
    all_text = " ".join(block.text for block in shown.blocks)
    refusal = _refused(document, body, all_text, sort, cut=shown.cut, dated=issued is not None, known=known)
    weighed: Mapping[str, tuple[Candidate, ...]] = {}
    if explain:
        weighed = {
            "headline": tops.candidates,
            "standfirst": lead_candidates,
            "authors": signed.candidates,
            "date_published": issued_candidates,
            "date_modified": changed_candidates,
            "body": found.candidates,
        }
    if refusal:
        return Extracted(refusal=refusal, stated_language=claimed, lines=lines, candidates=weighed)
    article = Article(
        url=page.final_url,
        kind=sort,
        headline=tops.headline,
        alternative_headlines=tops.alternatives,
        kicker=tops.kicker,
        standfirst=lead,
        body=body[:BODY_LIMIT],
        body_cut=len(body) > BODY_LIMIT,
        body_missing=None if body.strip() else why_missing(document, shown, sort, ciphered=found.is_ciphered),
        authors=parted(signed.people) if language.startswith("zh") else signed.people,
        agencies=signed.agencies,
        date_published=issued,
        date_modified=changed,
        correction=found.correction,
        article_section=section(document),
        genre=genre(document),
        keywords=keywords(document),
        images=images(document),
        in_language=language,
        is_accessible_for_free=free(document),
        canonical_url=canonical(document),
        rights=rights(document, page.headers),
        entries=live if sort is Kind.LIVE_BLOG else (),
        correction_notices=correction_notices(document, zone),
        is_based_on=is_based_on(document),
        claim_reviews=claim_reviews(document),
        locked_parts=locked_parts(document),
        links=body_links(document, shown, kept, body[:BODY_LIMIT]),
    )
    return Extracted(
        article=article, stated_language=claimed, lines=lines, texts=page_lines(document, shown), candidates=weighed
    )


def _not_html(page: Page) -> Refusal | None:
    """Refuse what is not a page: by its content type, and by its first bytes where those cannot be HTML."""
    kind_of = page.headers.get("content-type", "text/html").split(";")[0].strip().lower()
    start = page.content[:512].lstrip()
    is_said = kind_of in _HTML or kind_of.startswith("text/html")
    if kind_of and not is_said and not begins_as_html(page.content):
        return Refusal(outcome=Outcome.NOT_HTML, reason=f"It is {kind_of[:80]}, not HTML.")
    for mark, name in (
        (b"%PDF-", "a PDF"),
        (b"\x89PNG", "a picture"),
        (b"\xff\xd8\xff", "a picture"),
        (b"GIF8", "a picture"),
        (b"PK\x03\x04", "an archive"),
        (b"\x1f\x8b", "compressed bytes"),
        (b"<rss", "a feed"),
        (b"<feed", "a feed"),
        (b"<urlset", "a sitemap"),
        (b"<sitemapindex", "a sitemap"),
    ):
        if start.startswith(mark) or (mark.startswith(b"<") and start.startswith(b"<?xml") and mark in start):
            return Refusal(outcome=Outcome.NOT_HTML, reason=f"It is {name}, not HTML.")
    return None


def _is_dated(issued: Moment | None) -> bool:
    return issued is not None and issued.source is not TimeSource.URL


def _refused(
    document: Document, body: str, shown: str, sort: Kind, *, cut: bool, dated: bool, known: bool
) -> Refusal | None:
    """Return why there is no article, or None. `known`: it has a text, or a headline and who wrote it or when."""
    if refusal := wall(document, body, shown, dated=dated):
        return refusal
    if cut and len(body) < _LEAST_BODY:
        return Refusal(outcome=Outcome.TOO_DEEP, reason="Its text is nested too deeply.")
    if sort is Kind.LISTING:
        return Refusal(outcome=Outcome.NOT_AN_ARTICLE, reason="The page lists articles; it is not an article itself.")
    if not known and (document.article or not document.headings):
        return Refusal(outcome=Outcome.EMPTY, reason="The page has no article text.")
    if sort is Kind.NOT_AN_ARTICLE:
        return Refusal(
            outcome=Outcome.NOT_AN_ARTICLE,
            reason="The page is not marked as an article, has no date and hardly any text.",
        )
    if not known:
        return Refusal(outcome=Outcome.EMPTY, reason="The page has no article text.")
    return None


#: a page of more is a list, or an attack
_MOST_LINES = 3_000
#: values of JSON-LD that are looked at
_MOST_VALUES = 10_000
#: characters of a statement that may be a standfirst or a paragraph; longer ones without a line end are neither
_LONGEST_STATED = 4_000


def page_lines(document: Document, shown: Outline) -> tuple[str, ...]:
    """Return every line of text that stands anywhere in the page: shown, in its head, or in its JSON-LD.

    By these it is told later whether a text stood in the page, whatever was made of it. So nothing of it depends on
    what the reader chose.
    """
    stated = [document.title, *(content for contents in document.metas.values() for content in contents)]
    for node in document.nodes:
        _gather(node, stated)
    found: dict[str, None] = {}
    for text in stated:
        if len(text) <= _LONGEST_STATED or "\n" in text:
            for line in map(plain, text.split("\n")):
                found.setdefault(line)
                if len(line) <= TITLE_LIMIT and may_part(line):
                    # a headline, without the outlet's name before or behind it
                    for match in SEPARATOR.finditer(line):
                        found.setdefault(line[: match.start()])
                        found.setdefault(line[match.end() :])
            if len(found) > _MOST_LINES:
                break
    return (*(block.text for block in shown.blocks), *found)


def _gather(value: object, texts: list[str]) -> None:
    """Add all texts of a JSON-LD node to the list."""
    waiting = [value]
    # nodes may name each other in a circle
    for _ in range(_MOST_VALUES):
        if not waiting:
            break
        match waiting.pop():
            case str() as text:
                texts.append(text)
            case dict() as node:
                waiting.extend(node.values())
            case list() as several:
                waiting.extend(several)
