"""Page or stored text in, digest out: every step that needs only the page, in one trip through the pool."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any

import zstandard

from news import article
from news.article import Article
from news.digest import Digest, refused
from news.errors import PageUnreadable
from news.identity import honest_canonical
from news.outlet import Outlet
from news.page import Page
from news.provenance import Provenance, hash_of, pack_lines
from news.storable import storable
from pipelines.deduplicate import sign
from pipelines.enrich import enrich
from pipelines.enrich.text.analysed_text import AnalysedText
from pipelines.enrich.text.plain_fields import keywords
from pipelines.extract import Candidate, Extracted, extract
from pipelines.extract.second_opinion import reader_of
from pipelines.language import identify

#: of the code of this package, what decides which text is read in a page
_CODE = ("extract/**/*", "digest.py", "language.py")
#: and of the domain model
_MODEL = ("article.py", "storable.py", "version.py")
#: what parses and reads for us
_LIBRARIES = ("selectolax", "lxml", "trafilatura", "babel", "langdetect-rs")
#: zstd packs a page of 100 KB into 20 in 0.4 ms at this level; the next ones cost twice as much for a twentieth less
_LEVEL = 3


class _Packer(threading.local):
    """One compressor a thread, for two threads at one make an error or a broken page.

    Its tables take longer to be made than a small page to be packed.
    """

    def __init__(self) -> None:
        self.compress = zstandard.ZstdCompressor(level=_LEVEL).compress


_PACKER = _Packer()


def hash_files(hashed: blake2b, paths: Iterable[Path]) -> None:
    """Add names and contents of files to a hash; folders and what Python compiled are left out."""
    for path in paths:
        if path.is_file() and path.suffix != ".pyc":
            hashed.update(str(path.relative_to(path.parents[1])).encode() + b"\0" + path.read_bytes())


def _reader_hash() -> bytes:
    """Return the hash of the reader as this process has it: of its code, its data and the libraries below it."""
    hashed = blake2b(digest_size=16)
    here, model = Path(__file__).parent, Path(article.__file__).parent
    found = [path for pattern in _CODE for path in sorted(here.glob(pattern))] + [model / name for name in _MODEL]
    hash_files(hashed, found)
    for name in _LIBRARIES:
        hashed.update(f"{name} {version(name)}\n".encode())
    return hashed.digest()


#: made at import, when files and code are the same: a release may be laid over a process that runs
READER = _reader_hash()


def read_with(outlet: Outlet, chrome: frozenset[int]) -> bytes:
    """Return the hash of all that a page of `outlet` is read with, beside the page."""
    settings = (
        outlet.name,
        outlet.home,
        outlet.country,
        outlet.languages,
        outlet.timezone,
        outlet.hosts,
        reader_of(outlet),
    )
    return _hash_beside(settings, tuple(sorted((outlet.selectors or {}).items())), chrome)


@lru_cache(maxsize=64)
def _hash_beside(settings: tuple[object, ...], selectors: tuple[object, ...], chrome: frozenset[int]) -> bytes:
    hashed = blake2b(READER, digest_size=16)
    hashed.update(repr((settings, selectors, sorted(chrome))).encode("utf-8", "surrogatepass"))
    return hashed.digest()


def provenance_of(page: Page, extracted: Extracted, outlet: Outlet, chrome: frozenset[int]) -> Provenance:
    """Return where the article that was `extracted` came from."""
    return Provenance(
        page_hash=hash_of(page.content),
        read_with=read_with(outlet, chrome),
        lines=pack_lines(extracted.texts),
    )


def packed(content: bytes) -> bytes:
    """Return a page's bytes compressed, as the ledger keeps them."""
    return _PACKER.compress(content)


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
    found = Digest(
        article=article,
        signature=sign(article),
        enrichment=storable({"language_confidence": round(extracted.language_confidence, 3)} | enrich(article, outlet)),
        lines=extracted.lines,
        provenance=provenance_of(page, extracted, outlet, chrome),
        raw=packed(page.content),
    )
    return found.with_stored_values(explained(extracted.candidates), outlet)


def explained(candidates: Mapping[str, tuple[Candidate, ...]]) -> dict[str, list[dict[str, Any]]]:
    """Return what was weighed for each field as JSON's types, long texts cut to their beginning."""
    return {
        name: [
            {
                "value": storable(each.value[:EXCERPT]),
                "source": storable(each.source),
                "weight": each.weight,
                "chosen": each.chosen,
                "why": each.why,
            }
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


@lru_cache(maxsize=1)
def release_hash() -> bytes:
    """Return the hash of reader and enrichment, code and data: a release that changes either has another."""
    hashed = blake2b(READER, digest_size=16)
    hash_files(hashed, sorted((Path(__file__).parent / "enrich").rglob("*")))
    return hashed.digest()
