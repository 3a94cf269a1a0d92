"""What a page is read with, beside the page: the reader's code and data, the outlet's chrome and settings."""

from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path

import zstandard

from news import article
from news.outlet import Outlet
from news.page import Page
from news.provenance import Provenance, hash_of, pack_lines
from pipelines.extract import Extracted
from pipelines.extract.second_opinion import reader_of

#: of the code of this package, what decides which text is read in a page
_CODE = ("extract/**/*", "digest.py", "language.py")
#: and of the domain model
_MODEL = ("article.py", "storable.py", "version.py")
#: what parses and reads for us
_LIBRARIES = ("selectolax", "lxml", "trafilatura", "babel", "langdetect-rs")
#: zstd packs a page of 100 KB into 20 in 0.4 ms at this level; the next ones cost twice as much for a twentieth less
_LEVEL = 3


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
    return zstandard.ZstdCompressor(level=_LEVEL).compress(content)
