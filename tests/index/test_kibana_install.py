"""The installer, against a stand-in that speaks Kibana's endpoints and refuses as Kibana does."""

import json
import socket
from collections.abc import Iterator
from copy import deepcopy
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
import urllib3
from typer.testing import CliRunner

from broadsheet.kibana import PAGE as PAGE_OF_COMMAND
from broadsheet.kibana import app
from index.kibana.client import Kibana
from index.kibana.install import Installed, install
from index.kibana.saved_objects import PAGE, saved_objects
from news.configuration import Configuration
from news.errors import ConfigurationError, KibanaUnavailable
from tests.index.fake_kibana import FakeKibana, serving

KEY = "c2VjcmV0OmtleQ=="
TYPES = ("index-pattern", "search", "dashboard")


@pytest.fixture
def kibana() -> Iterator[FakeKibana]:
    """Give a Kibana 9.4 without security."""
    with serving(FakeKibana()) as fake:
        yield fake


def put(fake: FakeKibana, *, key: str | None = None, space: str = "", page: str = PAGE) -> Installed:
    return install(Kibana(fake.url, Configuration(home=Path(), kibana_api_key=key), space=space), page=page)


def ids(type: str) -> tuple[str, ...]:
    return tuple(each["id"] for each in saved_objects() if each["type"] == type)


@pytest.mark.parametrize("version", ["8.19.0", "9.0.1", "9.3.12", "9.4.3", "9.4.0-SNAPSHOT", "9.10.2", "10.0.0"])
def test_every_kibana_gets_the_saved_objects(kibana: FakeKibana, version: str) -> None:
    kibana.version = version
    installed = put(kibana)
    assert version.startswith(installed.version)
    assert (installed.data_views, installed.searches, installed.dashboards) == tuple(map(ids, TYPES))
    for type in TYPES:
        assert kibana.of(type) == {each["id"]: each for each in saved_objects() if each["type"] == type}
    assert kibana.asked == ["GET /api/status", "POST /api/saved_objects/_import"]


@pytest.mark.parametrize("version", ["9.4.3", "8.19.5"])
def test_a_second_time_changes_nothing(kibana: FakeKibana, version: str) -> None:
    kibana.version = version
    first = put(kibana)
    before = deepcopy(kibana.kept)
    assert put(kibana) == first
    assert kibana.kept == before


def test_what_a_person_changed_is_brought_back(kibana: FakeKibana) -> None:
    put(kibana)
    before = deepcopy(kibana.kept)
    kibana.kept["default", "dashboard", "broadsheet-news"]["attributes"] = {}
    put(kibana)
    assert kibana.kept == before


def test_a_space_gets_everything_and_the_default_one_nothing(kibana: FakeKibana) -> None:
    kibana.spaces = ("default", "newsroom")
    assert put(kibana, space="newsroom").space == "newsroom"
    assert {space for space, _, _ in kibana.kept} == {"newsroom"}


def test_links_lead_to_the_page_that_was_named(kibana: FakeKibana) -> None:
    put(kibana, page="https://news.example")
    made = json.loads(kibana.of("index-pattern")["broadsheet-articles"]["attributes"]["fieldFormatMap"])
    assert made["history"]["params"]["urlTemplate"] == "https://news.example/articles/{{value}}"


def test_a_key_is_sent_and_a_wrong_one_is_refused_in_a_sentence(kibana: FakeKibana) -> None:
    kibana.key = KEY
    put(kibana, key=KEY)
    for wrong in ("d3Jvbmc=", None):
        with pytest.raises(KibanaUnavailable, match="needs another API key in BROADSHEET_KIBANA_API_KEY") as told:
            put(kibana, key=wrong)
        assert "d3Jvbmc=" not in str(told.value)
    kibana.broken["/api/status"] = 401
    with pytest.raises(KibanaUnavailable, match="rejected the API key; see BROADSHEET_KIBANA_API_KEY"):
        put(kibana, key="d3Jvbmc=")


def test_a_key_without_the_rights_is_told_so(kibana: FakeKibana) -> None:
    kibana.broken["/api/saved_objects/_import"] = 403
    with pytest.raises(KibanaUnavailable, match="does not allow this with this key"):
        put(kibana)


def test_a_space_that_is_not_there_is_told_before_anything_is_written(kibana: FakeKibana) -> None:
    with pytest.raises(KibanaUnavailable, match="has no space 'newsrom'"):
        put(kibana, space="newsrom")
    assert kibana.kept == {}


@pytest.mark.parametrize("version", ["8.18.9", "7.17.0"])
def test_a_kibana_that_is_too_old_is_told_before_anything_is_written(kibana: FakeKibana, version: str) -> None:
    kibana.version = version
    with pytest.raises(KibanaUnavailable, match=rf"is {version}; the dashboards need 8\.19 or newer"):
        put(kibana)
    assert kibana.kept == {}


