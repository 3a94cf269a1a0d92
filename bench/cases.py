"""Cases in, right or wrong out: kinds of faults that people reported of crawlers, feed readers and extractors.

A folder of cases has one folder each, with an input and `expected.json`: a page that is read alone, a list that is read
alone, a site that is crawled, or an archive that is imported. The cases themselves stand elsewhere; their path is an
argument.
"""

import asyncio
import contextlib
import gzip
import json
import zlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from sqlalchemy import select

from bench.daemon import house, launch
from bench.press import Loopback, answer
from crawler.catalogue import Catalogue
from crawler.robots import ask
from crawler.slices import crawl_slice
from crawler.sources import read_source
from index.query import Query
from ledger.embedded.server import Server
from ledger.pages import Found, announce
from ledger.schema import articles, attempts, pages
from news.configuration import Configuration
from news.outcome import READ
from news.outlet import SourceKind
from news.page import Page
from pipelines.importing.import_files import outlet_of, read_saved
from pipelines.publish import publish_all
from pipelines.runtime import Runtime, open_runtime

#: what a list that is read alone was fetched from
BASE = "http://paper.example/"
SECONDS = 120.0
#: how a body is packed for the way
_PACKERS: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "gzip, last bytes cut off": lambda body: gzip.compress(body)[:-10],
    "raw deflate": lambda body: zlib.compress(body, wbits=-15),
}


@dataclass(frozen=True)
class Case:
    """One kind of fault; `folder` holds its input and what is right."""

    folder: Path

    @property
    def expected(self) -> dict[str, Any]:
        """What is right."""
        found: dict[str, Any] = json.loads((self.folder / "expected.json").read_text(encoding="utf-8"))
        return found

    def has(self, name: str) -> bool:
        """Say whether the case has such a file."""
        return (self.folder / name).exists()


async def wrong(folder: Path, port: int) -> dict[str, list[str]]:
    """Return case -> what is wrong with it, nothing for a right one, of all cases in a folder, the first one first."""
    cases = await asyncio.to_thread(_cases, folder)
    found: dict[str, list[str]] = {}
    with house() as (home, server):
        (home / "outlets").mkdir(parents=True)
        configuration = Configuration(home=home, database_url=server.url, allow_loopback=True)
        async with open_runtime(configuration) as runtime:
            for number, case in enumerate(cases, 1):
                found[case.folder.name] = [each async for each in _faults(case, number, runtime, home, server, port)]
    return found


async def _faults(
    case: Case, number: int, runtime: Runtime, home: Path, server: Server, port: int
) -> AsyncIterator[str]:
    if case.has("site.json"):
        async for fault in _of_site(case, number, runtime, home, port):
            yield fault
    elif case.has("manifest.jsonl"):
        async for fault in _of_page(case, runtime, home, server):
            yield fault
    elif case.has("robots.txt"):
        for path, verdict in case.expected.items():
            said = ask((case.folder / "robots.txt").read_bytes(), "Broadsheet/1.0", urljoin(BASE, path))
            if said.allowed != (verdict == "allowed"):
                yield f"{path}: not {verdict}"
    elif case.has("feed.xml") or case.has("sitemap.xml"):
        for fault in _of_list(case):
            yield fault
    else:
        archive = next(each for each in case.folder.iterdir() if ".warc" in each.name)
        done = await _imported(archive, home, server)
        stored = sum(done.get(name, 0) for name in ("new", "changed", "unchanged"))
        if stored != case.expected["articles"]:
            yield f"imported {done}"


def _cases(folder: Path) -> list[Case]:
    return [Case(each) for each in sorted(folder.iterdir()) if (each / "expected.json").exists()]


# pages


async def _of_page(case: Case, runtime: Runtime, home: Path, server: Server) -> AsyncIterator[str]:
    manifest = case.folder / "manifest.jsonl"
    line = json.loads(manifest.read_text(encoding="utf-8").splitlines()[0])
    read = await asyncio.to_thread(read_saved, line, case.folder, outlet_of(line["url"], ()))
    for field, right in case.expected.items():
        if field == "search":
            await _imported(manifest, home, server)
            await publish_all(runtime.engine, runtime.index)
            for word in _words(line["id"]):
                if not await _is_found(runtime, word, line["url"]):
                    yield f"search: {word} does not find it"
        elif not _fits(field, right, read):
            yield f"{field}: {_stated(field, read)!r}, not {right!r}"


