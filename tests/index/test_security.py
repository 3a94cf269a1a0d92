"""Keys, certificates and passwords on a real server with security on."""

import os
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from elasticsearch import AuthorizationException

from index.elasticsearch.backend import ElasticsearchIndex
from index.elasticsearch.client import connect, shown
from index.elasticsearch.keys import make_keys
from index.elasticsearch.migrate import migrate
from index.fields import SCHEMA_VERSION
from index.open import open_index
from index.protocol import DONE, Action
from index.query import Query
from news.configuration import Configuration
from news.errors import ConfigurationError, IndexUnavailable
from tests import elasticsearch_server
from tests.index.certificates import certificates
from tests.index.conftest import document


@dataclass(frozen=True)
class Secured:
    """A server that asks who comes, and shows a certificate of its own authority."""

    url: str
    password: str
    authority: Path

    def index(self, *, key: str | None = None, password: str | None = None, trust: bool = True) -> ElasticsearchIndex:
        url = self.url if password is None else self.url.replace("https://", f"https://elastic:{password}@")
        configuration = Configuration(
            home=Path(),
            elasticsearch_url=url,
            elasticsearch_api_key=key,
            elasticsearch_ca_certs=self.authority if trust else None,
        )
        return ElasticsearchIndex(connect(configuration), shown(url))


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    password = secrets.token_urlsafe(16)
    files = certificates()
    authority = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.write_bytes(files["ca.pem"])
    settings = {
        "xpack.security.http.ssl.enabled": "true",
        "xpack.security.http.ssl.certificate": "server.pem",
        "xpack.security.http.ssl.key": "server.key",
    }
    try:
        with elasticsearch_server.running(password=password, settings=settings, files=files, short_lived=True) as node:
            yield Secured(node.url, password, authority)
    except elasticsearch_server.Unavailable as reason:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(reason))


@pytest.fixture
async def owner(secured: Secured) -> AsyncIterator[ElasticsearchIndex]:
    """Give the index as the superuser has it, with an article in it."""
    made = secured.index(password=secured.password)
    await made.create()
    assert await made.write([article("a", 1)]) == [DONE]
    await made.refresh()
    yield made
    await made.close()


def article(slug: str, revision: int) -> Action:
    made = document(slug)
    return Action(stream="articles", id=made["id"], revision=revision, document=made)


async def test_a_writer_writes_and_can_do_nothing_to_the_index(secured: Secured, owner: ElasticsearchIndex) -> None:
    writer_key, _ = await make_keys(owner)
    writer = secured.index(key=writer_key.encoded)
    try:
        await writer.create()  # it is there: nothing to do, and no error
        assert await writer.write([article("b", 1), article("b", 2)]) == [DONE, DONE]
        await writer.refresh()
        assert (await writer.search(Query())).total == 2
        assert (await writer.status()).documents["articles"] == 2
        assert (await writer.tally(revisions=True)).articles == 2
        async with aclosing(writer.walk()) as walked:
            assert len([id async for id, _ in walked]) == 2
        await writer.forget_events(datetime.now(UTC))
        client = writer.client
        with pytest.raises(AuthorizationException):
            await client.indices.delete(index=f"articles-v{SCHEMA_VERSION}")
        with pytest.raises(AuthorizationException):
            await client.indices.create(index="articles-v9")
        with pytest.raises(AuthorizationException):  # the alias, not the index behind it
            await client.index(index=f"articles-v{SCHEMA_VERSION}", document={})
        with pytest.raises(AuthorizationException):
            await client.index(index="other", document={})
        with pytest.raises(AuthorizationException):
            await client.security.get_user()
        assert await writer.write([Action(stream="articles", id=article("b", 3).id, revision=3, document=None)]) == [
            DONE
        ]
    finally:
        await writer.close()


async def test_a_writer_writes_to_both_while_a_migration_lasts(secured: Secured, owner: ElasticsearchIndex) -> None:
    writer_key, _ = await make_keys(owner)
    writer = secured.index(key=writer_key.encoded)
    try:
        await migrate(owner, again=True, settle_seconds=0)
        assert await writer.write([article("after", 1)]) == [DONE]
    finally:
        await writer.close()


async def test_a_reader_reads_and_writes_nothing(secured: Secured, owner: ElasticsearchIndex) -> None:
    _, reader_key = await make_keys(owner, expires="1d")
    reader = secured.index(key=reader_key.encoded)
    try:
        results = await reader.search(Query(facets=("outlet", "authors")))
        assert results.total >= 1
        assert await reader.get(article("a", 1).id)
        with pytest.raises(IndexUnavailable, match="does not allow"):
            await reader.write([article("c", 1)])
    finally:
        await reader.close()


async def test_a_wrong_password_is_said_and_not_shown(secured: Secured) -> None:
    for index in (secured.index(password="wrong-secret"), secured.index(key="d3Jvbmc6d3JvbmctrC1zZWNyZXQ=")):
        try:
            for asked in (index.search(Query()), index.write([article("a", 1)]), index.status(), index.create()):
                with pytest.raises(IndexUnavailable, match="rejected the API key or password") as caught:
                    await asked
                assert "secret" not in str(caught.value)
                assert caught.value.__suppress_context__
        finally:
            await index.close()


async def test_a_certificate_of_nobody_known_is_not_believed(secured: Secured) -> None:
    index = secured.index(password=secured.password, trust=False)
    try:
        with pytest.raises(IndexUnavailable, match="CA_CERTS"):
            await index.search(Query())
    finally:
        await index.close()


async def test_a_key_shows_its_secret_to_nobody_but_its_maker(owner: ElasticsearchIndex) -> None:
    for key in await make_keys(owner):
        assert key.encoded not in repr(key)
        assert key.encoded not in key.may
        assert "articles" in key.may


async def test_keys_without_security_are_said_to_be_none(elasticsearch: ElasticsearchIndex) -> None:
    with pytest.raises(IndexUnavailable, match="security"):
        await make_keys(elasticsearch)


def test_a_url_that_is_none_shows_no_password() -> None:
    wrong = Configuration(home=Path(), elasticsearch_url="https://elastic:pass-word@[broken:9200")
    with pytest.raises(ConfigurationError) as caught:
        open_index(wrong, None)  # type: ignore[arg-type]  # no database is asked
    assert "pass-word" not in str(caught.value)
