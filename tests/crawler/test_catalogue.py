"""Outlet files: found by themselves, and where one is wrong, file and field are named."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from crawler.catalogue import MOST_BYTES, SHIPPED, Catalogue, read_outlet
from news.errors import ConfigurationError, UnknownOutlet
from news.outlet import Source, SourceKind
from tests.news.hostile import CJK, LETTERS

GOOD = 'name = "Aller Post"\nhome = "https://www.aller-post.example/"\n'


def written(home: Path, name: str, text: str | bytes) -> Path:
    (home / "outlets").mkdir(exist_ok=True)
    file = home / "outlets" / f"{name}.toml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def test_a_file_of_two_lines_is_an_outlet_whose_front_page_is_read(tmp_path: Path) -> None:
    outlet = read_outlet(written(tmp_path, "aller_post", GOOD))
    assert (outlet.slug, outlet.name) == ("aller_post", "Aller Post")
    assert outlet.sources == (Source(kind=SourceKind.FRONT_PAGE, url="https://www.aller-post.example/"),)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name = ", "Invalid value (at end of document)"),
        (GOOD + "name = 'again'\nx = 1", "Cannot overwrite a value (at line 3"),
        (b"\xff\xfe", "can't decode"),
        ("", "field 'name' is missing"),
        ('name = "x"', "field 'home' is missing"),
        (GOOD + "colour = 3", "unknown field 'colour'"),
        (GOOD + "delay_seconds = 'long'", "field 'delay_seconds' cannot be 'long'"),
        (GOOD + "delay_seconds = true", "field 'delay_seconds' cannot be True"),
        (GOOD + "delay_seconds = -1", "field 'delay_seconds' must not be below 0"),
        (GOOD + "feeds = 'https://a.example/'", "field 'feeds' cannot be"),
        (GOOD + "feeds = ['file:///etc/passwd']", "'file:///etc/passwd' is not an http(s) address"),
        (GOOD + "feeds = ['http://[']", "'http://[' is not a valid address"),
        (GOOD + "feeds = ['https://a b.example/']", "'https://a b.example/' has no valid host"),
        (GOOD + 'feeds = ["https://a.example/\\u0000"]', "field 'feeds' has a control character"),
        (GOOD.replace("Post", "\\u001bPost"), "field 'name' has a control character"),
        (GOOD + f"delay_seconds = {2**64}", "field 'delay_seconds' has a control character or a number that is too"),
        (
            GOOD + f"feeds = ['https://a.example/{LETTERS}']",
            "4,018 bytes in normalised form; the limit is 2,000",
        ),
        (
            GOOD + f"sitemaps = ['https://a.example/{CJK}']",
            "27,018 bytes in normalised form; the limit is 2,000",
        ),
        (GOOD + f"feeds = ['https://a.example/x?utm_source={LETTERS}']", "the limit is 2,000"),
        (f"name = 'x'\nhome = 'https://a.example/{LETTERS}'", "the limit is 2,000"),
        (GOOD + "timezone = 'Mars/North'", "no IANA time zone 'Mars/North'"),
        (GOOD + "include = ['(']", "field 'include': '(':"),
        (GOOD + "[selectors]\nbody = 3", "each entry of 'selectors' must be a string"),
    ],
)
def test_a_wrong_file_names_itself_the_field_and_the_fault(tmp_path: Path, text: str | bytes, told: str) -> None:
    file = written(tmp_path, "aller_post", text)
    with pytest.raises(ConfigurationError) as error:
        read_outlet(file)
    assert str(error.value).startswith(f"{file}: ")
    assert told in str(error.value)


def test_a_broken_file_does_not_take_the_others_along(tmp_path: Path) -> None:
    written(tmp_path, "aller_post", GOOD)
    broken = written(tmp_path, "weser_post", "name = ")
    written(tmp_path, "Weser-Post", GOOD)
    catalogue = Catalogue(home=tmp_path)
    assert catalogue.outlet("aller_post").name == "Aller Post"
    assert len(catalogue.broken) == 2
    assert any(str(broken) in told for told in catalogue.broken)


def _no_permission(file: Path) -> None:
    file.write_text(GOOD)
    file.chmod(0)


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (lambda file: file.write_text("name = " + "[" * 30_000 + "]" * 30_000), "nested too deeply"),
        (lambda file: file.write_text(GOOD + "[a" + ".a" * 2_000 + "]\n"), "unknown field 'a'"),
        (lambda file: file.write_text(GOOD + f"delay_seconds = {'9' * 5_000}"), "5000 digits"),
        (lambda file: file.write_bytes(GOOD.encode("utf-16")), "can't decode"),
        (lambda file: file.write_text("#" * (MOST_BYTES + 1)), "65,537 bytes"),
        (lambda file: file.mkdir(), "not a file"),
        (lambda file: os.mkfifo(file), "not a file"),
        (lambda file: file.symlink_to("/dev/zero"), "not a file"),
        (lambda file: file.symlink_to(file.name), "symbolic links"),
        pytest.param(
            _no_permission,
            "Permission denied",
            marks=pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file"),
        ),
    ],
)
def test_whatever_stands_for_a_file_is_named_and_passed_by(
    tmp_path: Path, made: Callable[[Path], object], told: str
) -> None:
    written(tmp_path, "aller_post", GOOD)
    shipped = next(iter(sorted(SHIPPED.glob("*/*.toml")))).stem
    for slug in ("weser_post", shipped):
        made(tmp_path / "outlets" / f"{slug}.toml")
        catalogue = Catalogue(home=tmp_path)
        assert catalogue.outlet("aller_post").name == "Aller Post"
        with pytest.raises(ConfigurationError, match=re.escape(f"{slug}.toml: ")) as error:
            catalogue.outlet(slug)
        assert told in str(error.value)
        assert str(error.value) in catalogue.broken
        assert slug not in {outlet.slug for outlet in catalogue}


def test_a_users_file_stands_in_place_of_the_one_that_comes_with_broadsheet(tmp_path: Path) -> None:
    shipped = next(iter(sorted(SHIPPED.glob("*/*.toml"))))
    written(tmp_path, shipped.stem, GOOD)
    assert Catalogue(home=tmp_path).outlet(shipped.stem).name == "Aller Post"


def test_all_outlets_that_come_with_broadsheet_can_be_read(tmp_path: Path) -> None:
    catalogue = Catalogue(home=tmp_path)
    assert len(catalogue) >= 100
    assert catalogue.broken == ()


def test_an_unknown_outlet_is_told_with_the_nearest_one(tmp_path: Path) -> None:
    written(tmp_path, "aller_post", GOOD)
    with pytest.raises(UnknownOutlet, match=r"No outlet 'aler_post'\. Did you mean 'aller_post'\?"):
        Catalogue(home=tmp_path).outlet("aler_post")


def test_a_file_that_is_written_changed_or_taken_away_counts_from_the_next_reading_on(tmp_path: Path) -> None:
    catalogue = Catalogue(home=tmp_path)
    shipped = len(catalogue)
    file = written(tmp_path, "aller_post", GOOD)
    catalogue.reread()
    known = catalogue.outlet("aller_post")
    catalogue.reread()
    assert catalogue.outlet("aller_post") is known, "a file that did not change is not read again"
    written(tmp_path, "aller_post", GOOD + "delay_seconds = 7")
    catalogue.reread()
    assert catalogue.outlet("aller_post").delay_seconds == 7
    file.unlink()
    catalogue.reread()
    assert len(catalogue) == shipped


def test_a_file_that_breaks_keeps_its_outlet_until_it_is_mended(tmp_path: Path) -> None:
    written(tmp_path, "aller_post", GOOD)
    catalogue = Catalogue(home=tmp_path)
    written(tmp_path, "aller_post", GOOD + "delay_seconds = ")
    catalogue.reread()
    assert catalogue.outlet("aller_post").name == "Aller Post"
    assert "aller_post.toml" in catalogue.broken[0]
    written(tmp_path, "aller_post", GOOD + "delay_seconds = 8")
    catalogue.reread()
    assert catalogue.outlet("aller_post").delay_seconds == 8
    assert catalogue.broken == ()
