"""Page in, digest out: every step that needs only the page, in one trip through the pool."""

from dataclasses import dataclass, replace

from news.article import Article
from news.digest import Digest, Refusal
from news.errors import PageUnreadable
from news.outlet import Outlet
from news.page import Page
from pipelines.deduplicate import sign
from pipelines.enrich import enrich
from pipelines.extract import extract
from pipelines.language import identify


def digest(page: Page, outlet: Outlet, chrome: frozenset[int] = frozenset()) -> Digest:
    """Return what there is to know of one page: an article with its language, signature and enrichment, or a refusal.

    `chrome` holds the hashes of lines that recur on the outlet's pages. A pure function of its arguments: no network,
    no clock, no memory of other pages.
    """
    try:
        extracted = extract(page, outlet, chrome)
    except PageUnreadable as error:
        return Digest(refusal=Refusal(outcome=error.outcome, reason=str(error)))
    if extracted.article is None:
        return Digest(refusal=extracted.refusal, lines=extracted.lines)
    article = _storable(extracted.article)
    language = identify(f"{article.headline}\n{article.body}", extracted.stated_language, outlet.languages)
    article = replace(article, in_language=language.code)
    return Digest(
        article=article,
        signature=sign(article),
        enrichment={"language_confidence": round(language.confidence, 3)} | enrich(article, outlet),
        lines=extracted.lines,
    )
