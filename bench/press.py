"""Outlets of our own, served to the byte, whose articles a bench changes; and releases that read otherwise."""

import asyncio
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from zlib import crc32

from bench.newsstand import WORDS
from ledger.embedded.server import Server
from tests.databases import libpq
from tests.schedules.processes import environment

#: this checkout
CHECKOUT = Path(__file__).parents[1]
PACKAGES = ("broadsheet", "web", "schedules", "crawler", "pipelines", "index", "ledger", "news")
#: how an outlet edits; each is one text changed in one way
EDITS = "number quote name headline added removed body correction cosmetic byline".split()
#: lines that stand in each article with words of its own: the reader of this checkout keeps the first two
NIGHT, DAY, MORE = "The night desk adds that", "The day desk adds that", "Read more: how the"


class Loopback:
    """Listens on one port of all `hosts`; `answer(host, path)` gives the bytes of a whole answer, head and body."""

    def __init__(self, hosts: Sequence[str], port: int, answer: Callable[[str, str], bytes]) -> None:
        self.hosts = list(hosts)
        self.port = port
        self.answer = answer
        #: host -> (time, path) of each request, in the order in which they came
        self.requests: dict[str, list[tuple[float, str]]] = defaultdict(list)
        self._servers: list[asyncio.Server] = []

    async def __aenter__(self) -> "Loopback":
        """Listen."""
        for host in self.hosts:
            self._servers.append(await asyncio.start_server(self._talk, host, self.port))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Listen no more."""
        for server in self._servers:
            server.close()

    def asked(self, path: str = "") -> int:
        """Return how many requests there were of paths that begin so."""
        return sum(asked.startswith(path) for times in self.requests.values() for _, asked in times)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host = writer.get_extra_info("sockname")[0]
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                path = head.split(b" ", 2)[1].decode("latin-1")
                self.requests[host].append((time.monotonic(), path))
                answer = self.answer(host, path)
                writer.write(answer)
                await writer.drain()
                if b"\r\nConnection: close\r\n" in answer:
                    break
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass  # the crawler closed the connection, or was killed
        finally:
            writer.close()


def answer(
    body: bytes, kind: bytes = b"text/html; charset=utf-8", *, status: bytes = b"200 OK", more: bytes = b""
) -> bytes:
    """Return an answer's bytes. `more` are lines of the head, each with its end."""
    length = b"" if b"content-length:" in more.lower() else b"Content-Length: %d\r\n" % len(body)
    kinds = b"" if b"content-type:" in more.lower() else b"Content-Type: %s\r\n" % kind
    return b"HTTP/1.1 %s\r\n%s%s%s\r\n%s" % (status, kinds, length, more, body)


def write_outlet(home: Path, slug: str, address: str, *, feed: bool = True, sitemap: bool = False) -> None:
    """Write the file of an outlet that is crawled only when it is asked for, without a delay."""
    folder = home / "outlets"
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f'name = "{slug}"', f'home = "{address}/"', "delay_seconds = 0", "enabled = false"]
    lines += [f'feeds = ["{address}/feed.xml"]'] if feed else []
    lines += [f'sitemaps = ["{address}/sitemap.xml"]'] if sitemap else []
    (folder / f"{slug}.toml").write_text("\n".join(lines), encoding="utf-8")


@dataclass(frozen=True, kw_only=True)
class Story:
    """One article as its outlet has it now."""

    host: str
    number: int
    #: how it was edited
    edit: str = ""
    #: with other keywords, dates and another section
    is_restated: bool = False

    @property
    def path(self) -> str:
        """Where it stands."""
        return f"/2024/07/harbour-story-of-{_word(self.host, self.number, 0)}-{self.number}"


@cache
def _words(host: str, number: int) -> tuple[str, ...]:
    chance = random.Random(crc32(f"{host} {number}".encode()))  # noqa: S311 - the same text for the same number
    return tuple(chance.choices(WORDS, k=160))


def _word(host: str, number: int, place: int) -> str:
    return _words(host, number)[place % 160]


