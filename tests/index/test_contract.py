"""What every place to search must do: the same questions to Elasticsearch and PostgreSQL, both real."""

import asyncio
import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unicodedata import normalize

import pytest

from index.protocol import DONE, Action, Index, WriteStatus
from index.query import MARK_END, MARK_START, Interval, Query, Results, Sort
from news.article import Article
from news.errors import BadQuery
from news.moment import Moment, Precision, TimeSource
from tests.index.conftest import Put, document, found, slugs


def upsert(one: dict[str, Any], revision: int) -> Action:
    return Action(stream="articles", id=one["id"], revision=revision, document=one | {"revision": revision})


def delete(one: dict[str, Any], revision: int) -> Action:
    return Action(stream="articles", id=one["id"], revision=revision, document=None)


# writing


async def test_what_was_written_is_given_back_as_it_was(index: Index, put: Put) -> None:
    article = Article(
        url="https://news.example/a",
        headline="Rain at last",
        body="It rained.\nAll day.",
        authors=("Ada Moss",),
        date_published=Moment(
            at=datetime(2024, 2, 8, 3, 25, tzinfo=UTC), precision=Precision.MINUTE, source=TimeSource.TEXT
        ),
    )
    written = document("a") | article.as_json()
    await put(index, written)
    given = await index.get(written["id"])
    assert given == json.loads(json.dumps(written))
    (hit,) = (await index.search(Query(text="rained"))).hits
    assert hit.document == given
    assert hit.id == written["id"]


async def test_a_letter_that_is_written_in_parts_is_one_letter_in_text_facet_and_query(index: Index, put: Put) -> None:
    words = ("Brücke", "Phở", "café", "Ёлка", "ガス", "한국")
    for number, form in enumerate(("NFC", "NFD")):
        text = normalize(form, " ".join(words))
        await put(index, document(f"a{number}", headline=text, body=text, authors=[normalize(form, "José Muñoz")]))
    for word in words:
        for form in ("NFC", "NFD"):
            assert sorted(await found(index, normalize(form, word))) == ["a0", "a1"], (word, form)
    asked = Query(filters={"author": (normalize("NFD", "José Muñoz"),)}, facets=("author",))
    results = await index.search(asked)
    assert results.total == 2
    assert [(bucket.label, bucket.count) for bucket in next(iter(results.facets.values()))] == [("José Muñoz", 2)]


async def test_it_knows_that_it_is_made(index: Index) -> None:
    assert await index.is_made()
    assert not await index.create()


async def test_an_unknown_id_gives_nothing(index: Index) -> None:
    for odd in ("no-such-id", "", "x" * 10_000, "\0", "../..", "a b?c#d%"):
        assert await index.get(odd) is None


async def test_a_newer_revision_replaces(index: Index, put: Put) -> None:
    one = document("a", headline="First words")
    await put(index, one)
    await put(index, one | {"headline": "Second thoughts", "revision": 2})
    assert await found(index, "first") == []
    assert await found(index, "second") == ["a"]


async def test_a_stale_revision_is_ignored_and_counts_as_done(index: Index) -> None:
    one = document("a")
    for revision in (5, 3, 4):
        assert await index.write([upsert(one | {"headline": f"told {revision}"}, revision)]) == [DONE]
    await index.refresh()
    assert await found(index, "told 5") == ["a"]
    assert await found(index, "told 3") == []


async def test_the_same_revision_is_written_again(index: Index) -> None:
    """So a rebuild from the ledger reaches what the index derives, such as a language's analysis or a facet."""
    one = document("a")
    assert await index.write([upsert(one | {"headline": "first told"}, 5)]) == [DONE]
    assert await index.write([upsert(one | {"headline": "told anew"}, 5)]) == [DONE]
    await index.refresh()
    assert await found(index, "anew") == ["a"]


async def test_the_same_article_twice_in_one_call_ends_at_the_newer(index: Index) -> None:
    one = document("a")
    actions = [upsert(one | {"headline": f"told {revision}"}, revision) for revision in (2, 7, 4)]
    assert await index.write(actions) == [DONE] * 3
    given = await index.get(one["id"])
    assert given
    assert given["headline"] == "told 7"


async def test_a_deleted_article_is_gone_and_an_older_revision_does_not_bring_it_back(index: Index) -> None:
    one = document("a", headline="Here today")
    assert await index.write([upsert(one, 1), delete(one, 3)]) == [DONE, DONE]
    assert await index.write([upsert(one, 2)]) == [DONE]
    await index.refresh()
    assert await index.get(one["id"]) is None
    assert await found(index) == []
    assert await index.write([upsert(one, 4)]) == [DONE]
    await index.refresh()
    assert await found(index) == ["a"]


async def test_deleting_what_is_not_there_is_done(index: Index) -> None:
    assert await index.write([delete(document("a"), 1)]) == [DONE]


async def test_nothing_to_write_is_done(index: Index) -> None:
    assert await index.write([]) == []


