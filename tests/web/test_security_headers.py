"""Who is answered, and what a browser is told it may do with the answer."""

from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import create_async_engine

from index.postgresql.backend import PostgresqlIndex
from news.configuration import Configuration
from tests.web.conftest import client_of
from web.app import create_app


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8000", "localhost:9", "LOCALHOST", "[::1]", "[::1]:8000"])
async def test_the_names_of_loopback_are_answered(lonely: httpx.AsyncClient, host: str) -> None:
    assert (await lonely.get("/healthz", headers={"host": host})).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "", "192.168.0.7", "[::1", "localhost:80:80",
     "localhost@evil.example", "evil.example:8000", "127.0.0.1:x", "\xff"],
)  # fmt: skip
async def test_a_name_that_somebody_else_points_at_us_is_refused(lonely: httpx.AsyncClient, host: str) -> None:
    for path, kind in (("/", "text/html; charset=utf-8"), ("/api/search", "application/problem+json")):
        answer = await lonely.get(path, headers={b"host": host.encode("latin-1")})
        assert answer.status_code == 400
        assert answer.headers["content-type"] == kind


async def test_two_host_headers_are_refused(lonely: httpx.AsyncClient) -> None:
    answer = await lonely.get("/healthz", headers=[("host", "localhost"), ("host", "evil.example")])
    assert answer.status_code == 400


async def test_the_host_that_was_told_is_answered(tmp_path: Path) -> None:
    engine = create_async_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    index = PostgresqlIndex(engine)
    told = create_app(engine, index, Configuration(home=tmp_path), hosts=["Runtime.Example"])
    everywhere = create_app(engine, index, Configuration(home=tmp_path), hosts=["0.0.0.0"])

    async def status(app: FastAPI, host: str) -> int:
        async with client_of(app, base_url=f"http://{host}") as client:
            return (await client.get("/healthz")).status_code

    assert await status(told, "runtime.example:8000") == 200
    assert await status(told, "192.168.0.7") == 400
    assert await status(everywhere, "192.168.0.7:8000") == 200
    assert await status(everywhere, "evil.example") == 400


async def test_behind_a_proxy_the_public_names_are_answered_and_nobody_elsewhere_writes_without_a_token(
    tmp_path: Path,
) -> None:
    engine = create_async_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    index = PostgresqlIndex(engine)
    hosts = ("news.example.org", "[2001:db8::1]")
    app = create_app(engine, index, Configuration(home=tmp_path, hosts=hosts))
    asked = {"urls": ["https://a.example/"]}
    for host in ("news.example.org", "NEWS.example.org:443", "[2001:db8::1]:8000", "127.0.0.1:8000"):
        async with client_of(app, base_url=f"http://{host}") as client:
            assert (await client.get("/healthz")).status_code == 200
            is_public = not host.startswith("127")
            # the proxy runs on this machine, so the peer is loopback; a proxy may be silent about whom it asks for
            refused = await client.post("/api/recrawls", json=asked)
            assert (refused.status_code == 403) is is_public
            for name in (
                "Forwarded",
                "X-Forwarded-For",
                "X-Forwarded-Host",
                "X-Forwarded-Proto",
                "x-forwarded-anything",
            ):
                assert (await client.post("/api/recrawls", json=asked, headers={name: "x"})).status_code == 403
    app.state.broadsheet = replace(app.state.broadsheet, token="secret")
    async with client_of(app, base_url="http://news.example.org") as client:
        headers = {"authorization": "Bearer secret", "x-forwarded-for": "203.0.113.9"}
        assert (await client.post("/api/recrawls", json=asked, headers=headers)).status_code == 404, "nothing fetches"
        html = (await client.get("/api", headers={"x-forwarded-proto": "https"})).text
        assert "https://news.example.org/api/search" in html


@pytest.mark.parametrize("path", ["/", "/nowhere", "/api/search", "/api/nowhere", "/healthz", "/static/page.css"])
async def test_every_answer_tells_the_browser_to_run_and_load_nothing_of_others(
    lonely: httpx.AsyncClient, path: str
) -> None:
    headers = (await lonely.get(path)).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


async def test_nothing_can_be_written_and_files_beside_ours_are_not_given(lonely: httpx.AsyncClient) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        for path in ("/", "/api/search", "/articles/x"):
            answer = await lonely.request(method, path)
            assert answer.status_code == 405
            assert "GET" in answer.text
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static/", "/static/%00"):
        assert (await lonely.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("path", "methods"),
    [("/api/search", "GET"), ("/outlets", "GET, POST"), ("/outlets/x", "GET, POST"), ("/api/watches", "GET, POST")],
)
async def test_a_method_that_is_not_allowed_is_answered_with_all_that_are(
    lonely: httpx.AsyncClient, path: str, methods: str
) -> None:
    answer = await lonely.put(path)
    assert (answer.status_code, answer.headers["allow"]) == (405, methods)


async def test_head_is_answered_as_get_without_a_body(client: httpx.AsyncClient) -> None:
    answer = await client.head("/")
    assert answer.status_code == 200
    assert answer.text == ""
