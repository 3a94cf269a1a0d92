"""What a server may send for a page: each is an attempt with an outcome and a reason, and the crawl goes on."""

import gzip
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from scrapy import Request
from scrapy.http import Response

from crawler.response_outcome import not_before, page_of, status_of, visit_of
from news.outlet import Outlet
from news.storable import is_storable
from tests.crawler.conftest import House
from tests.crawler.hostile import Answer, Asked, answer, article, redirect
from tests.news.hostile import CJK, LETTERS, TEXTS, UNSTORABLE

pytestmark = pytest.mark.asyncio(loop_scope="session")

OUTLET = Outlet(slug="a", name="A", home="https://a.example/")


def raw(data: bytes, *, reset: bool = False) -> Callable[[Asked], None]:
    """Return what sends `data` and hangs up, politely or not."""

    def send(asked: Asked) -> None:
        asked.send(data)
        if reset:
            asked.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        asked.connection.close()

    return send


PAGE = article()
BODY = PAGE.encode()
#: neither HTML nor packed by anything; and HTML that is packed once too often
NOISE = bytes(range(128, 256)) * 40
THRICE = gzip.compress(gzip.compress(gzip.compress(BODY)))


@pytest.mark.parametrize(
    ("sent", "outcome", "reason"),
    [
        pytest.param(answer(PAGE), "new", "", id="sound"),
        pytest.param(answer(gzip.compress(BODY), content_encoding="gzip"), "new", "", id="gzip"),
        pytest.param(raw(b"HTTP/1.0 200 OK\r\n\r\n" + BODY), "new", "", id="no length, ended by hanging up"),
        pytest.param(answer(PAGE, content_length=str(len(BODY) + 9)), "timeout", "no answer in time", id="too long"),
        pytest.param(answer(status="204 No Content"), "empty", "The page is empty.", id="204"),
        pytest.param(answer(b""), "empty", "The page is empty.", id="empty body"),
        pytest.param(answer(b"%PDF-1.7 ..", kind="application/pdf"), "not_html", "It is application/pdf", id="PDF"),
        pytest.param(answer(b"\x89PNG\r\n\x1a\n" + bytes(99)), "not_html", "It is ", id="PNG said to be HTML"),
        pytest.param(answer(status="404 Not Found"), "gone", "the site answers 404", id="404"),
        pytest.param(answer(status="410 Gone"), "gone", "the site answers 410", id="410"),
        pytest.param(answer(status="403 Forbidden"), "http_error", "the site answers 403", id="403"),
        pytest.param(answer(status="500 Oh"), "server_error", "the site answers 500", id="500"),
        pytest.param(answer(status="503 Busy"), "server_error", "the site answers 503", id="503, no Retry-After"),
        pytest.param(answer(status="999 No"), "http_error", "an invalid status", id="999"),
        pytest.param(answer(status="9" * 5_000), "unreachable", "the connection failed", id="beyond int()"),
        pytest.param(answer(status="-5 No"), "http_error", "an invalid status", id="below 0"),
        pytest.param(answer(PAGE, etag="a\x00b"), "new", "", id="NUL in ETag"),
        pytest.param(answer(PAGE, etag='"a\x1b[31m"', last_modified=LETTERS), "new", "", id="C0 in ETag"),
        pytest.param(answer(PAGE, last_modified="Mon, 01 Jan 0001 00:00:00 GMT"), "new", "", id="modified in year 1"),
        pytest.param(answer(PAGE, last_modified="Fri, 31 Dec 9999 23:59:59 -2300"), "new", "", id="in year 9999"),
        pytest.param(answer(PAGE, kind=f"text/html; charset={LETTERS}"), "new", "", id="a charset of 4,000 letters"),
        pytest.param(
            answer(b"what this is", kind=f"text/{LETTERS}"), "not_html", "It is text/", id="a type of 4,000 letters"
        ),
        pytest.param(
            answer(b"what this is", kind="application/\x00x"), "not_html", "It is application/x", id="NUL in the type"
        ),
        pytest.param(
            answer(b"what this is", kind="a/\x1b\x07\x85\u202ex"), "not_html", "It is ", id="controls in the type"
        ),
        pytest.param(answer(status="304 Not Modified"), "http_error", "answers 304 unasked", id="304 unasked"),
        pytest.param(raw(b""), "unreachable", "the connection failed", id="hangs up"),
        pytest.param(raw(b"", reset=True), "unreachable", "the connection failed", id="reset"),
        pytest.param(raw(b"garbage\r\n\r\n"), "unreachable", "the connection failed", id="no HTTP"),
        pytest.param(
            raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n" + BODY), "unreachable", "broke off", id="short body"
        ),
        pytest.param(
            raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), "unreachable", "", id="broken chunks"
        ),
        # what is no HTML and not packed as it says
        pytest.param(answer(NOISE, content_encoding="gzip"), "unreadable", "compression is broken", id="no gzip"),
        pytest.param(answer(NOISE, content_encoding="br"), "unreadable", "compression is broken", id="no brotli"),
        pytest.param(answer(NOISE, content_encoding="zstd"), "unreadable", "compression is broken", id="no zstd"),
        pytest.param(answer(NOISE, content_encoding="deflate"), "unreadable", "compression is broken", id="no deflate"),
        pytest.param(
            answer(THRICE, content_encoding="gzip, gzip, gzip"), "unreadable", "more than 2 times", id="thrice"
        ),
        # what is HTML though it says that it is packed: no browser shows it
        pytest.param(answer(BODY, content_encoding="gzip"), "unreadable", "compression is broken", id="plain for gzip"),
        pytest.param(answer(BODY, content_encoding="br"), "unreadable", "compression is broken", id="plain for brotli"),
        pytest.param(answer(BODY, content_encoding="zstd"), "unreadable", "compression is broken", id="plain for zstd"),
        pytest.param(answer(BODY, content_encoding="deflate"), "unreadable", "broken", id="plain for deflate"),
        pytest.param(redirect("file:///etc/passwd"), "bad_url", "not http(s)", id="to file:"),
        pytest.param(redirect("data:text/html,hello"), "bad_url", "not http(s)", id="to data:"),
        pytest.param(redirect("javascript:alert(1)"), "bad_url", "not a valid address", id="to javascript:"),
        pytest.param(redirect("http://["), "bad_url", "not a valid address", id="to half a bracket"),
        pytest.param(redirect("http://\x00.paper.com/"), "bad_url", "not a valid address", id="to a NUL"),
        pytest.param(redirect("/\x1b\x07"), "gone", "404", id="to controls"),
        pytest.param(redirect("/" + CJK), "bad_url", "bytes in normalised form; the limit is 2,000", id="to 3,000 CJK"),
        pytest.param(redirect("http://elsewhere.org/x"), "off_site", "another site, elsewhere.org", id="off-site"),
        pytest.param(redirect("/" + "a/" * 20), "bad_url", "path segments", id="to a deep path"),
        pytest.param(redirect("/?" + "a&" * 40), "bad_url", "parameters", id="to many parameters"),
        pytest.param(
            redirect("/" + "a" * 3000),
            "bad_url",
            "bytes in normalised form; the limit is 2,000",
            id="to a long address",
        ),
        pytest.param(redirect(f"http://{LETTERS}.com/"), "bad_url", "not a valid address", id="to a long host"),
        pytest.param(answer(status="302 Found"), "http_error", "the site answers 302", id="302 to nowhere"),
    ],
)
async def test_whatever_a_server_sends_is_an_attempt_with_a_reason_and_the_crawl_goes_on(
    house: House, sent: Answer, outcome: str, reason: str
) -> None:
    ended, why = await house.outcome(house.site(), "/council-votes-for-a-bridge", sent)
    assert (ended, reason in why) == (outcome, True), why


