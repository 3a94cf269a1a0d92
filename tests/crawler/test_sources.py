"""Feeds, sitemaps and front pages, sound and broken: what is listed is found, what is broken marks the outlet."""

import gzip
import json
import zlib
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape

import pytest

from crawler.sources import read_source, read_whole
from crawler.sources.listing import NEWEST, Listing, Rows, listing
from news.errors import SourceUnreadable
from news.outlet import Source, SourceKind
from news.page import Page
from news.source_sum import Disposition
from news.storable import is_storable, storable
from news.url import ADDRESS_BYTES, normal
from tests.crawler.conftest import House
from tests.crawler.hostile import Asked, Site, answer, article, sitemap
from tests.news.hostile import CJK, LETTERS, TEXTS, YEARS

pytestmark = pytest.mark.asyncio(loop_scope="session")

FEED, SITEMAP, FRONT_PAGE = SourceKind.FEED, SourceKind.SITEMAP, SourceKind.FRONT_PAGE
BASE = "https://www.paper.com/feeds/all"
NEWS = "https://www.paper.com/news"


def page(content: bytes, content_type: str = "") -> Page:
    headers = {"content-type": content_type} if content_type else {}
    return Page(url=BASE, final_url=BASE, status=200, headers=headers, content=content, fetched_at=datetime.now(UTC))


def read(kind: SourceKind, content: bytes | str, content_type: str = "") -> Listing:
    return read_source(kind, page(content.encode() if isinstance(content, str) else content, content_type))


def urls(listing: Listing) -> list[str]:
    return [each.url.removeprefix("https://www.paper.com") for each in listing.found]


def rss(*items: str, head: str = '<?xml version="1.0"?>', version: str = "2.0") -> str:
    inside = "".join(f"<item><title>t</title>{item}</item>" for item in items)
    return f'{head}<rss version="{version}"><channel><title>Paper</title>{inside}</channel></rss>'


LINK = "<link>https://www.paper.com/news/a</link>"
ATOM = (
    '<feed xmlns="http://www.w3.org/2005/Atom"><title>Paper</title><entry><title>t</title>'
    '<link rel="alternate" href="/news/a"/><link rel="enclosure" href="/a.mp3"/>'
    "<published>2026-03-01T08:00:00Z</published><updated>2026-03-02T10:00:00+01:00</updated></entry></feed>"
)
RDF = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="{}">'
    '<channel rdf:about="https://www.paper.com/"><title>Paper</title></channel>'
    '<item rdf:about="https://www.paper.com/news/a"><title>t</title><link>https://www.paper.com/news/a</link></item></rdf:RDF>'
)


@pytest.mark.parametrize(
    "feed",
    [
        rss(LINK, version="0.91"),
        RDF.format("http://my.netscape.com/rdf/simple/0.9/"),
        RDF.format("http://purl.org/rss/1.0/"),
        rss(LINK),
        rss('<guid isPermaLink="true">https://www.paper.com/news/a</guid>'),
        ATOM,
    ],
    ids=["RSS 0.91", "RSS 0.9", "RSS 1.0", "RSS 2.0", "guid alone", "Atom"],
)
async def test_a_feed_of_any_kind_lists_its_articles(feed: str) -> None:
    assert urls(read(FEED, feed)) == ["/news/a"]


async def test_a_feed_states_the_time_of_the_last_change() -> None:
    assert read(FEED, ATOM).found[0].lastmod == datetime(2026, 3, 2, 9, tzinfo=UTC)
    published = rss(f"{LINK}<pubDate>Mon, 02 Mar 2026 10:00:00 +0530</pubDate>")
    assert read(FEED, published).found[0].lastmod == datetime(2026, 3, 2, 4, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "written", "hour"),
    [
        ("de", "Mo, 02 Mär 2026 10:00:00 +0100", 9),
        ("fr", "lun. 2 mars 2026 10:00:00 +0100", 9),
        ("es", "lun, 02 mar 2026 10:00:00 +0100", 9),
        ("ru", "Пн, 02 мар 2026 10:00:00 +0300", 7),
        ("tr-TR", "2 Mart 2026 Pazartesi", 0),
        ("ja", "2026年3月2日 10:00", 0),
        ("", "Mon, 02 Mar 2026 10:00:00 +0100", 9),
    ],
)
async def test_a_feeds_time_is_read_in_its_own_language(language: str, written: str, hour: int) -> None:
    feed = rss(f"{LINK}<pubDate>{written}</pubDate>").replace("<channel>", f"<channel><language>{language}</language>")
    assert f"<language>{language}<" in feed
    assert read(FEED, feed).found[0].lastmod == datetime(2026, 3, 2, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    "stated",
    [
        "yesterday",
        "",
        "2026-13-45",
        "0000-00-00T00:00:00Z",
        "99999-01-01",
        "Mon, 32 Foo 2026 99:99:99 +9999",
        "\ud7ff",
        "1" * 999,
    ],
)
async def test_a_date_that_is_none_is_none_and_the_article_is_listed(stated: str) -> None:
    (found,) = read(FEED, rss(f"{LINK}<pubDate>{stated}</pubDate>")).found
    assert found.lastmod is None or isinstance(found.lastmod, datetime)
    listed = sitemap(["https://www.paper.com/news/a"], lastmod=stated)
    assert urls(read(SITEMAP, listed)) == ["/news/a"]


