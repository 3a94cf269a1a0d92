"""What must come of each address of the newsroom, so that a crawl can be told right from wrong."""

from dataclasses import dataclass

from news.article import Kind
from news.moment import Precision
from news.outcome import Outcome


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What a reader of the page finds. Names and forms are those of `news.article.Article`."""

    canonical_url: str
    kind: Kind
    headline: str
    standfirst: str
    #: the body, a paragraph or subheading each; of a live blog, headline and text of each entry
    paragraphs: tuple[str, ...]
    authors: tuple[str, ...]
    agencies: tuple[str, ...]
    #: as `Moment.isoformat` gives it: UTC, or a date alone
    date_published: str
    date_precision: Precision
    in_language: str
    #: None where the page does not say
    is_accessible_for_free: bool | None
    correction: str
    #: canonical address of the article, perhaps another outlet's, whose text this is; empty for an original
    copy_of: str

    @property
    def body(self) -> str:
        """The body as `Article.body` has it, a paragraph a line."""
        return "\n".join(self.paragraphs)


@dataclass(frozen=True, kw_only=True)
class ExpectedVisit:
    """What must come of one address in one run."""

    url: str
    #: the outlet's slug
    outlet: str
    #: each of these is right; more than one where it depends on the order of fetching or on the crawler's choice
    outcomes: frozenset[Outcome]
    #: the article that must be in the ledger afterwards under `truth.canonical_url`; None where there is none
    truth: Truth | None = None
    #: the address that answers in the end, where that is another
    final_url: str = ""
    #: a source of the outlet (front page, feed, sitemap) names the address: a crawl must come to it
    listed: bool = True
    #: the sources say that it is new, or touched since the runs that the crawler has seen: it must be asked now.
    #: What is not announced need not be asked again; if it is, `outcomes` holds.
    announced: bool = True
    #: for people: what this address is there to show
    why: str
