"""Every text, number and address that a server controls, with every value that hurts: one such page beside good ones.

Nothing is missed where all good pages are stored, the bad one has exactly one recorded outcome, no job fails, and a
second crawl right after does not fetch it again.
"""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any
from zlib import crc32

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.daemon import ask, change, end, house, launch, until
from bench.newsstand import page as good_page
from bench.press import Loopback, answer, write_outlet
from ledger.embedded.server import Server

#: outlets that are crawled at once: few, so that the second crawl of each comes before a failure is tried again
AT_ONCE = 8
#: processes that crawl
WORKERS = 2
#: a failure is tried again after a minute; a fetch after this is such a try, and no fetch at once
AT_ONCE_SECONDS = 55.0
#: a crawl of some sixty pages that has not ended by then never will
PATIENCE_SECONDS = 600.0

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
_ENTRY = frozenset({"feed_link", "sitemap_loc"})
#: the bad page is a good one
_NOT_THE_PAGE = frozenset({"robots_sitemap", "robots_delay", "index_child"})
#: they ask for a pause of the whole site, which is obeyed: the page comes last
_LAST = frozenset({"retry_after"})
_BAD, _GOOD = "the-bad-harbour", "of-the-harbour"


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
        return f"/2024/07/page-{'99' if self.field in _LAST else '05'}-x-{_BAD}"


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
        good = [f"/2024/07/page-{number:02}-{_GOOD}" for number in range(self.beside)]
        return good if made.field in _NOT_THE_PAGE else sorted([*good, made.bad])

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


async def hostile(every: int, beside: int, port: int, fields: Sequence[str] = ()) -> dict[str, Any]:
    """Crawl all combinations, each twice, and return how many there are, how many are bad, and what is wrong."""
    from ledger.database import engine_for

    wanted = combinations(every, fields)
    outlets = Outlets(wanted, beside, port)
    began_at = time.monotonic()
    with house() as (home, server):
        for each in wanted:
            in_sitemap = each.field.startswith(("sitemap_", "index_"))
            write_outlet(home, each.slug, f"http://{each.host}:{port}", feed=not in_sitemap, sitemap=in_sitemap)
        async with Loopback([each.host for each in wanted], port, outlets.answer) as loopback:
            # nothing is killed here: commits need not wait for the disk
            await asyncio.to_thread(change, server, "ALTER DATABASE broadsheet SET synchronous_commit = off")
            workers = [launch(home, server, "worker") for _ in range(WORKERS)]
            await until(lambda: ask(server, "SELECT count(*) FROM procrastinate_workers") or 0, "a worker works")
            engine = engine_for(server.url, connections=AT_ONCE)
            try:
                misses = await _crawl_all(wanted, beside, loopback, home, server, engine)
            finally:
                await engine.dispose()
                end(workers)
    bad = {f"{each.field} × {each.value}": missed for each, missed in zip(wanted, misses, strict=True) if missed}
    for name, missed in bad.items():
        print(f"  {name}: {', '.join(missed)}", flush=True)
    return {
        "combinations": len(wanted),
        "of": len(FIELDS) * len(VALUES),
        "good_pages_each": beside,
        "bad": len(bad),
        "bad_by_field": dict(Counter(name.partition(" ")[0] for name in bad)),
        "bad_by_miss": dict(Counter(miss.partition(":")[0] for missed in bad.values() for miss in missed)),
        "seconds": round(time.monotonic() - began_at),
    }


