"""A web server on loopback that does whatever a test wants, under any number of host names."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from socketserver import StreamRequestHandler, ThreadingTCPServer
from xml.sax.saxutils import escape

#: what is sent for a path: the bytes of a whole answer, or what writes it
Answer = bytes | Callable[["Asked"], None]

TEXT = (
    "The council met on Tuesday evening in the old grain hall and voted on the bridge across the river Aller.",
    "Twelve members were for the plan and nine against it after four hours of talk about money and the view.",
    "Work begins in the spring, says the mayor, and will take two summers if the ground is as firm as was measured.",
    "Neighbours of the northern bank had asked for a ferry instead, which would have cost a third of the sum.",
)


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One request; `at` is monotonic seconds, when its head had been read."""

    at: float
    host: str
    path: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Asked:
    """A request that is being answered."""

    hit: Hit
    connection: socket.socket

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)


def answer(content: bytes | str = b"", status: str = "200 OK", kind: str = "text/html", **headers: str) -> bytes:
    """Return a whole answer; a header's name is given with _ for -."""
    body = content.encode() if isinstance(content, str) else content
    named = {"Content-Type": kind, "Content-Length": str(len(body))}
    named |= {name.replace("_", "-").title(): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items() if value)
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


def redirect(location: str, status: str = "302 Found") -> bytes:
    return answer(status=status, location=location)


def article(headline: str = "Council votes for a bridge across the Aller") -> str:
    """Return the page of an article in our own words."""
    paragraphs = "".join(f"<p>{text}</p>" for text in TEXT)
    return (
        f'<!doctype html><html lang="en"><head><title>{escape(headline)}</title>'
        f'<meta property="og:type" content="article"></head><body><article><h1>{escape(headline)}</h1>'
        f'<time datetime="2026-03-03T18:30:00Z">3 March 2026</time>{paragraphs}</article></body></html>'
    )


def sitemap(addresses: list[str], lastmod: str = "") -> bytes:
    stated = f"<lastmod>{lastmod}</lastmod>" if lastmod else ""
    rows = "".join(f"<url><loc>{escape(address)}</loc>{stated}</url>" for address in addresses)
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</urlset>'.encode()


@dataclass
class Site:
    """The answers of one host and its subdomains, by path; every page that has one stands in /sitemap.xml."""

    host: str
    port: int
    answers: dict[str, Answer] = field(default_factory=dict)
    hits: list[Hit] = field(default_factory=list)

    def url(self, path: str = "/", subdomain: str = "www") -> str:
        return f"http://{subdomain}.{self.host}:{self.port}{path}"

    def __setitem__(self, path: str, answer: Answer) -> None:
        self.answers[path] = answer

    def answer_to(self, path: str) -> Answer:
        if path == "/sitemap.xml" and path not in self.answers:
            pages = [each for each in self.answers if each != "/robots.txt"]
            return answer(sitemap([self.url(each) for each in pages]), kind="application/xml")
        return self.answers.get(path, answer(status="404 Not Found"))

    def asked(self, path: str | None = None) -> list[Hit]:
        """Return the requests for `path`, or all."""
        return [hit for hit in self.hits if path in (None, hit.path)]

    def gaps(self) -> list[float]:
        """Return the seconds between each two neighbouring requests, as the server saw them."""
        times = sorted(hit.at for hit in self.hits)
        return [later - earlier for earlier, later in pairwise(times)]


class Server(ThreadingTCPServer):
    """One port for all sites."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.sites: dict[str, Site] = {}
        #: requests whose host is no site
        self.strays: list[Hit] = []
        self.stopping = threading.Event()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def site_of(self, host: str) -> Site | None:
        name = host.partition(":")[0]
        return next((site for site in self.sites.values() if name == site.host or name.endswith(f".{site.host}")), None)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that hang up: they are meant to."""


class _Handler(StreamRequestHandler):
    server: Server

    def handle(self) -> None:
        self.request.settimeout(30)
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while self._one():
            pass

    def _one(self) -> bool:
        line = self.rfile.readline(65536).decode("latin-1")
        if not line.strip():
            return False
        at = time.monotonic()
        headers = {}
        while field := self.rfile.readline(65536).decode("latin-1").strip():
            name, _, value = field.partition(":")
            headers[name.lower()] = value.strip()
        host = headers.get("host", "")
        site = self.server.site_of(host)
        hit = Hit(at=at, host=host, path=line.split()[1], headers=headers)
        (self.server.strays if site is None else site.hits).append(hit)
        answered = answer("inside") if site is None else site.answer_to(hit.path)
        if callable(answered):
            answered(Asked(hit, self.request))
            return False
        self.request.sendall(answered)
        return True


@contextlib.contextmanager
def serve() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.stopping.set()
            server.shutdown()
            thread.join()