async def test_a_document_that_cannot_be_taken_is_refused_and_the_rest_is_done(index: Index) -> None:
    secret = "Nobody must read this in a log"
    good = [upsert(document(f"good-{number}", headline="sound"), 1) for number in range(3)]
    unknown = upsert(document("unknown", colour=secret), 1)
    undated = upsert(document("undated", date_published=secret), 1)
    words = await index.write([good[0], unknown, good[1], undated, good[2]])
    assert [word.status for word in words] == [
        WriteStatus.DONE,
        WriteStatus.REJECTED,
        WriteStatus.DONE,
        WriteStatus.REJECTED,
        WriteStatus.DONE,
    ]
    assert "colour" in words[1].reason
    assert "date_published" in words[3].reason
    assert not any(secret in word.reason for word in words)
    await index.refresh()
    assert await found(index, "sound") == ["good-0", "good-1", "good-2"]


async def test_hostile_text_is_stored_and_found(index: Index, put: Put) -> None:
    await put(
        index,
        document("nul", body="before\0after thunder"),
        document("surrogate", body="half a pair \ud83d thunder"),
        document("quotes", body="it's \"quoted\" \\ 'back' thunder :*&|!<->()", headline="');DROP TABLE"),
        document("long-word", body="x" * 50_000 + " thunder"),
        document("emoji", headline="🌩️ thunder 👩‍👩‍👧"),
        document("empty"),
    )
    assert await found(index, "thunder") == ["emoji", "long-word", "nul", "quotes", "surrogate"]


async def test_a_body_past_the_limit_is_cut_and_says_so(index: Index, put: Put) -> None:
    await put(index, document("long", body="начало " + "слово " * 100_000))
    assert await found(index, "начало") == ["long"]
    given = await index.get(document("long")["id"])
    assert given
    assert len(given["body"]) == 500_000
    assert given["body_cut"] is True


async def test_half_a_million_different_characters_are_taken(index: Index, put: Put) -> None:
    body = "".join(chr(0x4E00 + number % 20_000) + ("，" if number % 7 == 0 else "") for number in range(400_000))
    await put(
        index, document("dense", headline="北京", body=body), document("many", body=" ".join(map(str, range(80_000))))
    )
    assert await found(index, "北京") == ["dense"]
    assert await found(index, "777") == ["many"]


async def test_events_are_taken_and_counted(index: Index) -> None:
    event = {"at": "2024-02-08T04:00:00Z", "outlet": "example", "outcome": "new", "url": "https://news.example/a"}
    actions = [Action(stream="events", id=f"e{number}", revision=1, document=event) for number in range(3)]
    bad = Action(stream="events", id="e9", revision=1, document=event | {"mood": "bad"})
    words = await index.write([*actions, bad])
    assert [word.status for word in words] == [WriteStatus.DONE] * 3 + [WriteStatus.REJECTED]
    await index.refresh()
    status = await index.status()
    assert status.documents == {"articles": 0, "events": 3}
    assert status.schema_version >= 1
    assert status.size_bytes > 0


async def test_events_from_before_a_time_are_let_go_of_and_no_others(index: Index) -> None:
    days = [datetime(2024, 2, day, 4, tzinfo=UTC) for day in range(1, 6)]
    actions = [
        Action(stream="events", id=f"e{at.day}", revision=1, document={"at": at.isoformat(), "outlet": "example"})
        for at in days
    ]
    assert await index.write(actions) == [DONE] * 5
    await index.refresh()
    await index.forget_events(days[3])
    async with asyncio.timeout(30):
        while (await index.status()).documents["events"] > 2:
            await asyncio.sleep(0.1)
            await index.refresh()
    await asyncio.sleep(0.2)
    await index.refresh()
    assert (await index.status()).documents["events"] == 2
    # and what comes late is taken
    assert await index.write(actions[:1]) == [DONE]


async def test_create_twice_loses_nothing(index: Index, put: Put) -> None:
    await put(index, document("a"))
    await index.create()
    assert await found(index) == ["a"]


# words


@pytest.fixture
async def library(index: Index, put: Put) -> Index:
    """Give an index with a few articles that differ in where their words stand."""
    await put(
        index,
        document("fuel", headline="Fuel prices rise again", body="Drivers pay more for petrol.", outlet="daily"),
        document("prices", headline="House market", body="Prices of fuel oil fell. Petroleum too.", outlet="weekly"),
        document(
            "cafe", headline="Café Ångström opens", body="The Señor's naïve façade, said O’Brien.", outlet="daily"
        ),
        document("iraq", standfirst="Talks in Baghdad", body="The Iraqi minister met Kata’ib leaders.", kind="video"),
    )
    return index


