"""Serves saved pages under their own host names and crawls them through the whole house; prints what became of each.

`python -m tests.schedules.real_pages PAGES` in a process of its own: a reactor cannot be installed twice. The ledger and
the index are those of the environment. Needs port 80 of 127.0.0.1, for host names have no port in their pages' own links.
"""

import gzip
import json
import sys
import threading
from collections import defaultdict
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from index.open import open_index
from ledger.attempts import ended
from ledger.indexed import enqueue_everything
from ledger.outbox import Backlog, backlog
from ledger.outlet_state import states
from news.configuration import read
from news.outcome import READ
from news.outlet import Outlet, Source, SourceKind
from news.url import normal, site_of
from pipelines.publish import publish_all
from schedules.crawl_progress import follow
from schedules.job_runtime import run_with_jobs
from schedules.jobs import Jobs

PORT = 80


def saved(folder: Path) -> dict[str, Path]:
    """Return address, by http and in its normal form -> file of every saved page."""
    found = {}
    for truth in sorted(folder.glob("*/truth.jsonl")):
        for line in truth.read_text(encoding="utf-8").splitlines():
            page = json.loads(line)
            address = normal(urlsplit(page["url"])._replace(scheme="http").geturl())
            found[address] = truth.parent / f"{page['id']}.html.gz"
    return found


def outlets(pages: dict[str, Path]) -> list[Outlet]:
    """Return an outlet for each site, whose one source is a sitemap."""
    by_site = defaultdict(list)
    for address in pages:
        by_site[site_of(address)].append(address)
    return [
        Outlet(
            slug="real_" + "".join(letter if letter.isalnum() else "_" for letter in site),
            name=site,
            home=f"http://{urlsplit(addresses[0]).hostname}/",
            sources=(Source(kind=SourceKind.SITEMAP, url=f"http://{urlsplit(addresses[0]).hostname}/sitemap-all.xml"),),
            delay_seconds=0.0,
        )
        for site, addresses in sorted(by_site.items())
    ]


def serve(pages: dict[str, Path]) -> ThreadingHTTPServer:
    """Serve the pages, their sitemaps and no robots.txt on PORT; raises PermissionError where that takes rights."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            address = f"http://{self.headers['Host']}{self.path}"
            if self.path == "/sitemap-all.xml":
                rows = [page for page in pages if site_of(page) == site_of(address)]
                locations = "".join(f"<url><loc>{escape(page)}</loc></url>" for page in rows)
                sitemap = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{locations}</urlset>'
                self.answer(200, "application/xml", sitemap.encode())
            elif normal(address) in pages:
                self.answer(200, "text/html", gzip.decompress(pages[normal(address)].read_bytes()))
            else:
                self.answer(404, "text/plain", b"")

        def answer(self, status: int, kind: str, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", PORT), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


async def crawl(jobs: Jobs, pages: dict[str, Path]) -> dict[str, Any]:
    """Crawl every outlet, and return what became of each page and what the index has."""
    wanted = outlets(pages)
    for outlet in wanted:
        await jobs.crawl(outlet)
    async for _ in follow(jobs, wanted):
        pass
    async with jobs.runtime.engine.connect() as connection:
        attempts = {each.url: each for each in reversed(await ended(connection))}
        marked = {
            slug: state.unhealthy_reason for slug, state in (await states(connection)).items() if state.unhealthy_reason
        }
    became = {
        address: [str(attempts[address].outcome), attempts[address].reason] if address in attempts else None
        for address in pages
    }
    ids = sorted({str(each.article_id) for each in attempts.values() if each.outcome in READ})
    missing, index_backlog = await missing_in_each_index(jobs, ids)
    return {
        "became": became,
        "articles": len(ids),
        "missing": missing,
        "pending": index_backlog.pending,
        "rejected": index_backlog.rejected,
        "marked": marked,
    }


async def missing_in_each_index(jobs: Jobs, ids: list[str]) -> tuple[dict[str, list[str]], Backlog]:
    """Publish to the configured index, then all anew to PostgreSQL's; return index -> articles that it lacks."""
    runtime = jobs.runtime
    postgresql = open_index(replace(runtime.configuration, elasticsearch_url=None), runtime.engine)
    missing = {}
    for index in (runtime.index, postgresql):
        if index is postgresql:
            await enqueue_everything(runtime.engine)
        await publish_all(runtime.engine, index)
        missing[index.name] = [id_ for id_ in ids if await index.get(id_) is None]
    async with runtime.engine.connect() as connection:
        return missing, await backlog(connection)


def main(folder: Path) -> None:
    """Print the account as one line of JSON."""
    pages = saved(folder)
    server = serve(pages)
    try:
        account = run_with_jobs(
            lambda jobs: crawl(jobs, pages),
            configuration=replace(read(), allow_loopback=True),
            more_outlets=outlets(pages),
            resolver="tests.crawler.resolver.ToLoopback",
        )
    finally:
        server.shutdown()
    sys.stdout.write(json.dumps(account) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
