"""Does an outlet work today? Its sources are read and a few of its articles, and nothing of them is kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from scrapy.settings import Settings

from crawler.chromium import check_browser
from crawler.discovery import ours
from crawler.sources import read_source
from crawler.sources.listing import Listing
from crawler.spiders.probe import probe
from news.article import BodyMissing
from news.errors import ConfigurationError, PageUnreadable, SourceUnreadable
from news.outcome import Outcome
from news.outlet import Outlet, Source, SourceKind
from news.visit import Visit
from pipelines.pool import digest_in_pool
from pipelines.runtime import Runtime

#: articles that are read, of those that the sources list
SAMPLES = 3
#: sources that are read
MOST_SOURCES = 12


#: a page came, and no text was found on it
_WITHOUT_TEXT = frozenset({Outcome.NEW, Outcome.EMPTY, Outcome.NOT_AN_ARTICLE})


class Need(StrEnum):
    """What an outlet asks for beyond a plain request."""

    NOTHING = ""
    #: a bot wall or consent wall, a site that refuses plain requests, or pages whose scripts bring the text
    BROWSER = "browser"
    LOGIN = "login"  # most of its articles are behind a paywall
    PERMISSION = "permission"  # robots.txt refuses us


@dataclass(frozen=True, kw_only=True)
class ProbedSource:
    """A source, what it lists, or why it lists nothing."""

    source: Source
    listing: Listing = field(default_factory=Listing)
    reason: str = ""
    outcome: Outcome | None = None

    @property
    def found(self) -> int:
        """Return how many addresses it lists, parts of an index included."""
        return len(self.listing.found) + len(self.listing.parts)


@dataclass(frozen=True, kw_only=True)
class ProbedArticle:
    """An article's page, how its reading ended, and what it is written in."""

    url: str
    outcome: Outcome
    reason: str = ""
    language: str = ""
    is_free: bool | None = None
    body_missing: BodyMissing | None = None
    has_text: bool = False


@dataclass(frozen=True, kw_only=True)
class ProbeVerdict:
    """Whether an outlet works, and what it needs where it does not."""

    works: bool
    need: Need
    reason: str


async def probe_sources(
    values: Settings, runtime: Runtime, outlet: Outlet, sources: Sequence[Source]
) -> list[ProbedSource]:
    """Return what each source lists today."""
    probed = await probe(values, outlet, [source.url for source in sources])
    tried = []
    for source in sources:
        visit = probed[source.url]
        if visit.page is None:
            tried.append(ProbedSource(source=source, reason=visit.reason, outcome=visit.outcome))
            continue
        try:
            listing: Listing = await runtime.pool.run(outlet.home, read_source, source.kind, visit.page)
        except (SourceUnreadable, PageUnreadable) as error:
            tried.append(ProbedSource(source=source, reason=str(error), outcome=Outcome.UNREADABLE))
        else:
            found = tuple(ours(outlet, listing.found))
            tried.append(ProbedSource(source=source, listing=Listing(found=found, parts=listing.parts)))
    return tried


