"""What a server puts into a field against what the ledger can keep: the page fails alone, whatever stands there."""

import json

import pytest

from news.outcome import Outcome
from news.outlet import Source, SourceKind
from tests.crawler.conftest import House
from tests.crawler.hostile import Site, answer, article, redirect

pytestmark = pytest.mark.asyncio(loop_scope="session")

BAD = "/page-02-bad"
#: beside the bad page, in the order of the sitemap before and behind it
GOOD = ("/page-01-good", "/page-03-good", "/page-04-good")
LATIN = "".join(chr(0x21 + number % 90) for number in range(4_000))
CJK = "".join(chr(0x4E00 + number * 7 % 20_000) for number in range(3_000))
VALUES = {
    "nul": "a\x00b",
    "surrogate reference": "a&#xD800;b",
    "c0": "a\x01\x1b[31mb",
    "c1": "a\x85\x9bb",
    "bidi": "a\u202eb\u2066c",
    "long": LATIN,
    "cjk": CJK,
    "cjk below the old limit": CJK[:1_900],
    "integer": "9" * 30,
    "year 1": "0001-01-01T00:00:00Z",
    "year 9999": "9999-12-31T23:59:59Z",
}


def raw(head: str, body: str) -> bytes:
    content = body.encode("utf-8", "surrogatepass")
    return head.encode("utf-8") + f"Content-Length: {len(content)}\r\n\r\n".encode() + content


def with_head(line: str) -> bytes:
    typed = "" if line.startswith("Content-Type") else "Content-Type: text/html\r\n"
    return raw(f"HTTP/1.1 200 OK\r\n{typed}{line}\r\n", article())


def with_tag(tag: str) -> bytes:
    return answer(article().replace("</head>", f"{tag}</head>"))


FIELDS = {
    "status reason": lambda value: raw(f"HTTP/1.1 200 {value}\r\nContent-Type: text/html\r\n", article()),
    "status number": lambda value: raw(f"HTTP/1.1 {value.split()[0]} OK\r\nContent-Type: text/html\r\n", article()),
    "content type": lambda value: with_head(f"Content-Type: application/{value}"),
    "etag": lambda value: with_head(f'ETag: "{value}"'),
    "last modified": lambda value: with_head(f"Last-Modified: {value}"),
    "redirect": lambda value: raw(f"HTTP/1.1 302 Found\r\nLocation: /{value}\r\n", ""),
    "canonical": lambda value: with_tag(f'<link rel="canonical" href="/{value}">'),
    "og:url": lambda value: with_tag(f'<meta property="og:url" content="/{value}">'),
    "author": lambda value: with_tag(f'<meta name="author" content="{value}">'),
    "keywords": lambda value: with_tag(f'<meta name="keywords" content="{value}">'),
    "published": lambda value: with_tag(f'<meta property="article:published_time" content="{value}">'),
    "json-ld": lambda value: with_tag(
        '<script type="application/ld+json">'
        + json.dumps({"@type": "NewsArticle", "headline": value, "wordCount": 10**30, "dateModified": value})
        + "</script>"
    ),
}


def paper(house: House) -> Site:
    site = house.site()
    for path in GOOD:
        site[path] = answer(article(f"Sound page {path}"))
    return site


@pytest.mark.parametrize("field", FIELDS)
async def test_a_page_with_a_hostile_value_fails_alone(house: House, field: str) -> None:
    lost = {}
    for name, value in VALUES.items():
        site = paper(house)
        site[BAD] = FIELDS[field](value)
        outlet = house.outlet(site)
        await house.crawl(outlet)
        first = await house.attempts(outlet)
        paths = [each.url.removeprefix(site.url("")) for each in first]
        ends = {path: str(each.outcome) for path, each in zip(paths, first, strict=True)}
        await house.crawl(outlet)
        again = [each.url for each in (await house.attempts(outlet))[len(first) :]]
        # a view that the page names as its own address is another page of the outlet's
        if any(ends.get(path) != "new" for path in GOOD) or paths.count(BAD) != 1 or site.url(BAD) in again:
            lost[name] = (ends, again)
    assert not lost


@pytest.mark.parametrize("value", VALUES)
async def test_a_robots_txt_with_a_hostile_line_is_obeyed_and_its_pages_are_visited(house: House, value: str) -> None:
    site = paper(house)
    lines = f"User-agent: *\nDisallow: /page-04\nSitemap: {site.url('/')}{VALUES[value]}\n"
    site["/robots.txt"] = answer(lines.encode("utf-8", "surrogatepass"), kind="text/plain")
    await house.crawl(house.outlet(site))
    outcomes = {path: outcome for path, (outcome, _) in (await house.outcomes(site)).items()}
    assert outcomes == {"/page-01-good": "new", "/page-03-good": "new", "/page-04-good": "robots"}


@pytest.mark.parametrize("value", VALUES)
async def test_a_feed_entry_with_a_hostile_value_takes_no_other_along(house: House, value: str) -> None:
    site = paper(house)
    items = [f"<item><title>{path}</title><link>{site.url(path)}</link></item>" for path in GOOD]
    hostile = VALUES[value].replace("&", "&amp;").replace("&amp;#", "&#").replace("<", "&lt;").replace("]]>", "")
    bad = f"<item><title>{hostile}</title><link>{site.url('/')}{hostile}</link><pubDate>{hostile}</pubDate></item>"
    feed = f'<?xml version="1.0"?><rss version="2.0"><channel>{items[0]}{bad}{"".join(items[1:])}</channel></rss>'
    site["/feed.xml"] = answer(feed.encode(), kind="application/rss+xml")
    outlet = house.outlet(site, sources=(Source(kind=SourceKind.FEED, url=site.url("/feed.xml")),))
    await house.crawl(outlet)
    outcomes = await house.outcomes(site)
    assert {path: outcomes[path][0] for path in GOOD if path in outcomes} == dict.fromkeys(GOOD, "new")


async def test_a_chain_of_canonicals_ends_after_three(house: House) -> None:
    site = house.site()
    site["/sitemap.xml"] = answer(
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>{site.url("/story")}</loc></url></urlset>',
        kind="text/xml",
    )
    for number in range(12):
        path = "/story" if number == 0 else f"/story?z={number}"
        tag = f'<link rel="canonical" href="{site.url(f"/story?z={number + 1}")}">'
        site[path] = with_tag(tag)
    outlet = house.outlet(site)
    for _ in range(4):
        await house.crawl(outlet)
        await house.make_due(outlet)
    asked = {each.url for each in await house.attempts(outlet)}
    assert len(asked) <= 4


async def test_a_redirects_target_is_not_fetched_twice_in_one_crawl(house: House) -> None:
    site = house.site()
    site["/a-old"] = redirect("/b-new")
    site["/b-new"] = answer(article())
    await house.crawl(house.outlet(site))
    assert [hit.path for hit in site.hits if hit.path == "/b-new"] == ["/b-new"]


async def test_a_page_that_was_withdrawn_says_so_at_its_first_410(house: House) -> None:
    site = paper(house)
    outlet = house.outlet(site)
    await house.crawl(outlet)
    site[GOOD[0]] = answer(status="410 Gone")
    await house.make_due(outlet)
    await house.crawl(outlet)
    last = [each for each in await house.attempts(outlet) if each.url == site.url(GOOD[0])][-1]
    assert (last.outcome, last.status, last.article_id is not None) == (Outcome.GONE, 410, True)