def _words(id: str) -> Sequence[str]:
    return ("Brücke", "Frühjahr") if "nfd" in id else ("Vorbereitungen", "Bundestagswahl")


def _stated(field: str, read: Mapping[str, Any]) -> Any:
    body = read.get("body") or ""
    if field == "body_paragraphs":
        return len([each for each in body.split("\n") if each.strip()])
    if field == "body_has":
        return body
    if field == "entries":
        return len(read.get("entries") or ())
    if field == "images":
        return [each["url"] if isinstance(each, dict) else each for each in read.get("images") or ()]
    return read.get(field)


def _fits(field: str, right: Any, read: Mapping[str, Any]) -> bool:
    stated = _stated(field, read)
    if field == "body_has":
        return all(each in stated for each in right)
    if field == "images":
        return len(stated) == len(right) and all(
            _is_image(one, wanted) for one, wanted in zip(stated, right, strict=True)
        )
    if field == "canonical_url":
        return str(stated).partition("#")[0] == str(right).partition(" ")[0].partition("#")[0]
    if isinstance(right, str) and field.startswith("date_"):
        either = [each.removeprefix("the day ").partition(" ")[0] for each in right.split(" or ")]
        # an instant of the day that is stated is that day
        return stated in either or any(len(each) == 10 and str(stated).startswith(each) for each in either)
    return bool(stated == right)


def _is_image(stated: str, right: str) -> bool:
    first, _, other = right.partition(" or ")
    return stated in (first, first.rpartition("-")[0] + other + ".jpg")


# lists


def _of_list(case: Case) -> Iterator[str]:
    name, kind = ("feed.xml", SourceKind.FEED) if case.has("feed.xml") else ("sitemap.xml", SourceKind.SITEMAP)
    content = (case.folder / name).read_bytes()
    page = Page(url=BASE, final_url=BASE, status=200, headers={}, content=content, fetched_at=datetime.now(UTC))
    listing = read_source(kind, page)
    for field, right in case.expected.items():
        stated: Any = [each.url for each in listing.found]
        if field == "children_first":
            stated = listing.parts[0].url
        if stated != right:
            yield f"{field}: {stated}, not {right}"


# archives


async def _imported(file: Path, home: Path, server: Server) -> dict[str, int]:
    """Import a file by the command, and return outcome -> pages."""
    log = home / "log"
    begins = log.stat().st_size if log.exists() else 0
    process = launch(home, server, "import", "--restart", "--json", str(file))
    await asyncio.to_thread(process.wait)
    said = log.read_bytes()[begins:].decode(errors="replace")
    for line in said.splitlines():
        with contextlib.suppress(ValueError):
            outcomes: dict[str, int] = json.loads(line)["outcomes"]
            return outcomes
    return {said[-200:]: 0}


# sites


async def _of_site(case: Case, number: int, runtime: Runtime, home: Path, port: int) -> AsyncIterator[str]:
    hosts = {"{{host}}": f"127.8.{number}.1:{port}", "{{other_host}}": f"127.8.{number}.2:{port}"}
    sites = {
        urlsplit(f"//{hosts[mark]}").hostname or "": _site(case.folder / name, hosts)
        for mark, name in (("{{host}}", "site.json"), ("{{other_host}}", "other_site.json"))
        if case.has(name)
    }
    slug = f"case_{number}"
    (home / "outlets" / f"{slug}.toml").write_text(_filled(case.folder / "outlet.toml", hosts), encoding="utf-8")
    outlet = Catalogue(home=home).outlet(slug)
    expected = case.expected
    wanted = expected.get("recrawl", [])
    wanted = [wanted] if isinstance(wanted, str) else wanted

    def sent(host: str, path: str) -> bytes:
        plain = unquote(path.partition("?")[0])
        found = sites[host]
        return found.get(path) or found.get(plain) or answer(b"nothing", status=b"404 Not Found")

    async with Loopback(list(sites), port, sent) as loopback:
        own = next(iter(sites))
        if wanted:
            async with runtime.engine.begin() as connection:
                found = [Found(url=urljoin(outlet.home, each)) for each in wanted]
                await announce(connection, slug, "person", found)
        await crawl_slice(_settings(), outlet, sources=not wanted, seconds=SECONDS)
        asked = [path for _, path in loopback.requests[own]]
        if "fetched_again_at_second_crawl" in expected:
            await crawl_slice(_settings(), outlet, sources=True, seconds=SECONDS)
            again = [path for _, path in loopback.requests[own]][len(asked) :]
            pages_again = [each for each in again if each in asked and "sitemap" not in each and "robots" not in each]
            lists = {urlsplit(each.url).path for each in outlet.sources}
            if left := [each for each in pages_again if each not in lists and not each.endswith((".xml", ".gz"))]:
                yield f"fetched again: {left}"
        async for fault in _stored(expected, slug, outlet.home, runtime):
            yield fault
        for path in expected.get("never_asked_for", ()):
            if path in asked:
                yield f"asked for {path}"