@pytest.mark.parametrize("stated", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
async def test_a_date_beyond_all_time_zones_is_none(stated: str) -> None:
    listed = sitemap(["https://www.paper.com/news/a"], lastmod=stated)
    assert [(each.url, each.lastmod) for each in read(SITEMAP, listed).found] == [
        ("https://www.paper.com/news/a", None)
    ]


@pytest.mark.parametrize(
    "feed",
    [
        rss(LINK).removesuffix("</channel></rss>"),
        rss(LINK, "<link>https://www.paper.com/news/b?x=1&y=2</link>"),
        rss(f"<title>Müller</title>{LINK}", head='<?xml version="1.0" encoding="utf-8"?>').encode("latin-1"),
        rss(LINK, head='<?xml version="1.0" encoding="no-such-charset"?>'),
        rss(LINK, head='<?xml version="1.0" encoding="utf-16"?>'),
        "\ufeff \n\n" + rss(LINK),
        "<b>Warning</b>: mysql\n" + rss(LINK),
        rss(f"<title>\x0b\x00 control</title>{LINK}"),
        rss(f"<title>&nbsp;&hellip;&unknown;</title>{LINK}"),
    ],
    ids=["cut off", "bare &", "wrong charset", "unknown charset", "UTF-16 claimed", "BOM and lines before", "a warning before",
         "control characters", "entities"],
)  # fmt: skip
async def test_a_feed_that_is_broken_as_outlets_break_them_is_read_all_the_same(feed: str | bytes) -> None:
    assert "/news/a" in urls(read(FEED, feed))


@pytest.mark.parametrize(
    "content", ["", " ", "<!doctype html><title>Paper</title><p>Hello", "{}", "\x00\x01\x02", "/etc/passwd"]
)
async def test_what_is_no_feed_says_so(content: str) -> None:
    with pytest.raises(SourceUnreadable, match="it is not a feed"):
        read(FEED, content)


async def test_a_feed_without_an_article_lists_none() -> None:
    assert read(FEED, rss()) == Listing()


async def test_addresses_that_cannot_be_are_skipped() -> None:
    bad = [
        "http://[",
        "mailto:a@b.c",
        "javascript:void(0)",
        "http://",
        "https://www.paper.com/" + "a" * 3000,
        "http://a b/",
    ]
    bad += ["https://x&#0;y.paper.com/", "https://%00.paper.com/"]
    listing = read(FEED, rss(*(f"<link>{address}</link>" for address in bad), LINK))
    assert [each.url for each in listing.found if "\x00" in each.url] == []
    assert "/news/a" in urls(listing)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
async def test_whatever_a_source_lists_its_neighbours_are_found(text: str) -> None:
    clean = "".join(each for each in storable(text))  # XML has no place for the others, but as references
    sound = [f"{NEWS}/1-one-sound-story", f"{NEWS}/2-one-sound-story"]
    odd = f"{NEWS}/{clean}"
    too_long = text in (LETTERS, CJK)
    rows = [sound[0], odd, sound[1]]
    for found in (
        read(FEED, rss(*(f"<link>{escape(row)}</link>" for row in rows))),
        read(SITEMAP, sitemap(rows)),
        read(FRONT_PAGE, "".join(f'<a href="{escape(row)}">story</a>' for row in rows)),
        read(
            FRONT_PAGE,
            "".join(f'<a href="{row}">story</a>' for row in (sound[0], f"{NEWS}/{text}", sound[1])).encode(
                "utf-8", "replace"
            ),
        ),
    ):
        assert set(sound) <= {each.url for each in found.found}
        assert found.sum.counts.get(Disposition.REFUSED, 0) == too_long
        assert all(len(each.url) <= ADDRESS_BYTES and is_storable(each.url) for each in found.found)
    index = (
        sitemap(rows)
        .replace(b"<urlset", b"<sitemapindex")
        .replace(b"urlset>", b"sitemapindex>")
        .replace(b"url>", b"sitemap>")
    )
    parts = read(SITEMAP, index)
    assert set(sound) <= {each.url for each in parts.parts}
    assert parts.sum.counts.get(Disposition.REFUSED, 0) == too_long
    assert all(normal(each.url) == each.url for each in parts.parts)


@pytest.mark.parametrize("year", YEARS)
async def test_a_time_that_cannot_be_counts_as_not_stated(year: str) -> None:
    when = datetime.fromisoformat(year)
    stated = (
        read(SITEMAP, sitemap([f"{BASE}/a"], year)),
        read(FEED, ATOM.replace("2026-03-02T10:00:00+01:00", year).replace("2026-03-01T08:00:00Z", year)),
        read(FEED, rss(f"{LINK}<pubDate>{when:%a, %d %b} {when.year:04} 00:00:00 GMT</pubDate>")),
        listing(BASE, Rows(rows=[(f"{BASE}/a", when)])),
    )
    assert [[each.lastmod for each in found.found] for found in stated[:2] + stated[3:]] == [[None]] * 3
    assert all(each.lastmod is None or each.lastmod.year > 1990 for each in stated[2].found)


async def test_a_time_that_can_be_counts_in_place_of_one_that_cannot() -> None:
    published = datetime(2026, 3, 1, 8, tzinfo=UTC)
    for year in YEARS:
        assert read(FEED, ATOM.replace("2026-03-02T10:00:00+01:00", year)).found[0].lastmod == published


async def test_a_clock_that_is_a_day_ahead_is_believed_and_no_further() -> None:
    now = datetime.now(UTC)
    soon, late = now + timedelta(hours=23), now + timedelta(hours=25)
    assert [each.lastmod for each in listing(BASE, Rows(rows=[("/a", soon), ("/b", late)])).found] == [None, soon]


async def test_a_gzip_that_is_damaged_at_its_beginning_says_so() -> None:
    packed = bytearray(gzip.compress(sitemap([f"{BASE}/{number}" for number in range(999)])))
    packed[10:60] = bytes(50)
    with pytest.raises(SourceUnreadable):
        read(SITEMAP, bytes(packed))


ROWS = [f"/news/{number}-{hash(str(number)) % 10**9}" for number in range(2_000)]


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(sitemap(ROWS)),
        gzip.compress(gzip.compress(sitemap(ROWS))),
        gzip.compress(gzip.compress(gzip.compress(sitemap(ROWS)))),
        gzip.compress(sitemap(ROWS)) + b"garbage after the end",
        gzip.compress(sitemap(ROWS)) + bytes(512),
        gzip.compress(sitemap(ROWS)[:20_000]) + gzip.compress(sitemap(ROWS)[20_000:]),
        zlib.compress(sitemap(ROWS)),
        zlib.compress(gzip.compress(sitemap(ROWS)), 9),
        sitemap(ROWS),
    ],
    ids=[
        "once",
        "twice",
        "three times",
        "garbage behind",
        "zeroes behind",
        "two members",
        "zlib",
        "both",
        "not at all",
    ],
)
async def test_a_list_is_read_however_it_is_packed(packed: bytes) -> None:
    for kind in (SITEMAP, FEED):
        assert len(read(kind, packed).found) == NEWEST
    assert len(read_whole(page(packed)).found) == len(ROWS)
    assert urls(read(FEED, gzip.compress(rss(LINK).encode()))) == ["/news/a"]


