"""Page in, digest out: every step that needs only the page, in one trip through the pool."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from news.digest import Digest, Refusal
from news.errors import PageUnreadable
from news.identity import honest_canonical
from news.outlet import Outlet
from news.page import Page
from news.storable import storable
from pipelines.deduplicate import sign
from pipelines.enrich import enrich
from pipelines.extract import Candidate, Extracted, extract
from pipelines.language import identify
from pipelines.pool import Pool
from pipelines.provenance import packed, provenance_of

#: characters of a candidate's text that are kept, and candidates of a field
EXCERPT, MOST_CANDIDATES = 300, 50


def digest(page: Page, outlet: Outlet, chrome: frozenset[int] = frozenset()) -> Digest:
    """Return what there is to know of one page: an article with its language, signature and enrichment, or a refusal.

    `chrome` holds the hashes of lines that recur on the outlet's pages. A pure function of its arguments: no network,
    no clock, no memory of other pages.
    """
    try:
        extracted = read_article(page, outlet, chrome, explain=True)
    except PageUnreadable as error:
        return refused(error)
    article = extracted.article
    if article is None:
        return Digest(refusal=storable(extracted.refusal), lines=extracted.lines)
    return Digest(
        article=article,
        signature=sign(article),
        enrichment=storable({"language_confidence": round(extracted.language_confidence, 3)} | enrich(article, outlet)),
        candidates=explained(extracted.candidates),
        lines=extracted.lines,
        provenance=provenance_of(page, extracted, outlet, chrome),
        raw=packed(page.content),
    )


def explained(candidates: Mapping[str, tuple[Candidate, ...]]) -> dict[str, list[dict[str, Any]]]:
    """Return what was weighed for each field as JSON's types, long texts cut to their beginning."""
    return {
        name: [
            storable({"value": each.value[:EXCERPT], "source": each.source, "weight": each.weight})
            | {"chosen": each.chosen, "why": each.why}
            for each in weighed[:MOST_CANDIDATES]
        ]
        for name, weighed in candidates.items()
    }


def read_article(
    page: Page, outlet: Outlet, chrome: frozenset[int] = frozenset(), *, explain: bool = False
) -> Extracted:
    """Return what is read in a page, with the article's language and address settled and its text fit to be stored.

    Raises PageUnreadable where the bytes defeat the parser.
    """
    extracted = extract(page, outlet, chrome, explain=explain)
    if extracted.article is None:
        return extracted
    article = storable(extracted.article)
    language = identify(f"{article.headline}\n{article.body}", extracted.stated_language, outlet.languages)
    url = honest_canonical(page.final_url, article.canonical_url, outlet.hosts) or article.url
    settled = replace(article, in_language=language.code, url=url)
    return replace(extracted, article=settled, language_confidence=language.confidence)


async def digest_in_pool(pool: Pool, page: Page, outlet: Outlet, chrome: frozenset[int]) -> Digest:
    """Return the digest of a page, made in `pool`; a page that takes too long or too much is refused for it."""
    try:
        return await pool.run(outlet.home, digest, page, outlet, chrome)
    except PageUnreadable as error:
        return refused(error)


def refused(error: PageUnreadable) -> Digest:
    """Return the digest of a page that cannot be read."""
    return Digest(refusal=Refusal(outcome=error.outcome, reason=storable(str(error))))
