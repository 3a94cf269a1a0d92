"""What the index is given of an article: every field of it is declared, and every declared field is given by somebody."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from index.document import check
from index.fields import FIELDS
from index.protocol import DONE, Action, Index
from index.schema import fields as known_fields
from news.article import Article, BodyLink, ClaimReview, CorrectionNotice, Entry, Genre, Image, Rights
from news.index_document import IndexDocument, page_fields
from news.moment import Moment, Precision, TimeSource
from news.outlet import Outlet
from pipelines.enrich import enrich
from tests.ledger.readings import article, text

AT = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
ID = UUID("11111111-2222-5333-8444-555555555555")
OTHER = UUID("99999999-2222-5333-8444-555555555555")
OUTLET = Outlet(slug="harbour", name="Harbour News", home="https://harbour.example/", country="gb")
#: what enrichment may give, in JSON's types; `section` becomes `sections`
ENRICHMENT: dict[str, Any] = {
    "language_confidence": 0.98,
    "section": "politics",
    "keywords": ["harbour", "council"],
    "people": [{"name": "Ada Hill", "weight": 1.0}],
    "organisations": [{"name": "Harbour Board", "weight": 0.5}],
    "places": [{"name": "Leith", "code": "2644972", "lat": 55.98, "lon": -3.17, "weight": 1.0}],
    "about_country": "gb",
    "word_count": 3,
    "reading_seconds": 1,
    "quotes": [{"speaker": "Ada Hill", "text": "No."}],
    "figures": [{"value": 3, "unit": "ships"}],
}
ARTICLE = Article(
    url="https://harbour.example/1",
    headline="Harbour closed",
    alternative_headlines=("Closed",),
    kicker="Leith",
    standfirst="For a week.",
    body="It is closed.",
    body_missing=None,
    authors=("Ben Lee",),
    agencies=("PA", "AFP"),
    date_published=Moment(at=date(2026, 3, 1), precision=Precision.DAY, source=TimeSource.URL),
    date_modified=Moment(at=AT, precision=Precision.MINUTE, source=TimeSource.JSON_LD),
    correction="Corrected.",
    article_section="Local politics",
    genre=Genre.OPINION,
    keywords=("harbour",),
    images=(Image(url="https://harbour.example/1.jpg"),),
    in_language="en",
    canonical_url="https://harbour.example/1",
    rights=Rights(robots=("noai",)),
    entries=(Entry(headline="08:30", body="Closed."),),
    correction_notices=(CorrectionNotice(text="It is the south pier."),),
    is_based_on=("https://harbour.example/report",),
    claim_reviews=(ClaimReview(claim="It never closed.", claimant="Ann Poe", verdict="False"),),
    locked_parts=(".paid",),
    links=(BodyLink(text="closed", url="https://harbour.example/2", paragraph=0),),
)


def given(**known: Any) -> IndexDocument:
    page = page_fields(ARTICLE.as_json(), ENRICHMENT, replace(OUTLET, forbids_ai_training=True))
    plain: dict[str, Any] = {
        "id": ID,
        "revision": 4,
        "outlet": OUTLET.slug,
        "page": page,
        "version": 2,
        "first_seen_at": AT,
        "changed_at": AT + timedelta(hours=1),
        "fetched_at": AT + timedelta(hours=2),
    }
    return IndexDocument(**plain | known)


def whole() -> IndexDocument:
    """Return a document of which every part is known."""
    edit = {"kind": "body", "version": 2, "at": "2026-03-02T09:30:00Z", "stealth": True}
    return given(
        edits=(edit, edit | {"kind": "headline", "stealth": False}),
        gone_at=AT,
        gone_status=410,
        returned_at=AT + timedelta(days=1),
        story_id=OTHER,
        copy_of=OTHER,
        similarity=0.9,
    )


def test_its_fields_are_those_that_are_declared() -> None:
    assert whole().as_json().keys() == FIELDS.keys()
    assert check("articles", str(ID), whole()) == whole().as_json()


def test_enrichment_gives_no_field_that_is_not_declared() -> None:
    made = page_fields(ARTICLE.as_json(), enrich(article("https://harbour.example/1", text(1)), OUTLET), OUTLET)
    assert made.keys() <= known_fields("articles")


def test_what_is_not_known_is_absent() -> None:
    found = given().as_json()
    unknown = {"edits", "edit_kinds", "stealth", "gone_at", "gone_reason", "returned_at", "copy_of", "similarity"}
    assert FIELDS.keys() - found.keys() == unknown


def test_article_version_story_and_outlet_come_together() -> None:
    found = whole().as_json()
    assert {name: found[name] for name in ("id", "revision", "version", "outlet", "outlet_name", "country")} == {
        "id": str(ID),
        "revision": 4,
        "version": 2,
        "outlet": "harbour",
        "outlet_name": "Harbour News",
        "country": "gb",
    }
    assert (found["first_seen_at"], found["changed_at"]) == ("2026-03-02T08:30:00Z", "2026-03-02T09:30:00Z")
    assert (found["date_published"], found["date_precision"], found["date_source"]) == ("2026-03-01", "day", "url")
    assert (found["date_modified"], found["date_modified_precision"]) == ("2026-03-02T08:30:00Z", "minute")
    assert (found["article_section"], found["sections"]) == ("Local politics", ["politics"])
    assert found["keywords"] == ["harbour", "council"], "as they were cleaned"
    assert found["rights"] == {"robots": ("noai",), "tdm_reserved": None, "license": "", "forbids_ai_training": True}
    assert (found["edit_kinds"], found["stealth"]) == (["body", "headline"], True)
    assert (found["gone_at"], found["gone_reason"]) == ("2026-03-02T08:30:00Z", "410")
    assert found["returned_at"] == "2026-03-03T08:30:00Z"
    assert (found["story_id"], found["copy_of"], found["similarity"]) == (str(OTHER), str(OTHER), 0.9)
    assert found["credited_agency"] == "PA"


def test_an_article_without_a_story_is_its_own() -> None:
    assert given().as_json()["story_id"] == str(ID)


async def test_an_index_gives_back_what_it_was_given(index: Index) -> None:
    document = whole()
    action = Action(stream="articles", id=str(ID), revision=document.revision, document=document)
    assert await index.write([action]) == [DONE]
    await index.refresh()
    assert await index.get(str(ID)) == orjson.loads(orjson.dumps(document.as_json()))
