"""Which failures are the page's and which our own: real exceptions, raised where they are raised."""

import errno
import gzip
import os
import resource
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from scrapy.exceptions import CannotResolveHostError, DownloadFailedError, IgnoreRequest
from scrapy.http import Response
from scrapy.utils.gz import gunzip
from sqlalchemy.exc import OperationalError
from twisted.internet.error import ConnectBindError, ConnectionLost, DNSLookupError
from twisted.python.failure import Failure

from crawler import middlewares
from crawler.download import HeadTooLarge, RequestRefused
from crawler.download_failures import is_ours, outcome_of
from crawler.response_outcome import status_of
from crawler.robots import ask
from crawler.sources.listing import Rows, listing
from crawler.spiders.stop_conditions import StopConditions
from news.errors import ArchiveUnavailable, CrawlInterrupted, PageUnreadable, PoolUnavailable
from news.outcome import Outcome
from news.url import normal
from pipelines.pool import Pool
from tests.crawler.conftest import House
from tests.crawler.test_robots_txt import file, newspaper


def raised(function: Callable[[], object]) -> BaseException:
    """Return what a call raises, with its traceback."""
    try:
        function()
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


def throw(error: BaseException, cause: BaseException | None = None) -> Callable[[], object]:
    def call() -> object:
        raise error from cause

    return call


@contextmanager
def few_files() -> Iterator[None]:
    """Let this process open no further file."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def too_many_files() -> object:
    with few_files():
        return os.open("/dev/null", os.O_RDONLY)


def no_space() -> object:
    with open("/dev/full", "wb", buffering=0) as file:
        return file.write(b"x")


OURS: dict[str, Callable[[], object]] = {
    "the ledger": throw(OperationalError("select 1", {}, Exception("gone"))),
    "a stop": throw(CrawlInterrupted("The crawl was stopped.")),
    "a broken pool": throw(PoolUnavailable("The process pool takes no pages.")),
    "the archive": throw(ArchiveUnavailable("No space.")),
    "no memory": lambda: bytearray(2**62),
    "no memory in a decompressor": throw(MemoryError()),
    "a full disk": no_space,
    "too many files": too_many_files,
    "too many files, says Twisted": throw(ConnectBindError(errno.EMFILE, "Too many open files")),  # type: ignore[no-untyped-call]
    "too many files, says Scrapy": throw(DownloadFailedError("x"), raised(too_many_files)),
    "an AttributeError of ours": lambda: status_of(None),  # type: ignore[arg-type]
    "a TypeError of ours": lambda: listing("https://a.example/", Rows(rows=None)),  # type: ignore[arg-type]
    "an error of ours in a middleware": lambda: middlewares.Robots.from_crawler(None),  # type: ignore[arg-type]
    "a ValueError of ours": lambda: normal("x"),
}
THEIRS: dict[str, tuple[Callable[[], object], Outcome]] = {
    "a refusal": (throw(RequestRefused(Outcome.ROBOTS, "robots.txt does not allow it")), Outcome.ROBOTS),
    "an unreadable robots.txt": (throw(PageUnreadable("too slow", Outcome.TOO_SLOW)), Outcome.TOO_SLOW),
    "a host that is not found": (throw(CannotResolveHostError("x"), DNSLookupError()), Outcome.UNREACHABLE),
    "a lost connection": (throw(ConnectionLost()), Outcome.UNREACHABLE),
    "a refused connection": (throw(DownloadFailedError("x")), Outcome.UNREACHABLE),
    "too many redirects": (throw(IgnoreRequest("max redirections reached")), Outcome.HTTP_ERROR),
    "broken gzip": (lambda: gunzip(b"no gzip"), Outcome.UNREADABLE),
    "cut gzip": (lambda: gzip.decompress(gzip.compress(b"x" * 99)[:20]), Outcome.UNREADABLE),
    "broken deflate": (lambda: zlib.decompress(b"no deflate"), Outcome.UNREADABLE),
    "an address that Scrapy refuses": (lambda: Response("https://a.example/").follow("http://["), Outcome.BAD_URL),
    "an address that Python refuses": (lambda: urlsplit("http://["), Outcome.BAD_URL),
}


@pytest.mark.parametrize("call", OURS.values(), ids=OURS.keys())
def test_an_error_of_ours_is_never_the_pages(call: Callable[[], object]) -> None:
    error = raised(call)
    assert is_ours(error)
    assert is_ours(Failure(error))  # type: ignore[no-untyped-call]
    stop_conditions = StopConditions("https://a.example/", 0)
    assert stop_conditions.is_ours(error)
    assert stop_conditions.failure is error
    assert stop_conditions.is_stopped()


@pytest.mark.parametrize(("call", "outcome"), THEIRS.values(), ids=THEIRS.keys())
def test_what_the_download_machinery_raises_is_the_pages_outcome(call: Callable[[], object], outcome: Outcome) -> None:
    error = raised(call)
    stop_conditions = StopConditions("https://a.example/", 0)
    assert not stop_conditions.is_ours(error)
    assert not stop_conditions.is_stopped()
    assert outcome_of(error)[0] is outcome


def test_headers_without_end_are_the_pages_though_our_code_notices_them() -> None:
    assert not is_ours(raised(throw(HeadTooLarge())))


def test_a_bare_assertion_is_judged_by_whose_code_it_stands_in() -> None:
    assert not is_ours(raised(throw(AssertionError())))
    assert is_ours(raised(lambda: ask(b"", None, "https://a.example/")))  # type: ignore[arg-type]


@pytest.mark.asyncio(loop_scope="session")
async def test_a_mistake_of_ours_ends_the_slice_and_the_pages_stay_due(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = newspaper(house, file(""))
    outlet = house.outlet(site)
    await house.announce(outlet, site.url("/open/council-votes"))
    monkeypatch.setattr(middlewares, "PATH_SEGMENTS", None)
    with pytest.raises(TypeError):
        await house.crawl(outlet, sources=False)
    assert await house.attempts(outlet) == []
    assert await house.due(outlet) == 1
    with pytest.raises(TypeError):
        await house.crawl(outlet)
    assert await house.attempts(outlet) == []


@pytest.mark.asyncio(loop_scope="session")
async def test_a_broken_pool_ends_the_slice_and_the_pages_stay_due(house: House) -> None:
    site = newspaper(house, file("User-agent: *\nDisallow: /intern/"))
    outlet = house.outlet(site)
    await house.announce(outlet, site.url("/open/council-votes"))
    broken = Pool(1)
    broken.close()
    with pytest.raises(PoolUnavailable):
        await House(runtime=replace(house.runtime, pool=broken), server=house.server).crawl(outlet, sources=False)
    assert await house.attempts(outlet) == []
    assert await house.due(outlet) == 1
