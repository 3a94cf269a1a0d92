"""Where a visit is led: by cookies, refreshes and other hosts; and what a server says of what it sends."""

import gzip
import zlib
from collections.abc import Callable

import pytest

from crawler.refresh import STUB_CHARACTERS, target_of
from crawler.response_outcome import conditions
from crawler.robots import ask
from crawler.visit_cookies import COOKIE_BYTES, MOST_BYTES, MOST_COOKIES, with_set
from ledger.pages import LED_ELSEWHERE, Found, announce
from ledger.schema import robots
from ledger.source_sums import last_sums
from ledger.visit_transaction import record
from news.clock import now
from news.outcome import Outcome
from news.outlet import Source, SourceKind
from news.source_sum import Disposition
from news.visit import Visit
from tests.crawler.conftest import House
from tests.crawler.hostile import Asked, Site, answer, article, redirect, sitemap
from tests.crawler.test_sources import rss

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAGE = article()


def gate(cookies: list[str], shown: str, to: str = "") -> Callable[[Asked], None]:
    """Return what redirects, to the same address unless `to` says otherwise, until `shown` is among the cookies."""

    def send(asked: Asked) -> None:
        if shown in asked.hit.headers.get("cookie", ""):
            asked.send(answer(PAGE))
            return
        lines = "".join(f"Set-Cookie: {each}\r\n" for each in cookies)
        head = f"HTTP/1.1 302 Found\r\nLocation: {to or asked.hit.path}\r\n{lines}Content-Length: 0\r\n\r\n"
        asked.send(head.encode())

    return send


@pytest.mark.parametrize(
    ("cookies", "shown"),
    [
        (["seen=1"], "seen=1"),
        (["seen=1; Path=/; HttpOnly; SameSite=Lax", "other=x=y"], "seen=1; other=x=y"),
        (["seen=old", "seen=new; Max-Age=600"], "seen=new"),
        (["gate=\xe4\xb8; Domain=.{host}"], "gate="),
        ([f"long={'x' * 5000}", "seen=1; Expires=Fri, 31 Dec 2100 23:59:59 GMT"], "seen=1"),
    ],
)
async def test_a_gate_that_sets_a_cookie_is_passed_and_the_cookie_forgotten(
    house: House, cookies: list[str], shown: str
) -> None:
    site = house.site()
    set_ = [each.format(host=site.host) for each in cookies]
    for path in ("/first-story-of-the-day", "/second-story-of-the-day"):
        site[path] = gate(set_, shown)
    await house.crawl(house.outlet(site))
    assert {end[0] for end in (await house.outcomes(site)).values()} == {"new"}
    for path in ("/first-story-of-the-day", "/second-story-of-the-day"):
        assert "cookie" not in site.asked(path)[0].headers
    assert "cookie" not in site.asked("/sitemap.xml")[0].headers


@pytest.mark.parametrize(
    "cookies",
    [
        ["seen=1; Max-Age=0"],
        ["seen=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT"],
        ["seen=1; Secure"],
        ["=1"],
        ["seen"],
        ["a\x01=seen=1"],
        [f"seen=1{'x' * COOKIE_BYTES}"],
    ],
)
async def test_a_cookie_that_is_none_or_not_for_this_request_is_not_sent(house: House, cookies: list[str]) -> None:
    site = house.site()
    site["/a-story"] = gate(cookies, "seen=1")
    await house.crawl(house.outlet(site))
    assert (await house.outcomes(site))["/a-story"][0] == "http_error"
    assert all("cookie" not in hit.headers for hit in site.hits)


async def test_a_cookie_goes_to_no_other_host_and_an_outlet_s_own_stay(house: House) -> None:
    site = house.site()
    site["/a-story"] = gate(["seen=1; Domain=com"], "never", to=f"http://news.{site.host}:{site.port}/on")
    site["/on"] = answer(PAGE)
    await house.crawl(house.outlet(site, cookies={"login": "of-ours"}))
    assert {hit.headers.get("cookie") for hit in site.asked("/on")} == {"login=of-ours"}
    assert {hit.headers.get("cookie") for hit in site.asked("/a-story")} == {"login=of-ours"}