def page(story: Story) -> bytes:
    """Return the article's page."""

    def w(place: int, many: int = 1) -> str:
        return " ".join(_word(story.host, story.number, place + each) for each in range(many))

    edit = story.edit
    town = w(1).capitalize()
    headline = f"Council of {town} votes for the {w(2, 3)} {'at last' if edit == 'headline' else 'on Monday'}"
    millions = 20 + story.number % 60 + (7 if edit in ("number", "correction") else 0)
    said = f"We will open the {w(10, 3)} {'in autumn' if edit == 'quote' else 'in spring'} and no later"
    speaker = "Karin Lindholm" if edit == "name" else "Martin Lindholm"
    body = [
        f"The council of {town} voted on Monday to spend {millions} million euros on the {w(20, 5)}, which the "
        f"{w(25, 4)} of the town had wanted since the {w(29, 4)} was closed.",
        f'"{said}," said {speaker}, who leads the {w(40, 3)} of the town and has spoken for the {w(43, 4)} before.',
        f"The plan leaves the {w(50, 6)} as it is and moves the {w(56, 5)} to the other side of the river, where "
        f"the {w(61, 4)} {'are' if edit == 'body' else 'were'} kept in the years of the {w(65, 4)}.",
        f"Those who live beside the {w(70, 5)} were told of the {w(75, 4)} in letters, and asked for the {w(79, 5)}.",
        f"{NIGHT} the {w(90, 6)} was counted beside the {w(96, 5)} and the {w(101, 5)}.",
        f"{DAY} the {w(110, 6)} was counted behind the {w(116, 5)} and the {w(121, 5)}.",
        f"{MORE} {w(130, 4)} came to the {w(134, 3)}",
        f"A second vote on the {w(140, 5)} is planned before the {w(145, 5)} of next year, said the {w(150, 4)}.",
    ]
    if edit == "added":
        body.insert(3, f"Nobody spoke against the {w(3, 6)}, and the {w(33, 5)} was not mentioned by the {w(83, 4)}.")
    if edit == "removed":
        del body[3]
    if edit == "cosmetic":
        body[3] = body[3].replace("were told", "Were Told")
    modified = "2024-07-06T09:00:00Z"
    if edit == "correction":
        body.append("Correction: An earlier version of this article gave another sum for the plan of the council.")
        modified = "2024-07-07T09:00:00Z"
    published, keywords, section = "2024-07-06T08:00:00Z", f"harbour, {w(5)}", "Harbour"
    if story.is_restated:
        published, modified = "2024-07-06T08:30:00Z", "2024-07-08T09:30:00Z"
        keywords, section = f"restated, {w(6)}", "Restated"
    author = "Ada Berg" if edit == "byline" else "Ida Strand"
    data = {"@type": "NewsArticle", "headline": headline, "datePublished": published, "dateModified": modified}
    data |= {"author": [{"@type": "Person", "name": author}], "articleSection": section, "keywords": keywords}  # type: ignore[dict-item]
    # on every page of the outlet: a reader that knows no chrome yet takes it for text
    body.insert(2, f"The towns along the river near harbour {story.host} have had one paper of their own since 1921.")
    paragraphs = "".join(f"<p>{line}</p>" for line in body)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{headline}</title>'
        f'<script type="application/ld+json">{json.dumps(data)}</script>'
        f'<meta property="og:type" content="article"></head><body><main><article><h1>{headline}</h1>{paragraphs}'
        "</article></main></body></html>"
    ).encode()


