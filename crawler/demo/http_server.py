"""Serves a newsroom on loopback, a port an outlet, the way a careful web server does."""

import gzip
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler
from socket import SHUT_RDWR, socket
from socketserver import ThreadingTCPServer

from crawler.demo.newsroom import Newsroom
from crawler.demo.rendering import Answer
from news.errors import ConfigurationError

HOST = "127.0.0.1"
#: an idle connection is closed after this many seconds
IDLE_SECONDS = 30.0
_NOT_FOUND = Answer(status=404, content=b"<!doctype html><title>404</title><h1>404</h1><p>There is no such page.</p>")


@dataclass(frozen=True, kw_only=True)
class ServedRequest:
    """One request that was answered."""

    #: seconds of `time.monotonic`, when the request had been read
    at: float
    #: the outlet's slug
    outlet: str
    method: str
    #: with its query
    path: str
    status: int
    user_agent: str


@dataclass(frozen=True, kw_only=True)
class Serving:
    """A newsroom that is being served."""

    newsroom: Newsroom
    #: all requests so far, in the order of their arrival at each outlet
    hits: list[ServedRequest] = field(default_factory=list)


@contextmanager
def serve(newsroom: Newsroom) -> Iterator[Serving]:
    """Serve `newsroom` until the block ends; then no thread, connection or port of it is left.

    Raises ConfigurationError, which names the port, where one is taken; nothing is served then.
    """
    serving = Serving(newsroom=newsroom)
    with ExitStack() as stack:
        for (name, port), outlet in zip(newsroom.ports().items(), newsroom.outlets(), strict=True):
            stack.enter_context(_listen(_Server(name, outlet.slug, port, serving)))
        yield serving


@contextmanager
def _listen(server: "_Server") -> Iterator[None]:
    # the poll interval is how long a stop may take
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), name=f"demo-{server.name}")
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.hang_up()
        server.server_close()


class _Server(ThreadingTCPServer):
    """One outlet's port."""

    allow_reuse_address = True
    request_queue_size = 64
    #: a stop waits for its threads, so that nothing runs on afterwards; hang_up ends them
    daemon_threads = False
    block_on_close = True

    def __init__(self, name: str, slug: str, port: int, serving: Serving) -> None:
        self.name, self.slug, self.serving = name, slug, serving
        self._open: set[socket] = set()
        self._lock = threading.Lock()
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as error:
            raise ConfigurationError(
                f"The demo's outlets cannot listen on port {port} of {HOST} ({error.strerror or error}), perhaps "
                "because another demo runs. End it, or choose other ports: broadsheet demo --newsroom-port 18101"
            ) from error

    def opened(self, connection: socket) -> None:
        with self._lock:
            self._open.add(connection)

    def closed(self, connection: socket) -> None:
        with self._lock:
            self._open.discard(connection)

    def hang_up(self) -> None:
        """Close the connections that clients keep open, so that their threads end at once."""
        with self._lock:
            for connection in self._open:
                try:
                    connection.shutdown(SHUT_RDWR)
                except OSError:
                    continue  # the client was first


class _Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD from the newsroom."""

    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "DemoNewsroom"
    sys_version = ""
    timeout = IDLE_SECONDS
    wbufsize = -1
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.server.opened(self.connection)

    def finish(self) -> None:
        self.server.closed(self.connection)
        try:
            super().finish()
        except OSError:
            self.close_connection = True  # the client left before it had read all

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            self.close_connection = True  # a reset, or our own hang_up

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        at = time.monotonic()
        newsroom, name = self.server.serving.newsroom, self.server.name
        path = self.path.partition("?")[0]
        answer = newsroom.answer(name, path) or _NOT_FOUND
        headers = {"Content-Type": answer.content_type, "Vary": "Accept-Encoding", **answer.headers}
        content, status = answer.content, answer.status
        if status == 200:
            modified = newsroom.last_modified(name, path)
            headers |= {
                "ETag": answer.etag,
                "Last-Modified": format_datetime(modified, usegmt=True),
                "Cache-Control": "no-cache",
            }
            if self._has(answer.etag, modified.timestamp()):
                status, content = 304, b""
                del headers["Content-Type"]
        if content and "gzip" in self.headers.get("Accept-Encoding", "") and answer.content_type != "application/gzip":
            content = gzip.compress(content, mtime=0)
            headers["Content-Encoding"] = "gzip"
        agent = self.headers.get("User-Agent", "")
        # noted before the bytes go out: who has read an answer finds its hit
        self.server.serving.hits.append(
            ServedRequest(
                at=at, outlet=self.server.slug, method=self.command, path=self.path, status=status, user_agent=agent
            )
        )
        self.send_response(status)
        for header, value in headers.items():
            self.send_header(header, value)
        if status != 304:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if with_body:
            self.wfile.write(content)

    def _has(self, etag: str, modified: float) -> bool:
        """Say whether the client's copy is the present one; If-None-Match outweighs If-Modified-Since (RFC 9110)."""
        if (tags := self.headers.get("If-None-Match")) is not None:
            return tags.strip() == "*" or etag.removeprefix("W/") in {
                tag.strip().removeprefix("W/") for tag in tags.split(",")
            }
        try:
            since = parsedate_to_datetime(self.headers.get("If-Modified-Since", ""))
            return since.timestamp() >= modified
        except (ValueError, OverflowError):
            return False  # none, or not a date: ignored (RFC 9110, 13.1.3)

    def log_message(self, *_: object) -> None:
        """Write nothing to standard error: `hits` is the log."""
