"""The order in which a page is read, from its bytes to its article."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from news.article import BODY_LIMIT, Article, Kind
from news.digest import Refusal
from news.errors import PageUnreadable
from news.outcome import Outcome
from news.outlet import Outlet
from news.page import Page
from pipelines.extract import zones
from pipelines.extract.authors import authors
from pipelines.extract.biographies import without_biographies
from pipelines.extract.body import length
from pipelines.extract.bounds import overstrained
from pipelines.extract.bylines import bylines
from pipelines.extract.candidates import Candidate
from pipelines.extract.canonical import canonical
from pipelines.extract.dates import modified, published
from pipelines.extract.decode import decode
from pipelines.extract.document import Document, parse
from pipelines.extract.extracted import Extracted
from pipelines.extract.headline import headlines
from pipelines.extract.images import images
from pipelines.extract.kinds import is_live, kind
from pipelines.extract.lines import line_hashes
from pipelines.extract.live_blog import entries
from pipelines.extract.page_lines import page_lines
from pipelines.extract.paragraphs import paragraphs
from pipelines.extract.rescue import RESCUED_BELOW, rescued
from pipelines.extract.rights import free, rights
from pipelines.extract.site_names import site_names
from pipelines.extract.spoken_dates import find
from pipelines.extract.standfirst import descriptions, standfirst
from pipelines.extract.stated_language import first_guess, stated_language
from pipelines.extract.titles import title_parts
from pipelines.extract.topics import keywords, section
from pipelines.extract.walk import outline
from pipelines.extract.walls import wall

#: what the web sends as HTML, under which names
_HTML = ("text/html", "application/xhtml+xml", "application/xml", "text/xml", "text/plain", "application/octet-stream")
#: a text has no control characters; a few are a broken page, every fiftieth character is data
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
_SAMPLE = 4_000
#: less text than this, without a node that says that it is an article, is none
_LEAST_BODY = 80


def read(page: Page, outlet: Outlet, chrome: frozenset[int], *, explain: bool) -> Extracted:
    """Return what the page holds. Raises nothing for what a stranger wrote except PageUnreadable."""
    if refusal := _not_html(page):
        return Extracted(refusal=refusal)
    html = decode(page.content, page.headers.get("content-type", ""))
    if not html.strip():
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
    zone = zones.of_outlet(outlet.timezone, outlet.country)
    sites = site_names(document, outlet)
    claimed = stated_language(document)
    language = first_guess(claimed, outlet)

    tops = headlines(document, sites, chrome)
    body_node = document.tree.body
    assert body_node is not None
    shown = outline(body_node)
    found = paragraphs(shown, tops, chrome, (urlsplit(page.final_url).hostname or "").removeprefix("www."))
    lines = line_hashes((*title_parts(document), *descriptions(document), *(block.text for block in shown.blocks)))
    lead, lead_candidates, repeated = standfirst(document, shown, found.blocks, tops.headline, chrome)

    near = bylines(shown, found.blocks, tops, title_parts(document))
    spoken = [each for line in near.dates for each in find(line, language, zone, outlet.country, near=True)]
    issued, issued_candidates = published(document, spoken, zone, page.fetched_at)
    changed, changed_candidates = modified(document, spoken, zone, page.fetched_at)
    signed = authors(document, near.names, near.by, found.signatures, near.labelled, sites)
    kept = without_biographies([block for at, block in enumerate(found.blocks) if at not in repeated], signed.people)
    body = "\n".join(block.text for block in kept)
    live = entries(document, shown, found.blocks, zone, live=is_live(document))

    if length(body) < RESCUED_BELOW:
        body = rescued(document, body)
    if not body and live:
        body = "\n".join(part for entry in live for part in (entry.headline, entry.body) if part)
    marked = any(shown.boxes[at].tag == "article" for block in found.blocks[:1] for at in shown.above(block.box))
    sort = kind(document, body, len(live), dated=issued is not None, marked=marked)
    if not body and sort in (Kind.VIDEO, Kind.GALLERY):
        body, lead = lead, ""  # what is said of a film or a gallery is all its text
    refusal = _refused(
        document, body, " ".join(block.text for block in shown.blocks), sort, cut=shown.cut, dated=issued is not None
    )
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
        authors=signed.people,
        agencies=signed.agencies,
        date_published=issued,
        date_modified=changed,
        correction=found.correction,
        article_section=section(document),
        keywords=keywords(document),
        images=images(document),
        in_language=language,
        is_accessible_for_free=free(document),
        canonical_url=canonical(document),
        rights=rights(document, page.headers),
        entries=live if sort is Kind.LIVE_BLOG else (),
    )
    return Extracted(
        article=article, stated_language=claimed, lines=lines, texts=page_lines(document, shown), candidates=weighed
    )


def _not_html(page: Page) -> Refusal | None:
    """Refuse what is not a page: by its content type, and by its first bytes where those cannot be HTML."""
    kind_of = page.headers.get("content-type", "text/html").split(";")[0].strip().lower()
    start = page.content[:512].lstrip()
    if kind_of and kind_of not in _HTML and not kind_of.startswith("text/html"):
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


def _refused(document: Document, body: str, shown: str, sort: Kind, *, cut: bool, dated: bool) -> Refusal | None:
    if refusal := wall(document, body, shown, dated=dated):
        return refusal
    if cut and len(body) < _LEAST_BODY:
        return Refusal(outcome=Outcome.TOO_DEEP, reason="Its text is nested too deeply.")
    if sort is Kind.LISTING:
        return Refusal(outcome=Outcome.NOT_AN_ARTICLE, reason="The page lists articles; it is not an article itself.")
    if not body.strip() and (document.article or not document.headings):
        return Refusal(outcome=Outcome.EMPTY, reason="The page has no article text.")
    if sort is Kind.NOT_AN_ARTICLE:
        return Refusal(
            outcome=Outcome.NOT_AN_ARTICLE,
            reason="The page is not marked as an article, has no date and hardly any text.",
        )
    if not body.strip():
        return Refusal(outcome=Outcome.EMPTY, reason="The page has no article text.")
    return None
