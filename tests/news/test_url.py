import re

import pytest
from hypothesis import given, settings

from news.storable import is_storable
from news.url import ADDRESS_BYTES, AddressTooLong, names_article, normal, site_of
from tests.news.addresses import HOSTILE, URLS
from tests.news.hostile import CJK, LETTERS, TEXTS, UNSTORABLE


@given(URLS)
def test_normalising_twice_changes_nothing(url):
    assert normal(normal(url)) == normal(url)


@settings(max_examples=1_000)
@given(HOSTILE)
def test_whatever_has_a_normal_form_has_it_for_good_and_it_fits_everywhere(url):
    try:
        found = normal(url)
    except ValueError:
        return
    assert normal(found) == found
    assert found.isascii()
    assert is_storable(found)
    assert len(found) <= ADDRESS_BYTES
    assert not re.search(r"[\x00-\x20\x7f]", found)
    assert site_of(found)


@given(URLS)
def test_an_address_stays_on_its_host_and_is_plain_ascii(url):
    found = normal(url)
    assert found.isascii()
    assert " " not in found
    assert "#" not in found


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/x?utm_source=rss&id=7&fbclid=1", "https://a.example/x?id=7"),
        ("https://a.example/x?b=1&a=2", "https://a.example/x?b=1&a=2"),
        ("https://a.example/x?q=%E4", "https://a.example/x?q=%E4"),
        ("https://a.example/x?a=b+c%20d", "https://a.example/x?a=b+c%20d"),
        ("https://a.example/%7euser/%c3%a9t%C3%A9", "https://a.example/~user/%C3%A9t%C3%A9"),
        ("https://a.example/été", "https://a.example/%C3%A9t%C3%A9"),
        ("https://a.example/a/./b/../c/", "https://a.example/a/c/"),
        ("https://a.example/../..", "https://a.example/"),
        ("https://a.example/x;jsessionid=A1B2?id=3", "https://a.example/x?id=3"),
        ("https://user:secret@a.example/", "https://a.example/"),
        ("https://a.example/100%-sure", "https://a.example/100%25-sure"),
        ("https://a.example?", "https://a.example/"),
        ("https://a.example/x?&&a=1&&b=&=&", "https://a.example/x?a=1&b=&="),
        ("https://a.example/\ud800", "https://a.example/%EF%BF%BD"),
        ("https://a.example/\ud83d\ude00", "https://a.example/%F0%9F%98%80"),
        ("https://a.example/\x00\x1b", "https://a.example/%00%1B"),
        ("https://a.example/..;jsessionid=1/b", "https://a.example/b"),
        ("https://a.example/a;jsessionid=1;v=2", "https://a.example/a;v=2"),
        ("https://a.example/;jsessionid=1", "https://a.example/"),
        ("https://a.example/%252e%2e/b", "https://a.example/%252e./b"),
        ("https://a.example/%2%35", "https://a.example/%2525"),
        ("https://straße.de/", "https://xn--strae-oqa.de/"),
        ("https://XN--STRAE-OQA.de/", "https://xn--strae-oqa.de/"),
        ("https://faß.example。org。/", "https://xn--fa-hia.example.org/"),
        ("https://ＥＸＡＭＰＬＥ.org/", "https://example.org/"),
        ("https://①②⑦.⓪.⓪.①/", "https://127.0.0.1/"),
        ("https://my_paper.r3---sn.example/", "https://my_paper.r3---sn.example/"),
        ("https://[::FFFF]:443/", "https://[::ffff]/"),
    ],
)
def test_only_what_no_server_can_tell_is_changed(url, expected):
    assert normal(url) == expected


@pytest.mark.parametrize("name", ["ref", "source", "cid", "feed", "from"])
def test_a_name_that_may_carry_the_article_is_kept_where_the_path_does_not_name_it(name):
    assert name in normal(f"https://a.example/news_view.html?{name}=10285")
    assert name in normal(f"https://a.example/?{name}=rss2")
    assert name not in normal(f"https://a.example/2024/flood-hits-the-town?{name}=rss2")


@pytest.mark.parametrize(
    "host", ["a\ud800b.example", "a\u202eb.example", "é..example", "😀.example", "a" * 64, "é" * 64]
)
def test_a_host_that_idna_or_dns_refuses_is_refused(host):
    with pytest.raises(ValueError, match=r"no valid host|not a valid address"):
        normal(f"https://{host}/")


@pytest.mark.parametrize(
    "host", ["h;jsessionid=1", "a,b.example", "*.example", "a!b", "[v1.a]", "[fe80::1%25eth0]", "a..b"]
)
def test_a_host_with_odd_characters_is_refused(host):
    with pytest.raises(ValueError, match=r"no valid host|not a valid address"):
        normal(f"https://{host}/")


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_any_text_in_an_address_is_escaped_or_the_address_refused_never_cut(text):
    for url in (f"https://a.example/{text}", f"https://a.example/x?q={text}", f"https://a.example/x?{text}=1"):
        try:
            found = normal(url)
        except AddressTooLong:
            assert text in (LETTERS, CJK)
        else:
            assert text not in (LETTERS, CJK)
            assert is_storable(found)


@pytest.mark.parametrize("text", UNSTORABLE.values(), ids=UNSTORABLE.keys())
def test_why_an_address_is_refused_can_be_stored(text):
    with pytest.raises(ValueError, match="address") as error:
        normal(f"ftp://{text}/")
    assert is_storable(str(error.value))


def test_the_bytes_of_an_address_count_as_they_are_sent():
    start = "https://a.example/"
    fits = start + "a" * (ADDRESS_BYTES - len(start))
    assert normal(fits) == fits
    with pytest.raises(AddressTooLong, match=r"2,001 bytes in normalised form; the limit is 2,000"):
        normal(fits + "a")
    assert normal(f"{start}?utm_source={LETTERS}") == start
    assert normal(start + "漢" * 200).startswith(start + "%E6%BC%A2")
    with pytest.raises(AddressTooLong, match=r"2,034 bytes"):
        normal(start + "漢" * 224)


@pytest.mark.parametrize("url", ["", "/a", "ftp://a.example/", "https://", "javascript:alert(1)", "https://a b/", "x"])
def test_what_is_no_web_address_is_refused(url):
    with pytest.raises(ValueError, match=r"address|host"):
        normal(url)


def test_a_script_is_not_taken_for_a_slug():
    assert not names_article("/show-article.php")
    assert not names_article("/politics/2024/02/")
    assert names_article("/politics/mayor-resigns-today")
    assert names_article("/a/12345")