def test_a_kibana_that_is_away_is_told_in_a_sentence() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(KibanaUnavailable, match=r"cannot be reached; is it running\?"):
        install(Kibana(f"http://127.0.0.1:{port}", Configuration(home=Path())))


def test_an_error_of_kibana_is_told_in_one_line(kibana: FakeKibana) -> None:
    kibana.broken["/api/saved_objects/_import"] = 500
    with pytest.raises(KibanaUnavailable, match=r"answers 500: Something went wrong\."):
        put(kibana)
    del kibana.broken["/api/saved_objects/_import"]
    put(kibana)
    assert set(kibana.of("dashboard")) == set(ids("dashboard"))


def test_an_import_that_fails_with_200_is_an_error(kibana: FakeKibana, monkeypatch: pytest.MonkeyPatch) -> None:
    rest = [each for each in saved_objects() if each["type"] != "index-pattern"]
    monkeypatch.setattr("index.kibana.install.saved_objects", lambda page: rest)
    with pytest.raises(KibanaUnavailable, match=r"broadsheet-latest-articles \(missing_references\)"):
        put(kibana)


def test_objects_that_kibana_skips_are_told(kibana: FakeKibana) -> None:
    put(kibana)
    kibana.skips = 2
    with pytest.raises(KibanaUnavailable, match="did not import more than 10 of our 12 objects"):
        put(kibana)


def test_a_write_without_kbn_xsrf_is_refused(kibana: FakeKibana) -> None:
    answer = urllib3.request("POST", f"{kibana.url}/api/saved_objects/_import", json={}, retries=False)
    assert answer.status == 400


def test_a_redirect_is_not_followed_with_the_key() -> None:
    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:1/login")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Elsewhere)
    thread = Thread(target=server.handle_request, daemon=True)
    thread.start()
    with pytest.raises(KibanaUnavailable, match="redirects to another address"):
        put(FakeKibana(url=f"http://127.0.0.1:{server.server_address[1]}"), key=KEY)
    thread.join()
    server.server_close()


def test_a_server_without_kibanas_status_is_told_so(kibana: FakeKibana) -> None:
    kibana.broken["/api/status"] = 404
    with pytest.raises(KibanaUnavailable, match="is not Kibana"):
        put(kibana, space="newsroom")


def test_what_is_not_kibana_is_told_so(elsewhere: str) -> None:
    with pytest.raises(KibanaUnavailable, match="is not Kibana"):
        install(Kibana(elsewhere, Configuration(home=Path())))


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """Give the address of a server that answers every question with a page."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "6")
            self.end_headers()
            self.wfile.write(b"<html>")

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Page)
    thread = Thread(target=server.handle_request, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    thread.join()
    server.server_close()


@pytest.mark.parametrize("url", ["kibana:5601", "ftp://kibana", "", "http://"])
def test_an_address_that_is_none_is_told_so(url: str) -> None:
    with pytest.raises(ConfigurationError, match="must begin with http"):
        Kibana(url, Configuration(home=Path()))


def test_a_password_in_the_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(ConfigurationError, match="BROADSHEET_KIBANA_API_KEY") as told:
        Kibana("http://elastic:hunter2@127.0.0.1:5601", Configuration(home=Path()))
    assert "hunter2" not in str(told.value)


def test_the_command_installs_and_says_what_is_there(kibana: FakeKibana, monkeypatch: pytest.MonkeyPatch) -> None:
    kibana.key = KEY
    monkeypatch.setenv("BROADSHEET_KIBANA_API_KEY", KEY)
    ran = CliRunner().invoke(app, ["install", kibana.url, "--json"])
    assert ran.exit_code == 0, ran.output
    told = json.loads(ran.stdout)
    assert told["dashboards"] == list(ids("dashboard"))
    assert KEY not in ran.output


def test_the_command_refuses_a_page_that_is_no_address(kibana: FakeKibana) -> None:
    ran = CliRunner().invoke(app, ["install", kibana.url, "--page", "javascript:alert(1)"])
    assert isinstance(ran.exception, ConfigurationError)
    assert kibana.asked == []


def test_the_command_exports_what_it_would_install(tmp_path: Path) -> None:
    ran = CliRunner().invoke(app, ["export", str(tmp_path / "new"), "--page", "https://news.example/", "--json"])
    assert ran.exit_code == 0, ran.output
    assert json.loads(ran.stdout) == [str(tmp_path / "new" / "broadsheet.ndjson")]
    written = (tmp_path / "new" / "broadsheet.ndjson").read_text(encoding="utf-8")
    assert [json.loads(line) for line in written.splitlines()] == saved_objects("https://news.example")


def test_the_command_and_the_installer_agree_on_the_page() -> None:
    assert PAGE_OF_COMMAND == PAGE
