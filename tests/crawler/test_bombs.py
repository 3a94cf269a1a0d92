"""Answers that are meant to fill memory, hold a connection or freeze a parser: each ends, and costs little."""

import resource
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import brotli
import pytest
import zstandard
from sqlalchemy import select

from crawler.download import HEAD_BYTES
from ledger.schema import pages
from pipelines.pool import FIRST_SECONDS, Pool
from tests.crawler.conftest import House
from tests.crawler.hostile import Asked, answer, article

pytestmark = pytest.mark.asyncio(loop_scope="session")

UNPACKED = 200 * 2**20
#: the process may grow by this much while it meets a bomb: far less than is in it
GROWTH_KIB = 100 * 2**10


def peak_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def zeros(compressor: Any) -> bytes:
    """Return UNPACKED zeros as they leave a compressor."""
    compress, flush = compressor.compress, compressor.flush
    return b"".join(compress(bytes(2**20)) for _ in range(UNPACKED // 2**20)) + bytes(flush())


def brotli_zeros() -> bytes:
    made: Any = brotli.Compressor
    compressor = made(quality=1)
    return b"".join(compressor.process(bytes(2**20)) for _ in range(UNPACKED // 2**20)) + bytes(compressor.finish())


@pytest.mark.parametrize("kind", ["gzip", "deflate", "br", "zstd"])
async def test_a_bomb_is_refused_before_it_fills_memory(house: House, kind: str) -> None:
    bombs: dict[str, Callable[[], bytes]] = {
        "gzip": lambda: zeros(zlib.compressobj(wbits=31, level=1)),
        "deflate": lambda: zeros(zlib.compressobj(level=1)),
        "br": brotli_zeros,
        "zstd": lambda: zeros(zstandard.ZstdCompressor().compressobj()),
    }
    bomb = bombs[kind]()
    before = peak_kib()
    # the packed bytes alone pass the limit where the packing is poor
    ended = await house.outcome(house.site(), "/bomb", answer(bomb, content_encoding=kind))
    assert ended[0] == "too_large"
    assert peak_kib() - before < GROWTH_KIB


async def test_a_body_without_end_is_cut_off(house: House) -> None:
    def without_end(asked: Asked) -> None:
        asked.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        while True:
            asked.send(bytes(2**16))

    before = peak_kib()
    ended = await house.outcome(house.site(), "/endless", without_end)
    assert ended == ("too_large", "the answer is too large")
    assert peak_kib() - before < GROWTH_KIB


async def test_a_length_past_the_limit_is_not_even_read(house: House) -> None:
    claim = b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n"
    ended = await house.outcome(house.site(), "/huge", lambda asked: asked.send(claim))
    assert ended == ("too_large", "the answer is too large")


@pytest.mark.parametrize(
    "after", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\n<p>"], ids=["", "head", "body"]
)
async def test_a_drip_is_cut_off(house: House, after: bytes) -> None:
    def drip(asked: Asked) -> None:
        asked.send(after)
        while not house.server.stopping.wait(0.1):
            asked.send(b"x")

    assert await house.outcome(house.site(), "/drip", drip) == ("timeout", "no answer in time")


@pytest.mark.parametrize(
    "line", [b"X-%d: y\r\n", b"Set-Cookie: a%d=b; Path=/\r\n", b" folded %d\r\n"], ids=["names", "cookies", "folded"]
)
async def test_a_head_without_end_is_cut_off(house: House, line: bytes) -> None:
    sent = []

    def heads(asked: Asked) -> None:
        asked.send(b"HTTP/1.1 200 OK\r\nX: y\r\n")
        for number in range(300_000):
            asked.send(line % number)
            sent.append(number)

    assert await house.outcome(house.site(), "/heads", heads) == ("too_large", "the answer's headers are too large")
    assert len(sent) < 300_000


async def test_a_large_head_that_honest_servers_send_is_read(house: House) -> None:
    policy = "script-src " + " ".join(f"https://cdn{number}.example" for number in range(500))
    assert len(policy) < HEAD_BYTES
    many = {f"x-{number}": policy[:2000] for number in range(20)}
    assert await house.outcome(house.site(), "/policy", answer(article(), **many)) == ("new", "")


async def test_the_bound_of_the_head_counts_each_answer_of_a_connection_anew(house: House) -> None:
    site = house.site()
    many = {f"x-{number}": "y" * 2000 for number in range(30)}
    for number in range(8):
        site[f"/page-{number}"] = answer(article(), **many)
    await house.crawl(house.outlet(site))
    assert {end for end, _ in (await house.outcomes(site)).values()} <= {"new", "unchanged"}


ATTRIBUTES = "<html><body><p " + " ".join(f"a{number}=1" for number in range(100_000)) + ">x</p></body></html>"
NESTED = "<html><body>" + "<div>" * 100_000 + "the text of it all" + "</div>" * 100_000 + "</body></html>"
LINKS = "<html><body>" + "".join(f'<p><a href="/{n}">{n} words</a></p>' for n in range(100_000)) + "</body></html>"


@asynccontextmanager
async def impatient(house: House, cpu_seconds: float) -> AsyncIterator[House]:
    """Give a house that reads a page for so long."""
    pool = Pool(1, cpu_seconds=cpu_seconds)
    try:
        yield House(runtime=replace(house.runtime, pool=pool), server=house.server)
    finally:
        pool.close()


@pytest.mark.parametrize("page", [ATTRIBUTES, NESTED, LINKS], ids=["100,000 attributes", "nested", "links"])
async def test_a_page_that_is_made_to_freeze_its_reader_ends_and_the_next_one_is_read(house: House, page: str) -> None:
    async with impatient(house, cpu_seconds=FIRST_SECONDS + 1) as hurried:  # tried twice, as with the usual limit
        ended, reason = await hurried.outcome(house.site(), "/freezing", answer(page), DOWNLOAD_MAXSIZE=10 * 2**20)
    assert ended in {"too_slow", "too_deep", "not_an_article", "empty", "new"}
    assert reason or ended == "new"


async def test_a_page_that_takes_its_reader_too_long_is_too_slow_and_its_address_is_tried_again(house: House) -> None:
    site = house.site()
    site["/freezing"] = answer(LINKS)
    outlet = house.outlet(site)
    await house.announce(outlet, site.url("/freezing"))
    async with impatient(house, cpu_seconds=0.05) as hurried:
        await hurried.crawl(outlet, sources=False, DOWNLOAD_MAXSIZE=10 * 2**20)
    assert await house.outcomes(site) == {"/freezing": ("too_slow", "reading it took more than 0.05 s of CPU time")}
    async with house.runtime.engine.connect() as connection:
        query = select(pages.c.due_at).where(pages.c.outlet == outlet.slug)
        assert (await connection.execute(query)).scalar_one() > datetime.now(UTC)


async def test_after_all_that_a_page_is_read_as_ever(house: House) -> None:
    assert await house.outcome(house.site(), "/council-votes-for-a-bridge", answer(article())) == ("new", "")
