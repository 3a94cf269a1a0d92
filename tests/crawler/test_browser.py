"""Outlets whose pages need their scripts, in a real Chromium; what a hostile page tries from there reaches nobody."""

import contextlib
import json
import os
import re
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from crawler import browser
from crawler.chromium import PROGRAMS, check_browser, program_of
from crawler.outlet_probe import Need
from news.errors import ConfigurationError
from news.outlet import Source, SourceKind
from tests.crawler.conftest import House
from tests.crawler.hostile import TEXT, Site, answer, article, sitemap

pytestmark = pytest.mark.asyncio(loop_scope="session")

try:
    check_browser()
except ConfigurationError as error:
    pytest.skip(str(error), allow_module_level=True)

HEADLINE = "Council votes for a bridge across the Aller"
STATE = json.dumps({"headline": HEADLINE, "paragraphs": TEXT})
#: builds the article out of what `state` holds
BUILD = """
function build(state) {
  document.title = state.headline;
  const h1 = document.createElement('h1'); h1.textContent = state.headline;
  const box = document.createElement('article'); box.append(h1);
  for (const text of state.paragraphs) { const p = document.createElement('p'); p.textContent = text; box.append(p); }
  document.getElementById('root').append(box);
}
"""
SHELL = '<!doctype html><html lang="en"><head><title>Paper</title>{head}</head><body><div id="root"></div>{end}</body>'


def script(text: str) -> bytes:
    return answer(text, kind="text/javascript")


def stated_in_the_page(site: Site) -> str:
    state = f'<script id="state" type="application/json">{STATE}</script>'
    run = f"<script>{BUILD} build(JSON.parse(document.getElementById('state').textContent))</script>"
    return SHELL.format(head="", end=state + run)


def fetched(site: Site) -> str:
    site["/api/1"] = answer(STATE, kind="application/json")
    site["/app.js"] = script(f"{BUILD} fetch('/api/1').then(r => r.json()).then(build)")
    return SHELL.format(head='<script src="/app.js" defer></script>', end="")


def asked_by_xhr(site: Site) -> str:
    site["/api/query"] = answer(STATE, kind="application/json")
    site["/xhr.js"] = script(
        f"{BUILD} const x = new XMLHttpRequest(); x.open('POST', '/api/query'); x.onload = () => "
        "build(JSON.parse(x.responseText)); x.setRequestHeader('content-type', 'application/json'); x.send('{\"id\": 1}')"
    )
    return SHELL.format(head="", end='<script src="/xhr.js"></script>')


def imported(site: Site) -> str:
    site["/part.js"] = script(f"{BUILD} export default build")
    site["/main.js"] = script(f"const part = await import('/part.js'); part.default({STATE})")
    return SHELL.format(head="", end='<script type="module" src="/main.js"></script>')


def of_another_host(site: Site) -> str:
    site["/late.js"] = script(f"{BUILD} setTimeout(() => build({STATE}), 300); history.pushState({{}}, '', '/other')")
    return SHELL.format(head="", end=f'<script src="{site.url("/late.js", "news")}"></script>')


@pytest_asyncio.fixture(autouse=True, scope="module", loop_scope="session")
async def started() -> AsyncIterator[None]:
    """Start the browser; a machine that forbids its sandbox, as some containers do, has none."""
    try:
        await browser.browser()._open()
    except ConfigurationError as error:
        pytest.skip(str(error))
    yield
    await browser.browser().close()


def chromium() -> list[psutil.Process]:
    """Return the browser's processes."""
    own = psutil.Process().children(recursive=True)
    return [each for each in own if each.status() != psutil.STATUS_ZOMBIE and "chrom" in each.name()]


@pytest.mark.parametrize("kind", [stated_in_the_page, fetched, asked_by_xhr, imported, of_another_host])
async def test_an_article_that_only_a_script_shows_is_read(house: House, kind) -> None:
    plain, site = house.site(), house.site()
    for each in (plain, site):
        each["/story"] = answer(kind(each))
    await house.crawl(house.outlet(plain), only=(plain.url("/story"),))
    await house.crawl(house.outlet(site, render=True), only=(site.url("/story"),))
    assert (await house.outcomes(plain))["/story"][0] != "new"
    assert (await house.outcomes(site))["/story"] == ("new", "")