async def _crawl_all(
    wanted: Sequence[Combination], beside: int, loopback: Loopback, home: Path, server: Server, engine: AsyncEngine
) -> list[list[str]]:
    """Ask the worker for each outlet's crawl, and return what was missed at each."""
    from crawler.catalogue import Catalogue
    from pipelines.runtime import Runtime
    from schedules.jobs import BY_PERSON, Jobs, open_jobs

    nothing: Any = None
    runtime = Runtime(configuration=nothing, engine=engine, index=nothing, pool=nothing)
    gate = asyncio.Semaphore(AT_ONCE)
    done = Counter[str]()

    async def one(jobs: Jobs, each: Combination) -> list[str]:
        async with gate:
            await jobs.crawl(jobs.catalogue.outlet(each.slug), priority=BY_PERSON)
            missed = [] if await _ended(engine, each.slug) else ["a crawl does not end"]
            missed += await _missed(engine, each, beside, loopback.port)
            asked = _times(loopback, each)
            if not any(miss.startswith("a job fails") for miss in missed):
                await jobs.crawl(jobs.catalogue.outlet(each.slug), priority=BY_PERSON)
                await _ended(engine, each.slug)
                again = _times(loopback, each)[len(asked) :]
                if asked and any(at - asked[-1] < AT_ONCE_SECONDS for at in again):
                    missed.append("fetched again at once")
            await _forget(engine, each.slug)
            done["outlets"] += 1
            if done["outlets"] % 25 == 0:
                print(f"  {done['outlets']} of {len(wanted)} outlets", flush=True)
            return missed

    async with open_jobs(runtime, Catalogue(home=home), nothing) as jobs:
        return await asyncio.gather(*(one(jobs, each) for each in wanted))


def _times(loopback: Loopback, each: Combination) -> list[float]:
    """Return when the bad page was asked for."""
    return [at for at, path in loopback.requests[each.host] if path.startswith(each.bad)]


async def _ended(engine: AsyncEngine, slug: str) -> bool:
    """Wait until the outlet has no job that runs or soon will, and say whether that came."""
    query = text(
        "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND args->>'outlet' = :slug"
        " AND (scheduled_at IS NULL OR scheduled_at < now() + interval '30 seconds')"
    )
    began_at = time.monotonic()
    while time.monotonic() - began_at < PATIENCE_SECONDS:
        async with engine.connect() as connection:
            if not (await connection.execute(query, {"slug": slug})).scalar_one():
                return True
        await asyncio.sleep(0.1)
    return False


async def _missed(engine: AsyncEngine, each: Combination, beside: int, port: int) -> list[str]:
    """Return what is wrong after the first crawl."""
    queries = {
        "stored": "SELECT count(*) FROM articles WHERE outlet = :slug AND url LIKE :good",
        # on a machine that is busy with other things a crawl takes longer than a failure is left alone
        "recorded": "SELECT count(*) FROM (SELECT at - min(at) OVER () AS later FROM attempts"
        " WHERE outlet = :slug AND url LIKE :bad) AS tried WHERE later < make_interval(secs => :at_once)",
        "failing": "SELECT count(*) FROM procrastinate_jobs WHERE args->>'outlet' = :slug"
        " AND (status = 'failed' OR coalesce((args->>'failures')::int, 0) > 0)",
        "marked": "SELECT max(left(unhealthy_reason, 200)) FROM outlets WHERE slug = :slug",
        "left_alone": "SELECT max(not_before) FROM sites WHERE site = :site",
    }
    values: dict[str, Any] = {"slug": each.slug, "at_once": AT_ONCE_SECONDS, "site": f"{each.host}:{port}"}
    values |= {"good": f"%-{_GOOD}", "bad": f"%{_BAD}" + ("?%" if each.field in _ENTRY else "")}
    async with engine.connect() as connection:
        found = {name: (await connection.execute(text(query), values)).scalar_one() for name, query in queries.items()}
    missed = []
    if found["stored"] != beside:
        why = [f"outlet marked {found['marked']!r}"] if found["marked"] else []
        why += ["site left alone"] if found["left_alone"] else []
        missed.append(f"good pages lost: {found['stored']} of {beside}{''.join(f'; {each}' for each in why)}")
    least = 0 if each.field in _ENTRY | _NOT_THE_PAGE else 1
    if not least <= found["recorded"] <= 1:
        missed.append(f"bad page not recorded once: {found['recorded']} attempts")
    if found["failing"]:
        missed.append("a job fails")
    return missed


async def _forget(engine: AsyncEngine, slug: str) -> None:
    """Take what waits for a later try out of the queue: it would disturb those that are measured then."""
    async with engine.begin() as connection:
        query = "DELETE FROM procrastinate_jobs WHERE status = 'todo' AND args->>'outlet' = :slug"
        await connection.execute(text(query), {"slug": slug})
