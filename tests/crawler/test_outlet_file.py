"""An outlet's file is edited field by field, checked as a whole, and keeps what its author wrote besides."""

import errno
import os
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.catalogue import SHIPPED, Catalogue, read_outlet
from crawler.outlet_file import edit_file, remove_file
from news.errors import ConfigurationError, UnknownOutlet
from news.outlet import FIELDS

FILE = """# the harbour's paper
name = "Harbour Post"
home = "https://harbour.example/"   # its front page
feeds = [
  "https://harbour.example/a.xml",  # all
  "https://harbour.example/b.xml",
]

[headers]
X-Reader = "news"

# at night nothing comes
[schedule]
quiet_hours = ["23:00-05:30"]
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "outlets").mkdir()
    (tmp_path / "outlets" / "harbour.toml").write_text(FILE)
    return tmp_path


def text(home: Path) -> str:
    return (home / "outlets" / "harbour.toml").read_text()


@pytest.mark.parametrize(
    ("given", "added", "unset", "expected"),
    [
        (["delay_seconds=2.5"], [], [], {"delay_seconds": 2.5}),
        (["name=The Harbour Post"], [], [], {"name": "The Harbour Post"}),
        (["render=yes", "enabled=false"], [], [], {"render": True, "enabled": False}),
        (["feeds=https://c.example/", "feeds=https://d.example/"], [], [], {"feeds": ["https://c.example/", "https://d.example/"]}),
        ([], ["feeds=https://c.example/?a=b"], [], {"feeds": ["https://harbour.example/a.xml", "https://harbour.example/b.xml", "https://c.example/?a=b"]}),
        ([], ["hosts=cdn.example"], [], {"hosts": ["cdn.example"]}),
        ([], [], ["feeds"], {"feeds": None}),
        (["schedule.every_minutes=10"], [], ["schedule.quiet_hours"], {"schedule": {"every_minutes": 10}}),
        (["headers.X-Other=1", "cookies.consent=a=b"], [], [], {"headers": {"X-Reader": "news", "X-Other": "1"}, "cookies": {"consent": "a=b"}}),
        (["country=de"], [], ["timezone"], {"country": "de"}),
    ],
)  # fmt: skip
def test_what_is_given_differs_and_all_else_stays(
    home: Path, given: list[str], added: list[str], unset: list[str], expected: dict[str, object]
) -> None:
    before = tomllib.loads(FILE)
    made = edit_file(home, "harbour", given, added, unset)
    assert made.changed
    assert not made.is_new
    after = tomllib.loads(text(home))
    assert after == {name: value for name, value in (before | expected).items() if value is not None}
    for line in (
        "# the harbour's paper",
        'home = "https://harbour.example/"   # its front page',
        "# at night nothing comes",
    ):
        assert line in text(home)
    read_outlet(made.path)
    again = edit_file(home, "harbour", given, [], unset)
    assert (again.changed, text(home)) == ({}, made.path.read_text())


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("delay=2", "There is no field 'delay'. Did you mean 'delay_seconds'?"),
        ("schedule.every=2", "There is no field 'schedule.every'. Did you mean 'schedule.every_minutes'?"),
        ("colour=red", "There is no field 'colour'. Use one of: name, home, country,"),
        ("delay_seconds=slow", "'delay_seconds' is a number, not 'slow'."),
        ("delay_seconds=-1", "field 'delay_seconds' must not be below 0."),
        ("delay_seconds=nan", "delay_seconds"),
        ("render=perhaps", "'render' is true or false, not 'perhaps'."),
        ("headers=x", "'headers' has entries: name one, such as headers.NAME=VALUE."),
        ("headers.Host=x", "field 'headers': 'Host' cannot be set."),
        ("home=ftp://harbour.example/", "harbour.toml: "),
        ("home=", "field 'home' is missing."),
        ("timezone=Mars", "no IANA time zone 'Mars'"),
        ("include=(", "field 'include': '('"),
        ("schedule.cron=daily", "field 'schedule.cron'"),
        ("name", "--set takes FIELD=VALUE, such as delay_seconds=2, not 'name'."),
    ],
)
def test_what_cannot_be_changes_nothing_and_is_said(home: Path, given: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        edit_file(home, "harbour", ["country=de", given], [], [])
    assert sentence in str(caught.value)
    assert text(home) == FILE
    assert [each.name for each in (home / "outlets").iterdir()] == ["harbour.toml"]


def test_a_full_disk_changes_nothing_and_leaves_nothing_behind(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ConfigurationError, match=r"harbour\.toml cannot be written: No space left on device\."):
        edit_file(home, "harbour", ["country=de"], [], [])
    assert text(home) == FILE
    assert [each.name for each in (home / "outlets").iterdir()] == ["harbour.toml"]


def test_an_included_outlet_gets_a_file_of_the_users_own_which_can_be_removed(home: Path) -> None:
    shipped = next(SHIPPED.glob("de/*.toml"))
    with pytest.raises(ConfigurationError, match="outlets disable"):
        remove_file(home, shipped.stem)
    made = edit_file(home, shipped.stem, ["delay_seconds=7"], [], [])
    assert made.is_new
    assert Catalogue(home=home).outlet(shipped.stem).delay_seconds == 7
    assert tomllib.loads(made.path.read_text()) == tomllib.loads(shipped.read_text()) | {"delay_seconds": 7}
    assert remove_file(home, shipped.stem), "the included one is there"
    assert not remove_file(home, "harbour")
    for gone in ("harbour", "../outlets/harbour", ""):
        with pytest.raises(UnknownOutlet):
            edit_file(home, gone, ["delay_seconds=7"], [], [])


@given(
    value=st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1).filter(
        lambda each: each.strip()
    ),
    name=st.sampled_from([name for name, kind in FIELDS.items() if kind is str and name == "name"]),
)
def test_whatever_text_a_field_is_given_is_read_again_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, name: str, value: str
) -> None:
    home = tmp_path_factory.mktemp("home")
    (home / "outlets").mkdir()
    (home / "outlets" / "harbour.toml").write_text(FILE)
    try:
        edit_file(home, "harbour", [f"{name}={value}"], [], [])
    except ConfigurationError:
        assert text(home) == FILE
    else:
        assert tomllib.loads((home / "outlets" / "harbour.toml").read_text(encoding="utf-8"))[name] == value.strip()
