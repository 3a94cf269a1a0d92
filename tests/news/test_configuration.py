"""The environment: what cannot be meant is said in one sentence, without a password."""

from pathlib import Path

import pytest

from index.elasticsearch.client import connect, shown
from news.configuration import read
from news.errors import ConfigurationError


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ALLOW_LOOPBACK", "maybe", "is yes or no, not 'maybe'"),
        ("WEBHOOK_URL", "http://", "names no host"),
        ("WEBHOOK_URL", "https://:80/", "names no host"),
        ("WEBHOOK_URL", "ftp://a.example/", "must begin with http://"),
        ("WEBHOOK_URL", "http://[secret", "is not an address"),
        ("ELASTICSEARCH_URL", "https://u:secret@a.example:70000", "the port must be a number"),
        ("ELASTICSEARCH_URL", "https://a.example:9200,https://u:secret@b.example:x", "the port must be a number"),
        ("ELASTICSEARCH_URL", "https://a.example:9200,b.example:9200", "must begin with http://"),
        ("ELASTICSEARCH_URL", "https://a.example:9200,https://:9200", "names no host"),
        ("ELASTICSEARCH_URL", ",", "names no host"),
        ("DATABASE_URL", "postgresql://u:secret@127.0.0.1:abc/db", "the port must be a number"),
        ("DATABASE_URL", "postgresql://u:secret@[::1]:abc/db", "the port must be a number"),
        ("DATABASE_URL", "postgresql://u:secret@127.0.0.1:0/db", "the port must be a number"),
        ("STORY_DAYS", "0", "a number of days"),
        ("TIMEZONE", "Mars/Olympus", "there is no time zone 'Mars/Olympus'"),
        ("TIMEZONE", "../../etc/passwd", "there is no time zone"),
        ("HOSTS", "https://news.example.org", "names alone"),
        ("HOSTS", "news.example.org:8000", "names alone"),
        ("HOSTS", "news.example.org/path, b.example", "names alone"),
        ("HOSTS", "*.example.org", "names alone"),
        ("COLOUR", "red", "is not a setting"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_named_without_its_secrets(name: str, value: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read({f"BROADSHEET_{name}": value})
    assert str(raised.value).startswith(f"BROADSHEET_{name}")
    assert said in str(raised.value)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql:///news?host=/run/postgresql",
        "postgresql://u:a%40b@[::1]:5432/news",
        "postgres://u:p@one.example/news",
        "postgresql://u:p/w#1?@one.example:5432/news",
    ],
)
def test_an_address_of_postgresql_may_name_a_socket_or_a_host(url: str) -> None:
    assert read({"BROADSHEET_DATABASE_URL": url}).database_url == url


@pytest.mark.parametrize("between", [",", ", "])
def test_an_elasticsearch_may_have_several_nodes(between: str) -> None:
    url = between.join(("https://u:p@a.example:9200", "https://u:p@b.example:9201", "https://[::1]:9202"))
    found = read({"BROADSHEET_ELASTICSEARCH_URL": url})
    client = connect(found)
    # the pool shuffles them
    assert {(node.host, node.port, node.config.scheme) for node in client.transport.node_pool.all()} == {
        ("a.example", 9200, "https"),
        ("b.example", 9201, "https"),
        ("::1", 9202, "https"),
    }
    assert shown(url) == "https://a.example:9200, https://b.example:9201, https://[::1]:9202"


def test_yes_and_no_are_read_in_the_usual_words(tmp_path: Path) -> None:
    for value, meant in (("yes", True), ("1", True), ("TRUE", True), ("no", False), ("0", False), ("", False)):
        found = read({"BROADSHEET_HOME": str(tmp_path), "BROADSHEET_ALLOW_LOOPBACK": value})
        assert found.allow_loopback is meant


def test_public_names_are_taken_as_browsers_send_them() -> None:
    assert read({"BROADSHEET_HOSTS": "News.Example.org, b.example,, [2001:db8::1]"}).hosts == (
        "news.example.org",
        "b.example",
        "[2001:db8::1]",
    )
    assert read({"BROADSHEET_HOSTS": ""}).hosts == ()
