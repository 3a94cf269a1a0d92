"""robots.txt as RFC 9309 has it, seen from the site."""

import gzip
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from crawler.robots import MOST_DELAY_SECONDS, ROBOTS_BYTES, RobotsVerdict, ask, sitemaps, skipped_lines
from ledger.schema import robots, sites
from ledger.sites import skipped_lines as skipped_of
from news.errors import PageUnreadable
from news.outlet import Source, SourceKind
from news.url import origin
from pipelines.pool import Pool
from tests.crawler.conftest import House
from tests.crawler.hostile import Answer, Asked, Site, answer, article, redirect, sitemap
from tests.news.hostile import CJK, LETTERS, TEXTS

pytestmark = pytest.mark.asyncio(loop_scope="session")


def file(text: str | bytes) -> bytes:
    return answer(text, kind="text/plain")


def newspaper(house: House, robots_txt: Answer) -> Site:
    """Return a site with a page under /open/ and one under /intern/."""
    site = house.site()
    site["/robots.txt"] = robots_txt
    site["/open/council-votes"] = answer(article())
    site["/intern/council-votes"] = answer(article("Another page"))
    return site


@pytest.mark.parametrize(
    ("text", "path", "allowed"),
    [
        ("", "/x", True),
        ("User-agent: *\nDisallow:", "/x", True),
        ("User-agent: *\nDisallow: /", "/x", False),
        ("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", True),  # the longest match
        ("User-agent: *\nAllow: /a/b\nDisallow: /a", "/a/c", False),
        ("User-agent: *\nAllow: /a\nDisallow: /a", "/a", True),  # as long: allow
        ("User-agent: *\nDisallow: /*.php$", "/a.php", False),
        ("User-agent: *\nDisallow: /*.php$", "/a.php5", True),
        ("User-agent: other\nDisallow: /", "/x", True),
        ("User-agent: broadsheet\nDisallow: /\n\nUser-agent: *\nAllow: /", "/x", False),
        ("User-agent: *\nDisallow: /\n\nUser-agent: Broadsheet\nAllow: /", "/x", True),
        ("User-agent: a\nUser-agent: broadsheet\nDisallow: /x", "/x", False),  # one group of two
        ("User-agent: Broadsheet\nDisallow: /a\n\nUser-agent: broadsheet\nDisallow: /b", "/b", False),  # merged
        ("User-agent: *\nDisallow: /caf%C3%A9", "/café", False),
        ("\ufeffUser-agent: *\nDisallow: /", "/x", False),
        ("User-agent: *\r\nDisallow: /\r\n", "/x", False),
        ("User-agent: * # all\nDisallow: / # everything", "/x", False),
        ("User-agent: *\nDisallow: /", "/robots.txt", True),
        ("User-agent: googlebot\nDisallow: /", "/x", True),  # our contact names it, our token does not
        ("<!doctype html><p>No such file.", "/x", True),
    ],
)
async def test_the_rules_are_those_of_rfc_9309(text: str, path: str, allowed: bool) -> None:
    agent = "Broadsheet/1.0 (+https://example.org/not-a-googlebot)"
    assert ask(text.encode(), agent, f"https://a.example{path}").allowed is allowed


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize(
    ("token", "ours"),
    [
        ("Broadsheet", True),
        ("broadsheet/1.0", True),
        ("BROADSHEET / 2", True),
        ("Broadsheet*", True),
        ("Broadsheet # the archive", True),
        ("Broad", False),
        ("sheet", False),
        ("Broadsheet-Images", False),
        ("OtherBroadsheet", False),
        ("Mozilla/5.0 (compatible; Broadsheet/1.0)", False),
    ],
)
async def test_a_group_is_ours_by_its_whole_product_token(token: str, ours: bool, mark: str, end: str) -> None:
    text = f"{mark}User-agent: {token}{end}Disallow: /a{end}{end}User-agent: *{end}Disallow: /b{end}"
    said = [ask(text.encode(), "Broadsheet/1", f"https://a.example{path}").allowed for path in ("/a", "/b")]
    assert said == ([False, True] if ours else [True, False])


@pytest.mark.parametrize(
    "content", [b"\xff\xfeU\x00s\x00e\x00r\x00", b"\xe9\xe8\xff" * 99, b"\x00" * 9999, b"\xef\xbb\xbf"]
)
async def test_bytes_that_are_no_text_are_no_rules(content: bytes) -> None:
    assert ask(content, "Broadsheet/1", "https://a.example/x") == RobotsVerdict(allowed=True)


