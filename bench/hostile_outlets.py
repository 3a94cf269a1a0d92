"""Outlets that each serve one field with one value that hurts, on one page beside good ones."""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from zlib import crc32

from bench.newsstand import page as good_page
from bench.press import answer

_CHANCE = random.Random(13)  # noqa: S311 - the same text each time
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))
#: what is put into each field, as bytes of UTF-8, well formed or not
VALUES: dict[str, bytes] = {
    "nul": b"harbour\x00news",
    "surrogate_bytes": b"harbour\xed\xa0\x80news",
    "surrogate_reference": b"harbour&#xD800;news",
    "c0": b"harbour" + bytes(n for n in range(1, 32) if n not in (9, 10, 13)) + b"news",
    "c1": "harbour\x80\x85\x9b\x9fnews".encode(),
    "bidi": "harbour\u202e\u2066news\u2069\u200f".encode(),
    "ascii_4000": "".join(_CHANCE.choices(_PRINTABLE, k=4_000)).encode(),
    "cjk_3000": "".join(chr(_CHANCE.randrange(0x4E00, 0x9F00)) for _ in range(3_000)).encode(),
    # short enough for limits that count characters, 17,100 bytes once it is escaped
    "cjk_1900": "".join(chr(_CHANCE.randrange(0x4E00, 0x9F00)) for _ in range(1_900)).encode(),
    "integer": b"9" * 25,
    "year_1": b"0001-01-01T00:00:00Z",
    "year_9999": b"9999-12-31T23:59:59Z",
}
#: as RFC 822 and HTTP write them
_HTTP_DATES = {"year_1": b"Mon, 01 Jan 0001 00:00:00 GMT", "year_9999": b"Fri, 31 Dec 9999 23:59:59 GMT"}

HEAD = (
    "status_number status_reason content_type etag last_modified content_encoding content_length retry_after "
    "location location_query"
).split()
META = "canonical og_url title description author published modified keywords language heading paragraph".split()
JSON_LD = "headline author datePublished dateModified url keywords wordCount articleSection image".split()
SOURCES = (
    "robots_sitemap robots_delay feed_link feed_title feed_date feed_guid sitemap_loc sitemap_lastmod index_child"
).split()
FIELDS = [*HEAD, *META, *(f"json_ld_{name}" for name in JSON_LD), *SOURCES]
#: the hostile address need not be fetched: it is refused where it stands
ENTRY = frozenset({"feed_link", "sitemap_loc"})
#: the bad page is a good one
NOT_THE_PAGE = frozenset({"robots_sitemap", "robots_delay", "index_child"})
#: they ask for a pause of the whole site, which is obeyed: the page comes last
_LAST = frozenset({"retry_after"})
BAD, GOOD = "the-bad-harbour", "of-the-harbour"


@dataclass(frozen=True, kw_only=True)
class Combination:
    """One field with one value, at an outlet of its own."""

    number: int
    field: str
    value: str

    @property
    def slug(self) -> str:
        """The outlet's name."""
        return f"hostile_{self.number}"

    @property
    def host(self) -> str:
        """The outlet's address of loopback."""
        return f"127.2.{self.number // 250}.{self.number % 250 + 1}"

    @property
    def bad(self) -> str:
        """The path of the bad page."""
        return f"/2024/07/page-{'99' if self.field in _LAST else '05'}-x-{BAD}"


def combinations(every: int = 1, fields: Sequence[str] = ()) -> list[Combination]:
    """Return all fields, or these, with all values, or a part of them in which each field and each value stands."""
    made = [
        (field, value)
        for row, field in enumerate(FIELDS)
        for column, value in enumerate(VALUES)
        # so shifted, a quarter holds what first went wrong: NUL in Content-Type
        if (row + column + 2) % every == 0 and (not fields or field in fields)
    ]
    return [Combination(number=number, field=field, value=value) for number, (field, value) in enumerate(made)]


