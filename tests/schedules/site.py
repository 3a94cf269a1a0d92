"""News sites of our own on addresses of loopback: what they list and say can be changed while they run."""

import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ARTICLE = """<!doctype html><html lang="en"><head><title>{headline}</title>
<meta property="og:type" content="article"><meta property="article:published_time" content="2024-02-08T04:00:00Z">
</head><body><main><article><h1>{headline}</h1>{paragraphs}</article></main></body></html>"""
#: long enough for an article; each page has words of its own, or all would be copies of one
SENTENCE = "The harbour office of {word} counted {count} boats on the morning of the {word} fair, more than in any year since the bridge was built."


def article(headline: str, count: int = 40, word: str = "Lindholm") -> str:
    """Return an article's page."""
    paragraphs = "".join(
        f"<p>{SENTENCE.format(word=word, count=count)} {line}</p>"
        for line in (
            "Fishermen had waited for the tide since midnight and left the quay in three groups.",
            f"The mayor of {word} said that the town would count again in autumn, when the herring comes.",
            "A second office on the island will open next week, with two clerks and a boat of its own.",
        )
    )
    return ARTICLE.format(headline=headline, paragraphs=paragraphs)


@dataclass
class Site:
    """What a site answers: path -> (status, content type, body). Every request is noted."""

    answers: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    requests: list[tuple[float, str]] = field(default_factory=list)
    url: str = ""
    #: seconds until an answer
    slow_seconds: float = 0.0

    def has(self, path: str, body: str, status: int = 200, kind: str = "text/html; charset=utf-8") -> str:
        """Let the site answer at `path`, and return the address."""
        self.answers[path] = (status, kind, body)
        return self.url + path

    def lists(self, *paths: str, at: str = "/feed.xml") -> None:
        """Let the feed list these articles."""
        items = "".join(f"<item><title>{path}</title><link>{self.url}{path}</link></item>" for path in paths)
        feed = f'<rss version="2.0"><channel><title>Feed</title>{items}</channel></rss>'
        self.has(at, feed, kind="application/rss+xml")

    def asked(self, path: str) -> int:
        """Return how often a path was asked for."""
        return sum(asked == path for _, asked in self.requests)


def serve(site: Site, host: str = "127.0.0.1") -> ThreadingHTTPServer:
    """Serve the site on a free port of `host`; shut it down when done."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            site.requests.append((time.monotonic(), self.path))
            if site.slow_seconds:
                time.sleep(site.slow_seconds)
            status, kind, body = site.answers.get(self.path, (404, "text/plain", "nothing"))
            content = body.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer((host, 0), Handler)
    server.daemon_threads = True
    site.url = f"http://{host}:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server


def write_outlet(home: Path, slug: str, site: Site, more: str = "") -> None:
    """Write the outlet's file: its feed, no delay, enabled, and `more` lines of TOML."""
    folder = home / "outlets"
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        f'name = "{slug.title()}"',
        f'home = "{site.url}/"',
        f'feeds = ["{site.url}/feed.xml"]',
        "delay_seconds = 0",
    ]
    if "enabled" not in more:
        lines.append("enabled = true")
    (folder / f"{slug}.toml").write_text("\n".join([*lines, more]), encoding="utf-8")
