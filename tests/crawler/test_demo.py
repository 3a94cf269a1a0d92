"""The demo newsroom answers as it says that it does."""

import gzip
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from html import unescape
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import feedparser
import lxml.etree
import lxml.html
import pytest
from protego import Protego

from crawler.demo import (
    ExpectedVisit,
    Newsroom,
    Serving,
    Truth,
    demo_home,
    finish_run,
    judge,
    next_run,
    seed_shaped,
    seen_runs,
    serve,
)
from news.article import Article, Entry, Kind
from news.errors import BroadsheetError
from news.moment import Moment, Precision, TimeSource
from news.outcome import READ, Outcome
from news.outlet import SourceKind
from news.url import normal
from tests.shared_files import shared


def free_base_port() -> int:
    """Return the first of four neighbouring ports that nobody listens on."""
    for base in range(23000 + os.getpid() % 4000, 32000, 4):
        try:
            for port in range(base, base + 4):
                with socket.create_server(("127.0.0.1", port)):
                    pass
        except OSError:
            continue
        return base
    raise AssertionError("no four free ports")


@pytest.fixture(scope="module")
def serving() -> Iterator[Serving]:
    with serve(Newsroom(free_base_port())) as served:
        yield served


class Reply:
    def __init__(self, url: str, method: str = "GET", **headers: str) -> None:
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=10)
        try:
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            response = connection.getresponse()
            self.status = response.status
            self.headers = {name.lower(): value for name, value in response.getheaders()}
            self.content = response.read()
        finally:
            connection.close()


def links(url: str) -> list[str]:
    """Return the addresses that the HTML page at `url` links, those of its own outlet alone."""
    tree = lxml.html.fromstring(Reply(url).content)
    found = [urljoin(url, str(target)) for target in tree.xpath("//a/@href | //img/@src | //link/@href")]
    return [target for target in found if urlsplit(target).netloc == urlsplit(url).netloc]


def locations(content: bytes) -> list[str]:
    found = lxml.etree.fromstring(content).findall(".//{*}loc")
    return [str(loc.text) for loc in found]


def announced(serving: Serving, slug: str) -> set[str]:
    """Return all page addresses that the sources of an outlet name, in their normal form."""
    outlet = next(outlet for outlet in serving.newsroom.outlets() if outlet.slug == slug)
    found: list[str] = []
    for source in outlet.sources:
        if source.kind is SourceKind.FEED:
            found += [entry.link for entry in feedparser.parse(Reply(source.url).content).entries]
        elif source.kind is SourceKind.SITEMAP:
            for sitemap in locations(Reply(source.url).content):
                content = Reply(sitemap).content
                found += locations(gzip.decompress(content) if sitemap.endswith(".gz") else content)
        else:
            # the pages, not pictures, styles and feeds
            tree = lxml.html.fromstring(Reply(source.url).content)
            found += [urljoin(source.url, str(href)) for href in tree.xpath("//a/@href")]
    origin = urlsplit(outlet.home).netloc
    return {normal(url) for url in found if urlsplit(url).netloc == origin}


def by_url(expected: tuple[ExpectedVisit, ...]) -> dict[str, ExpectedVisit]:
    return {each.url: each for each in expected}


def visible_text(content: bytes) -> str:
    tree = lxml.html.fromstring(content)
    for unseen in tree.xpath("//head"):
        unseen.drop_tree()
    return " ".join(tree.text_content().split())


def test_there_are_four_outlets_in_at_least_five_languages_with_all_kinds_of_sources() -> None:
    newsroom = Newsroom()
    assert len(newsroom.outlets()) == 4
    assert all(outlet.enabled and outlet.timezone and outlet.country for outlet in newsroom.outlets())
    languages = {each.truth.in_language for each in newsroom.expected() if each.truth}
    assert languages >= {"en", "de", "es", "hi", "ar", "ja"}
    for outlet in newsroom.outlets():
        assert {source.kind for source in outlet.sources} == set(SourceKind)
        assert {
            each.truth.in_language for each in newsroom.expected() if each.truth and each.outlet == outlet.slug
        } <= set(outlet.languages)


