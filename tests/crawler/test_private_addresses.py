"""No request reaches a private network, however its address is spelt or found."""

import socket
from collections.abc import Iterator

import pytest

from crawler.resolver import PublicResolver, is_public
from crawler.slices import settings
from news.outlet import Source, SourceKind
from tests.crawler.conftest import House
from tests.crawler.hostile import answer, article, redirect
from tests.crawler.resolver import Named

pytestmark = pytest.mark.asyncio(loop_scope="session")

SPELLINGS = [
    "127.0.0.1",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "127.0.0.1.",
    "0.0.0.0",
    "0",
    "①②⑦.⓪.⓪.①",  # digits in circles
    "１２７.0.0.1",  # full-width digits
    "127。0。0。1",  # full-width dots
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[64:ff9b::7f00:1]",
    "user@127.0.0.1",
    "paper.com@127.0.0.1",
    "%31%32%37.0.0.1",
]


@pytest.fixture(scope="module")
def inside() -> Iterator[socket.socket]:
    """A server on every address of this machine that wants no visitors."""
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as listening:
        listening.setblocking(False)
        yield listening


def visited(inside: socket.socket) -> bool:
    try:
        inside.accept()[0].close()
    except BlockingIOError:
        return False
    return True


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_a_private_address_is_never_dialled(house: House, inside: socket.socket, spelling: str) -> None:
    site = house.site()
    outlet = house.outlet(site, hosts=(f"{spelling}:{inside.getsockname()[1]}",))
    await house.announce(outlet, f"http://{spelling}:{inside.getsockname()[1]}/secret")
    await house.crawl(outlet, sources=False)
    assert not visited(inside)
    (attempt,) = await house.attempts(outlet)
    # what the address bounds take for another site, or no site, is not even looked up
    assert str(attempt.outcome) in {"not_public", "bad_url", "off_site", "unreachable"}, attempt


async def test_a_private_address_is_recorded_as_one(house: House, inside: socket.socket) -> None:
    for spelling in ("127.0.0.1", "127.1", "localhost", "LOCALHOST"):
        host = f"{spelling}:{inside.getsockname()[1]}"
        outlet = house.outlet(house.site(), hosts=(host,))
        await house.announce(outlet, f"http://{host}/{outlet.slug}")
        await house.crawl(outlet, sources=False)
        (attempt,) = await house.attempts(outlet)
        assert (str(attempt.outcome), attempt.reason) == ("not_public", "the address is not a public one")


@pytest.mark.parametrize(
    "address", ["10.0.0.7", "172.16.1.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"]
)
async def test_a_name_that_leads_inside_is_not_dialled(house: House, address: str) -> None:
    Named.answers["www.inside.com"] = address
    outlet = house.outlet(house.site(), hosts=("inside.com",), sources=())
    await house.announce(outlet, f"http://www.inside.com/{outlet.slug}")
    await house.crawl(outlet, sources=False)
    assert [str(each.outcome) for each in await house.attempts(outlet)] == ["not_public"]


async def test_a_name_that_is_rebound_between_two_requests_is_not_dialled_the_second_time(
    house: House, inside: socket.socket
) -> None:
    site = house.site()
    site["/first"] = answer(article())
    outlet = house.outlet(site)
    await house.crawl(outlet)
    Named.public.discard(f"www.{site.host}")
    Named.answers[f"www.{site.host}"] = "127.0.0.1"
    await house.announce(outlet, site.url("/second"))
    before = len(site.hits)
    await house.crawl(outlet, sources=False)
    assert (await house.outcomes(site))["/second"][0] == "not_public"
    assert len(site.hits) == before


async def test_a_redirect_to_the_inside_is_not_followed(house: House, inside: socket.socket) -> None:
    port = inside.getsockname()[1]
    site = house.site()
    site["/council-votes-for-a-bridge"] = redirect(f"http://127.0.0.1:{port}/latest/meta-data/")
    site["/refreshed"] = answer(f'<meta http-equiv="refresh" content="0;url=http://127.0.0.1:{port}/"><p>Wait.</p>')
    outlet = house.outlet(site, hosts=(f"127.0.0.1:{port}",))
    await house.crawl(outlet)
    ends = await house.outcomes(site)
    assert ends["/council-votes-for-a-bridge"][0] == "not_public"
    assert ends["/refreshed"][0] == "not_public"
    assert not visited(inside)


async def test_a_robots_txt_that_is_inside_is_as_good_as_none(house: House, inside: socket.socket) -> None:
    site = house.site()
    site["/robots.txt"] = redirect(f"http://127.0.0.1:{inside.getsockname()[1]}/robots.txt")
    assert await house.outcome(site, "/council-votes-for-a-bridge", answer(article())) == ("new", "")
    assert not visited(inside)


async def test_a_source_that_is_inside_marks_the_outlet(house: House, inside: socket.socket) -> None:
    address = f"http://127.0.0.1:{inside.getsockname()[1]}/feed"
    outlet = house.outlet(house.site(), sources=(Source(kind=SourceKind.FEED, url=address),))
    await house.crawl(outlet)
    assert (await house.source(outlet, address)).outcome == "not_public"
    assert "not a public one" in ((await house.state(outlet)).unhealthy_reason or "")
    assert not visited(inside)


async def test_loopback_is_off_unless_it_is_asked_for() -> None:
    assert settings().getbool("BROADSHEET_ALLOW_LOOPBACK") is False
    assert settings()["TWISTED_DNS_RESOLVER"] == "crawler.resolver.PublicResolver"
    assert settings().getbool("HTTPPROXY_ENABLED") is False


@pytest.mark.parametrize(
    "address",
    [
        "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:10.0.0.1", "64:ff9b::a00:1",
        "64:ff9b:1::1", "2002:7f00:1::1", "2001:0:1::1", "127.8.8.8", "0.1.2.3", "192.0.2.1", "198.18.0.1",
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "", "no address", "1.2.3.4.5",
    ],
)  # fmt: skip
async def test_an_address_beyond_the_public_internet_is_not_public(address: str) -> None:
    assert not is_public(address)


async def test_refused_names_are_not_remembered_without_bound() -> None:
    known = dict(PublicResolver.refused)
    try:
        for number in range(5_000):
            PublicResolver.refused[f"a{number}.example"] = None
        assert len(PublicResolver.refused) <= 1_000
    finally:
        PublicResolver.refused.clear()
        PublicResolver.refused.update(known)