SYNTAX = [
    ("fuel", ["fuel", "prices"]),
    ("FUEL", ["fuel", "prices"]),
    ("fuel prices", ["fuel", "prices"]),
    ("fuel drivers", ["fuel"]),
    ('"fuel prices"', ["fuel"]),
    ("“fuel prices”", ["fuel"]),
    ("„fuel prices“", ["fuel"]),
    ('"prices fuel"', []),
    ("fuel -drivers", ["prices"]),
    ("fuel NOT drivers", ["prices"]),
    ('fuel -"fuel oil"', ["fuel"]),
    ("-fuel", ["cafe", "iraq"]),
    ("baghdad OR drivers", ["fuel", "iraq"]),
    ("baghdad OR drivers petrol", ["fuel"]),
    ("petrol*", ["fuel", "prices"]),
    ("petrole*", ["prices"]),
    ("drivers AND petrol", ["fuel"]),
    ("cafe angstrom", ["cafe"]),
    ("CAFÉ", ["cafe"]),
    ("naive facade", ["cafe"]),
    ("O'Brien", ["cafe"]),
    ("O’Brien", ["cafe"]),
    ("kata'ib", ["iraq"]),
    ("headline:fuel", ["fuel"]),
    ("title:prices", ["fuel"]),
    ("headline:drivers", []),
    ('headline:"fuel prices"', ["fuel"]),
    ("outlet:daily", ["cafe", "fuel"]),
    ("outlet:DAILY -petrol", ["cafe"]),
    ("-outlet:daily", ["iraq", "prices"]),
    ("outlet:weekly OR kind:video", ["iraq", "prices"]),
    ("baghdad OR outlet:weekly", ["iraq", "prices"]),
    ("kind:video baghdad", ["iraq"]),
]


async def test_the_syntax_people_know(library: Index, subtests: pytest.Subtests) -> None:
    for text, expected in SYNTAX:
        with subtests.test(text=text):
            assert await found(library, text) == expected


ODD = [
    "?!...",
    "()[]{}",
    '"',
    '"unbalanced',
    'un"balanced',
    "-",
    "--",
    "OR",
    "OR OR OR",
    "fuel OR",
    "OR fuel",
    "NOT",
    "- fuel",
    "*",
    "***",
    ":",
    "a:",
    ":b",
    "outlet:",
    'outlet:""',
    "headline:",
    "http://news.example/fuel?a=b#c",
    "a" * 10_000,
    "a " * 5_000,
    "fuel* " * 2_000,
    "\0",
    "fu\0el",
    "\ud800",
    "🌩️",
    "👩‍👩‍👧 fuel",
    "/[a-z]+(/ .* \\",
    "'; DROP TABLE search.articles; --",
    "fuel) OR (1=1",
    "a & b | !c <-> d:*A",
    "body:[* TO *] AND _exists_:body^9~",
    '{"query": {"match_all": {}}}',
    "\u202efuel\u200b",
    "%_%",
    "北",
    "مرحبا ‏",
    "fuel\r\n\tprices",
    "outlet:\0",
]


async def test_nothing_that_can_be_typed_is_an_error(library: Index, subtests: pytest.Subtests) -> None:
    for text in ODD:
        with subtests.test(text=text[:50]):
            results = await library.search(Query(text=text, highlight=True, facets=("outlet",), sort=Sort.RELEVANCE))
            assert results.total >= 0


async def test_punctuation_alone_finds_nothing_and_says_so(library: Index) -> None:
    results = await library.search(Query(text="?! ()"))
    assert results.total == 0
    assert results.notes


async def test_blank_finds_everything(library: Index) -> None:
    assert await found(library, "  \t ") == ["cafe", "fuel", "iraq", "prices"]


LANGUAGES = [
    # language, a text, what finds it, what does not
    ("de", "Der Kanzler sprach über die Größe des Haushalts.", "grösse kanzler", "schulden"),
    ("fr", "L’été a été brûlant à Marseille.", "ete brulant", "hiver"),
    ("ru", "Президент приехал в Багдад утром.", "багдад", "москва"),
    ("el", "Ο πρωθυπουργός μίλησε στην Αθήνα.", "αθηνα", "σπαρτη"),
    ("ar", "وصل الرئيس إلى بغداد صباحا.", "بغداد", "دمشق"),
    ("he", "ראש הממשלה נאם בירושלים.", "הממשלה", "חיפה"),
    ("fa", "رئیس‌جمهور به تهران رفت.", "تهران", "شیراز"),
    ("hi", "प्रधानमंत्री ने दिल्ली में कहा।", "दिल्ली", "मुंबई"),
    ("bn", "প্রধানমন্ত্রী ঢাকায় বলেছেন।", "ঢাকায়", "কলকাতা"),
    ("zh", "国务院总理在北京会见了代表团。", "北京", "上海"),
    ("ja", "首相は東京で記者会見を開いた。", "東京", "大阪"),
    ("ko", "대통령은 서울에서 회견을 열었다.", "서울에서", "부산에서"),
    ("th", "นายกรัฐมนตรีแถลงข่าวที่กรุงเทพ", "กรุงเทพ", "เชียงใหม่"),
    ("tr", "İstanbul'da ışıklar söndü.", "istanbul'da", "ankara'da"),
    ("vi", "Thủ tướng phát biểu tại Hà Nội.", "ha noi", "hue"),
    ("pl", "Premier mówił w Łodzi.", "lodzi", "krakow"),
    ("und", "Something in no known tongue.", "tongue", "language"),
]