@pytest.mark.parametrize("run", [1, 2, 3, 8])
def test_every_address_answers_as_expected(run: int) -> None:
    newsroom = Newsroom(free_base_port(), run)
    with serve(newsroom):
        for each in newsroom.expected():
            reply = Reply(each.url)
            if each.final_url:
                assert (reply.status, reply.headers["location"]) == (301, each.final_url)
            elif each.outcomes == {Outcome.GONE}:
                assert reply.status == (410 if "410" in each.why else 404)
            else:
                assert reply.status == 200, each.url


def test_every_link_of_every_page_leads_somewhere_known(serving: Serving) -> None:
    expected = by_url(serving.newsroom.expected())
    seen: dict[str, int] = {}
    for each in expected.values():
        if Reply(each.url).status != 200:
            continue
        for link in links(each.url):
            url = normal(link)
            seen.setdefault(url, Reply(link).status)
            if seen[url] in (301, 404, 410):
                assert url in expected
            else:
                assert seen[url] == 200, (each.url, link)
    assert set(seen.values()) == {200, 301, 404}


def test_the_sources_name_exactly_the_addresses_that_are_expected_to_be_listed(serving: Serving) -> None:
    for outlet in serving.newsroom.outlets():
        expected = [each for each in serving.newsroom.expected() if each.outlet == outlet.slug]
        named = announced(serving, outlet.slug) - {outlet.home}
        assert named == {each.url for each in expected if each.listed}


def test_feeds_parse_without_complaint_and_date_their_entries_with_zones(serving: Serving) -> None:
    for outlet in serving.newsroom.outlets():
        feed = feedparser.parse(Reply(outlet.sources[0].url).content)
        assert not feed.bozo
        assert feed.entries
        assert all(entry.published_parsed and entry.title and entry.summary for entry in feed.entries)
        assert feed.version in ("rss20", "atom10")


def test_robots_txt_forbids_one_listed_address_of_each_outlet_and_asks_for_a_delay(serving: Serving) -> None:
    for outlet in serving.newsroom.outlets():
        robots = Protego.parse(Reply(urljoin(outlet.home, "/robots.txt")).content.decode())
        assert robots.crawl_delay("Broadsheet") == outlet.delay_seconds
        assert list(robots.sitemaps) == [urljoin(outlet.home, "/sitemap-index.xml")]
        for each in serving.newsroom.expected():
            if each.outlet == outlet.slug:
                assert robots.can_fetch(each.url, "Broadsheet") == (each.outcomes != {Outcome.ROBOTS})
    refused = [each for each in serving.newsroom.expected() if each.outcomes == {Outcome.ROBOTS}]
    assert len({each.outlet for each in refused}) == 4
    assert all(each.listed for each in refused)


def test_each_truth_stands_on_its_page_once(serving: Serving) -> None:
    for each in serving.newsroom.expected():
        if each.truth and not each.final_url:
            content = Reply(each.url).content
            text = visible_text(content)
            for paragraph in (*each.truth.paragraphs, each.truth.standfirst):
                assert text.count(paragraph) == 1 or paragraph in each.truth.headline, (each.url, paragraph)
            assert each.truth.headline in text
            for author in each.truth.authors:
                assert author in text


def test_bodies_have_the_length_of_real_news() -> None:
    words = [
        len(each.truth.body.split()) for each in Newsroom().expected() if each.truth and each.truth.in_language != "ja"
    ]
    assert len(words) >= 27
    assert min(words) >= 70
    assert max(words) <= 400


def test_structured_data_parses_on_all_pages_but_the_one_that_is_broken(serving: Serving) -> None:
    broken, whole = [], 0
    for each in serving.newsroom.expected():
        if not each.truth or each.final_url:
            continue
        for script in re.findall(rb'<script type="application/ld\+json">(.*?)</script>', Reply(each.url).content, re.S):
            try:
                document = json.loads(script)
            except ValueError:
                broken.append(each)
                continue
            whole += 1
            assert document["headline"] == each.truth.headline
            assert document["mainEntityOfPage"] == each.truth.canonical_url
            published = datetime.fromisoformat(document["datePublished"]).astimezone(UTC)
            assert published.isoformat().replace("+00:00", "Z") == each.truth.date_published
            assert document["isAccessibleForFree"] is each.truth.is_accessible_for_free
            live = each.truth.kind is Kind.LIVE_BLOG
            assert document["@type"] == ("LiveBlogPosting" if live else "NewsArticle")
    assert whole >= 12
    assert [each.why for each in broken] == ["JSON-LD that does not parse"]