@pytest.mark.parametrize("text", [*TEXTS.values(), "漢" * 1_900], ids=[*TEXTS, "1,900 CJK"])
@pytest.mark.parametrize("claim", ['<link rel="canonical" href="{}">', '<meta property="og:url" content="{}">'])
async def test_a_page_that_claims_an_address_that_cannot_be_kept_is_kept_under_its_own(
    house: House, claim: str, text: str
) -> None:
    site, path = house.site(), "/council-votes-for-a-bridge"
    claimed = claim.format(escape(site.url(f"{path}-{text}")))
    page = article().replace("<head>", f"<head>{claimed}")
    assert await house.outcome(site, path, answer(page.encode("utf-8", "replace"))) == ("new", "")


@pytest.mark.parametrize(
    "until",
    [
        "Mon, 01 Jan 0001 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 -2300",
        "9" * 400,
        LETTERS,
        "\x00",
        "-1",
        str(2**64),
        "nan",
        "١٢",
    ],
)
async def test_whatever_retry_after_says_the_pause_ends_within_a_day(until: str) -> None:
    headers = {"Retry-After": until.encode()}
    response = Response("https://a.example/", status=429, headers=headers, request=Request("https://a.example/"))
    assert visit_of(response, OUTLET, response.url).outcome == "throttled"
    pause_ends_at = not_before(response)
    assert pause_ends_at is not None
    now = datetime.now(UTC)
    assert now < pause_ends_at <= now + timedelta(days=1)