async def test_words_of_many_languages_are_found(index: Index, put: Put, subtests: pytest.Subtests) -> None:
    await put(index, *(document(language, body=body, in_language=language) for language, body, _, _ in LANGUAGES))
    for language, _, query, other in LANGUAGES:
        with subtests.test(language=language):
            assert language in await found(index, query)
            assert await found(index, query, languages=(language,)) == [language]
            assert language not in await found(index, other)


# filters, facets, histogram


@pytest.fixture
async def newsroom(index: Index, put: Put) -> Index:
    """Give an index with outlets, authors and places to count."""
    await put(
        index,
        document("a", outlet="north", country="gb", authors=["Ada Moss"], article_section="World", body="storm"),
        document("b", outlet="north", country="gb", authors=["ADA MOSS", "Bo Lind"], body="storm"),
        document(
            "c",
            outlet="south",
            country="fr",
            authors=["Bo Lind"],
            places=[{"name": "Orléans", "lat": 47.9, "lon": 1.9}],
        ),
        document(
            "d",
            outlet="south",
            country="fr",
            places=[{"name": "Orleans"}, {"name": "Iraq", "code": "IQ"}],
            body="storm",
        ),
        document("e", outlet="east", country="de", in_language="de", people=[{"name": "Mina Rau"}], stealth=True),
    )
    return index


def counts(results: Results, facet: str) -> dict[str, int]:
    return {bucket.value: bucket.count for bucket in results.facets[facet]}


#: signs of direction that pages put around and into words, unseen: LRM, RLM, embeddings, isolates
DIRECTIONS = [chr(point) for point in (0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))]


async def test_a_mark_of_direction_is_no_part_of_a_word(index: Index, put: Put, subtests: pytest.Subtests) -> None:
    texts = {"he": ("ראש", "הממשלה", "אמר"), "ar": ("قال", "الوزير", "أمس"), "xx": ("Minister", "Kowalski", "spoke")}
    documents = [
        document(f"{language}-{ord(mark):x}", body=f"{first} {mark}{word}{mark} {last}", in_language=language)
        for language, (first, word, last) in texts.items()
        for mark in DIRECTIONS
    ]
    await put(index, *documents)
    for language, (_, word, _) in texts.items():
        for mark in DIRECTIONS:
            with subtests.test(language=language, mark=f"U+{ord(mark):04X}"):
                assert f"{language}-{ord(mark):x}" in await found(index, word, size=100)
                assert f"{language}-{ord(mark):x}" in await found(index, f"{mark}{word}{mark}", size=100)


async def test_facets_are_counted_and_show_a_readable_form(newsroom: Index) -> None:
    results = await newsroom.search(
        Query(facets=("outlet", "author", "places", "people", "sections", "stealth", "keywords"))
    )
    assert counts(results, "outlet") == {"north": 2, "south": 2, "east": 1}
    assert [bucket.value for bucket in results.facets["outlet"]] == ["north", "south", "east"]
    assert counts(results, "authors") == {"ada moss": 2, "bo lind": 2}
    assert {bucket.label for bucket in results.facets["authors"]} <= {"Ada Moss", "ADA MOSS", "Bo Lind"}
    assert counts(results, "places") == {"orleans": 2, "iraq": 1}
    assert {bucket.label for bucket in results.facets["places"]} <= {"Orléans", "Orleans", "Iraq"}
    assert [bucket.label for bucket in results.facets["people"]] == ["Mina Rau"]
    assert [bucket.label for bucket in results.facets["sections"]] == ["World"]
    assert counts(results, "stealth") == {"true": 1}
    assert results.facets["keywords"] == ()


async def test_facets_count_what_the_query_finds(newsroom: Index) -> None:
    results = await newsroom.search(Query(text="storm", facets=("outlet",), size=0))
    assert counts(results, "outlet") == {"north": 2, "south": 1}
    assert results.total == 3
    assert results.hits == ()


async def test_a_facet_keeps_its_own_selection_and_narrows_the_others(newsroom: Index) -> None:
    results = await newsroom.search(Query(filters={"outlet": ("south",)}, facets=("outlet", "country", "authors")))
    assert sorted(slugs(results)) == ["c", "d"]
    assert results.total == 2
    assert counts(results, "outlet") == {"north": 2, "south": 2, "east": 1}
    assert counts(results, "country") == {"fr": 2}
    assert counts(results, "authors") == {"bo lind": 1}


async def test_two_selections_each_narrow_the_other(newsroom: Index) -> None:
    query = Query(filters={"outlet": ("north", "south"), "author": ("bo lind",)}, facets=("outlet", "authors"))
    results = await newsroom.search(query)
    assert sorted(slugs(results)) == ["b", "c"]
    assert counts(results, "outlet") == {"north": 1, "south": 1}
    assert counts(results, "authors") == {"ada moss": 2, "bo lind": 2}


async def test_opinion_can_be_left_out_and_asked_for(index: Index, put: Put) -> None:
    await put(index, document("a", genre="opinion"), document("b", genre="reportage"), document("c", genre=None))
    results = await index.search(Query(facets=("genre",)))
    assert counts(results, "genre") == {"opinion": 1, "reportage": 1}
    assert await found(index, "genre:opinion") == ["a"]
    assert await found(index, "-genre:opinion") == ["b", "c"]