def test_every_way_of_stating_a_time_occurs(serving: Serving) -> None:
    truths = [each.truth for each in serving.newsroom.expected() if each.truth]
    assert {truth.date_precision for truth in truths} == set(Precision)
    assert {truth.is_accessible_for_free for truth in truths} == {True, False, None}


def test_amp_and_print_pages_name_the_article_as_their_canonical_address(serving: Serving) -> None:
    alternates = [
        e for e in serving.newsroom.expected() if e.truth and e.url != e.truth.canonical_url and not e.final_url
    ]
    assert len(alternates) == 2
    for each in alternates:
        assert each.truth
        tree = lxml.html.fromstring(Reply(each.url).content)
        assert tree.xpath("//link[@rel='canonical']/@href") == [each.truth.canonical_url]


def test_a_page_in_windows_1252_says_so_only_in_its_own_head(serving: Serving) -> None:
    each = next(each for each in serving.newsroom.expected() if "windows-1252" in each.why)
    reply = Reply(each.url)
    assert reply.headers["content-type"] == "text/html"
    assert b'<meta charset="windows-1252">' in reply.content
    assert each.truth
    assert each.truth.headline in unescape(reply.content.decode("windows-1252"))
    with pytest.raises(UnicodeDecodeError):
        reply.content.decode("utf-8")


def test_an_unchanged_page_answers_304_to_either_validator(serving: Serving) -> None:
    url = serving.newsroom.outlets()[0].home
    first = Reply(url)
    etag, modified = first.headers["etag"], first.headers["last-modified"]
    for headers in ({"If_None_Match": etag}, {"If_None_Match": f'"x", {etag}'}, {"If_Modified_Since": modified}):
        reply = Reply(url, **headers)
        assert (reply.status, reply.content) == (304, b"")
        assert reply.headers["etag"] == etag
    assert Reply(url, If_None_Match='"another"', If_Modified_Since=modified).status == 200
    assert Reply(url, If_Modified_Since="Thu, 01 Jan 2026 00:00:00 GMT").status == 200
    assert Reply(url, If_Modified_Since="yesterday").status == 200


def test_head_and_gzip_agree_with_get(serving: Serving) -> None:
    url = serving.newsroom.outlets()[1].home
    plain = Reply(url)
    packed = Reply(url, Accept_Encoding="gzip, deflate")
    head = Reply(url, method="HEAD")
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert head.content == b""
    assert head.headers["content-length"] == str(len(plain.content))
    assert plain.headers["etag"] == packed.headers["etag"] == head.headers["etag"]


def test_a_connection_is_kept_alive_over_hits_misses_and_redirects(serving: Serving) -> None:
    connection = http.client.HTTPConnection(urlsplit(serving.newsroom.outlets()[0].home).netloc, timeout=10)
    try:
        for path, status in (
            ("/", 200),
            ("/nothing", 404),
            ("/2026/10/31/staton-clock-repaired", 301),
            ("/about", 200),
        ):
            connection.request("GET", path)
            response = connection.getresponse()
            response.read()
            assert response.status == status
            assert connection.sock is not None
    finally:
        connection.close()


def test_each_request_is_logged_with_its_outlet_and_time(serving: Serving) -> None:
    before = len(serving.hits)
    outlet = serving.newsroom.outlets()[2]
    Reply(f"{outlet.home}?page=1", User_Agent="tester")
    (hit,) = serving.hits[before:]
    assert (hit.outlet, hit.method, hit.path, hit.status, hit.user_agent) == (
        outlet.slug,
        "GET",
        "/?page=1",
        200,
        "tester",
    )
    assert hit.at >= serving.hits[0].at