class Outlets:
    """What all the outlets answer."""

    def __init__(self, wanted: Sequence[Combination], beside: int, port: int) -> None:
        self.of_host = {each.host: each for each in wanted}
        self.beside = beside
        self.port = port

    def answer(self, host: str, path: str) -> bytes:
        """Return the answer at a host's path."""
        made = self.of_host[host]
        address = f"http://{host}:{self.port}".encode()
        value = VALUES[made.value]
        if path == "/robots.txt":
            return answer(self._robots(made, address, value), b"text/plain")
        if path == "/feed.xml":
            return answer(self._feed(made, address, value), b"application/rss+xml")
        if path == "/sitemap.xml" and made.field == "index_child":
            children = [address + b"/good.xml", address + b"/parts?z=" + _markup(made.value)]
            rows = b"".join(b"<sitemap><loc>%s</loc></sitemap>" % child for child in children)
            return answer(b"<?xml version='1.0'?><sitemapindex>%s</sitemapindex>" % rows, b"application/xml")
        if path in ("/sitemap.xml", "/good.xml"):
            return answer(self._sitemap(made, address), b"application/xml")
        if path.startswith(made.bad):
            return self._bad(made, address, value)
        if path.startswith("/2024/07/"):
            return answer(good_page(host, crc32(path.encode("latin-1"))).encode())
        return answer(b"nothing", b"text/plain", status=b"404 Not Found")

    def _paths(self, made: Combination) -> list[str]:
        good = [f"/2024/07/page-{number:02}-{GOOD}" for number in range(self.beside)]
        return good if made.field in NOT_THE_PAGE else sorted([*good, made.bad])

    def _robots(self, made: Combination, address: bytes, value: bytes) -> bytes:
        lines = b"User-agent: *\nDisallow: /intern/\n"
        if made.field == "robots_sitemap":
            return lines + b"Sitemap: %s/sitemap-%s.xml\n" % (address, value)
        # a long number would be obeyed as five minutes: digits that are none to a reader of numbers
        return lines + (b"Crawl-delay: 0.%s\n" % value if made.field == "robots_delay" else b"")

    def _feed(self, made: Combination, address: bytes, value: bytes) -> bytes:
        items = []
        for path in self._paths(made):
            is_bad = path == made.bad
            hurt = _markup(made.value)
            link = address + path.encode()
            entry = {"link": link, "title": link, "guid": link, "date": b"Sat, 06 Jul 2024 08:00:00 GMT"}
            name = made.field.removeprefix("feed_")
            if is_bad and made.field.startswith("feed_") and name in entry:
                entry[name] = {"link": link + b"?z=" + hurt, "date": _HTTP_DATES.get(made.value, value)}.get(name, hurt)
            items.append(
                b"<item><title>%(title)s</title><link>%(link)s</link><guid>%(guid)s</guid><pubDate>%(date)s</pubDate>"
                b"</item>" % {name.encode(): text for name, text in entry.items()}
            )
        return b'<rss version="2.0"><channel><title>Feed</title>%s</channel></rss>' % b"".join(items)

    def _sitemap(self, made: Combination, address: bytes) -> bytes:
        rows = []
        for path in self._paths(made):
            loc, lastmod = address + path.encode(), b"2024-07-06T08:00:00Z"
            if path == made.bad and made.field == "sitemap_loc":
                loc += b"?z=" + _markup(made.value)
            if path == made.bad and made.field == "sitemap_lastmod":
                lastmod = _markup(made.value)
            rows.append(b"<url><loc>%s</loc><lastmod>%s</lastmod></url>" % (loc, lastmod))
        return b"<?xml version='1.0'?><urlset>%s</urlset>" % b"".join(rows)

    def _bad(self, made: Combination, address: bytes, value: bytes) -> bytes:
        body = _page(made, address, f"{made.host} bad")
        last = b"Connection: close\r\n"  # what follows a broken answer on its connection is nobody's answer
        dated = _HTTP_DATES.get(made.value, value)
        heads: dict[str, Callable[[], bytes]] = {
            "status_number": lambda: answer(body, status=value + b" OK", more=last),
            "status_reason": lambda: answer(body, status=b"200 " + value, more=last),
            "content_type": lambda: answer(body, more=b"Content-Type: application/" + value + b"\r\n" + last),
            "etag": lambda: answer(body, more=b'ETag: "' + value + b'"\r\n' + last),
            "last_modified": lambda: answer(body, more=b"Last-Modified: " + dated + b"\r\n" + last),
            "content_encoding": lambda: answer(body, more=b"Content-Encoding: " + value + b"\r\n" + last),
            "content_length": lambda: answer(body, more=b"Content-Length: " + value + b"\r\n" + last),
            "retry_after": lambda: answer(b"", status=b"429 Slow", more=b"Retry-After: " + dated + b"\r\n" + last),
            "location": lambda: answer(b"", status=b"302 Found", more=b"Location: " + value + b"\r\n" + last),
            "location_query": lambda: answer(
                b"",
                status=b"302 Found",
                more=b"Location: %s/2024/07/moved-to-the-old-harbour?z=%s\r\n" % (address, value) + last,
            ),
        }
        return heads[made.field]() if made.field in heads else answer(body)


