"""The real pages as outlets of loopback: repeated with small changes, served gzipped by nginx under several hosts."""

import gzip
import json
import re
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.press import write_outlet
from news.clock import now
from news.page import Page
from tests.ports import free_port

#: addresses of loopback that the pages are spread over, each an outlet of its own
HOSTS = 16
_PARAGRAPH = re.compile(rb"<p[ >].*?</p>", re.DOTALL)
_PAIR = re.compile(rb"(?<=[ >])([A-Za-z]{4,9}) ([A-Za-z]{4,9})(?=[ .,<])")
_CONFIGURATION = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{ access_log off; default_type text/html; types {{ application/rss+xml xml; }}
client_body_temp_path {folder}/body; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
gzip_static always; {servers} }}
"""


@dataclass(frozen=True, kw_only=True)
class Served:
    """What nginx serves: the pages of each host, and where they lie unpacked."""

    port: int
    #: host -> addresses of its pages
    pages: dict[str, list[str]]
    #: address -> bytes
    content: dict[str, bytes]

    @property
    def urls(self) -> list[str]:
        """Return all addresses, the hosts in turn."""
        most = max(map(len, self.pages.values()))
        return [urls[number] for number in range(most) for urls in self.pages.values() if number < len(urls)]

    def write_outlets(self, home: Path) -> list[str]:
        """Write the outlets' files, and return their names."""
        slugs = {f"speed_{host.rpartition('.')[2]}": host for host in self.pages}
        for slug, host in slugs.items():
            write_outlet(home, slug, f"http://{host}:{self.port}")
        return list(slugs)

    def write_saved(self, folder: Path) -> Path:
        """Write the pages as files with a manifest, for `broadsheet read`, and return the manifest."""
        manifest = folder / "pages.jsonl"
        with manifest.open("w", encoding="utf-8") as lines:
            for number, (url, content) in enumerate(self.content.items()):
                (folder / f"{number}.html").write_bytes(content)
                lines.write(json.dumps({"id": str(number), "url": url}) + "\n")
        return manifest

    def as_pages(self) -> Iterator[Page]:
        """Yield the pages as the crawler has them, for an archive."""
        headers = {"content-type": "text/html"}
        for url, content in self.content.items():
            yield Page(url=url, final_url=url, status=200, headers=headers, content=content, fetched_at=now())


def changed(content: bytes, number: int) -> bytes:
    """Return a page with a third of the pairs of words swapped, others for each number; 0 changes nothing."""
    if not number:
        return content
    seen = 0

    def swap(pair: re.Match[bytes]) -> bytes:
        nonlocal seen
        seen += 1
        return pair[0] if (seen + number) % 3 else pair[2] + b" " + pair[1]

    return _PARAGRAPH.sub(lambda paragraph: _PAIR.sub(swap, paragraph[0]), content)


@contextmanager
def serving(folder: Path, shared: Path, times: int) -> Iterator[Served]:
    """Serve every real page `times` times within the block. Raises SystemExit where nginx is not installed."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        raise SystemExit("nginx is not installed: apt-get install -y nginx")
    files = sorted(shared.glob("*/*.html.gz"))
    port = free_port()
    hosts = [f"127.8.0.{number}" for number in range(1, HOSTS + 1)]
    pages: dict[str, list[str]] = {host: [] for host in hosts}
    content: dict[str, bytes] = {}
    for number in range(times):
        for place, file in enumerate(files):
            host = hosts[place % HOSTS]
            path = f"2026/11/story-of-page-{place}-and-{number}.html"
            url = f"http://{host}:{port}/{path}"
            content[url] = changed(gzip.decompress(file.read_bytes()), number)
            pages[host].append(url)
            _write(folder / host / path, content[url])
    for host, urls in pages.items():
        items = "".join(f"<item><title>{url}</title><link>{url}</link></item>" for url in urls)
        feed = f'<rss version="2.0"><channel><title>{host}</title>{items}</channel></rss>'
        _write(folder / host / "feed.xml", feed.encode())
    servers = "".join(f"server {{ listen {host}:{port}; root {folder}/{host}; }}\n" for host in hosts)
    file = folder / "nginx.conf"
    file.write_text(_CONFIGURATION.format(folder=folder, servers=servers), encoding="utf-8")
    process = subprocess.Popen([nginx, "-c", str(file), "-e", str(folder / "error.log")])
    try:
        _wait(f"http://{hosts[0]}:{port}/feed.xml", process, folder)
        yield Served(port=port, pages=pages, content=content)
    finally:
        process.terminate()
        process.wait()


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(content, 6))


def _wait(url: str, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    for _ in range(100):
        if process.poll() is not None:
            raise SystemExit(f"nginx ended: {(folder / 'error.log').read_text()[-1000:]}")
        try:
            urllib.request.urlopen(url).close()  # noqa: S310 - our own server's
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("nginx does not answer")
