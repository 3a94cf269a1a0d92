"""The newsroom's texts: files that are functions of the run, read into articles."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

#: one folder an outlet: outlet.toml and one .txt an article
TEXTS = Path(__file__).parent / "texts"
_SEPARATOR = "+++\n"


@dataclass(frozen=True, kw_only=True)
class Update:
    """One entry of a live blog."""

    headline: str
    body: str
    published: datetime


@dataclass(frozen=True, kw_only=True)
class DemoText:
    """An article as its outlet has it in one run; see texts/README.md for what each field does to the page."""

    path: str
    headline: str
    #: the second spelling of the headline that a page in the seed's shape shows
    headline_again: str = ""
    standfirst: str = ""
    #: a paragraph each; "## " begins a subheading
    paragraphs: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    agency: str = ""
    #: a date alone where the page says no more
    published: datetime | date
    modified: datetime | None = None
    correction: str = ""
    section: str
    keywords: tuple[str, ...] = ()
    language: str
    #: json-ld, broken-json-ld, opengraph, microdata or text: where the page says what it is
    markup: str = "json-ld"
    encoding: str = "utf-8"
    #: False: the page shows a teaser and says so
    free: bool = True
    updates: tuple[Update, ...] = ()
    amp: str = ""
    print: str = ""
    #: the dishonest path that the page's rel=canonical gives; empty: its own
    claims: str = ""
    #: an address that redirects here
    old_path: str = ""
    #: which address the feed gives: path, amp or old_path
    feed_link: str = "path"
    #: "outlet:path" of the article whose text this is
    copy_of: str = ""
    #: a count on the page that is no part of the article
    shares: int = 0
    #: first run that has the article
    appears: int = 1
    #: first run that answers 410
    withdrawn: int | None = None

    @property
    def lines(self) -> tuple[str, ...]:
        """The paragraphs and subheadings as a reader sees them, those of a live blog's updates included."""
        own = tuple(paragraph.removeprefix("## ") for paragraph in self.paragraphs)
        return own + tuple(line for update in self.updates for line in (update.headline, update.body))

    @property
    def published_at(self) -> datetime:
        """A time to sort by."""
        if isinstance(self.published, datetime):
            return self.published
        return datetime(self.published.year, self.published.month, self.published.day, tzinfo=UTC)

    @property
    def changed_at(self) -> datetime:
        """When the outlet says that it last touched the text."""
        return self.modified or self.published_at


@dataclass(frozen=True, kw_only=True)
class DemoOutlet:
    """What is the same on all pages of an outlet."""

    slug: str
    name: str
    motto: str
    country: str
    languages: tuple[str, ...]
    timezone: str
    #: Babel's locale and date pattern of visible times, which name their zone
    locale: str
    date_pattern: str
    #: a page template: article.html, or seed.html for pages in the seed's shape
    template: str
    colour: str
    feed: str
    feed_format: str
    #: the sitemaps behind the index end in .gz
    packed_sitemaps: bool = False
    #: robots.txt forbids what begins so
    disallow: str
    crawl_delay_seconds: float
    #: section name -> path
    sections: Mapping[str, str]
    #: pages that are no articles: path, headline and paragraphs
    notices: tuple[Mapping[str, object], ...]
    #: addresses that are linked and answer 404: path -> the link's text
    missing: Mapping[str, str] = field(default_factory=dict)
    #: the chrome's words
    words: Mapping[str, str]


@cache
def demo_outlet(outlet: str) -> DemoOutlet:
    """Return what outlet.toml in the folder `outlet` says."""
    fields = tomllib.loads((TEXTS / outlet / "outlet.toml").read_text(encoding="utf-8"))
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()
    }
    return DemoOutlet(**values)


@cache
def texts(outlet: str, run: int) -> tuple[DemoText, ...]:
    """Return the outlet's articles as they are in `run`, withdrawn ones included, newest first."""
    found = (read(path.read_text(encoding="utf-8"), run) for path in sorted((TEXTS / outlet).glob("*.txt")))
    return tuple(sorted((text for text in found if text.appears <= run), key=lambda t: t.published_at, reverse=True))


def read(source: str, run: int) -> DemoText:
    """Return the article of one file: a Jinja template over `run`; TOML between +++ lines, then the paragraphs."""
    rendered = _JINJA.from_string(source).render(run=run)
    _, front, body = rendered.split(_SEPARATOR, 2)
    fields = tomllib.loads(front)
    fields["updates"] = [Update(**update) for update in fields.pop("updates", [])]
    paragraphs = tuple(" ".join(block.split()) for block in body.split("\n\n") if block.strip())
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()
    }
    return DemoText(paragraphs=paragraphs, **values)


def _later(at: str, minutes: int) -> str:
    """Return the ISO time `minutes` after `at`: how a text says that it was changed anew in each run."""
    return (datetime.fromisoformat(at) + timedelta(minutes=minutes)).isoformat()


_JINJA = jinja2.Environment(autoescape=False, undefined=jinja2.StrictUndefined)  # noqa: S701 - TOML and text, no HTML
_JINJA.globals["later"] = _later
