import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from news.identity import honest_canonical, identities, identity, is_hint, slug_id
from news.storable import is_storable
from news.url import ADDRESS_BYTES, AddressTooLong, normal
from tests.news.addresses import HOSTILE, URLS
from tests.news.hostile import CJK, LETTERS, TEXTS

ARTICLE = "https://www.example.org/politics/mayor-resigns-after-vote"
VARIANTS = [
    "http://www.example.org/politics/mayor-resigns-after-vote",
    "https://example.org/politics/mayor-resigns-after-vote/",
    "https://m.example.org/politics/mayor-resigns-after-vote",
    "https://amp.example.org/politics/mayor-resigns-after-vote",
    "https://www.example.org/amp/politics/mayor-resigns-after-vote",
    "https://www.example.org/politics/mayor-resigns-after-vote/amp/",
    "https://www.example.org/politics/amp/mayor-resigns-after-vote",
    "https://www.example.org/politics/mayor-resigns-after-vote.amp.html",
    "https://www.example.org/politics/mayor-resigns-after-vote.html",
    "https://www.example.org/politics/mayor-resigns-after-vote?outputType=amp",
    "https://www.example.org/politics/mayor-resigns-after-vote?amp",
    "https://www.example.org/politics/mayor-resigns-after-vote?view=print",
    "https://www.example.org/politics/mayor-resigns-after-vote/print",
    "https://www.example.org/print/politics/mayor-resigns-after-vote",
    "https://www.example.org/politics/mayor-resigns-after-vote?utm_source=x&ref=home#comments",
    "https://www-example-org.cdn.ampproject.org/c/s/www.example.org/politics/mayor-resigns-after-vote/amp",
    "https://www.google.com/amp/s/www.example.org/amp/politics/mayor-resigns-after-vote",
]


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_variant_is_the_same_article(variant):
    assert identity(variant) == identity(ARTICLE)
    assert honest_canonical(variant, ARTICLE) == ARTICLE


@given(URLS)
def test_identifying_twice_changes_nothing(url):
    assert identity(identity(url)) == identity(url)
    assert identity(normal(url)) == identity(url)
    assert normal(identity(url)) == identity(url)


@settings(max_examples=1_000)
@given(HOSTILE)
@example("http://example.org/;phpsessid=2;/.html")
@example("http://example.org/a/.html.amp")
def test_identifying_what_is_hostile_twice_changes_nothing(url):
    try:
        found = identity(url)
    except ValueError:
        return
    assert identity(found) == found
    assert is_storable(found)


def test_each_address_that_fits_has_an_identity():
    fits = "http://a.example/" + "a" * (ADDRESS_BYTES - len("http://a.example/"))
    assert identity(identity(normal(fits))) == identity(fits) == fits.replace("http:", "https:")
    with pytest.raises(AddressTooLong):
        identity(fits + "aa")


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_a_claimed_address_is_believed_whole_or_not_at_all(text):
    found = honest_canonical(ARTICLE, f"{ARTICLE}-{text}")
    assert (found is None) == (text in (LETTERS, CJK))
    assert found is None or is_storable(found)


@given(URLS, st.sampled_from(["utm_source=x", "fbclid=abc", "amp=1", "outputType=amp"]))
def test_a_tracking_or_variant_parameter_makes_no_other_article(url, pair):
    address, _, query = url.partition("#")[0].partition("?")
    assert identity(f"{address}?{query}&{pair}") == identity(url)


@given(URLS)
def test_a_page_may_always_name_itself(url):
    assert honest_canonical(url, normal(url)) == normal(url)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/?p=1", "https://example.org/?p=2"),
        ("https://example.org/news_view.html?idx=1&page=1", "https://example.org/news_view.html?idx=2&page=1"),
        ("https://news.example.org/a", "https://sport.example.org/a"),
        ("https://example.org/A1b2C3", "https://example.org/a1b2c3"),
        ("https://example.org/guitar-amp", "https://example.org/guitar"),
        ("https://example.org/quote?symbol=M", "https://example.org/quote?symbol=N"),
        ("http://127.0.0.1:8001/a", "http://127.0.0.1:8002/a"),
        ("https://amp.dev/a", "https://m.dev/a"),
        ("https://www.amp.com.au/a", "https://www.print.com.au/a"),
    ],
)
def test_different_articles_stay_apart(one, other):
    assert identity(one) != identity(other)