async def test_what_has_no_text_is_found_by_its_headline_and_by_why_it_has_none(index: Index, put: Put) -> None:
    whole = document("a", headline="Harbour", body="The harbour opens.")
    missing = [
        document(why, headline="Harbour", body="", body_missing=why) for why in ("paywall", "script", "video", "empty")
    ]
    await put(index, whole, *missing)
    assert sorted(await found(index, "harbour")) == ["a", "empty", "paywall", "script", "video"]
    assert await found(index, "body_missing:script") == await found(index, "missing:script") == ["script"]
    results = await index.search(Query(filters={"body_missing": ("paywall", "video")}, facets=("body_missing",)))
    assert sorted(slugs(results)) == ["paywall", "video"]
    assert counts(results, "body_missing") == dict.fromkeys(("empty", "paywall", "script", "video"), 1)
    assert {hit.document.get("body_missing") for hit in results.hits} == {"paywall", "video"}


async def test_a_filter_takes_the_shown_form_too(newsroom: Index) -> None:
    for value in ("Orléans", "orleans", "ORLEANS"):
        assert await found(newsroom, filters={"place": (value,)}) == ["c", "d"]


async def test_a_facet_gives_no_more_values_than_asked(newsroom: Index) -> None:
    results = await newsroom.search(Query(facets=("outlet",), facet_size=1))
    assert counts(results, "outlet") == {"north": 2}


async def test_languages_narrow(newsroom: Index) -> None:
    assert await found(newsroom, languages=("de",)) == ["e"]
    assert await found(newsroom, languages=("de", "en")) == ["a", "b", "c", "d", "e"]
    assert await found(newsroom, "storm", languages=("de",)) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"filters": {"colour": ("red",)}},
        {"facets": ("colour",)},
        {"size": -1},
        {"size": 10_001},
        {"facet_size": 0},
        {"timezone": "Europe/Atlantis"},
        {"timezone": "../../etc/passwd"},
        {"published_from": datetime(2024, 1, 1)},  # noqa: DTZ001
        {"histogram": Interval.HOUR},
        {"freshness": timedelta(0)},
    ],
)
def test_what_a_program_asks_wrongly_is_said(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadQuery):
        Query(**wrong)


def dated(slug: str, at: str, precision: str, **fields: Any) -> dict[str, Any]:
    return document(slug, date_published=at, date_precision=precision, date_source="meta", **fields)


@pytest.fixture
async def calendar(index: Index, put: Put) -> Index:
    """Give an index with articles dated by instant, by day and not at all."""
    await put(
        index,
        dated("late", "2024-02-08T23:30:00Z", "instant"),
        dated("early", "2024-02-08T03:25:00Z", "minute"),
        dated("day", "2024-02-08", "day"),
        dated("next", "2024-02-09", "day"),
        dated("old", "2023-12-31T12:00:00Z", "instant"),
        document("undated", first_seen_at="2024-02-10T00:00:00Z"),
    )
    return index


def bars(results: Results) -> dict[str, int]:
    return {bucket.value: bucket.count for bucket in results.histogram}


async def test_a_day_alone_stays_a_day(calendar: Index) -> None:
    results = await calendar.search(Query(size=100))
    said = {hit.document["url"].rpartition("/")[2]: hit.document.get("date_published") for hit in results.hits}
    assert said["day"] == "2024-02-08"
    assert said["undated"] is None


async def test_the_histogram_counts_days(calendar: Index) -> None:
    results = await calendar.search(Query(histogram=Interval.DAY))
    assert bars(results) == {"2023-12-31": 1, "2024-02-08": 3, "2024-02-09": 1}


async def test_the_histogram_counts_days_of_a_zone_and_moves_no_day(calendar: Index) -> None:
    results = await calendar.search(Query(histogram=Interval.DAY, timezone="Asia/Kolkata"))
    assert bars(results) == {"2023-12-31": 1, "2024-02-08": 2, "2024-02-09": 2}
    results = await calendar.search(Query(histogram=Interval.DAY, timezone="America/Los_Angeles"))
    assert bars(results) == {"2023-12-31": 1, "2024-02-07": 1, "2024-02-08": 2, "2024-02-09": 1}


async def test_the_histogram_counts_weeks_months_and_years(calendar: Index) -> None:
    async def by(interval: Interval) -> dict[str, int]:
        return bars(await calendar.search(Query(histogram=interval)))

    assert await by(Interval.WEEK) == {"2023-12-25": 1, "2024-02-05": 4}
    assert await by(Interval.MONTH) == {"2023-12-01": 1, "2024-02-01": 4}
    assert await by(Interval.YEAR) == {"2023-01-01": 1, "2024-01-01": 4}


async def test_the_histogram_counts_hours_of_those_that_have_one(calendar: Index) -> None:
    start = datetime(2024, 2, 8, tzinfo=UTC)
    query = Query(histogram=Interval.HOUR, published_from=start, published_until=start + timedelta(days=1))
    assert bars(await calendar.search(query)) == {"2024-02-08T03:00+00:00": 1, "2024-02-08T23:00+00:00": 1}