def test_a_taken_port_is_named_and_nothing_is_left_listening() -> None:
    base = free_base_port()
    with socket.create_server(("127.0.0.1", base + 2)):
        with pytest.raises(BroadsheetError, match=str(base + 2)), serve(Newsroom(base)):
            raise AssertionError("served")
        with socket.create_server(("127.0.0.1", base)):
            pass
    with serve(Newsroom(base)):
        assert Reply(f"http://127.0.0.1:{base}/").status == 200


def test_a_stop_hangs_up_on_a_client_that_keeps_its_connection() -> None:
    newsroom = Newsroom(free_base_port())
    with serve(newsroom):
        connection = http.client.HTTPConnection("127.0.0.1", newsroom.base_port, timeout=10)
        connection.request("GET", "/")
        connection.getresponse().read()
    assert connection.sock is not None
    assert connection.sock.recv(1) == b""
    connection.close()


@pytest.mark.parametrize(("base_port", "run"), [(0, 1), (65533, 1), (8101, 0)])
def test_a_newsroom_that_cannot_be_is_refused(base_port: int, run: int) -> None:
    with pytest.raises(BroadsheetError):
        Newsroom(base_port, run)


def test_a_run_is_a_function_of_its_number() -> None:
    assert Newsroom(8101, 5).expected(4) == Newsroom(8101, 5).expected(4)
    etags = []
    for _ in range(2):
        newsroom = Newsroom(8101, 3)
        etags.append([answer.etag for name in newsroom.ports() if (answer := newsroom.answer(name, "/"))])
    assert etags[0] == etags[1]


@pytest.mark.parametrize("run", range(2, 9))
def test_what_is_expected_to_be_the_same_answers_304_and_the_rest_is_sent_anew(run: int) -> None:
    base = free_base_port()
    before, now = Newsroom(base, run - 1), Newsroom(base, run)
    with serve(before):
        old = {each.url: Reply(each.url) for each in before.expected()}
    with serve(now):
        for each in now.expected(run - 1):
            if each.url not in old or "etag" not in old[each.url].headers or each.outcomes == {Outcome.ROBOTS}:
                continue
            validators = old[each.url].headers
            unchanged = Outcome.NOT_MODIFIED in each.outcomes
            if each.outcomes != {Outcome.GONE} and (not each.truth or each.url == each.truth.canonical_url):
                for headers in (
                    {"If_None_Match": validators["etag"]},
                    {"If_Modified_Since": validators["last-modified"]},
                ):
                    assert (Reply(each.url, **headers).status == 304) == unchanged, each


def test_the_second_run_has_each_kind_of_change() -> None:
    first, second = Newsroom(8101, 1), Newsroom(8101, 2)
    fresh, again = by_url(second.expected()), by_url(second.expected(1))
    assert {url for url in again if url not in by_url(first.expected())} == {
        url for url, each in again.items() if each.outcomes == {Outcome.NEW}
    }
    changed = [each for each in again.values() if each.outcomes == {Outcome.CHANGED}]
    assert any(each.truth and each.truth.correction for each in changed)
    assert any(not each.announced for each in changed), "a stealthy change"
    assert any(each.announced for each in changed)
    assert any(each.outcomes == {Outcome.UNCHANGED} for each in again.values()), "only the chrome changed"
    assert any("410" in each.why and each.announced for each in again.values())
    assert sum(each.outcomes >= {Outcome.NOT_MODIFIED} for each in again.values()) > 30
    assert {url: each.truth for url, each in fresh.items()} == {url: each.truth for url, each in again.items()}


@pytest.mark.parametrize("run", range(3, 9))
def test_each_later_run_changes_some_articles_again(run: int) -> None:
    changed = [each for each in Newsroom(8101, run).expected(run - 1) if each.outcomes == {Outcome.CHANGED}]
    assert 2 <= len(changed) <= 4


def test_after_a_kill_whatever_one_of_the_possible_pasts_allows_is_right() -> None:
    newsroom = Newsroom(8101, 2)
    either = by_url(newsroom.expected(0, 1))
    for url, each in by_url(newsroom.expected()).items():
        assert either[url].outcomes == each.outcomes | by_url(newsroom.expected(1))[url].outcomes