@pytest.mark.parametrize("share", [0.3, 0.6, 0.99])
async def test_of_a_gzip_that_was_cut_the_rows_that_came_are_read(share: float) -> None:
    packed = gzip.compress(sitemap(ROWS))
    found = read_whole(page(packed[: int(len(packed) * share)])).found
    assert len(found) > len(ROWS) * (share - 0.2)
    broken = bytearray(packed)
    broken[int(len(packed) * share) :] = bytes(len(packed) - int(len(packed) * share))
    assert len(read_whole(page(bytes(broken))).found) > len(ROWS) * (share - 0.25)


async def test_relative_links_are_relative_to_where_the_source_was_found() -> None:
    assert urls(read(FEED, rss("<link>../news/a?utm_source=rss#top</link>"))) == ["/news/a"]
    assert urls(read(SITEMAP, sitemap(["/news/a"]))) == ["/news/a"]
    assert urls(read(FRONT_PAGE, '<a href="../news/a">a</a>')) == ["/news/a"]
    assert urls(read(FRONT_PAGE, '<base href="/deep/er/"><a href="a-story">a</a>')) == ["/deep/er/a-story"]


async def test_a_feed_of_many_lists_the_newest() -> None:
    items = [f"<link>/news/{n}</link><pubDate>{datetime(2026, 1, 1 + n % 28, tzinfo=UTC):%a, %d %b %Y} 00:00:00 GMT</pubDate>"
             for n in range(NEWEST + 50)]  # fmt: skip
    found = read(FEED, rss(*items)).found
    assert len(found) == NEWEST
    assert [each.lastmod for each in found] == sorted((each.lastmod for each in found), reverse=True)  # type: ignore[type-var]