async def test_latin_1_does_not_hide_the_rules_around_it() -> None:
    content = "User-agent: *\n# für alle\nDisallow: /".encode("latin-1")
    assert not ask(content, "Broadsheet/1", "https://a.example/x").allowed


@pytest.mark.parametrize(
    ("stated", "seconds"),
    [("3", 3.0), ("0.5", 0.5), ("-1", 0.0), ("nan", 0.0), ("99999", MOST_DELAY_SECONDS),
     ("soon", 0.0), ("", 0.0)],
)  # fmt: skip
async def test_a_crawl_delay_is_a_number_of_seconds_up_to_five_minutes(stated: str, seconds: float) -> None:
    content = f"User-agent: *\nCrawl-delay: {stated}\nDisallow: /a".encode()
    assert ask(content, "Broadsheet/1", "https://a.example/x").delay_seconds == seconds


async def test_what_is_past_500_kib_is_ignored() -> None:
    padding = b"# nothing here\n" * (ROBOTS_BYTES // 15 + 1)
    content = b"User-agent: *\nDisallow: /a\n" + padding + b"Disallow: /b\n"
    assert not ask(content, "Broadsheet/1", "https://a.example/a").allowed
    assert ask(content, "Broadsheet/1", "https://a.example/b").allowed


async def test_a_page_that_robots_txt_forbids_is_not_asked_for(house: House) -> None:
    site = newspaper(house, file("User-agent: *\nDisallow: /intern/"))
    await house.crawl(house.outlet(site))
    ends = await house.outcomes(site)
    assert ends["/intern/council-votes"] == ("robots", "robots.txt does not allow it")
    assert ends["/open/council-votes"][0] == "new"
    assert not site.asked("/intern/council-votes")
    assert site.hits[0].path == "/robots.txt"


async def test_a_page_behind_a_redirect_is_asked_about_too(house: House) -> None:
    site = newspaper(house, file("User-agent: *\nDisallow: /intern/"))
    site["/open/council-votes"] = redirect("/intern/council-votes")
    await house.crawl(house.outlet(site))
    assert (await house.outcomes(site))["/open/council-votes"][0] == "robots"
    assert not site.asked("/intern/council-votes")


async def test_a_source_that_robots_txt_forbids_is_not_asked_for_and_marks_the_outlet(house: House) -> None:
    site = newspaper(house, file("User-agent: *\nDisallow: /sitemap"))
    outlet = house.outlet(site)
    await house.crawl(outlet)
    assert not site.asked("/sitemap.xml")
    assert (await house.source(outlet, site.url("/sitemap.xml"))).outcome == "robots"
    assert "robots.txt does not allow it" in ((await house.state(outlet)).unhealthy_reason or "")


@pytest.mark.parametrize("status", ["404 Not Found", "403 Forbidden", "401 Unauthorized", "410 Gone", "204 No Content"])
async def test_no_robots_txt_forbids_nothing(house: House, status: str) -> None:
    site = newspaper(house, answer(status=status))
    await house.crawl(house.outlet(site))
    assert {end for end, _ in (await house.outcomes(site)).values()} == {"new"}


def endless(asked: Asked) -> None:
    asked.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nUser-agent: *\nDisallow: /intern/\n")
    while True:
        asked.send(b"# and so on, and so on, and so on\n" * 99)


async def test_a_robots_txt_without_end_is_read_as_far_as_500_kib(house: House) -> None:
    site = newspaper(house, endless)
    await house.crawl(house.outlet(site))
    ends = await house.outcomes(site)
    assert (ends["/intern/council-votes"][0], ends["/open/council-votes"][0]) == ("robots", "new")


@pytest.mark.parametrize("length", [10 * 2**20 + 1, 2**31, 10**30])
async def test_a_robots_txt_that_says_it_is_huge_is_read_as_far_as_500_kib(house: House, length: int) -> None:
    def huge(asked: Asked) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n"
        asked.send(head.encode() + b"User-agent: *\nDisallow: /intern/\n")
        for _ in range(400):
            asked.send(b"# and so on, and so on, and so on\n" * 99)

    site = newspaper(house, huge)
    await house.crawl(house.outlet(site))
    ends = await house.outcomes(site)
    assert (ends["/intern/council-votes"][0], ends["/open/council-votes"][0]) == ("robots", "new")


async def test_a_robots_txt_that_unpacks_without_end_is_a_bomb(house: House) -> None:
    bomb = gzip.compress(b"# and so on\n" * 2**20)
    assert len(bomb) < ROBOTS_BYTES
    site = newspaper(house, answer(bomb, kind="text/plain", content_encoding="gzip"))
    outlet = house.outlet(site)
    await house.crawl(outlet)
    assert {hit.path for hit in site.hits} == {"/robots.txt"}
    assert "robots.txt cannot be reached" in ((await house.state(outlet)).unhealthy_reason or "")


async def test_a_robots_txt_with_a_status_that_is_none_cannot_be_had(house: House) -> None:
    site = newspaper(house, answer(status="99999999999 Oh"))
    outlet = house.outlet(site)
    await house.crawl(outlet)
    assert "robots.txt cannot be reached" in ((await house.state(outlet)).unhealthy_reason or "")


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
async def test_a_sitemap_line_that_cannot_be_kept_is_dropped_and_counted_and_the_others_are_read(
    house: House, text: str
) -> None:
    line = f"Sitemap: /{text}.xml".encode("utf-8", "replace")
    rules = b"User-agent: *\nDisallow: /intern/\n" + line + b"\nSitemap: http://[\nSitemap: /good.xml\n"
    site = newspaper(house, file(rules))
    site["/"] = answer('<a href="/about">About us</a>')
    site["/good.xml"] = answer(sitemap([site.url("/open/council-votes"), site.url("/intern/council-votes")]))
    outlet = house.outlet(site, sources=(Source(kind=SourceKind.FRONT_PAGE, url=site.url()),))
    await house.crawl(outlet)
    ends = await house.outcomes(site)
    assert (ends["/intern/council-votes"][0], ends["/open/council-votes"][0]) == ("robots", "new")
    async with house.runtime.engine.connect() as connection:
        skipped = await skipped_of(connection, origin(site.url()))
    assert skipped == (2 if text in (LETTERS, CJK) else 1)
    assert skipped == skipped_lines(rules, site.url())


@pytest.mark.parametrize(
    ("sent", "what"),
    [
        (answer(status="500 Oh"), "answers 500"),
        (answer(status="503 Busy"), "answers 503"),
        (answer(status="429 Slow down"), "answers 429"),
        (lambda asked: asked.connection.close(), "cannot be reached"),
        (answer(b"no gzip", content_encoding="gzip"), "cannot be reached"),
        (answer(b"x", content_encoding="gzip, gzip, gzip"), "cannot be reached"),
    ],
    ids=["500", "503", "429", "hangs up", "no gzip", "thrice"],
)
async def test_while_robots_txt_cannot_be_had_nothing_is_fetched_and_all_stays_due(
    house: House, sent: Answer, what: str
) -> None:
    site = newspaper(house, sent)
    outlet = house.outlet(site)
    await house.announce(outlet, site.url("/open/council-votes"), site.url("/intern/council-votes"))
    await house.crawl(outlet)
    await house.crawl(outlet)
    assert {hit.path for hit in site.hits} == {"/robots.txt"}
    assert len(site.hits) == 1, "it is left alone for ten minutes"
    assert what in ((await house.state(outlet)).unhealthy_reason or "")
    assert await house.due(outlet) == 2

    await later(house, site, timedelta(minutes=11))
    site["/robots.txt"] = file("")
    await house.crawl(outlet)
    assert {end for end, _ in (await house.outcomes(site)).values()} == {"new"}


async def test_a_recrawl_says_that_robots_txt_cannot_be_had(house: House) -> None:
    site = newspaper(house, answer(status="500 Oh"))
    outlet = house.outlet(site)
    await house.announce(outlet, site.url("/open/council-votes"), site.url("/open/second"))
    await house.crawl(outlet, sources=False, only=(site.url("/open/council-votes"),))
    assert await house.outcomes(site) == {"/open/council-votes": ("unreachable", "robots.txt answers 500")}


async def later(house: House, site: Site, passed: timedelta) -> None:
    """Let time pass for what the ledger remembers of a site."""
    origin = site.url("")
    async with house.runtime.engine.begin() as connection:
        then = datetime.now(UTC) - passed
        await connection.execute(update(robots).where(robots.c.origin == origin).values(fetched_at=then))
        await connection.execute(update(sites).where(sites.c.site == site.host).values(not_before=None))


async def test_a_robots_txt_is_used_for_a_day_and_then_fetched_anew(house: House) -> None:
    site = newspaper(house, file("User-agent: *\nDisallow: /intern/"))
    outlet = house.outlet(site)
    await house.crawl(outlet)
    await house.make_due(outlet)
    await later(house, site, timedelta(hours=23))
    await house.crawl(outlet)
    assert len(site.asked("/robots.txt")) == 1

    site["/robots.txt"] = file("")
    await later(house, site, timedelta(hours=25))
    await house.make_due(outlet)
    await house.crawl(outlet)
    assert len(site.asked("/robots.txt")) == 2
    assert (await house.outcomes(site))["/intern/council-votes"][0] == "new"


async def test_a_redirected_robots_txt_is_followed_to_another_site_too(house: House) -> None:
    other = house.site()
    other["/rules"] = file("User-agent: *\nDisallow: /intern/")
    site = newspaper(house, redirect("/moved"))
    site["/moved"] = redirect(other.url("/rules"))
    await house.crawl(house.outlet(site))
    assert (await house.outcomes(site))["/intern/council-votes"][0] == "robots"


async def test_a_robots_txt_that_redirects_in_circles_is_as_good_as_none(house: House) -> None:
    site = newspaper(house, redirect("/robots.txt"))
    await house.crawl(house.outlet(site))
    assert (await house.outcomes(site))["/intern/council-votes"][0] == "new"


async def test_each_host_has_a_robots_txt_of_its_own(house: House) -> None:
    site = newspaper(house, file("User-agent: *\nDisallow: /intern/"))
    outlet = house.outlet(site)
    await house.announce(outlet, site.url("/open/a", "news"), site.url("/open/b", "www"))
    await house.crawl(outlet, sources=False)
    assert sorted(hit.host.split(".")[0] for hit in site.asked("/robots.txt")) == ["news", "www"]


async def test_an_outlet_without_a_sitemap_reads_those_that_robots_txt_names(house: House) -> None:
    site = house.site()
    site["/robots.txt"] = file("Sitemap: /archive.xml\nSitemap: http://elsewhere.org/sitemap.xml")
    site["/"] = answer('<a href="/about">About us</a>')
    site["/archive.xml"] = answer(sitemap([site.url("/open/council-votes")]))
    site["/open/council-votes"] = answer(article())
    outlet = house.outlet(site, sources=(Source(kind=SourceKind.FRONT_PAGE, url=site.url()),))
    await house.crawl(outlet)
    assert (await house.outcomes(site))["/open/council-votes"][0] == "new"
    assert (await house.state(outlet)).unhealthy_reason is None


async def test_a_robots_txt_whose_sitemaps_cannot_be_read_holds_up_no_page(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def defeated(*_: object) -> list[Source]:
        raise PageUnreadable("the process that read it died")

    monkeypatch.setattr("crawler.spiders.outlet_spider.sources_in_robots", defeated)
    site = house.site()
    site["/"] = answer('<a href="/open/council-votes">Council votes for night buses</a>')
    site["/open/council-votes"] = answer(article())
    outlet = house.outlet(site, sources=(Source(kind=SourceKind.FRONT_PAGE, url=site.url()),))
    await house.crawl(outlet)
    assert (await house.outcomes(site))["/open/council-votes"][0] == "new"
    assert "the process that read it died" in ((await house.state(outlet)).unhealthy_reason or "")


async def test_of_many_sitemaps_those_of_news_are_read_first() -> None:
    named = "".join(f"Sitemap: /{name}.xml\n" for name in ("a", "b", "c", "d", "google-news"))
    found = sitemaps(f"{named}Sitemap: http://[\nSitemap: /a.xml".encode(), "https://a.example/")
    assert found == [f"https://a.example/{name}.xml" for name in ("google-news", "a", "b")]


async def test_robots_txt_that_defeats_its_reader_forbids_everything_for_now(house: House) -> None:
    agents = "".join(f"User-agent: agent{number}\n" for number in range(12_000))
    rules = "".join(f"Disallow: /{number}\n" for number in range(12_000))
    site = newspaper(house, file(agents + rules))
    outlet = house.outlet(site)
    pool = Pool(1, cpu_seconds=0.5)
    try:
        await House(runtime=replace(house.runtime, pool=pool), server=house.server).crawl(outlet)
    finally:
        pool.close()
    assert {hit.path for hit in site.hits} == {"/robots.txt"}
    assert "robots.txt: reading it took" in ((await house.state(outlet)).unhealthy_reason or "")
