"""A home page's address in, the outlet's file out: what was found there was tried, what did not work was left out."""

import json
import tomllib
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from scrapy.settings import Settings

from crawler.discovery import robots_at
from crawler.home_page import USUAL_FEEDS, USUAL_SITEMAPS, Home, read_home
from crawler.outlet_probe import ProbedArticle, ProbedSource, ProbeVerdict, judge, probe_articles, probe_sources
from crawler.robots import forbids_ai_training, sitemaps
from crawler.spiders.probe import probe
from news.errors import BadAddress, ConfigurationError, PageUnreadable
from news.outcome import Outcome
from news.outlet import Outlet, Source, SourceKind, parse
from news.page import Page
from news.storable import storable
from news.url import AddressTooLong, normal, registrable_domain, site_of
from pipelines.runtime import Runtime

#: sitemaps that are kept: those that robots.txt names come first
MOST_SITEMAPS = 3
#: ends of a request that may be otherwise by another scheme
_NO_ANSWER = frozenset({Outcome.UNREACHABLE, Outcome.TIMEOUT})


@dataclass(frozen=True, kw_only=True)
class DiscoveredOutlet:
    """An outlet as it was found, with all that was tried."""

    outlet: Outlet
    tried: tuple[ProbedSource, ...]
    articles: tuple[ProbedArticle, ...]
    verdict: ProbeVerdict


async def discover(
    values: Settings,
    runtime: Runtime,
    url: str,
    taken: Collection[str] = (),
    *,
    slug: str = "",
    feeds: Collection[str] = (),
) -> DiscoveredOutlet:
    """Return the outlet whose home page is at `url`; `taken` are names of other outlets, `feeds` are known of it.

    Politely: robots.txt, resolver, pace and limits are those of every crawl. Raises BadAddress, which says why, if
    there is no home page to be read.
    """
    page = await _home_page(values, url)
    try:
        home: Home = await runtime.pool.run(page.url, read_home, page)
    except PageUnreadable as error:
        raise BadAddress(f"{page.url} cannot be read: {error}.") from error
    home = replace(home, feeds=tuple(dict.fromkeys((*feeds, *home.feeds))))
    outlet = Outlet(
        slug=slug or slug_of(home.url, taken),
        name=home.name,
        home=home.url,
        country=home.country,
        languages=(home.language,) if home.language else (),
        timezone=home.timezone,
        forbids_ai_training=home.forbids_ai_training,
    )
    robots = await robots_at(runtime, home.url)
    tried = await _sources(values, runtime, outlet, home, robots)
    kept = tuple(each.source for each in _worth(tried))
    outlet = replace(outlet, sources=kept)
    articles = await probe_articles(values, runtime, outlet, [each for each in tried if each.source in kept])
    outlet = replace(outlet, languages=_languages(home, articles))
    if robots is not None and await runtime.pool.run(home.url, forbids_ai_training, robots, home.url):
        outlet = replace(outlet, forbids_ai_training=True)
    working = [each for each in tried if each.source in kept]
    return DiscoveredOutlet(
        outlet=outlet, tried=tuple(tried), articles=tuple(articles), verdict=judge(working or tried, articles)
    )


async def _home_page(values: Settings, url: str) -> Page:
    """Return the page at `url`; one that says no scheme is asked for by https, and by http if nobody answers that."""
    reasons = []
    for scheme in ("",) if "//" in url else ("https://", "http://"):
        try:
            address = normal(f"{scheme}{url}")
        except AddressTooLong as error:
            raise BadAddress(f"'{storable(url[:200])}…' cannot be stored: {error}.") from error
        except ValueError as error:
            raise BadAddress(f"{error}.") from error
        bare = Outlet(slug="probe", name=site_of(address), home=address)
        answer = (await probe(values, bare, [address], anywhere=True))[address]
        if answer.page is not None:
            return answer.page
        reasons.append(f"{address} cannot be checked: {answer.reason or answer.outcome}")
        if answer.outcome not in _NO_ANSWER:
            break
    raise BadAddress("; ".join(reasons) + ".")