@pytest.mark.parametrize(
    "claim",
    [
        "",
        "https://www.example.org/",
        "https://www.example.org",
        "/",
        "https://www.example.org/politics",
        "https://www.example.org/politics/",
        "https://www.example.net/politics/mayor-resigns-after-vote",
        "https://www.example.org/sport/team-wins-cup-final-at-last",
        "ftp://www.example.org/politics/mayor-resigns-after-vote",
        "javascript:void(0)",
        "mayor-resigns-after-vote",
        "www.example.org/politics/mayor-resigns-after-vote",
        "{{ canonical }}",
        "https://",
        "null",
    ],
)
def test_a_dishonest_canonical_is_not_believed(claim):
    assert honest_canonical(ARTICLE, claim) is None


@pytest.mark.parametrize(
    ("page", "claim"),
    [
        ("https://example.org/?p=123", "https://example.org/2024/mayor-resigns-after-vote/"),
        ("https://example.org/mayor-resigns-after-vote?page=2", "https://example.org/mayor-resigns-after-vote"),
        ("https://example.org/mayor-resigns-after-vote/2", "https://example.org/mayor-resigns-after-vote"),
        ("https://example.org/a/mayor-quits-123456", "https://example.org/a/mayor-resigns-after-vote-123456"),
        ("https://example.org/mayor-resigns-vote-live", "https://example.org/mayor-resigns-after-vote"),
        ("https://example.org/nyheter/i/dRwWqB/mayor-resigns-after-vote", "https://example.org/i/dRwWqB"),
    ],
)
def test_another_form_of_the_address_is_believed(page, claim):
    assert honest_canonical(page, claim) == claim


def test_a_canonical_from_the_root_is_resolved():
    assert honest_canonical(f"{ARTICLE}?page=2", "/politics/mayor-resigns-after-vote") == ARTICLE


def test_another_host_of_the_outlet_is_believed_if_it_is_named():
    claim = "https://www.example.net/politics/mayor-resigns-after-vote"
    assert honest_canonical(ARTICLE, claim, hosts=("www.example.net",)) == claim


def test_another_number_is_another_article():
    assert (
        honest_canonical("https://example.org/a/mayor-quits-123456", "https://example.org/a/mayor-quits-123457") is None
    )


def test_a_script_that_loses_its_number_is_not_believed():
    assert honest_canonical("https://example.org/news_view.html?idx=8723", "https://example.org/news_view.html") is None


@pytest.mark.parametrize(
    ("url", "number"),
    [
        ("https://example.org/story/3000000218734/flood", "3000000218734"),
        ("https://example.org/politik/article408587681/slug.html", "408587681"),
        ("https://example.org/leben/slug-id238819313.html", "238819313"),
        ("https://example.org/x/New-cars-14848164.php", "14848164"),
        ("https://example.org/w/slug/141e61e9-8a07-42e4-a527-2f03f45e7ef0", "141e61e9-8a07-42e4-a527-2f03f45e7ef0"),
        ("https://example.org/news_view.html?idx=10285", "10285"),
        ("https://example.org/rus/articles/2026/01/08/8015225/", "rus:8015225"),
        ("https://example.org/2024/02/08/flood-hits-town/", None),
        ("https://example.org/flood-hits-town-20240208", None),
        ("https://example.org/mayor-fined-100000", None),
        ("https://example.org/jobs-cut-at-12345", None),
        ("not an address", None),
    ],
)
def test_the_number_of_an_outlet_is_found(url, number):
    assert slug_id(url) == number


def test_a_changed_slug_with_the_same_number_leaves_the_hint():
    one = identities("daily", "https://example.org/a/mayor-quits-123456")
    other = identities("daily", "https://example.org/b/mayor-resigns-123456")
    assert {key for key in one if is_hint(key)} == {key for key in other if is_hint(key)} == {"daily#123456"}


def test_an_identity_is_no_hint():
    assert not any(map(is_hint, identities("daily", "https://example.org/a/mayor-quits#x")))