NEWS_SITEMAP = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
<url><loc> https://www.paper.com/news/a </loc><news:news><news:publication_date>2026-03-02T10:00:00+01:00
</news:publication_date></news:news></url></urlset>"""


async def test_the_news_extension_states_when_an_article_was_published() -> None:
    assert read(SITEMAP, NEWS_SITEMAP).found[0].lastmod == datetime(2026, 3, 2, 9, tzinfo=UTC)


async def test_a_news_sitemap_states_when_an_article_was_published() -> None:
    listing = read(SITEMAP, NEWS_SITEMAP.replace("<news:news><news:publication_date>", "<lastmod>").replace(
        "</news:publication_date></news:news>", "</lastmod>"))  # fmt: skip
    assert listing.found[0].lastmod == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert urls(read(SITEMAP, NEWS_SITEMAP)) == ["/news/a"]


@pytest.mark.parametrize("kind", [FEED, SITEMAP])
@pytest.mark.parametrize(
    "content",
    [
        rss(LINK),
        ATOM,
        '{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "url": "https://www.paper.com/news/a"}]}',
        '{"items": [{"id": "https://www.paper.com/news/a"}, {"id": "7"}, {"external_url": "https://b.org/"}, 5]}',
        "https://www.paper.com/news/a\r\n\r\n",
        "\ufeffhttps://www.paper.com/news/a",
        '\n\n  <?xml version="1.0"?><urlset><url><loc>/news/a</loc></url></urlset>',
        '\ufeff<?xml version="1.0"?><s:urlset xmlns:s="http://www.sitemaps.org/schemas/sitemap/0.9"><s:url><s:loc>/news/a'
        "</s:loc></s:url></s:urlset>",
        "<b>Warning</b>: mysql <urlset><url><loc>/news/a</loc></url></urlset>",
        '<?xml version="1.0" encoding="utf-16"?><urlset><url><loc>/news/a</loc></url></urlset>'.encode("utf-16"),
        '<?xml version="1.0" encoding="utf-16"?><urlset><url><loc>/news/a</loc></url></urlset>',
        "<URLSET><URL><LOC>/news/a</LOC></URL></URLSET>",
        "https://www.paper.com/news/a\n".encode("utf-16"),
        "# pages of ours\r\nhttps://www.paper.com/news/a\r\n",
        rss(LINK).replace("<link>", "<link/>").replace("</link>", ""),
        '{"items": [{"url": "https://www.paper.com/news/a"},]}',
        '{"items": [{"url": "https://www.paper.com/news/a"}, {"url": "https://www.paper.com/news/b", "title": "It bre',
    ],
    ids=["RSS", "Atom", "JSON feed", "JSON feed of ids", "text", "text with BOM", "blanks before", "BOM and prefix",
         "a warning before", "UTF-16", "UTF-16 claimed", "upper case", "text in UTF-16", "a comment before",
         "a link as HTML has it", "a comma too many", "cut off"],
)  # fmt: skip
async def test_what_a_list_is_is_told_by_its_content(kind: SourceKind, content: str | bytes) -> None:
    assert urls(read(kind, content, "text/html; charset=utf-8")) == ["/news/a"]


@pytest.mark.parametrize(
    ("loc", "path"),
    [
        ("/news/a?b=1&c=2", "/news/a?b=1&c=2"),
        ("/news/a?b=1&amp;c=2", "/news/a?b=1&c=2"),
        ("<![CDATA[ https://www.paper.com/news/a?b=1&c=2 ]]>", "/news/a?b=1&c=2"),
        ("/news/caf&eacute;", "/news/caf%C3%A9"),
        ("/news/a&nosuch;b", "/news/a&nosuch;b"),
        ("/news/a&#x26;b", "/news/a&b"),
        ("/news/<!-- here -->a", "/news/a"),
        ("www.paper.com/news/a", "/news/a"),
    ],
)
async def test_an_address_in_a_sitemap_is_read_as_it_is_meant(loc: str, path: str) -> None:
    listed = f"<urlset><url><loc>{loc}</loc></url><url><loc>/news/next</loc></url></urlset>"
    assert urls(read(SITEMAP, listed)) == [path, "/news/next"]


@pytest.mark.parametrize(
    ("item", "paths"),
    [
        ('<guid isPermaLink="false">abc-1</guid>', []),
        ("<guid>48213</guid>", []),
        ("<guid>https://www.paper.com/news/a</guid>", ["/news/a"]),
        ('<link></link><guid isPermaLink="true">https://www.paper.com/news/a</guid>', ["/news/a"]),
        ("<link></link><guid>48213</guid>", []),
        ("<link>https://www.paper.com/show?id=1&amp;amp;lang=en</link>", ["/show?id=1&lang=en"]),
        ("<link><![CDATA[\n  https://www.paper.com/news/a\n ]]></link>", ["/news/a"]),
        ("<link>https://www.paper.com/news/größer 4</link>", ["/news/gr%C3%B6%C3%9Fer%204"]),
        (
            '<link>https://feeds.example/r/5</link><f:origLink xmlns:f="http://rssnamespace.org/feedburner/ext/1.0">'
            "https://www.paper.com/news/a</f:origLink>",
            ["/news/a"],
        ),
        (
            '<a:link xmlns:a="http://www.w3.org/2005/Atom" rel="self" href="/feed-item/8"/><link>/news/a</link>',
            ["/news/a"],
        ),
        (
            '<link>https://ads.example/5</link><pheedo:origLink xmlns:pheedo="http://www.pheedo.com/namespace/pheedo">'
            "https://www.paper.com/news/a</pheedo:origLink>",
            ["/news/a"],
        ),
        ("<link>/news/a</link><comments>https://www.paper.com/news/a#comments</comments>", ["/news/a"]),
    ],
)
async def test_an_item_of_a_feed_leads_to_its_article_and_a_number_to_none(item: str, paths: list[str]) -> None:
    assert urls(read(FEED, rss(item, LINK.replace("/a", "/last")))) == [*paths, "/news/last"]


@pytest.mark.parametrize(
    ("links", "paths"),
    [
        ('<link href="a"/>', ["/journal/2026/a"]),
        ('<link rel="alternate" type="application/json" href="/a.json"/><link href="/news/a"/>', ["/news/a"]),
        ('<link rel="replies" href="/news/a#c"/><link rel="edit" href="/edit/1"/><link href="/news/a"/>', ["/news/a"]),
        (
            '<link rel="alternate" hreflang="en" href="/en/a"/><link rel="alternate" hreflang="de" href="/de/a"/>',
            ["/en/a"],
        ),
        ('<link rel="alternate" href="/news/a"/><link rel="alternate" href="/news/b"/>', ["/news/a", "/news/b"]),
        ("<id>https://www.paper.com/news/a</id>", ["/news/a"]),
        ("<id>tag:paper.com,2026:3</id>", []),
    ],
)
async def test_an_entry_of_atom_leads_to_its_article(links: str, paths: list[str]) -> None:
    feed = (
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://www.paper.com/journal/"><title>t</title>'
        f'<entry xml:base="2026/"><title>t</title>{links}</entry></feed>'
    )
    assert urls(read(FEED, feed)) == paths


@pytest.mark.parametrize(
    ("stated", "at"),
    [
        ("2026-02", datetime(2026, 2, 1, tzinfo=UTC)),
        ("2026", datetime(2026, 1, 1, tzinfo=UTC)),
        ("2026-02-03", datetime(2026, 2, 3, tzinfo=UTC)),
        ("2026-02-03T04:05+01:00", datetime(2026, 2, 3, 3, 5, tzinfo=UTC)),
        ("Tue, 03 Feb 2026 08:00:00 GMT", datetime(2026, 2, 3, 8, tzinfo=UTC)),
        ("03.02.2026", datetime(2026, 2, 3, tzinfo=UTC)),
        ("2026/02/03 4:05", datetime(2026, 2, 3, 4, 5, tzinfo=UTC)),
        ("20260203T040506Z", datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)),
        ("2026-02-03 04:05:06 GMT", datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)),
        ("2026-02-03T04:05:06UTC", datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)),
        ("Tue Feb 3 04:05:06 2026", datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)),
        ("1770091506", datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)),
        ("1770091506000", datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)),
        ("2036-01-01", None),
    ],
)
async def test_a_sitemap_states_a_time_in_many_forms(stated: str, at: datetime | None) -> None:
    rows = f"<urlset><url><loc>/news/a</loc><lastmod>{stated}</lastmod></url></urlset>"
    assert [each.lastmod for each in read(SITEMAP, rows).found] == [at]


async def test_of_a_long_list_without_times_both_ends_are_kept() -> None:
    found = urls(read(SITEMAP, sitemap(ROWS)))
    assert len(found) == NEWEST
    assert (found[0], found[-1]) == (ROWS[0], ROWS[-1])


def index(addresses: list[str]) -> str:
    rows = "".join(
        f"<sitemap><loc>{each}</loc><lastmod>2026-01-{n + 1:02}</lastmod></sitemap>" for n, each in enumerate(addresses)
    )
    return f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</sitemapindex>'


async def test_of_an_index_the_newest_parts_are_read() -> None:
    listing = read(SITEMAP, index([f"/part-{number}.xml" for number in range(9)]))
    assert [part.url for part in listing.parts] == [f"https://www.paper.com/part-{n}.xml" for n in range(8, -1, -1)]


@pytest.mark.parametrize(
    "content",
    [b"", b"   ", b"<!doctype html><title>x</title>", b"{}", b"\x1f\x8b broken", b"\x00" * 99, gzip.compress(b"", mtime=0)],
)  # fmt: skip
async def test_what_is_no_sitemap_says_so(content: bytes) -> None:
    with pytest.raises(SourceUnreadable):
        read(SITEMAP, content)


async def test_a_sitemap_of_lines_that_break_off_is_read_as_far_as_it_goes() -> None:
    assert urls(read(SITEMAP, sitemap(["/news/a", "/news/b"])[:-12])) == ["/news/a", "/news/b"]


@pytest.mark.parametrize("cut", range(1, 46))
async def test_half_an_address_is_none(cut: int) -> None:
    listed = sitemap(["/news/first-story", "/news/second-story"])
    assert listed.endswith(b"</loc></url></urlset>")
    found = urls(read(SITEMAP, listed[:-cut]))
    assert found[:1] == ["/news/first-story"]
    assert found[1:] in ([], ["/news/second-story"])


@pytest.mark.parametrize("head", ['<?xml version="1.0"?>', '<?xml version="1.0" encoding="UTF-8"?>', ""])
async def test_bytes_that_are_no_utf_8_lose_no_row(head: str) -> None:
    listed = f"{head}<urlset><url><loc>/news/caf\xe9</loc></url><url><loc>/news/next</loc></url></urlset>"
    assert urls(read(SITEMAP, listed.encode("latin-1"))) == ["/news/caf%C3%A9", "/news/next"]
    mixed = listed.encode("latin-1").replace(b"next", "größer".encode())
    assert urls(read(SITEMAP, mixed)) == ["/news/caf%C3%A9", "/news/gr%C3%B6%C3%9Fer"]


async def test_parts_that_stand_in_a_urlset_are_parts() -> None:
    listed = read(SITEMAP, "<urlset><sitemap><loc>/part-1.xml</loc></sitemap></urlset>")
    assert [part.url for part in listed.parts] == ["https://www.paper.com/part-1.xml"]


@pytest.mark.parametrize(
    "listed",
    [
        "<urlset><url><loc>/news/a</loc></url></urlset><urlset><url><loc>/news/b</loc></url></urlset>",
        sitemap(["/news/a"]) + b"\n" + sitemap(["/news/b"]),
        sitemap(["/news/a"]) + sitemap(["/news/b", "/news/c"])[:-24],
        "<urlset><loc>/news/a</loc><url><loc>/news/b</loc></url></urlset>",
        "<urlset><group><url><loc>/news/a</loc></url></group><url><loc>/news/b</loc></url></urlset>",
    ],
)
async def test_rows_count_wherever_they_stand(listed: str | bytes) -> None:
    found = read(SITEMAP, listed)
    assert urls(found) == ["/news/a", "/news/b"]
    assert found.sum.left == 2


async def test_an_alternate_in_another_language_is_counted() -> None:
    links = '<link hreflang="en" href="/en/a"/><link hreflang="de" href="/de/a"/>'
    listed = read(FEED, f'<feed xmlns="http://www.w3.org/2005/Atom"><entry>{links}</entry></feed>')
    assert listed.sum.counts == {Disposition.NOT_ARTICLE: 1}
    assert listed.sum.left == len(listed.found) == 1


async def test_of_a_broken_feed_the_item_that_breaks_is_counted() -> None:
    items = [{"url": f"/news/{number}"} for number in range(5)]
    listed = read(FEED, json.dumps({"version": "1.1", "items": items})[:-5])
    assert (len(listed.found), listed.sum.announced, listed.sum.counts) == (4, 5, {Disposition.REFUSED: 1})


async def test_a_front_page_lists_what_may_be_an_article() -> None:
    page = """<a href="/news/a">A</a><a href="https://WWW.Paper.com/news/a#comments">again</a><a href="/tag/river">tag</a>
    <a href="https://elsewhere.org/news/b">b</a><a href="mailto:x@paper.com">mail</a><a href="/logo.png">logo</a>
    <map><area href="/news/of-the-map"></map><a href="http://[">broken</a><a>none</a><a href="">here</a><a href="//news.paper.com/c-story">c</a>"""
    assert [each.url for each in read(FRONT_PAGE, page).found] == [
        "https://www.paper.com/news/a",
        "https://elsewhere.org/news/b",
        "https://www.paper.com/news/of-the-map",
        "https://news.paper.com/c-story",
    ]


async def test_a_front_page_without_a_link_says_so() -> None:
    with pytest.raises(SourceUnreadable, match="it has no links"):
        read(FRONT_PAGE, "<p>We are moving.</p>")


# through the whole path


def of(site: Site, **kinds: SourceKind) -> tuple[Source, ...]:
    return tuple(Source(kind=kind, url=site.url(f"/{name}")) for name, kind in kinds.items())


async def test_a_broken_source_marks_the_outlet_and_the_others_are_read(house: House) -> None:
    site = house.site()
    site["/feed"] = answer("<p>Not found, but fine</p>")
    site["/gone"] = answer(status="404 Not Found")
    site["/council-votes-for-a-bridge"] = answer(article())
    sources = (*of(site, feed=FEED, gone=FEED), Source(kind=SITEMAP, url=site.url("/sitemap.xml")))
    outlet = house.outlet(site, sources=sources)
    site["/sitemap.xml"] = answer(sitemap([site.url("/council-votes-for-a-bridge")]))
    await house.crawl(outlet)
    marked = (await house.state(outlet)).unhealthy_reason or ""
    assert f"{site.url('/feed')}: it is not a feed" in marked
    assert f"{site.url('/gone')}: the site answers 404" in marked
    assert (await house.source(outlet, site.url("/feed"))).outcome == "unreadable"
    assert (await house.source(outlet, site.url("/gone"))).outcome == "gone"
    assert (await house.outcomes(site)) == {"/council-votes-for-a-bridge": ("new", "")}

    site["/feed"] = site["/gone"] = answer(rss("<link>/x-story</link>"), kind="application/rss+xml")
    await house.crawl(outlet)
    assert (await house.state(outlet)).unhealthy_reason is None


async def test_an_index_is_followed_to_its_parts_gzipped_or_nested_and_never_in_circles(house: House) -> None:
    site = house.site()
    for number in range(3):
        site[f"/story-{number}"] = answer(article(f"Story number {number}"))
    site["/index.xml"] = answer(
        index([site.url(part) for part in ("/a.xml", "/b.xml.gz", "/index.xml", "/nested.xml")])
    )
    site["/a.xml"] = answer(sitemap([site.url("/story-0")]))
    site["/b.xml.gz"] = answer(gzip.compress(sitemap([site.url("/story-1")])), kind="application/gzip")
    site["/nested.xml"] = answer(index([site.url(part) for part in ("/c.xml", "/index.xml")]))
    site["/c.xml"] = answer(gzip.compress(sitemap([site.url("/story-2")])), content_encoding="gzip")
    outlet = house.outlet(site, sources=(Source(kind=SITEMAP, url=site.url("/index.xml")),))
    await house.crawl(outlet)
    assert set(await house.outcomes(site)) == {"/story-0", "/story-1", "/story-2"}
    assert (await house.state(outlet)).unhealthy_reason is None
    assert len(site.asked("/index.xml")) == 1


async def test_a_source_is_asked_for_on_condition_and_304_leaves_it_as_it_was(house: House) -> None:
    site = house.site()
    site["/council-votes-for-a-bridge"] = answer(article())

    def once(asked: Asked) -> None:
        if asked.hit.headers.get("if-none-match") == 'W/"1"':
            asked.send(answer(status="304 Not Modified", connection="close"))
            return
        listed = sitemap([site.url("/council-votes-for-a-bridge")])
        asked.send(answer(listed, etag='W/"1"', last_modified="Mon, 02 Mar 2026 10:00:00 GMT", connection="close"))

    site["/sitemap.xml"] = once
    outlet = house.outlet(site)
    for _ in range(3):
        await house.crawl(outlet)
    first, second, third = site.asked("/sitemap.xml")
    assert "if-none-match" not in first.headers
    for hit in (second, third):
        assert hit.headers["if-none-match"] == 'W/"1"'
        assert hit.headers["if-modified-since"] == "Mon, 02 Mar 2026 10:00:00 GMT"
    state = await house.source(outlet, site.url("/sitemap.xml"))
    assert (state.outcome, state.found) == ("not_modified", 1)


async def test_an_index_is_never_asked_for_on_condition_for_its_parts_change_under_it(house: House) -> None:
    site = house.site()
    site["/index.xml"] = answer(index([site.url("/part.xml")]), etag='"1"')
    site["/part.xml"] = answer(sitemap([]), etag='"2"')
    outlet = house.outlet(site, sources=(Source(kind=SITEMAP, url=site.url("/index.xml")),))
    for _ in range(2):
        await house.crawl(outlet)
    assert all("if-none-match" not in hit.headers for hit in site.asked("/index.xml"))
    assert [hit.headers.get("if-none-match") for hit in site.asked("/part.xml")] == [None, '"2"']


async def test_a_page_is_asked_for_on_condition_and_304_is_not_modified(house: House) -> None:
    site = house.site()

    def once(asked: Asked) -> None:
        known = asked.hit.headers.get("if-none-match")
        asked.send(answer(status="304 Not Modified", connection="close") if known else
                   answer(article(), etag='W/"7"', connection="close"))  # fmt: skip

    site["/council-votes-for-a-bridge"] = once
    outlet = house.outlet(site)
    await house.crawl(outlet)
    await house.make_due(outlet)
    await house.crawl(outlet)
    assert [str(each.outcome) for each in await house.attempts(outlet)] == ["new", "not_modified"]
    assert site.asked("/council-votes-for-a-bridge")[1].headers["if-none-match"] == 'W/"7"'


async def test_an_etag_that_is_a_weapon_is_not_kept(house: House) -> None:
    site = house.site()
    site["/council-votes-for-a-bridge"] = answer(article(), etag='"' + "x" * 9_000 + '"')
    outlet = house.outlet(site)
    await house.crawl(outlet)
    await house.make_due(outlet)
    await house.crawl(outlet)
    assert "if-none-match" not in site.asked("/council-votes-for-a-bridge")[1].headers


async def test_only_what_is_on_the_outlets_sites_and_passes_its_patterns_is_taken_in(house: House) -> None:
    site = house.site()
    listed = ["/news/a", "/sport/b", "/news/shopping/c"]
    site["/sitemap.xml"] = answer(sitemap([*(site.url(path) for path in listed), "http://elsewhere.org/news/d"]))
    outlet = house.outlet(site, include=("/news/",), exclude=("shopping",))
    await house.crawl(outlet)
    ends = await house.outcomes(site)
    # what another site lists is followed to where it ends, which is no site of the outlet's
    assert ends.pop("http://elsewhere.org/news/d")[0] in ("off_site", "unreachable", "not_public")
    assert set(ends) == {"/news/a"}


@pytest.mark.parametrize(
    "poison",
    [
        rss("<link>http://x&#0;.{host}:{port}/story</link>", "<link>http://{host}:{port}/a&#0;b</link>"),
        rss("<link>http://{host}:99999/story</link>", "<link>http://{host}:-1/story</link>"),
        rss("<link>http://{host}:{port}/\ud7ff\U0001f4a9/%ff%fe</link>"),
        rss("<link>http://" + "a." * 500 + "{host}:{port}/x</link>"),
        rss("<link>http://\u00df\u0131\u2603.{host}:{port}/x</link>", "<link>http://xn--0.{host}:{port}/x</link>"),
    ],
    ids=["NUL", "ports", "odd characters", "labels", "IDN"],
)
async def test_no_feed_can_poison_the_crawl(house: House, poison: str) -> None:
    site = house.site()
    site["/feed"] = answer(poison.format(host=site.host, port=site.port), kind="application/rss+xml")
    site["/council-votes-for-a-bridge"] = answer(article())
    sources = (*of(site, feed=FEED), Source(kind=SITEMAP, url=site.url("/sitemap.xml")))
    site["/sitemap.xml"] = answer(sitemap([site.url("/council-votes-for-a-bridge")]))
    await house.crawl(house.outlet(site, sources=sources))
    assert (await house.outcomes(site))["/council-votes-for-a-bridge"] == ("new", "")
