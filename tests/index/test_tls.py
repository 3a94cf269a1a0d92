"""Whose certificate is believed: by name and by address, each refusal with its own reason."""

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from index.elasticsearch.backend import ElasticsearchIndex
from index.elasticsearch.client import connect, shown
from news.configuration import Configuration
from news.errors import ConfigurationError, IndexUnavailable
from tests.index.certificates import certificates


@asynccontextmanager
async def serving(directory: Path, files: Mapping[str, bytes] | None) -> AsyncIterator[int]:
    """Run a server that answers every request with an article, over TLS with these files; give its port."""
    context = None
    if files:
        for name, content in files.items():
            (directory / name).write_bytes(content)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(directory / "server.pem", directory / "server.key")

    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"_source": {"headline": "Rain"}}, headers={"X-Elastic-Product": "Elasticsearch"})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def asked(url: str, authority: Path | None) -> object:
    index = ElasticsearchIndex(
        connect(Configuration(home=Path(), elasticsearch_url=url, elasticsearch_ca_certs=authority)), shown(url)
    )
    try:
        return await index.get("a")
    finally:
        await index.close()


@pytest.mark.parametrize(
    ("files", "host", "said"),
    [
        (certificates(), "127.0.0.1", ""),
        (certificates(name="localhost"), "localhost", ""),
        (certificates(address="127.0.0.9"), "127.0.0.1", "for another address"),
        (certificates(name="localhost"), "127.0.0.1", "for another address"),
        (certificates(name="search.example.org"), "localhost", "for another name"),
        (certificates(days=(-9, -1)), "127.0.0.1", "has expired; renew it"),
        (certificates(days=(1, 9)), "127.0.0.1", "not valid yet; is this machine's clock right"),
    ],
)
async def test_a_certificate_counts_for_its_name_its_address_and_its_time(
    tmp_path: Path, files: Mapping[str, bytes], host: str, said: str
) -> None:
    async with serving(tmp_path, files) as port:
        url = f"https://{host}:{port}"
        if not said:
            assert await asked(url, tmp_path / "ca.pem") == {"headline": "Rain"}
            return
        with pytest.raises(IndexUnavailable, match=said):
            await asked(url, tmp_path / "ca.pem")


async def test_a_certificate_that_nobody_known_has_signed_is_refused(tmp_path: Path) -> None:
    async with serving(tmp_path, certificates()) as port:
        with pytest.raises(IndexUnavailable, match="is not trusted; BROADSHEET_ELASTICSEARCH_CA_CERTS"):
            await asked(f"https://127.0.0.1:{port}", None)


async def test_a_server_that_speaks_no_tls_is_named(tmp_path: Path) -> None:
    async with serving(tmp_path, None) as port:
        with pytest.raises(IndexUnavailable, match="failed the TLS handshake"):
            await asked(f"https://127.0.0.1:{port}", None)


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\nbroken\n-----END CERTIFICATE-----\n"]
)
def test_a_file_without_a_certificate_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "ca.pem"
    file.write_bytes(content)
    found = Configuration(home=Path(), elasticsearch_url="https://a.example:9200", elasticsearch_ca_certs=file)
    with pytest.raises(ConfigurationError, match=r"ELASTICSEARCH_CA_CERTS: .*ca.pem holds no certificate"):
        connect(found)


@pytest.mark.parametrize("key", ["sec ret", "sécret", "id:secret\n", "“secret”"])
def test_a_key_that_cannot_be_one_is_said_without_showing_it(key: str) -> None:
    found = Configuration(home=Path(), elasticsearch_url="http://a.example:9200", elasticsearch_api_key=key)
    with pytest.raises(ConfigurationError, match="API_KEY is not an API key") as caught:
        connect(found)
    assert "cret" not in str(caught.value)


def test_nodes_of_two_schemes_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="both http:// and https://"):
        connect(Configuration(home=Path(), elasticsearch_url="http://a.example:9200,https://b.example:9200"))