@pytest.mark.parametrize("text", UNSTORABLE.values(), ids=UNSTORABLE.keys())
async def test_a_header_that_no_store_carries_is_skipped(text: str) -> None:
    value = text.encode("utf-8", "replace") if "\x85" not in text else text.encode("latin-1")
    headers = {"ETag": value, "Last-Modified": value}
    response = Response("https://a.example/", headers=headers, request=Request("https://a.example/"))
    visit = visit_of(response, OUTLET, response.url)
    assert is_storable((visit.etag, visit.last_modified))


@pytest.mark.parametrize("status", [0, 99, 600, 999, 99999999999, 2**64, -1])
async def test_a_number_that_is_no_status_is_not_stored(status: int) -> None:
    response = Response("https://a.example/", status=status)
    assert status_of(response) is None
    visit = visit_of(response.replace(request=Request("https://a.example/")), OUTLET, response.url)
    assert (visit.outcome, visit.reason) == ("http_error", "the site answers with an invalid status")


async def test_a_page_is_known_by_addresses_in_normal_form_whatever_redirects_were() -> None:
    long = f"https://{LETTERS}@www.a.example/x?utm_source={LETTERS}"
    request = Request(long, meta={"redirect_urls": [long]})
    came = page_of(Response(long, request=request), datetime.now(UTC))
    assert (came.url, came.final_url) == ("https://www.a.example/x",) * 2


async def test_a_redirect_within_the_site_is_followed_and_both_addresses_are_known(house: House) -> None:
    site = house.site()
    site["/bridge-new-address"] = answer(article())
    ended = await house.outcome(
        site, "/bridge-old-address", redirect(site.url("/bridge-new-address", "news"), "301 Moved")
    )
    assert ended == ("new", "")
    first = next(each for each in await house.attempts(house.outlet(site)) if each.url.endswith("old-address"))
    assert first.final_url == site.url("/bridge-new-address", "news")


async def test_a_redirect_in_circles_ends(house: House) -> None:
    site = house.site()
    ended = await house.outcome(site, "/round-and-round", redirect("/round-and-round"))
    assert ended == ("http_error", "too many redirects")
    assert len(site.asked("/round-and-round")) == 6


async def test_a_redirect_that_never_ends_ends(house: House) -> None:
    site = house.site()

    def further(asked: Asked) -> None:
        asked.send(redirect(f"{asked.hit.path}x"))

    for length in range(20):
        site["/on" + "x" * length] = further
    await house.crawl(house.outlet(site, sources=()), sources=False)
    await house.announce(house.outlet(site), site.url("/on"))
    await house.crawl(house.outlet(site), sources=False)
    assert (await house.outcomes(site))["/on"] == ("http_error", "too many redirects")


async def test_a_server_that_is_not_there_is_unreachable(house: House) -> None:
    site = house.site()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        site.port = taken.getsockname()[1]
    outlet = house.outlet(site)
    await house.announce(outlet, site.url("/some-page"))
    await house.crawl(outlet)
    assert (await house.outcomes(site)) == {}, "robots.txt came first: the site is left alone"
    state = await house.state(outlet)
    assert state.unhealthy_reason is not None
    assert "robots.txt cannot be reached" in state.unhealthy_reason
    assert state.due == 1


async def test_a_certificate_that_is_not_valid_is_refused(house: House, tmp_path: Path) -> None:
    site = house.site()
    outlet = house.outlet(site)
    with TlsServer(tmp_path) as port:
        address = f"https://www.{site.host}:{port}/some-page"
        await house.announce(outlet, address)
        await house.crawl(outlet, sources=False, ROBOTSTXT_OBEY=False)
    assert [(str(each.outcome), each.reason) for each in await house.attempts(outlet)] == [
        ("unreachable", "no secure connection: its certificate is not valid, or TLS failed")
    ]


class TlsServer:
    """Accepts connections with a certificate that nobody signed."""

    def __init__(self, folder: Path) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
            .sign(key, hashes.SHA256())
        )
        file = folder / "both.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(file)
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self.accept)

    def accept(self) -> None:
        while True:
            try:
                connection, _ = self.listening.accept()
                with connection, self.context.wrap_socket(connection, server_side=True) as secure:
                    secure.recv(65536)
                    secure.sendall(answer(article()))
            except ssl.SSLError:
                continue
            except OSError:
                return

    def __enter__(self) -> int:
        self.thread.start()
        return int(self.listening.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        self.thread.join()
