"""What comes out of reading one page."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from news.article import Article
from news.digest import Refusal
from pipelines.extract.candidates import Candidate


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