class Press:
    """The outlets' articles, by address."""

    def __init__(self, outlets: int, each: int, port: int, network: int = 3) -> None:
        self.hosts = [f"127.{network}.0.{number}" for number in range(1, outlets + 1)]
        self.port = port
        made = [Story(host=host, number=number) for host in self.hosts for number in range(each)]
        self.stories: dict[tuple[str, str], Story] = {(story.host, story.path): story for story in made}

    @property
    def slugs(self) -> list[str]:
        """The outlets' names."""
        return [f"press_{host.replace('.', '_')}" for host in self.hosts]

    def addresses(self) -> list[tuple[str, str]]:
        """Return (slug, home's address) of each outlet."""
        return [(slug, f"http://{host}:{self.port}") for slug, host in zip(self.slugs, self.hosts, strict=True)]

    def edit(self, many: int) -> list[str]:
        """Edit so many articles, spread over all, each in one way in turn; return their addresses."""
        keys = list(self.stories)
        chosen = keys[:: max(1, len(keys) // many)][:many]
        for number, key in enumerate(chosen):
            self.stories[key] = replace(self.stories[key], edit=EDITS[number % len(EDITS)])
        return [f"http://{host}:{self.port}{path}" for host, path in chosen]

    def restate(self) -> None:
        """Give all articles other keywords, dates and another section."""
        self.stories = {key: replace(story, is_restated=True) for key, story in self.stories.items()}

    def reset(self) -> None:
        """Take all edits back."""
        self.stories = {key: Story(host=story.host, number=story.number) for key, story in self.stories.items()}

    def answer(self, host: str, path: str) -> bytes:
        """Return the answer at a host's path."""
        if path == "/feed.xml":
            links = [f"http://{host}:{self.port}{key[1]}" for key in self.stories if key[0] == host]
            items = "".join(f"<item><title>{link}</title><link>{link}</link></item>" for link in links)
            feed = f'<rss version="2.0"><channel><title>Feed</title>{items}</channel></rss>'
            return answer(feed.encode(), b"application/rss+xml")
        if (story := self.stories.get((host, path))) is not None:
            return answer(page(story))
        return answer(b"nothing", b"text/plain", status=b"404 Not Found")


def release(folder: Path, *, drops: Sequence[str] = (), keeps: Sequence[str] = (), enrichment: str = "") -> Path:
    """Copy this checkout's packages into `folder`, as a release that reads otherwise, and return it.

    It drops lines that begin with `drops`, keeps those that begin with `keeps`, and has the step of enrichment that
    gives the number `enrichment`, as docs/internals/add-an-enrichment.md says.
    """
    for package in PACKAGES:
        shutil.copytree(CHECKOUT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    if drops or keeps:
        rule = folder / "pipelines" / "extract" / "boilerplate.py"
        rule.write_text(
            f"{rule.read_text(encoding='utf-8')}\n\n_older = boilerplate\n\n\ndef boilerplate(line: str) -> str:\n"
            f"    if line.startswith({tuple(keeps)!r}):\n        return ''\n"
            f"    return 'a desk' if line.startswith({tuple(drops)!r}) else _older(line)\n",
            encoding="utf-8",
        )
    if enrichment:
        steps = folder / "pipelines" / "enrich" / "__init__.py"
        steps.write_text(
            f"{steps.read_text(encoding='utf-8')}\n\ndef _added(reading: Reading) -> dict[str, Any]:\n"
            f"    return {{{enrichment!r}: len(reading.article.body)}}\n\n\nSTEPS = (*STEPS, _added)\n",
            encoding="utf-8",
        )
        file = folder / "index" / "fields.py"
        field = f"FIELDS[{enrichment!r}] = DeclaredField(type=INTEGER, means='what a release added')"
        declared = f"{field}\n\n\n@cache\ndef facets("
        text = file.read_text(encoding="utf-8").replace("@cache\ndef facets(", declared)
        file.write_text(text.replace("SCHEMA_VERSION = ", "SCHEMA_VERSION = 1 + "), encoding="utf-8")
    return folder


def environ(code: Path, home: Path, server: Server) -> Mapping[str, str]:
    """Return the environment in which the packages of `code` are those that run."""
    return environment(home, database_url=libpq(server.url), allow_loopback="yes") | {"PYTHONPATH": str(code)}


def run(code: Path, home: Path, server: Server, *arguments: str) -> int:
    """Run `broadsheet ARGUMENTS` with the packages of `code`; return its exit code. What it says goes to the log."""
    with (home / "log").open("ab") as log:
        log.write(f"--- {' '.join(arguments)[:200]}\n".encode())
        log.flush()
        return subprocess.run(
            [sys.executable, "-m", "broadsheet", *arguments],
            env=dict(environ(code, home, server)),
            cwd=code,
            stdout=log,
            stderr=log,
            check=False,
        ).returncode


_READ = """
import json, sys
from datetime import UTC, datetime
from news.outlet import Outlet
from news.page import Page
from pipelines.digest import digest
outlet = Outlet(slug="press", name="press", home="http://127.3.0.1/")
texts = []
for url, content in json.load(sys.stdin):
    page = Page(url=url, final_url=url, status=200, headers={"content-type": "text/html"}, content=content.encode(),
                fetched_at=datetime.now(UTC))
    texts.append(digest(page, outlet).article.body)
print(json.dumps(texts))
"""


def read_with(code: Path, stories: Sequence[Story]) -> list[str]:
    """Return the bodies that the packages of `code` read in these articles' pages."""
    pages = [(f"http://{story.host}{story.path}", page(story).decode()) for story in stories]
    read = subprocess.run(
        [sys.executable, "-c", _READ],
        input=json.dumps(pages),
        env=os.environ | {"PYTHONPATH": str(code)},
        cwd=code,
        capture_output=True,
        text=True,
        check=True,
    )
    bodies: list[str] = json.loads(read.stdout)
    return bodies