async def probe_articles(
    values: Settings, runtime: Runtime, outlet: Outlet, tried: Sequence[ProbedSource]
) -> list[ProbedArticle]:
    """Return how the reading of a few pages ends that the sources list, taken from all over the lists."""
    found = list(dict.fromkeys(each.url for source in tried for each in source.listing.found))
    step = max(1, len(found) // SAMPLES)
    probed = await probe(values, outlet, found[::step][:SAMPLES]) if found else {}
    return [await _read(runtime, outlet, visit) for visit in probed.values()]


async def _read(runtime: Runtime, outlet: Outlet, visit: Visit) -> ProbedArticle:
    if visit.page is None:
        return ProbedArticle(url=visit.url, outcome=visit.outcome or Outcome.UNREADABLE, reason=visit.reason)
    read = await digest_in_pool(runtime.pool, visit.page, outlet, frozenset())
    if read.article is None:
        assert read.refusal is not None, "a digest has an article or a refusal"
        return ProbedArticle(url=visit.url, outcome=read.refusal.outcome, reason=read.refusal.reason)
    return ProbedArticle(
        url=visit.url,
        outcome=Outcome.NEW,
        language=read.article.in_language,
        is_free=read.article.is_accessible_for_free,
        body_missing=read.article.body_missing,
        has_text=bool(read.article.body),
    )


def judge(sources: Sequence[ProbedSource], articles: Sequence[ProbedArticle]) -> ProbeVerdict:
    """Return whether the outlet works: some source lists something, and some page listed there is an article."""
    if not any(source.found for source in sources):
        reasons = "; ".join(f"{source.source.url}: {source.reason or 'it lists nothing'}" for source in sources)
        return ProbeVerdict(works=False, need=_need([(each.outcome, each.reason) for each in sources]), reason=reasons)
    read = [each for each in articles if each.outcome is Outcome.NEW]
    if articles and not read:
        reasons = "; ".join(f"{each.url}: {each.reason or each.outcome}" for each in articles)
        return ProbeVerdict(works=False, need=_need([(each.outcome, each.reason) for each in articles]), reason=reasons)
    if read and all(each.body_missing for each in read):
        reasons = "; ".join(f"{each.url}: no text ({each.body_missing})" for each in read)
        is_walled = all(each.body_missing is BodyMissing.PAYWALL for each in read)
        return ProbeVerdict(works=False, need=Need.LOGIN if is_walled else Need.BROWSER, reason=reasons)
    if read and all(each.is_free is False for each in read):
        return ProbeVerdict(
            works=True, need=Need.LOGIN, reason="its articles are for subscribers: only their beginnings"
        )
    if not articles:
        return ProbeVerdict(
            works=True,
            need=Need.NOTHING,
            reason="its sources are sitemap indexes without articles; no article was checked",
        )
    return ProbeVerdict(works=True, need=Need.NOTHING, reason="")


def _need(ends: Sequence[tuple[Outcome | None, str]]) -> Need:
    if any(outcome is Outcome.ROBOTS for outcome, _ in ends):
        return Need.PERMISSION
    walls = ("401", "403", "429", "503", "bot wall", "consent")
    if any(outcome is Outcome.WALL or any(word in reason.lower() for word in walls) for outcome, reason in ends):
        return Need.BROWSER
    return Need.NOTHING


async def check_outlet(values: Settings, runtime: Runtime, outlet: Outlet) -> ProbeVerdict:
    """Return whether the outlet works today."""
    sources = await probe_sources(values, runtime, outlet, outlet.sources[:MOST_SOURCES])
    parts = [
        Source(kind=SourceKind.SITEMAP, url=part.url)
        for source in sources
        if not source.listing.found
        for part in source.listing.parts[:1]
    ]
    if parts and not any(source.listing.found for source in sources):
        sources += await probe_sources(values, runtime, outlet, parts[:2])
    articles = await probe_articles(values, runtime, outlet, sources)
    if articles and not outlet.render and not any(each.has_text for each in articles):
        shown = await _need_scripts(values, runtime, outlet, articles)
        if shown is not None:
            return shown
    return judge(sources, articles)


async def _need_scripts(
    values: Settings, runtime: Runtime, outlet: Outlet, articles: Sequence[ProbedArticle]
) -> ProbeVerdict | None:
    """Return the verdict on pages without a text if a browser shows one; None if it shows none, or there is none."""
    urls = [each.url for each in articles if each.outcome in _WITHOUT_TEXT]
    try:
        check_browser()
        probed = await probe(values, replace(outlet, render=True), urls) if urls else {}
    except ConfigurationError:
        return None
    for visit in probed.values():
        if (await _read(runtime, outlet, visit)).has_text:
            reason = "its pages have a text only once their scripts have run: write `render = true` into its file"
            return ProbeVerdict(works=False, need=Need.BROWSER, reason=reason)
    return None
