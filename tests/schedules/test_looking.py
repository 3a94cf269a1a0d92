"""Outlets that are added, imported and looked at as they are today; a site on loopback stands for them."""

import base64
import json
import signal
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests import warm
from tests.news.hostile import LETTERS
from tests.schedules.imported_pages import page
from tests.schedules.processes import PATIENCE_SECONDS, until
from tests.schedules.test_house import environment, libpq

PATHS = [f"/politics/story-of-the-day-{number:06}" for number in range(3)]
FEED = '<?xml version="1.0"?><rss version="2.0"><channel><title>Daily</title>{}</channel></rss>'
HOME = """<!doctype html><html lang="en-GB"><head><title>The best stories | The Daily</title>
<meta property="og:site_name" content="The Daily">
<link rel="alternate" type="application/rss+xml" title="Comments" href="/comments.xml">
<link rel="alternate" type="application/rss+xml" href="/news.xml"><link rel="alternate" type="application/rss+xml" href="/dead.xml">
</head><body><a href="/politics/story-of-the-day-000001">One</a></body></html>"""


def newsroom() -> dict[str, str | bytes]:
    """Return the pages of a site that works."""
    items = "".join(f"<item><link>{path}</link></item>" for path in PATHS)
    urls = "".join(f"<url><loc>{{origin}}{path}</loc></url>" for path in PATHS)
    pages: dict[str, str | bytes] = {path: page(number).content for number, path in enumerate(PATHS)}
    return pages | {
        "/": HOME,
        "/news.xml": FEED.format(items),
        "/robots.txt": "User-agent: *\nDisallow: /private/\n\nUser-agent: CCBot\nDisallow: /\nSitemap: {origin}/map.xml\n",
        "/map.xml": f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>',
    }


class Site:
    """A site that is being served, and what it was asked."""

    def __init__(self, pages: dict[str, str | bytes]) -> None:
        self.pages, self.origin, self.status, self.port = pages, "", 200, 0
        #: seconds before it answers
        self.slow = 0.0
        self.asked: list[tuple[str, dict[str, str]]] = []


@contextmanager
def serving(pages: dict[str, str | bytes]) -> Iterator[Site]:
    site = Site(pages)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            time.sleep(site.slow)
            found = site.pages.get(self.path.removeprefix(site.origin))
            text = found.replace("{origin}", site.origin).encode() if isinstance(found, str) else found or b""
            self.send_response(site.status if found else 404)
            self.send_header("Content-Type", "application/xml" if self.path.endswith(".xml") else "text/html")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    site.port = server.server_port
    site.origin = f"http://127.0.0.1:{site.port}"
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def environ(tmp_path: Path, fresh_database: str) -> dict[str, str]:
    return environment(tmp_path, database_url=libpq(fresh_database), allow_loopback="yes")


def broadsheet(environ: dict[str, str], *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    ran = warm.run(arguments, environ)
    assert ran.returncode == code, ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr
    return ran


def test_an_outlet_is_added_by_its_home_page_alone(tmp_path, environ):
    with serving(newsroom()) as site:
        told = json.loads(broadsheet(environ, "outlets", "add", site.origin, "--name", "daily", "--json").stdout)
        assert told["works"] is True
        file = tmp_path / "outlets" / "daily.toml"
        assert tomllib.loads(file.read_text()) == {
            "name": "The Daily",
            "home": f"{site.origin}/",
            "country": "gb",
            "languages": ["en"],
            "timezone": "Europe/London",
            "feeds": [f"{site.origin}/news.xml"],
            "sitemaps": [f"{site.origin}/map.xml"],
            "forbids_ai_training": True,
        }
        # never overwritten unasked
        file.write_text(file.read_text() + "delay_seconds = 0\n")
        assert "--force" in broadsheet(environ, "outlets", "add", site.origin, "--name", "daily", code=2).stderr
        assert "delay_seconds" in file.read_text()
        # nor is there a second outlet of a site unasked
        again = broadsheet(environ, "outlets", "add", site.origin, code=2)
        assert again.stderr == "The Daily (daily) is an outlet of this site already. --name adds another one of it.\n"
        assert [each.name for each in (tmp_path / "outlets").iterdir()] == ["daily.toml"]
        # nothing was stored
        listed = json.loads(broadsheet(environ, "outlets", "list", "--json").stdout)
        assert [each["articles"] for each in listed if each["slug"] == "daily"] == [0]
        assert json.loads(broadsheet(environ, "outlets", "check", "--live", "daily", "--json").stdout) == {
            "slug": "daily",
            "works": True,
            "needs": None,
            "reason": None,
        }
        wall = "<html><head><title>Just a moment...</title></head><body>Verify you are human</body></html>"
        site.pages |= dict.fromkeys(PATHS, wall)
        told = json.loads(broadsheet(environ, "outlets", "check", "--live", "daily", "--json", code=1).stdout)
        assert (told["works"], told["needs"]) == (False, "browser")
        site.status = 403
        told = json.loads(broadsheet(environ, "outlets", "check", "--live", "daily", "--json", code=1).stdout)
        assert (told["works"], told["needs"]) == (False, "browser")


def test_looking_that_is_stopped_ends_with_one_sentence_and_writes_nothing(tmp_path, environ):
    with serving(newsroom()) as site:
        site.slow = 1.0
        command = [sys.executable, "-m", "broadsheet", "outlets", "add", site.origin]
        started = subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True)
        until(lambda: "/" in [path for path, _ in site.asked], "the home page is asked for")
        started.send_signal(signal.SIGINT)
        assert started.communicate(timeout=PATIENCE_SECONDS)[1] == (
            f"Stopped; no outlet was added for {site.origin}.\n"
        )
        assert started.returncode == 130
        assert not (tmp_path / "outlets").exists()