def _markup(value: str) -> bytes:
    """Return a value as it stands in HTML or XML."""
    raw = VALUES[value]
    if value == "surrogate_reference":
        return raw
    return escape(raw.decode("utf-8", "surrogatepass")).encode("utf-8", "surrogatepass")


def _in_json(value: str, before: str = "") -> bytes:
    """Return a value as it stands in JSON: whole behind escapes, or as the bytes that they are."""
    raw = VALUES[value].replace(b"&#xD800;", b"\xed\xa0\x80").decode("utf-8", "surrogatepass")
    as_bytes = value == "surrogate_bytes"
    made = json.dumps(before + raw, ensure_ascii=not as_bytes).replace("</", "<\\/")
    return made.encode("utf-8", "surrogatepass")


def _page(made: Combination, address: bytes, seed: str) -> bytes:
    """Return the bad page: an article whose one field is the hostile value."""
    words = good_page(seed, 7)
    headline = words.partition("<h1>")[2].partition("</h1>")[0].encode()
    body = words.partition("</h1>")[2].partition("</article>")[0].encode()
    own = address + made.bad.encode()
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:00:00Z").encode()
    hurt = _markup(made.value)
    meta = {
        "canonical": own,
        "og_url": own,
        "title": headline,
        "description": headline,
        "author": b"Ada Lindholm",
        "published": now,
        "modified": now,
        "keywords": b"harbour",
        "language": b"en",
        "heading": headline,
        "paragraph": b"The boats were counted.",
    }
    if made.field in meta:
        of_address = made.field in ("canonical", "og_url")
        meta[made.field] = own + b"?z=" + hurt if of_address else hurt
        if made.field == "og_url":
            meta["canonical"] = b""
    head = b'<html lang="%(language)s"><head><meta charset="utf-8"><title>%(title)s</title>' % _keys(meta)
    is_ld = made.field.startswith("json_ld_")
    if is_ld:
        head += b'<script type="application/ld+json">%s</script>' % _json_ld(made, headline, own, now)
    else:
        head += (
            b'<link rel="canonical" href="%(canonical)s"><meta property="og:url" content="%(og_url)s">'
            b'<meta property="og:type" content="article"><meta name="description" content="%(description)s">'
            b'<meta name="author" content="%(author)s"><meta name="keywords" content="%(keywords)s">'
            b'<meta property="article:published_time" content="%(published)s">'
            b'<meta property="article:modified_time" content="%(modified)s">' % _keys(meta)
        )
    heading = b"" if made.field == "json_ld_headline" else b"<h1>%(heading)s</h1>" % _keys(meta)
    rest = b"%s%s<p>%s</p>" % (heading, body, meta["paragraph"])
    return b"<!doctype html>%s</head><body><article>%s</article></body></html>" % (head, rest)


def _json_ld(made: Combination, headline: bytes, own: bytes, now: bytes) -> bytes:
    name = made.field.removeprefix("json_ld_")
    fields = {
        "@type": b'"NewsArticle"',
        "headline": b'"%s"' % headline,
        "author": b'{"@type":"Person","name":"Ada Lindholm"}',
        "datePublished": b'"%s"' % now,
        "dateModified": b'"%s"' % now,
        "url": b'"%s"' % own,
        "keywords": b'["harbour"]',
        "wordCount": b"120",
        "articleSection": b'"Harbour"',
        "image": b'"%s/boat.jpg"' % own,
    }
    hurt = _in_json(made.value, (own + b"?z=").decode() if name in ("url", "image") else "")
    if name == "author":
        hurt = b'{"@type":"Person","name":%s}' % hurt
    if name == "wordCount" and made.value == "integer":
        hurt = VALUES["integer"]
    fields[name] = b"[%s]" % hurt if name == "keywords" else hurt
    return b"{%s}" % b",".join(b'"%s":%s' % (key.encode(), value) for key, value in fields.items())


def _keys(values: dict[str, bytes]) -> dict[bytes, bytes]:
    return {name.encode(): value for name, value in values.items()}