async def _stored(expected: Mapping[str, Any], slug: str, home: str, runtime: Runtime) -> AsyncIterator[str]:
    async with runtime.engine.connect() as connection:
        rows = (await connection.execute(select(articles).where(articles.c.outlet == slug))).all()
        times = select(pages.c.lastmod).where(pages.c.outlet == slug, pages.c.lastmod.is_not(None))
        dated = len((await connection.execute(times)).all())
        tried = select(attempts.c.url, attempts.c.outcome, attempts.c.reason).where(attempts.c.outlet == slug)
        ends = {row.url: (row.outcome, row.reason) for row in await connection.execute(tried)}
    base = home.rstrip("/")
    stored = {row.read_from.removeprefix(base): row for row in rows}
    for field, right in expected.items():
        if field == "articles" and isinstance(right, int):
            if len(rows) != right:
                yield f"{len(rows)} articles, not {right}: {sorted(stored)}; {ends}"
        elif field in ("articles", "articles_among"):
            missing = [each for each in right if each not in stored]
            extra = [each for each in stored if each not in right and field == "articles"]
            if missing or extra:
                yield f"missing {missing}, not to be stored {extra}; {ends}"
        elif field == "refused":
            if any(each in stored for each in right):
                yield f"stored {right}"
            if any(ends.get(base + each, (next(iter(READ)), ""))[0] in READ for each in right):
                yield f"not refused: {right}"
        elif field == "rows_with_time":
            if dated != right:
                yield f"{dated} rows with a time"
        elif isinstance(right, dict):
            document = stored[field].document if field in stored else {}
            for name, value in right.items():
                if not _fits(name, value, document):
                    yield f"{field}: {name} is {document.get(name)!r}, not {value!r}"
        elif field not in ("recrawl", "never_asked_for", "fetched_again_at_second_crawl"):
            # a word, and the end of the address that it finds
            await publish_all(runtime.engine, runtime.index)
            if not await _is_found(runtime, field, str(right)):
                yield f"{field} does not find {right}"


def _filled(file: Path, hosts: Mapping[str, str]) -> str:
    filled = file.read_text(encoding="utf-8")
    for mark, host in hosts.items():
        filled = filled.replace(mark, host)
    return filled


def _site(file: Path, hosts: Mapping[str, str]) -> dict[str, bytes]:
    """Return path -> the bytes of the whole answer."""
    found = {}
    for path, said in json.loads(_filled(file, hosts)).items():
        body = said["body"].encode()
        for how in said.get("then_packed", ()):
            body = _PACKERS[how](body)
        body += said.get("then_appended", "").encode()
        more = "".join(f"{name}: {value}\r\n" for name, value in said["headers"].items())
        status = f"{said['status']} Said".encode()
        found[path] = answer(body, status=status, more=more.encode("latin-1"))
    return found


def _settings() -> Any:
    from crawler.slices import settings

    values = settings()
    values.set("BROADSHEET_ALLOW_LOOPBACK", True, priority="cmdline")
    return values


async def _is_found(runtime: Runtime, words: str, address: str) -> bool:
    """Say whether these words find an article of this address, or of one that ends so, among the first."""
    found = await runtime.index.search(Query(text=words))
    return any(str(hit.document["url"]).endswith(address) for hit in found.hits)