def test_show_counts_the_sitemap_lines_of_robots_txt_that_were_skipped(tmp_path, environ):
    rules = f"Sitemap: /{LETTERS}.xml\nSitemap: http://[\nSitemap: /sitemap.xml\n"
    with serving(newsroom() | {"/robots.txt": rules}) as site:
        broadsheet(environ, "outlets", "add", site.origin, "--name", "aller")
        assert "2 Sitemap lines skipped" in broadsheet(environ, "outlets", "show", "aller").stdout
        assert json.loads(broadsheet(environ, "outlets", "show", "aller", "--json").stdout)["robots_skipped_lines"] == 2


def test_a_list_of_outlets_is_added_once(tmp_path, environ):
    with serving(newsroom()) as one, serving({"/": "<p>nothing here</p>"}) as other:
        opml = f'<opml version="2.0"><body><outline text="a"><outline xmlUrl="{one.origin}/news.xml"/>'
        opml += f'<outline htmlUrl="{one.origin}/" xmlUrl="{one.origin}/{LETTERS}"/></outline>'
        opml += f'<outline htmlUrl="{other.origin}/"/><outline htmlUrl="https://apnews.com/"/></body></opml>'
        (tmp_path / "list.opml").write_text(opml)
        ran = broadsheet(environ, "outlets", "import", str(tmp_path / "list.opml"), "--json", code=1)
        ends = {each["home"]: each["result"] for each in map(json.loads, ran.stdout.splitlines())}
        assert ends == {f"{one.origin}/": "added", f"{other.origin}/": "failed", "https://apnews.com/": "skipped"}
        again = broadsheet(environ, "outlets", "import", str(tmp_path / "list.opml"), code=1).stdout
        assert "0 added, 2 skipped, 1 failed" in again


def test_every_line_of_a_list_is_accounted_for_and_an_address_without_scheme_is_asked_for_by_http(tmp_path, environ):
    with serving(newsroom()) as site:
        bare = site.origin.removeprefix("http://")
        (tmp_path / "list.txt").write_text(
            f"# mine\n{bare}\nnot a url\nhttps://a.example/{LETTERS}\n\nhttps://apnews.com/\n{bare}\n"
        )
        ran = broadsheet(environ, "outlets", "import", str(tmp_path / "list.txt"), code=1)
        *lines, last = ran.stdout.splitlines()
        assert sorted(line.partition(", 127")[0] for line in lines) == sorted(
            [
                f"{bare}: added",
                "not a url: failed, not an address",
                f"https://a.example/{LETTERS}: failed, 'https://a.example/{LETTERS[:182]}…' cannot be stored: the address has "
                "4,018 bytes in normalised form; the limit is 2,000.",
                "https://apnews.com/: skipped",
                f"{bare}: duplicate",
            ]
        )
        assert last == "1 added, 1 skipped, 2 failed, 1 duplicate"
        [file] = (tmp_path / "outlets").iterdir()
        assert tomllib.loads(file.read_text())["home"] == f"{site.origin}/"


def test_headers_cookies_and_proxy_are_for_the_outlets_own_site_alone(tmp_path, environ):
    (tmp_path / "outlets").mkdir()
    with serving(newsroom()) as site, serving(newsroom()) as proxy:
        proxy.origin = site.origin  # it answers for the site
        file = tmp_path / "outlets" / "daily.toml"
        file.write_text(
            f'name = "Daily"\nhome = "{site.origin}/"\nfeeds = ["{site.origin}/news.xml"]\ndelay_seconds = 0\n'
            f'proxy = "http://me:secret@127.0.0.1:{proxy.port}"\n'
            '[headers]\nX-Reader = "ours"\n[cookies]\nconsent = "yes"\n'
        )
        broadsheet(environ, "crawl", "daily")
        assert site.asked == []
        paths = [path.removeprefix(site.origin) for path, _ in proxy.asked]
        assert set(PATHS) < set(paths)
        for _, headers in proxy.asked:
            assert headers["x-reader"] == "ours"
            assert headers["cookie"] == "consent=yes"
            assert headers["proxy-authorization"] == "Basic " + base64.b64encode(b"me:secret").decode()
        # a name inside is refused before the proxy hears of it
        proxy.asked.clear()
        environ.pop("BROADSHEET_ALLOW_LOOPBACK")
        broadsheet(environ, "crawl", "daily", code=1)
        assert (site.asked, proxy.asked) == ([], [])


@pytest.mark.parametrize(
    "line",
    [
        'proxy = "socks5://127.0.0.1:1"',
        'proxy = "http://127.0.0.1:1/path"',
        '[headers]\nHost = "inside"',
        '[headers]\nA = "b\\r\\nC: d"',
        '[cookies]\na = "b; c=d"',
    ],
)
def test_what_cannot_be_sent_is_refused_with_field_and_file(tmp_path, environ, line):
    (tmp_path / "outlets").mkdir()
    (tmp_path / "outlets" / "daily.toml").write_text(f'name = "Daily"\nhome = "https://daily.example/"\n{line}\n')
    told = broadsheet(environ, "outlets", "check", code=1).stderr
    assert "daily.toml: field" in told