def test_a_skipped_run_is_expected_as_one_step() -> None:
    again = by_url(Newsroom(8101, 3).expected(1))
    night_train = next(each for url, each in again.items() if url.endswith("/2026/11/04/paris-night-train-returns"))
    assert night_train.outcomes == {Outcome.CHANGED}
    assert all(each.outcomes for each in again.values())


def test_an_agency_text_is_carried_by_two_outlets_with_a_headline_of_its_own() -> None:
    truths = {each.url: each.truth for each in Newsroom().expected() if each.truth}
    (copy,) = [truth for truth in truths.values() if truth.copy_of]
    original = truths[copy.copy_of]
    assert copy.headline != original.headline
    assert copy.paragraphs[1:] == original.paragraphs
    assert copy.agencies == original.agencies != ()
    assert original.date_published < copy.date_published


def test_articles_are_only_where_the_outcome_is_one_of_reading() -> None:
    for run, seen in ((1, ()), (2, (1,)), (2, (0, 1)), (5, (4,))):
        for each in Newsroom(8101, run).expected(*seen):
            assert (each.truth is not None) == bool(each.outcomes & (READ - {Outcome.NOT_MODIFIED}))


def test_the_page_in_the_seeds_shape_has_the_seeds_oddities(serving: Serving) -> None:
    each = next(each for each in serving.newsroom.expected() if "in the shape of the seed" in each.why)
    assert each.truth
    assert each.truth.date_published == "2024-02-08T03:25:00Z"
    assert each.truth.date_precision is Precision.MINUTE
    assert len(each.truth.paragraphs) == 4
    text = visible_text(Reply(each.url).content)
    assert "Coastline NewsableCoastline Newsable" in text
    assert each.truth.headline in text
    assert each.truth.headline.replace("’", "'") in text
    assert "’" in each.truth.headline
    for line in (
        "First Published Feb 8, 2024, 8:55 AM IST",
        "Latest Videos",
        "Follow Us:",
        "Download App:",
        "android",
        "ios",
    ):
        assert text.count(line) == 1