async def test_a_range_of_publication_narrows(calendar: Index) -> None:
    start = datetime(2024, 2, 8, tzinfo=UTC)
    assert await found(calendar, published_from=start) == ["day", "early", "late", "next"]
    assert await found(calendar, published_until=start) == ["old"]
    assert await found(calendar, published_from=start, published_until=start + timedelta(days=1)) == [
        "day",
        "early",
        "late",
    ]


async def test_a_range_in_a_zone_takes_days_as_that_zones(calendar: Index) -> None:
    start = datetime.fromisoformat("2024-02-08T00:00:00+05:30")
    end = start + timedelta(days=1)
    assert await found(calendar, published_from=start, published_until=end, timezone="Asia/Kolkata") == ["day", "early"]


async def test_newest_and_oldest(calendar: Index) -> None:
    newest = slugs(await calendar.search(Query(sort=Sort.NEWEST)))
    assert newest == ["undated", "next", "late", "early", "day", "old"]
    oldest = slugs(await calendar.search(Query(sort=Sort.OLDEST)))
    assert oldest == ["old", "day", "early", "late", "next", "undated"]


async def test_what_changed_last_comes_first_whenever_it_was_published(index: Index, put: Put) -> None:
    changed = {"quiet": "2024-02-08T04:00:00Z", "edited": "2024-02-09T09:30:00.5Z", "older": "2024-02-09T09:30:00Z"}
    await put(
        index,
        *(dated(slug, f"2024-01-0{n}", "day") | {"changed_at": at} for n, (slug, at) in enumerate(changed.items(), 1)),
    )
    assert slugs(await index.search(Query(sort=Sort.CHANGED))) == ["edited", "older", "quiet"]


async def test_what_has_no_date_at_all_comes_last(index: Index, put: Put) -> None:
    bare = document("bare")
    del bare["first_seen_at"], bare["fetched_at"]
    await put(index, bare, dated("old", "1999-01-01", "day"), dated("new", "2024-01-01", "day"))
    assert slugs(await index.search(Query(sort=Sort.NEWEST))) == ["new", "old", "bare"]
    assert slugs(await index.search(Query(sort=Sort.OLDEST))) == ["old", "new", "bare"]


# relevance, highlights, pages


async def test_a_headline_weighs_more_than_a_body(index: Index, put: Put) -> None:
    filler = "Many other things were said on that long and quiet day. " * 5
    await put(
        index,
        document("in-body", headline="Quiet day", body=filler + "An earthquake."),
        document("in-headline", headline="Earthquake strikes", body=filler),
    )
    results = await index.search(Query(text="earthquake"))
    assert slugs(results) == ["in-headline", "in-body"]
    assert results.hits[0].score > results.hits[1].score > 0


async def test_a_live_blogs_entries_are_found(index: Index, put: Put) -> None:
    entries = [{"headline": "Bridge closed", "body": "Police turn cars away."}, {"headline": "", "body": "Ferry sunk."}]
    await put(index, document("live", kind="live_blog", entries=entries))
    assert await found(index, "bridge ferry") == ["live"]
    assert await found(index, '"turn cars away"') == ["live"]


async def test_freshness_puts_the_newer_first_among_equals(index: Index, put: Put) -> None:
    now = datetime.now(UTC)
    for slug, days in (("a-old", 60), ("b-new", 1), ("c-older", 400)):
        at = (now - timedelta(days=days)).isoformat()
        await put(index, dated(slug, at, "instant", headline="Storm warning"))
    assert slugs(await index.search(Query(text="storm", freshness=timedelta(days=7)))) == ["b-new", "a-old", "c-older"]


def shown_marks(text: str) -> str:
    return text.replace(MARK_START, "[").replace(MARK_END, "]")


async def test_highlights_mark_what_was_found_in_the_original_text(index: Index, put: Put) -> None:
    body = "Nothing here.\n" * 30 + "Then the Café burned down.\n" + "Nothing more.\n" * 30
    await put(index, document("a", headline="Fire in the CAFÉ", standfirst="No one hurt", body=body))
    (hit,) = (await index.search(Query(text="cafe", highlight=True))).hits
    assert [shown_marks(piece) for piece in hit.highlights["headline"]] == ["Fire in the [CAFÉ]"]
    assert any("the [Café] burned" in shown_marks(piece) for piece in hit.highlights["body"])
    assert all(len(piece) < 400 for piece in hit.highlights["body"])
    assert "standfirst" not in hit.highlights


async def test_only_the_texts_that_are_asked_for_are_marked(index: Index, put: Put) -> None:
    await put(index, document("a", headline="Fire", standfirst="A fire", body="The fire went out."))
    (hit,) = (await index.search(Query(text="fire", highlight=True, highlighted=("headline",)))).hits
    assert hit.highlights.keys() == {"headline"}


