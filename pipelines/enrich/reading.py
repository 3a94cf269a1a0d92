"""One article as the steps read it: its text cut to what is worth reading, and its words, found once."""

from dataclasses import dataclass
from functools import cached_property

from news.article import Article
from news.language import primary
from news.outlet import Outlet
from pipelines.enrich.words import Word, words

#: characters of headline, standfirst and body that the steps look for names in: an article of the real pages is
#: longer than this once in a thousand, and what it is about has long been said
READ = 60_000


@dataclass(frozen=True)
class Reading:
    """An article and its outlet, with what several steps need of its text."""

    article: Article
    outlet: Outlet

    @cached_property
    def language(self) -> str:
        """Primary subtag of the article's language; "und" where unknown."""
        return primary(self.article.in_language) or "und"

    @cached_property
    def text(self) -> str:
        """Headline, standfirst and body, each from a line of its own, cut at READ characters."""
        parts = (self.article.headline, self.article.standfirst, self.article.body[:READ])
        return "\n".join(part for part in parts if part)[:READ]

    @cached_property
    def words(self) -> list[Word]:
        """The words of `text`."""
        return words(self.text)