def test_the_seeds_own_lines_fit_into_such_a_page() -> None:
    seed = shared("seed/asianet-newsable.txt")
    lines = [line.strip() for line in seed.read_text(encoding="utf-8").splitlines() if line.strip()]
    name, headline, standfirst, again, published, *paragraphs = lines[:9]
    site = name[: len(name) // 2]
    page = seed_shaped(
        site_name=site,
        headline=headline,
        headline_again=again,
        standfirst=standfirst,
        published=published,
        paragraphs=paragraphs,
    )
    tree = lxml.html.fromstring(page.decode())
    tree.head.drop_tree()
    for nav in tree.xpath("//nav"):
        nav.drop_tree()
    wanted = [word for line in lines for word in line.removeprefix("•").split()]
    assert "".join(tree.text_content().split()) == "".join(wanted)


def as_read(truth: Truth) -> Article:
    """Return the article that a perfect reader makes of a page."""
    day = truth.date_precision is Precision.DAY
    at = date.fromisoformat(truth.date_published) if day else datetime.fromisoformat(truth.date_published)
    return Article(
        url=truth.canonical_url,
        kind=truth.kind,
        headline=truth.headline,
        standfirst=truth.standfirst,
        body=truth.body,
        authors=truth.authors,
        agencies=truth.agencies,
        date_published=Moment(at=at, precision=truth.date_precision, source=TimeSource.META),
        in_language=truth.in_language,
        is_accessible_for_free=truth.is_accessible_for_free,
        correction=truth.correction,
    )


def test_a_perfect_reader_is_found_perfect() -> None:
    for each in Newsroom(8101, 2).expected(1):
        article = as_read(each.truth) if each.truth else None
        for outcome in each.outcomes:
            assert judge(each, outcome, article) == ()


def test_each_field_that_is_misread_is_named() -> None:
    each = next(each for each in Newsroom(8101, 2).expected() if each.truth and each.truth.correction)
    assert each.truth
    right = as_read(each.truth)
    for wrong, name in (
        (replace(right, headline="Another"), "headline"),
        (replace(right, body=right.body + "\nLatest Videos"), "body"),
        (replace(right, standfirst=""), "standfirst"),
        (replace(right, authors=()), "authors"),
        (replace(right, date_published=None), "date_published"),
        (replace(right, correction=""), "correction"),
        (replace(right, in_language="fr"), "in_language"),
    ):
        faults = judge(each, Outcome.NEW, wrong)
        assert faults
        assert all(each.url in fault for fault in faults)
        assert name in faults[0]
    assert "no article" in judge(each, Outcome.NEW, None)[0]
    assert "ended as gone, not new" in judge(each, Outcome.GONE, right)[0]


def test_a_live_blog_may_be_read_as_entries() -> None:
    each = next(each for each in Newsroom().expected() if each.truth and each.truth.kind is Kind.LIVE_BLOG)
    assert each.truth
    first, *rest = each.truth.paragraphs
    entries = tuple(Entry(headline=rest[i], body=rest[i + 1]) for i in range(0, len(rest), 2))
    for body in (first, f"{first}\n12:30\n09:40", each.truth.body):
        assert judge(each, Outcome.NEW, replace(as_read(each.truth), body=body, entries=entries)) == ()
    assert judge(each, Outcome.NEW, replace(as_read(each.truth), body=first, entries=entries[1:]))


def test_one_page_has_a_canonical_address_that_is_not_honest(serving: Serving) -> None:
    each = next(each for each in serving.newsroom.expected() if "rel=canonical is the front page" in each.why)
    assert each.truth
    tree = lxml.html.fromstring(Reply(each.url).content)
    assert tree.xpath("//link[@rel='canonical']/@href") == [urljoin(each.url, "/")]
    assert each.truth.canonical_url == each.url


def test_a_strange_request_gets_an_answer(serving: Serving) -> None:
    for path in ("//[", "/%00", "/../../etc/passwd", "*"):
        connection = http.client.HTTPConnection("127.0.0.1", serving.newsroom.base_port, timeout=10)
        try:
            connection.putrequest("GET", path, skip_host=True)
            connection.endheaders()
            assert connection.getresponse().status == 404
        finally:
            connection.close()


def test_starts_are_counted_and_a_finished_run_is_remembered(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert next_run(home) == 1
    assert seen_runs(home) == (0,)
    finish_run(home, 1)
    assert next_run(home) == 2
    assert seen_runs(home) == (1,)
    # killed before finish_run
    assert next_run(home) == 3
    assert seen_runs(home) == (1, 2)
    finish_run(home, 3)
    assert next_run(home) == 4
    assert seen_runs(home) == (3,)
    assert [file.name for file in home.iterdir()] == ["demo-newsroom.json"]


def test_the_demos_home_is_a_folder_in_the_users(tmp_path: Path) -> None:
    assert demo_home(tmp_path) == tmp_path / "demo"
    # a folder of that name that is not the demo's may be a user's home
    assert demo_home(tmp_path / "demo") == tmp_path / "demo" / "demo"
    next_run(tmp_path / "demo")
    assert demo_home(tmp_path / "demo") == tmp_path / "demo"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"run": "x", "seen": []}', '{"run": 1}'])
def test_a_damaged_count_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "demo-newsroom.json").write_text(content, encoding="utf-8")
    with pytest.raises(BroadsheetError, match=r"demo-newsroom\.json"):
        next_run(tmp_path)


def test_the_module_serves_until_it_is_interrupted() -> None:
    base = free_base_port()
    with subprocess.Popen(
        [sys.executable, "-m", "crawler.demo", str(base), "2"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as process:
        assert process.stdout
        homes = [process.stdout.readline().split()[0] for _ in range(4)]
        assert [Reply(home).status for home in homes] == [200] * 4
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0


def test_outlets_are_crawlable_data() -> None:
    for outlet in Newsroom(9001).outlets():
        assert replace(outlet, enabled=False) != outlet
        assert urlsplit(outlet.home).hostname == "127.0.0.1"
        assert 0 < outlet.delay_seconds <= 0.5