async def test_what_a_query_wants_of_documents_and_stories_is_there_and_the_hits_are_the_same(
    index: Index, put: Put
) -> None:
    await put(index, *(document(slug, headline="Fire", body="It burns.", story_id="s1") for slug in ("a", "b")))
    every = await index.search(Query(text="fire", collapse_by_story=True))
    few = await index.search(Query(text="fire", collapse_by_story=True, fields=("id", "outlet"), story_sizes=False))
    assert [hit.id for hit in few.hits] == [hit.id for hit in every.hits]
    assert few.hits[0].document.items() >= {"id": few.hits[0].id, "outlet": "example"}.items()


async def test_no_highlights_unless_asked_for(index: Index, put: Put) -> None:
    await put(index, document("a", headline="Fire"))
    (hit,) = (await index.search(Query(text="fire"))).hits
    assert hit.highlights == {}


async def test_highlights_of_a_dense_script(index: Index, put: Put) -> None:
    await put(index, document("a", headline="国务院总理在北京会见代表团", in_language="zh"))
    (hit,) = (await index.search(Query(text="北京", highlight=True))).hits
    marked = shown_marks(hit.highlights["headline"][0])
    assert marked.replace("[", "").replace("]", "") == "国务院总理在北京会见代表团"
    assert "[" in marked.partition("北")[0][-1:] + "北"[:0] or "[北" in marked