async def _sources(
    values: Settings, runtime: Runtime, outlet: Outlet, home: Home, robots: bytes | None
) -> list[ProbedSource]:
    """Try what the home page and robots.txt name; the usual places only where nothing of the kind works."""
    parts = urlsplit(home.url)
    origin = f"{parts.scheme}://{parts.netloc}"
    named = await runtime.pool.run(home.url, sitemaps, robots, origin) if robots is not None else []
    tried: list[ProbedSource] = []
    for kind, stated, usual in (
        (SourceKind.FEED, home.feeds, USUAL_FEEDS),
        (SourceKind.SITEMAP, (*named, *home.sitemaps), USUAL_SITEMAPS),
    ):
        sources = [Source(kind=kind, url=url) for url in dict.fromkeys(stated)]
        tried += await probe_sources(values, runtime, outlet, sources)
        if not any(each.found for each in tried if each.source.kind is kind):
            tried += await probe_sources(
                values, runtime, outlet, [Source(kind=kind, url=urljoin(origin, u)) for u in usual]
            )
    if not any(each.found for each in tried if each.source.kind is SourceKind.FEED):
        tried += await probe_sources(values, runtime, outlet, [Source(kind=SourceKind.FRONT_PAGE, url=home.url)])
    return tried


def _worth(tried: list[ProbedSource]) -> list[ProbedSource]:
    """Return the sources to keep: those that list something, no list twice, few sitemaps."""
    kept: list[ProbedSource] = []
    lists: set[tuple[object, ...]] = set()
    for each in tried:
        content = (each.source.kind, each.listing.found, each.listing.parts)
        same_kind = sum(other.source.kind is each.source.kind for other in kept)
        if (
            each.found
            and content not in lists
            and not (each.source.kind is SourceKind.SITEMAP and same_kind >= MOST_SITEMAPS)
        ):
            lists.add(content)
            kept.append(each)
    return kept


def _languages(home: Home, articles: list[ProbedArticle]) -> tuple[str, ...]:
    """Return the languages that the articles are written in, the most used first; else what the home page says."""
    counted = Counter(each.language.partition("-")[0] for each in articles if each.language not in ("", "und"))
    return tuple(language for language, _ in counted.most_common()) or ((home.language,) if home.language else ())


def slug_of(url: str, taken: Collection[str] = ()) -> str:
    """Return a name for the outlet at this address that is not taken.

    >>> slug_of("https://www.daily-example.co.uk/"), slug_of("https://www.daily-example.co.uk/", ["daily_example"])
    ('daily_example', 'daily_example_co_uk')
    """
    host = urlsplit(url).hostname or ""
    domain = registrable_domain(host) or site_of(url)
    parts = [domain.partition(".")[0] if registrable_domain(host) else domain, domain]
    names = [
        "_".join("".join(c if c.isascii() and c.isalnum() else " " for c in part.lower()).split()) for part in parts
    ]
    candidates = [*names, *(f"{names[-1]}_{number}" for number in range(2, 1_000))]
    return next(name for name in candidates if name and name not in taken)


def as_toml(outlet: Outlet) -> str:
    """Return the outlet's file."""
    fields: dict[str, object] = {"name": outlet.name, "home": outlet.home}
    fields |= {"country": outlet.country, "languages": list(outlet.languages), "timezone": outlet.timezone}
    lists = {"feeds": SourceKind.FEED, "sitemaps": SourceKind.SITEMAP, "front_pages": SourceKind.FRONT_PAGE}
    fields |= {name: [source.url for source in outlet.sources if source.kind is kind] for name, kind in lists.items()}
    fields["forbids_ai_training"] = outlet.forbids_ai_training
    lines = [f"{name} = {toml_value(value)}" for name, value in fields.items() if value not in (None, "", [])]
    return "\n".join(lines) + "\n"


def toml_value(value: object) -> str:
    """Return a TOML value: its texts and booleans are written as JSON's; DEL alone has to be escaped besides."""
    if isinstance(value, list) and len(value) > 1 and sum(map(len, value)) > 60:
        return "[\n" + "".join(f"  {toml_value(each)},\n" for each in value) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def write(home: Path, outlet: Outlet, *, force: bool = False) -> Path:
    """Write the outlet's file into `home/outlets`, and return where. Raises ConfigurationError where it cannot be."""
    path = home / "outlets" / f"{outlet.slug}.toml"
    content = as_toml(outlet)
    parse(outlet.slug, tomllib.loads(content), str(path))  # what is written can be read
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(content)
    except FileExistsError as error:
        raise ConfigurationError(f"{path} exists already; --force overwrites it.") from error
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}.") from error
    return path