async def test_a_jar_has_bounds() -> None:
    lines = [f"n{number}={'x' * 900}".encode() for number in range(99)]
    jar = with_set({}, lines, "https://a.example/")
    assert 0 < len(jar) <= MOST_COOKIES
    assert sum(len(each.value) for each in jar.values()) <= MOST_BYTES
    wide = with_set({}, [b"a=1; Domain=example.co.uk", b"b=1; Domain=co.uk"], "https://www.example.co.uk/")
    assert [wide[name].goes_to("https://other.example.co.uk/") for name in "ab"] == [True, False]


META = '<meta http-equiv="{}" content="{}">'
LONG = "<p>" + "words of a page " * (STUB_CHARACTERS // 10) + "</p>"


@pytest.mark.parametrize(
    ("page", "header", "target"),
    [
        (META.format("refresh", "0;url=/on"), "", "/on"),
        (META.format("REFRESH", "1; URL='/on'"), "", "/on"),
        (META.format("Refresh", " 0 , /on "), "", "/on"),
        (META.format("refresh", "0.5;url=on"), "", "/news/on"),
        (META.format("refresh", ";url=/on"), "", "/on"),
        ("<meta content=0;/on http-equiv=refresh>", "", "/on"),
        ('<base href="/desk/">' + META.format("refresh", "0;url=on"), "", "/desk/on"),
        ("<p>Moved.</p>", "0; url=/on", "/on"),
        ("", "2;/on", "/on"),
        (META.format("refresh", "0;url=https://elsewhere.org/x"), "", "https://elsewhere.org/x"),
        (META.format("refresh", "600"), "", None),
        (META.format("refresh", "0"), "", None),
        (META.format("refresh", "300;url=/on"), "", None),
        (META.format("refresh", "0;url=/news/old#again"), "", None),
        (META.format("refresh", "0;url=javascript:go()"), "", None),
        (META.format("refresh", "0;url=http://["), "", None),
        (META.format("refresh", "soon;url=/on"), "", None),
        (f"<noscript>{META.format('refresh', '0;url=/on')}</noscript>", "", None),
        (f"<!-- {META.format('refresh', '0;url=/on')} -->", "", None),
        (META.format("refresh", "0;url=/on") + LONG, "", None),
        (META.format("refreshed", "0;url=/on"), "", None),
        (LONG, "0;url=/on", None),
        ("\x00\xff<meta", "9" * 400, None),
    ],
)
async def test_a_page_that_sends_on_at_once_has_a_target(page: str, header: str, target: str | None) -> None:
    base = "https://www.paper.com/news/old"
    found = target_of(page.encode("latin-1"), "text/html", header, base)
    assert (found or "").removeprefix("https://www.paper.com") == (target or "")


async def test_refreshes_are_followed_as_redirects_are(house: House) -> None:
    site = house.site()
    site["/moved-story"] = answer(META.format("refresh", "0;url=/the-story"))
    site["/named-story"] = answer("<p>Moved.</p>", refresh="0;url=/other-story")
    site["/away-story"] = answer(META.format("refresh", "0;url=http://elsewhere.org/x"))
    for number in (0, 1):
        site[f"/round-{number}"] = answer(META.format("refresh", f"0;url=/round-{1 - number}"))
    outlet = house.outlet(site)
    listed = answer(sitemap([site.url(path) for path in site.answers]), kind="application/xml")
    site["/sitemap.xml"] = listed
    site["/the-story"] = answer(PAGE)
    site["/other-story"] = answer(article("Ferry stays moored as the ice comes early").replace("bridge", "ferry"))
    await house.crawl(outlet)
    ends = await house.outcomes(site)
    assert {path: ends[path][0] for path in ends} == {
        "/moved-story": "new",
        "/named-story": "new",
        "/away-story": "off_site",
        "/round-0": "http_error",
        "/round-1": "http_error",
    }


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/octet-stream", "text/x-html; charset=utf-8", "html", "text", "image/html", "", "/"],
)
async def test_what_begins_as_html_is_html_whatever_it_is_called(house: House, kind: str) -> None:
    site = house.site()
    assert (await house.outcome(site, "/a-story", answer(f"\ufeff<!-- made -->\n{PAGE}", kind=kind)))[0] == "new"


