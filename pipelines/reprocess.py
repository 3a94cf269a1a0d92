"""A stored page or text in, what today's reader and enrichment make of it out."""

from dataclasses import replace
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from news.article import Article
from news.digest import Digest
from news.errors import PageUnreadable
from news.outlet import Outlet
from news.storable import storable
from pipelines.digest import refused
from pipelines.enrich import enrich
from pipelines.enrich.text.analysed_text import AnalysedText
from pipelines.enrich.text.plain_fields import keywords
from pipelines.pool import Pool
from pipelines.provenance import READER, hash_files


def enriched(document: dict[str, Any], text: Article, outlet: Outlet) -> Digest:
    """Return the digest of a stored text, enriched again: `document` is the article's, `text` its newest version's.

    The language and what stands beside the text are as the document has them. A pure function of its arguments.
    """
    article = Article.from_json(document)
    # the document has the keywords as they were cleaned; the page's own are the version's, unless they changed since
    stated = replace(article, keywords=text.keywords)
    if keywords(AnalysedText(stated, outlet))["keywords"] == list(article.keywords):
        article = stated
    confidence = {name: document[name] for name in ("language_confidence",) if name in document}
    return Digest(article=article, enrichment=storable(confidence | enrich(article, outlet)))


async def enrich_in_pool(pool: Pool, document: dict[str, Any], text: Article, outlet: Outlet) -> Digest:
    """Return `enriched(document, text, outlet)`, made in `pool`; a text that takes too long or too much is refused."""
    try:
        return await pool.run(outlet.home, enriched, document, text, outlet)
    except PageUnreadable as error:
        return refused(error)


@lru_cache(maxsize=1)
def release_hash() -> bytes:
    """Return the hash of reader and enrichment, code and data: a release that changes either has another."""
    hashed = blake2b(READER, digest_size=16)
    hash_files(hashed, sorted((Path(__file__).parent / "enrich").rglob("*")))
    return hashed.digest()