@pytest.mark.parametrize("sort", list(Sort))
async def test_pages_have_no_gaps_and_nothing_twice(index: Index, put: Put, sort: Sort) -> None:
    day = datetime(2024, 2, 1, tzinfo=UTC)
    many = [
        dated(
            f"n{number:02}",
            (day + timedelta(hours=number // 4)).isoformat(),
            "instant",
            headline="storm " * (number % 3 + 1),
        )
        for number in range(35)
    ] + [document(f"undated-{number}", headline="storm") for number in range(3)]
    for one in many[-2:]:
        del one["first_seen_at"], one["fetched_at"]
    await put(index, *many)
    seen: list[str] = []
    cursor = None
    whole = slugs(await index.search(Query(text="storm", sort=sort, size=100)))
    for _ in range(20):
        results = await index.search(Query(text="storm", sort=sort, size=5, cursor=cursor))
        assert results.total == len(many)
        seen += slugs(results)
        if not (cursor := results.next_cursor):
            break
    assert seen == whole
    assert len(set(seen)) == len(many)


def forged(*place: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


NOW = "2026-03-02T08:00:00+00:00"
FORGED = [
    forged("relevance", {"origin": NOW, "offset": 0, "after": ["x", "a"]}),
    forged("relevance", {"origin": NOW, "offset": 0, "after": [{}, "a"]}),
    forged("relevance", {"origin": NOW, "offset": 0, "after": [1.0, 7]}),
    forged("relevance", {"origin": NOW, "offset": 0, "after": [1.0]}),
    forged("relevance", {"origin": "soon", "offset": 0, "after": [1.0, "a"]}),
    forged("relevance", {"origin": NOW, "offset": -5, "after": None}),
    forged("relevance", {"origin": NOW}),
    forged("relevance", [1, 2]),
    forged("relevance"),
    forged("newest", {"origin": NOW, "offset": 0, "after": [1.0, "a"]}),
]


async def test_a_cursor_that_no_page_gave_is_a_bad_query(index: Index, subtests: pytest.Subtests) -> None:
    for cursor in ("x", "eyJ9", "W10", "WyJuZXdlc3QiLCB7fV0", "ü", "a" * 5_000, *FORGED):
        with subtests.test(cursor=cursor[:50]), pytest.raises(BadQuery):
            await index.search(Query(text="storm", cursor=cursor))


async def test_a_story_is_shown_once_and_says_how_many_carry_it(index: Index, put: Put) -> None:
    await put(
        index,
        *(dated(f"copy-{day}", f"2024-02-0{day}", "day", story_id="s1", headline="Flood") for day in (1, 2, 3)),
        *(dated(f"alone-{day}", f"2024-02-0{day}", "day", headline="Flood") for day in (4, 5)),
    )
    results = await index.search(Query(text="flood", sort=Sort.NEWEST, collapse_by_story=True, size=2))
    assert slugs(results) == ["alone-5", "alone-4"]
    rest = await index.search(
        Query(text="flood", sort=Sort.NEWEST, collapse_by_story=True, size=2, cursor=results.next_cursor)
    )
    assert slugs(rest) == ["copy-3"]
    assert [hit.story_size for hit in (*results.hits, *rest.hits)] == [1, 1, 3]
    assert results.total == 5


# exporting


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a page of an export hold three documents."""
    for backend in ("elasticsearch", "postgresql"):
        monkeypatch.setattr(f"index.{backend}.export.EXPORT_PAGE", 3)


async def exported(index: Index, query: Query, after: str | None = None) -> list[str]:
    return [each["headline"] async for page in index.export(query, after) for each in page]


@pytest.mark.usefixtures("small_pages")
async def test_an_export_gives_every_article_once_in_order(index: Index, put: Put) -> None:
    stated = {"date_precision": "minute", "date_source": "meta"}
    # several at one time, so that a page ends within them, and some that have no time at all
    dated = [
        document(f"d{n}", headline=f"d{n}", date_published=f"2024-02-{1 + n // 4:02}T00:00:00Z", **stated)
        for n in range(10)
    ]
    nothing = {"first_seen_at": None, "fetched_at": None}
    undated = [document(f"u{n}", headline=f"u{n}", **nothing) for n in range(4)]
    await put(index, *dated, *undated, document("other", headline="other", outlet="another"))
    query = Query(filters={"outlet": ("example",)})
    newest = await exported(index, query)
    assert sorted(newest) == sorted(each["headline"] for each in [*dated, *undated])
    days = [int(name[1:]) // 4 for name in newest if name[0] == "d"]
    assert days == sorted(days, reverse=True)
    assert [name[0] for name in newest] == ["d"] * 10 + ["u"] * 4, "what has no time comes last"
    oldest = await exported(index, Query(filters={"outlet": ("example",)}, sort=Sort.OLDEST))
    assert [int(name[1:]) // 4 for name in oldest[:10]] == sorted(days)
    assert sorted(oldest) == sorted(newest)
    assert len(newest) == (await index.search(query)).total


@pytest.mark.usefixtures("small_pages")
async def test_an_export_is_continued_behind_any_article(index: Index, put: Put) -> None:
    written = [document(f"a{n}", headline=f"a{n}") for n in range(7)]
    written += [document(f"u{n}", headline=f"u{n}", first_seen_at=None, fetched_at=None) for n in range(4)]
    await put(index, *written)
    ids = {each["headline"]: each["id"] for each in written}
    whole = await exported(index, Query())
    for place, name in enumerate(whole):
        assert await exported(index, Query(), after=ids[name]) == whole[place + 1 :]
    for odd in ("no-such-id", "\0", "x" * 10_000):
        with pytest.raises(BadQuery, match="No article has the id"):
            await exported(index, Query(), after=odd)


async def test_an_export_takes_words_dates_and_facets_as_a_search_does(index: Index, put: Put) -> None:
    stated = {"date_precision": "day", "date_source": "url"}
    await put(
        index,
        document("a", headline="rain in May", date_published="2024-05-02", **stated),
        document("b", headline="rain in June", date_published="2024-06-02", **stated),
        document("c", headline="sun in May", date_published="2024-05-03", **stated),
    )
    may = {"published_from": datetime(2024, 5, 1, tzinfo=UTC), "published_until": datetime(2024, 6, 1, tzinfo=UTC)}
    assert await exported(index, Query(text="rain", **may)) == ["rain in May"]
    assert await exported(index, Query(text="nothing-like-it")) == []


# many queries of a few articles


async def test_a_query_matches_of_some_articles_those_that_a_search_finds_among_them(index: Index, put: Put) -> None:
    articles = [
        document("a", headline="Flood in Dover", places=[{"name": "Dover", "country": "gb"}], authors=["Ada Moss"]),
        document("b", headline="Flood warning", outlet="other", in_language="de", body="Die Flüsse steigen."),
        document(
            "c",
            headline="Fair weather",
            date_published="2024-02-08T03:25:00Z",
            date_precision="minute",
            date_source="meta",
        ),
        document("d", headline="北京市的天气", date_published="2024-02-09", date_precision="day", date_source="url"),
        document("e", headline="Flood, seen by nobody who asks"),
    ]
    await put(index, *articles)
    asked = {each["id"] for each in articles[:4]}
    queries = [
        Query(),
        Query(text="flood"),
        Query(text="flood -dover"),
        Query(text='"flood warning" OR weather'),
        Query(text="headline:flood outlet:other"),
        Query(text="floo*"),
        Query(text="北京"),
        Query(text="?!"),
        Query(text="nothing such"),
        Query(filters={"outlet": ("other", "none")}),
        Query(filters={"authors": ("moss",)}),
        Query(text="flood", languages=("de",)),
        Query(published_from=datetime(2024, 2, 8, tzinfo=UTC), published_until=datetime(2024, 2, 9, tzinfo=UTC)),
        Query(published_from=datetime(2024, 2, 9, tzinfo=UTC), timezone="Asia/Tokyo"),
    ]
    matched = await index.matches(queries, asked)
    for query, found_ids in zip(queries, matched, strict=True):
        searched = {hit.id for hit in (await index.search(replace(query, size=100))).hits}
        assert found_ids == searched & asked, query
    assert [len(each) for each in matched[:3]] == [4, 2, 1]
    many = [Query(text=word) for word in ["flood", "weather"] * 75]
    assert [len(each) for each in await index.matches(many, asked)] == [2, 1] * 75
    assert await index.matches([Query()], []) == [frozenset()]
    assert await index.matches([], asked) == []


async def test_the_revisions_that_a_search_finds_are_known(index: Index, put: Put) -> None:
    one, other = document("a"), document("b")
    await put(index, one, other)
    await put(index, one | {"revision": 7})
    assert await index.write([delete(other, 2)]) == [DONE]
    await index.refresh()
    assert await index.revisions([one["id"], other["id"], "no-such-id"]) == {one["id"]: 7}
    assert await index.revisions([]) == {}