async def test_a_front_page_of_scripts_lists_its_articles(house: House) -> None:
    site = house.site()
    links = "".join(f"<a href=/story-{n}>A bridge across the Aller, part {n} of the story</a>" for n in range(3))
    site["/"] = answer(SHELL.format(head="", end=f"<script>document.body.innerHTML = {json.dumps(links)}</script>"))
    for n in range(3):
        site[f"/story-{n}"] = answer(article(f"A bridge across the Aller, part {n} of the story"))
    outlet = house.outlet(site, render=True, sources=(Source(kind=SourceKind.FRONT_PAGE, url=site.url("/")),))
    await house.crawl(outlet)
    ends = await house.outcomes(site)
    assert {path for path, (end, _) in ends.items() if end == "new"} == {f"/story-{n}" for n in range(3)}


@pytest.fixture(scope="module")
def inside() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Servers on this machine, by TCP and UDP, that want no visitors."""
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as tcp:
        tcp.setblocking(False)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.bind(("127.0.0.1", 0))
            udp.setblocking(False)
            yield tcp, udp


#: what a hostile page tries, and stays, or leads elsewhere; PORT is the server's inside, UDP that of the one by UDP
STAYING = (
    "fetch('http://127.0.0.1:PORT/')",
    "fetch('http://localhost:PORT/', {mode: 'no-cors'})",
    "fetch('http://2130706433:PORT/')",
    "fetch('http://[::1]:PORT/')",
    "fetch('http://127.0.0.1:PORT/', {method: 'POST', body: 'x'})",
    "fetch('http://127.0.0.1:PORT/', {method: 'DELETE'})",
    "fetch('http://127.0.0.1:PORT/', {keepalive: true})",
    "navigator.sendBeacon('http://127.0.0.1:PORT/', 'x')",
    "new Image().src = 'http://127.0.0.1:PORT/a.png'",
    "document.head.append(Object.assign(document.createElement('script'), {src: 'http://127.0.0.1:PORT/'}))",
    "import('http://127.0.0.1:PORT/a.js')",
    "document.body.append(Object.assign(document.createElement('iframe'), {src: 'http://127.0.0.1:PORT/'}))",
    "document.body.append(Object.assign(document.createElement('object'), {data: 'http://127.0.0.1:PORT/'}))",
    "document.head.innerHTML += '<style>@import url(http://127.0.0.1:PORT/a.css)</style>'",
    "new FontFace('a', 'url(http://127.0.0.1:PORT/a.woff)').load()",
    "document.body.innerHTML += '<video autoplay src=http://127.0.0.1:PORT/a.mp4></video>'",
    "document.body.innerHTML += '<link rel=preload as=fetch href=http://127.0.0.1:PORT/>'",
    "document.head.innerHTML += '<link rel=prefetch href=http://127.0.0.1:PORT/>'",
    "document.head.append(Object.assign(document.createElement('script'), {type: 'speculationrules', textContent: JSON.stringify({prerender: [{urls: ['http://127.0.0.1:PORT/']}]})}))",
    "document.head.innerHTML += '<link rel=preconnect href=http://127.0.0.1:PORT/>'",
    "new WebSocket('ws://127.0.0.1:PORT/')",
    "new Worker(URL.createObjectURL(new Blob([\"new WebSocket('ws://127.0.0.1:PORT/')\"])))",
    "new EventSource('http://127.0.0.1:PORT/')",
    "new Worker(URL.createObjectURL(new Blob([\"fetch('http://127.0.0.1:PORT/')\"])))",
    "new SharedWorker(URL.createObjectURL(new Blob([\"fetch('http://127.0.0.1:PORT/')\"])))",
    "new WebTransport('https://127.0.0.1:UDP/')",
    "const c = new RTCPeerConnection({iceServers: [{urls: 'stun:127.0.0.1:UDP'}]}); c.createDataChannel('a'); c.createOffer().then(o => c.setLocalDescription(o))",
    "const d = new RTCPeerConnection({iceServers: [{urls: 'turn:127.0.0.1:PORT?transport=tcp', username: 'a', credential: 'b'}]}); d.createDataChannel('a'); d.createOffer().then(o => d.setLocalDescription(o))",
    "fetch('file:///etc/passwd').then(r => r.text()).then(t => document.title = t)",
    "const a = document.createElement('a'); a.href = 'data:text/plain,x'; a.download = 'x'; a.click()",
    "fetch('/to-inside')",
)
LEADING = (
    "navigator.serviceWorker.register('/worker.js')",
    "location = 'http://127.0.0.1:PORT/'",
    "window.open('http://127.0.0.1:PORT/')",
    "const f = document.createElement('form'); f.action = 'http://127.0.0.1:PORT/'; document.body.append(f); f.submit()",
    "document.head.innerHTML += '<meta http-equiv=refresh content=\"0; url=http://127.0.0.1:PORT/\">'",
)


async def test_a_hostile_page_reaches_nothing_inside(house: House, inside) -> None:
    tcp, udp = inside
    site = house.site()
    target = f"http://127.0.0.1:{tcp.getsockname()[1]}/"
    site["/to-inside"] = answer(status="302 Found", location=target)
    site["/worker.js"] = script(f"fetch('{target}')")
    ports = {"PORT": str(tcp.getsockname()[1]), "UDP": str(udp.getsockname()[1])}
    pages = [
        re.sub("PORT|UDP", lambda found: ports[found[0]], attempts)
        for attempts in ("".join(f"try {{ {each} }} catch {{ }}\n" for each in STAYING), *LEADING)
    ]
    for number, attempt in enumerate(pages):
        page = article(f"Council votes for bridge number {number} across the Aller")
        site[f"/story-{number}"] = answer(page.replace("</body>", f"<script>{attempt}</script></body>"))
    paths = [f"/story-{number}" for number in range(len(pages))]
    await house.crawl(house.outlet(site, render=True), only=tuple(map(site.url, paths)), seconds=240)
    ends = await house.outcomes(site)
    reached = []
    while True:
        try:
            visitor = tcp.accept()[0]
        except BlockingIOError:
            break
        with visitor:
            visitor.settimeout(0.5)
            try:
                reached.append(visitor.recv(200))
            except OSError as error:
                reached.append(str(error).encode())
    with contextlib.suppress(BlockingIOError):
        reached.append(udp.recv(100))
    assert reached == []
    # each is read as it stands
    assert {attempt: ends.get(path) for path, attempt in zip(paths, pages, strict=True)} == dict.fromkeys(
        pages, ("new", "")
    )


async def test_a_page_that_never_rests_is_read_as_it_stands(house: House, monkeypatch) -> None:
    monkeypatch.setattr(browser, "RESTLESS_SECONDS", 2.0)
    site = house.site()
    site["/score"] = answer("{}", kind="application/json")
    asks = "setInterval(() => fetch('/score'), 100)"
    site["/story"] = answer(article().replace("</body>", f"<script>{asks}</script></body>"))
    await house.crawl(house.outlet(site, render=True), only=(site.url("/story"),))
    assert (await house.outcomes(site))["/story"] == ("new", "")


#: a page whose script takes all that there is
GREEDY = {
    "for ever": "for (;;) {}",
    "memory": "const all = []; for (;;) all.push(new Array(1e6).fill(Math.random()))",
    "a huge page": "document.body.textContent = 'x'.repeat(12 * 2**20)",
    "for ever, by promises": "(function again() { Promise.resolve().then(again) })()",
    "windows": "setInterval(() => window.open('about:blank'), 1)",
    "questions": "alert(1); confirm(2); prompt(3)",
}


async def test_a_greedy_page_costs_nothing_but_time(house: House, monkeypatch) -> None:
    monkeypatch.setattr(browser, "SECONDS", 4.0)
    site = house.site()
    for number, greedy in enumerate(GREEDY.values()):
        site[f"/greedy-{number}"] = answer(article().replace("</body>", f"<script>{greedy}</script></body>"))
    site["/zz-sound"] = answer(fetched(site))
    paths = [*(f"/greedy-{number}" for number in range(len(GREEDY))), "/zz-sound"]
    await house.crawl(house.outlet(site, render=True), only=tuple(map(site.url, paths)), seconds=240)
    ends = await house.outcomes(site)
    assert ends["/zz-sound"] == ("new", "")
    assert {ends[f"/greedy-{number}"][0] for number in range(2)} <= {"too_slow", "unreadable"}
    assert ends["/greedy-2"][0] in ("too_large", "too_slow")
    assert set(paths) <= set(ends)


async def test_a_script_is_fetched_once_and_a_page_has_only_so_many_requests(house: House, monkeypatch) -> None:
    monkeypatch.setattr(browser, "REQUESTS", 5)
    site = house.site()
    page = fetched(site)
    site["/story-1"], site["/story-2"] = answer(page), answer(page.replace("Paper", "Other"))
    many = "for (let n = 0; n < 50; n++) fetch('/many?' + n)"
    site["/story-3"] = answer(article().replace("</body>", f"<script>{many}</script></body>"))
    await house.crawl(house.outlet(site, render=True), only=tuple(map(site.url, ("/story-1", "/story-2", "/story-3"))))
    assert len(site.asked("/app.js")) == 1
    assert len(site.asked("/api/1")) == 2
    assert len([hit for hit in site.hits if hit.path.startswith("/many")]) == 5


async def test_what_robots_txt_forbids_is_not_fetched_for_a_script_either(house: House) -> None:
    site = house.site()
    site["/story"] = answer(fetched(site))
    site["/robots.txt"] = answer("User-agent: *\nDisallow: /api/", kind="text/plain")
    await house.crawl(house.outlet(site, render=True), only=(site.url("/story"),))
    assert not site.asked("/api/1")
    assert (await house.outcomes(site))["/story"][0] != "new"


async def test_login_cookies_go_to_the_outlet_and_the_browser_never_has_them(house: House) -> None:
    site = house.site()
    tells = "document.querySelector('p').textContent += ' cookie:' + document.cookie"
    page = fetched(site).replace("</body>", f"<script>{tells}</script></body>")
    site["/story"] = answer(page)
    await house.crawl(house.outlet(site, render=True, cookies={"session": "secret"}), only=(site.url("/story"),))
    assert {hit.headers.get("cookie") for hit in site.asked("/api/1")} == {"session=secret"}


async def test_the_browser_runs_in_its_sandbox_and_not_as_root(house: House) -> None:
    site = house.site()
    site["/story"] = answer(fetched(site))
    await house.crawl(house.outlet(site, render=True), only=(site.url("/story"),))
    programs = chromium()
    assert programs
    assert not [each for each in programs if "--no-sandbox" in " ".join(each.cmdline()) or each.uids().effective == 0]


async def test_without_a_browser_the_outlet_says_so_and_its_pages_stay_due(house: House, monkeypatch) -> None:
    monkeypatch.setenv("BROADSHEET_CHROMIUM", "/nowhere/chromium")
    site = house.site()
    site["/story"] = answer(fetched(site))
    outlet = house.outlet(site, render=True)
    await house.announce(outlet, site.url("/story"))
    with pytest.raises(ConfigurationError, match="BROADSHEET_CHROMIUM: no program /nowhere/chromium"):
        await house.crawl(outlet, only=(site.url("/story"),))
    assert await house.due(outlet) == 1


async def test_the_program_is_the_one_that_is_named(monkeypatch, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    monkeypatch.setenv("BROADSHEET_CHROMIUM", str(own))
    assert program_of() == str(own)
    monkeypatch.delenv("BROADSHEET_CHROMIUM")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigurationError, match="apt install chromium"):
        program_of()
    for name in reversed(PROGRAMS):
        os.link(own, tmp_path / name)
        assert re.search(name + "$", program_of())


async def test_a_browser_that_does_not_start_is_named(house: House, monkeypatch) -> None:
    await browser.browser().close()
    monkeypatch.setenv("BROADSHEET_CHROMIUM", "/bin/false")
    site = house.site()
    site["/story"] = answer(fetched(site))
    with pytest.raises(ConfigurationError, match="/bin/false does not start"):
        await house.crawl(house.outlet(site, render=True), only=(site.url("/story"),))


async def test_a_browser_that_is_killed_is_begun_again(house: House) -> None:
    site = house.site()
    site["/story-1"] = answer(fetched(site))
    site["/story-2"] = answer(fetched(site).replace("Paper", "Other"))
    await house.crawl(house.outlet(site, render=True), only=(site.url("/story-1"),))
    for each in [each for each in chromium() if "--type=" not in " ".join(each.cmdline())]:
        each.kill()
    await house.crawl(house.outlet(site, render=True), only=(site.url("/story-2"),))
    assert (await house.outcomes(site))["/story-2"] == ("new", "")


async def test_a_check_says_that_an_outlet_needs_a_browser(house: House) -> None:
    outlets = []
    for page in (fetched, lambda site: article()):
        site = house.site()
        site["/story"] = answer(page(site))
        site["/sitemap.xml"] = answer(sitemap([site.url("/story")]), kind="application/xml")
        outlets.append(house.outlet(site))
    scripts, plain = [await house.checked(outlet) for outlet in outlets]
    assert (scripts.works, scripts.need) == (False, Need.BROWSER)
    assert "render = true" in scripts.reason
    assert (plain.works, plain.need) == (True, Need.NOTHING)
    assert (await house.checked(replace(outlets[0], render=True))).works