@pytest.mark.parametrize("said", ["utf-8", "none", "identity", "GZIP", "x-gzip", "gzip, identity"])
async def test_an_encoding_that_is_none_or_oddly_named_is_no_loss(house: House, said: str) -> None:
    site = house.site()
    body = gzip.compress(PAGE.encode()) if "gzip" in said.lower() else PAGE.encode()
    assert (await house.outcome(site, "/a-story", answer(body, content_encoding=said)))[0] in ("new", "not_html")


def _raw(content: bytes) -> bytes:
    """Pack as some servers do that say deflate: without zlib's header."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


def _gzip(content: bytes) -> bytes:
    return gzip.compress(content)


@pytest.mark.parametrize(
    ("said", "packers"),
    [
        ("br", (_gzip,)),
        ("deflate", (_gzip,)),
        ("", (_gzip,)),
        ("gzip", (_gzip, _gzip)),
        ("gzip, gzip", (_gzip, _gzip)),
        ("deflate", (zlib.compress,)),
        ("deflate", (_raw,)),
    ],
)
async def test_a_page_is_unpacked_as_it_was_packed_whatever_its_header_says(
    house: House, said: str, packers: tuple[Callable[[bytes], bytes], ...]
) -> None:
    body = PAGE.encode()
    for pack in packers:
        body = pack(body)
    site = house.site()
    assert (await house.outcome(site, "/a-story", answer(body, content_encoding=said)))[0] == "new"


@pytest.mark.parametrize(
    ("said", "packers"),
    [
        ("deflate", (_raw,)),
        ("deflate", (zlib.compress,)),
        ("deflate", (_gzip, _raw)),
        ("gzip, deflate", (_gzip, _raw)),
    ],
)
async def test_a_list_is_unpacked_as_it_was_packed(
    house: House, said: str, packers: tuple[Callable[[bytes], bytes], ...]
) -> None:
    site = house.site()
    body = sitemap([site.url("/news/one-story")])
    for pack in packers:
        body = pack(body)
    site["/sitemap.xml"] = answer(body, kind="application/xml", content_encoding=said)
    site["/news/one-story"] = answer(PAGE)
    await house.crawl(house.outlet(site))
    assert (await house.outcomes(site))["/news/one-story"][0] == "new"


@pytest.mark.parametrize("head", [b"\x1f\x8b\x08", b"\x1f\x8b\x08broken", b"\x28\xb5\x2f\xfd"])
@pytest.mark.parametrize("said", ["", "gzip", "br"])
async def test_bytes_that_only_begin_as_packed_ones_are_an_end_with_a_reason(
    house: House, head: bytes, said: str
) -> None:
    outcome, reason = await house.outcome(house.site(), "/a-story", answer(head + b"x" * 99, content_encoding=said))
    assert outcome in ("unreadable", "not_html", "not_an_article")
    assert reason


@pytest.mark.parametrize(
    ("location", "ends"),
    [("/moved-here", "new"), ("", "http_error"), ("mailto:desk@paper.com", "bad_url"), ("/a-story", "http_error")],
)
async def test_a_choice_of_addresses_is_followed_to_the_one_that_is_preferred(
    house: House, location: str, ends: str
) -> None:
    site = house.site()
    site["/moved-here"] = answer(PAGE)
    outcome, reason = await house.outcome(site, "/a-story", redirect(location, "300 Multiple Choices"))
    assert outcome == ends, reason


@pytest.mark.parametrize("content", ["0", "1; url=", "0;url=/a-story", "0; URL='/a-story'"])
async def test_a_gate_that_sets_a_cookie_and_loads_its_page_anew_is_passed(house: House, content: str) -> None:
    site = house.site()

    def send(asked: Asked) -> None:
        if "seen=1" in asked.hit.headers.get("cookie", ""):
            asked.send(answer(PAGE))
        else:
            asked.send(answer(META.format("refresh", content), set_cookie="seen=1"))

    assert (await house.outcome(site, "/a-story", send))[0] == "new"
    assert len(site.asked("/a-story")) == 2


async def test_a_page_that_loads_itself_anew_for_ever_is_asked_twice(house: House) -> None:
    site = house.site()
    stub = answer(META.format("refresh", "0"), set_cookie="seen=1")
    assert (await house.outcome(site, "/a-story", stub))[0] == "empty"
    assert len(site.asked("/a-story")) == 2


@pytest.mark.parametrize(
    ("etag", "sent"),
    [
        ('"abc"', '"abc"'),
        ('W/"abc"', 'W/"abc"'),
        ('"abc-gzip"', '"abc-gzip", "abc"'),
        ('"abc--gzip"', '"abc--gzip", "abc"'),
        ('W/"abc;br"', 'W/"abc;br", W/"abc"'),
        ("abc-gzip", "abc-gzip"),
    ],
)
async def test_an_etag_is_sent_in_each_form_that_its_server_may_know(etag: str, sent: str) -> None:
    assert conditions(etag, None)["If-None-Match"] == sent


@pytest.mark.parametrize("answered", ['"abc"', 'W/"abc"', '"abc-gzip"', ""])
async def test_a_304_counts_whatever_form_of_the_etag_it_names(house: House, answered: str) -> None:
    site = house.site()

    def send(asked: Asked) -> None:
        if "if-none-match" in asked.hit.headers:
            asked.send(answer(status="304 Not Modified", etag=answered))
        else:
            asked.send(answer(PAGE, etag='"abc-gzip"'))

    site["/a-story"] = send
    outlet = house.outlet(site)
    for _ in range(3):
        await house.crawl(outlet)
        await house.make_due(outlet)
    assert [str(each.outcome) for each in await house.attempts(outlet)] == ["new", "not_modified", "not_modified"]
    assert [hit.headers.get("if-none-match") for hit in site.asked("/a-story")][1:] == ['"abc-gzip", "abc"'] * 2


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x0b", "\x0c", "\u2028"])
@pytest.mark.parametrize("mark", ["", "\ufeff", "\ufeff\ufeff"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be"])
async def test_marks_and_line_ends_of_a_robots_txt_hide_no_rule(mark: str, end: str, encoding: str) -> None:
    lines = [f"{mark}User-agent: *", "Disallow: /intern/", f"{mark}User-agent: Broadsheet", "Disallow: /closed/"]
    text = end.join(lines)
    content = (("\ufeff" + text) if encoding == "utf-16-be" else text).encode(encoding)
    for path, allowed in (("/closed/a", False), ("/intern/a", True), ("/a", True)):
        assert ask(content, "Broadsheet/1.0", f"https://a.example{path}").allowed is allowed


# items that lead through another host


def _through(site: Site, other: Site, leads: int, stays: int) -> list[str]:
    urls = []
    for number in range(leads):
        other[f"/r/{number}"] = redirect(site.url(f"/news/story-number-{number}"))
        urls.append(other.url(f"/r/{number}"))
        text = article(f"Council votes on bridge number {number}").replace("bridge", f"bridge {number} of {number * 7}")
        site[f"/news/story-number-{number}"] = answer(text)
    for number in range(stays):
        other[f"/own/{number}"] = answer(PAGE)
        urls.append(other.url(f"/own/{number}"))
    return urls


async def test_items_that_lead_through_another_host_are_followed_to_where_they_end(house: House) -> None:
    site, other = house.site(), house.site()
    urls = _through(site, other, leads=8, stays=0)
    site["/feed.xml"] = answer(rss(*(f"<link>{url}</link>" for url in urls)), kind="application/rss+xml")
    outlet = house.outlet(site, sources=(Source(kind=SourceKind.FEED, url=site.url("/feed.xml")),))
    for _ in range(3):
        await house.crawl(outlet)
    assert (await house.state(outlet)).articles == 8
    assert len([hit for hit in other.hits if hit.path.startswith("/r/")]) == 8
    async with house.runtime.engine.connect() as connection:
        (reading,) = (await last_sums(connection, outlet.slug)).values()
    assert reading.sum.counts == {Disposition.KNOWN: 8}


async def test_items_of_another_site_are_tried_a_few_times_then_counted(house: House) -> None:
    site, other = house.site(), house.site()
    urls = _through(site, other, leads=0, stays=12)
    site["/feed.xml"] = answer(rss(*(f"<link>{url}</link>" for url in urls)), kind="application/rss+xml")
    site["/"] = answer("".join(f'<a href="{other.url(f"/page/{number}")}">x</a>' for number in range(9)))
    kinds = ((SourceKind.FEED, "/feed.xml"), (SourceKind.FRONT_PAGE, "/"))
    outlet = house.outlet(site, sources=tuple(Source(kind=kind, url=site.url(path)) for kind, path in kinds))
    for _ in range(3):
        await house.crawl(outlet)
    assert (await house.state(outlet)).articles == 0
    assert len([hit for hit in other.hits if hit.path.startswith("/own/")]) == 5
    assert not [hit for hit in other.hits if hit.path.startswith("/page/")]
    ends = {(each.outcome, each.reason) for each in await house.attempts(outlet)}
    assert ends == {(Outcome.OFF_SITE, f"it leads to another site, {other.host}")}
    async with house.runtime.engine.connect() as connection:
        sums = await last_sums(connection, outlet.slug)
    assert sums[site.url("/feed.xml")].sum.counts == {Disposition.OTHER_SITE: 12}
    assert sums[site.url("/")].sum.counts == {Disposition.OTHER_SITE: 9}


@pytest.mark.parametrize("first", ["who lists them", "whose they are"])
async def test_articles_of_another_outlet_that_are_listed_stay_that_outlets(house: House, first: str) -> None:
    site, other = house.site(), house.site()
    paths = [f"/news/a-story-with-number-{number}" for number in range(8)]
    for number, path in enumerate(paths):
        other[path] = answer(article(f"Council votes on bridge number {number}").replace("bridge", f"bridge {number}"))
    listed = (f"<link>{other.url(path)}</link>" for path in paths)
    site["/feed.xml"] = answer(rss(*listed), kind="application/rss+xml")
    lists = house.outlet(site, sources=(Source(kind=SourceKind.FEED, url=site.url("/feed.xml")),))
    owns = house.outlet(other)
    for outlet in (lists, owns, lists, owns) if first == "who lists them" else (owns, lists, lists):
        await house.crawl(outlet)
    assert [(await house.state(outlet)).articles for outlet in (lists, owns)] == [0, 8]
    # a few are tried where nobody knows whose they are, and none for a second time
    assert len(await house.attempts(lists)) == (5 if first == "who lists them" else 0)
    assert len([hit for hit in other.hits if hit.path in paths]) == 8 + len(await house.attempts(lists))


@pytest.mark.parametrize("before", ["not visited yet", "away", "forbidden", "led elsewhere"])
async def test_what_is_followed_is_its_own_outlets_as_soon_as_that_lists_it(house: House, before: str) -> None:
    site, other = house.site(), house.site()
    listed = other.url("/news/the-bridge-story")
    site["/feed.xml"] = answer(rss(f"<link>{listed}</link>"), kind="application/rss+xml")
    lists = house.outlet(site, sources=(Source(kind=SourceKind.FEED, url=site.url("/feed.xml")),))
    owns = house.outlet(other)
    other["/news/the-bridge-story"] = answer(status="503 Away") if before == "away" else answer(PAGE)
    if before == "forbidden":
        other["/robots.txt"] = answer("User-agent: *\nDisallow: /", kind="text/plain")
    await house.crawl(lists, only=("none",) if before == "not visited yet" else ())
    del other.answers["/news/the-bridge-story"]
    other["/news/the-bridge-story"] = answer(PAGE)
    # it is listed once, and never again
    await house.announce(owns, listed)
    if before == "forbidden":
        del other.answers["/robots.txt"]
        async with house.runtime.engine.begin() as connection:
            await connection.execute(robots.delete())
    other["/sitemap.xml"] = answer(sitemap([]), kind="application/xml")
    await house.crawl(owns)
    assert [(await house.state(outlet)).articles for outlet in (lists, owns)] == [0, 1]
    # who followed it takes it no more
    await house.crawl(lists)
    assert (await house.state(owns)).articles == 1


async def test_a_late_answer_to_who_followed_a_page_takes_it_from_nobody(house: House) -> None:
    site, other = house.site(), house.site()
    listed = other.url("/news/the-bridge-story")
    lists, owns = house.outlet(site), house.outlet(other)
    async with house.runtime.engine.begin() as connection:
        await announce(connection, lists.slug, "feed", [Found(url=listed)], through=[listed])
        await announce(connection, owns.slug, "feed", [Found(url=listed)])
    visit = Visit(outlet=lists, url=listed, fetched_at=now()).ended(Outcome.OFF_SITE, f"{LED_ELSEWHERE}, other")
    await record(house.runtime.engine, visit)
    assert (await house.due(owns), len(await house.attempts(lists))) == (1, 1)
