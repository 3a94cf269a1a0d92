"""Many small outlets on addresses of loopback, one port: what they serve is generated, what they are asked is noted."""

import asyncio
import random
import time
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

WORDS = [a + b + c for a in "b d f g k l m n p r s t v".split() for b in "a e i o u".split() for c in
          "bak den fil gor kum lar men nis pol rud".split()]  # fmt: skip
PAGE = """<!doctype html><html lang="en"><head><title>{headline}</title><meta property="og:type" content="article">
<meta property="article:published_time" content="2024-02-08T04:00:00Z"></head>
<body><article><h1>{headline}</h1>{body}</article></body></html>"""


def page(host: str, number: int) -> str:
    """Return an article's page, the same for the same number."""
    chance = random.Random(f"{host} {number}")  # noqa: S311 - the same text for the same number

    def sentence() -> str:
        return f"The {' '.join(chance.choices(WORDS, k=7))} of the {' '.join(chance.choices(WORDS, k=6))}."

    body = "".join(f"<p>{' '.join(sentence() for _ in range(4))}</p>" for _ in range(5))
    return PAGE.format(headline=f"What {' '.join(chance.choices(WORDS, k=5))}", body=body)


class Newsstand:
    """The outlets' servers."""

    def __init__(self, hosts: int, pages: int, port: int) -> None:
        self.hosts = [f"127.0.0.{number}" for number in range(2, 2 + hosts)]
        self.pages = pages
        #: number of the first page that the feeds list
        self.first = 0
        self.port = port
        #: host -> (time, path) of each request, in the order in which they came
        self.requests: dict[str, list[tuple[float, str]]] = defaultdict(list)
        self._servers: list[asyncio.Server] = []

    async def open(self) -> None:
        """Listen on all addresses."""
        for host in self.hosts:
            self._servers.append(await asyncio.start_server(self._answer, host, self.port))

    def close(self) -> None:
        """Listen no more."""
        for server in self._servers:
            server.close()

    @property
    def listed(self) -> range:
        """The numbers of the pages that each feed lists."""
        return range(self.first, self.first + self.pages)

    def urls(self) -> list[str]:
        """Return the address of every page."""
        return [f"http://{host}:{self.port}/2024/page-{n}-of-it" for host in self.hosts for n in self.listed]

    def gaps_under(self, seconds: float) -> list[tuple[float, str, str, str, float]]:
        """Return the requests that came to their host sooner than so many seconds after the one before.

        Each as (gap, host, path before, path, time), the shortest gap first.
        """
        return sorted(
            (round(after - before, 3), host, path_before, path, after)
            for host, times in self.requests.items()
            for (before, path_before), (after, path) in pairwise(times)
            if after - before < seconds
        )

    def write_outlets(self, home: Path, delay_seconds: float, schedule: str) -> None:
        """Write a file for each outlet."""
        folder = home / "outlets"
        folder.mkdir(parents=True, exist_ok=True)
        for host in self.hosts:
            address = f"http://{host}:{self.port}"
            lines = [f'name = "{host}"', f'home = "{address}/"', f'feeds = ["{address}/feed.xml"]']
            lines += [f"delay_seconds = {delay_seconds}", "enabled = true", "[schedule]", schedule]
            (folder / f"stand_{host.rpartition('.')[2]}.toml").write_text("\n".join(lines), encoding="utf-8")

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host = writer.get_extra_info("sockname")[0]
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                path = head.split(b" ", 2)[1].decode()
                self.requests[host].append((time.monotonic(), path))
                status, kind, body = self._content(host, path)
                content = body.encode()
                head_out = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n\r\n"
                writer.write(head_out.encode() + content)
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass  # the crawler closed the connection, or was killed
        finally:
            writer.close()

    def _content(self, host: str, path: str) -> tuple[str, str, str]:
        if path == "/feed.xml":
            links = (f"http://{host}:{self.port}/2024/page-{number}-of-it" for number in self.listed)
            items = "".join(f"<item><title>{link}</title><link>{link}</link></item>" for link in links)
            return "200 OK", "application/rss+xml", f'<rss version="2.0"><channel>{items}</channel></rss>'
        if path.startswith("/2024/page-"):
            return "200 OK", "text/html; charset=utf-8", page(host, int(path.split("-")[1]))
        return "404 Not Found", "text/plain", "nothing"
