"""A form that is not in the text finds it, in the languages whose grammar Elasticsearch knows."""

import pytest

from index.elasticsearch.backend import ElasticsearchIndex
from index.query import Query
from index.schema import languages
from tests.index.conftest import Put, document, found

FORMS = [
    # language, what stands in the text, what is asked for
    ("ar", "زار الوزير المدرسة أمس", "مدرسة", "the article is taken off"),
    ("ar", "اجتمع المسؤولون في العاصمة", "مسؤول", "plural and article are taken off"),
    ("bg", "Градът говори за пожара", "град", "the definite form"),
    ("bn", "ছাত্ররা বইগুলো পড়েছে", "বই", "plural"),
    ("ca", "Els ministres van parlar de les escoles", "escola", "plural"),
    ("ckb", "پیاوەکان چوون", "پیاو", "definite plural"),
    ("cs", "Ministři jednali o školách", "škola", "locative plural"),
    ("da", "Ministrene talte om skolerne", "skole", "definite plural"),
    ("de", "Die Haushaltsdebatte dauerte lange", "Haushalt", "a compound's part"),
    ("de", "Die Haushaltsdebatte dauerte lange", "Debatten", "a compound's part in the plural"),
    ("de", "In den Häusern brannte Licht", "Haus", "dative plural"),
    ("el", "Οι υπουργοί μίλησαν για τα σχολεία", "σχολείο", "plural"),
    ("en", "The ministers were arguing about prices", "argue", "participle"),
    ("es", "Los ministros hablaron de las escuelas", "escuela", "plural"),
    ("et", "Ministrid rääkisid koolidest", "koolid", "elative plural"),
    ("eu", "Ministroak eskolaz mintzatu ziren", "eskola", "instrumental"),
    ("fa", "وزیران درباره کتاب‌ها گفتند", "کتاب", "plural"),
    ("fi", "Ministerit puhuivat kouluista", "koulu", "elative plural"),
    ("fr", "Les ministres parlaient des écoles", "école", "plural"),
    ("ga", "Bhí ceathrar bhfear ann", "fear", "eclipsis"),
    ("gl", "Os ministros falaron das escolas", "escola", "plural"),
    ("hi", "लड़कों ने किताबें पढ़ीं", "किताब", "plural"),
    ("hu", "A miniszterek a házakban beszéltek", "ház", "inessive plural"),
    ("hy", "Նախարարները խոսեցին քաղաքներ մասին", "քաղաք", "plural"),
    ("id", "Para menteri membicarakan pendidikan", "didik", "affixes"),
    ("it", "I ministri parlavano delle scuole", "scuola", "plural"),
    ("lt", "Ministrai kalbėjo apie mokyklas", "mokykla", "accusative plural"),
    ("lv", "Ministri runāja par skolām", "skola", "dative plural"),
    ("nl", "De ministers spraken over het verkeer", "minister", "plural"),
    ("no", "Statsrådene snakket om skolene", "skole", "definite plural"),
    ("pl", "Ministrowie rozmawiali o szkołach", "szkoła", "locative plural, by its ending alone"),
    ("pt", "Os ministros falaram das escolas", "escola", "plural"),
    ("pt-BR", "Os ministros falaram das escolas", "escola", "plural"),
    ("ro", "Orașul a fost evacuat", "oraș", "the definite form"),
    ("ru", "Министры говорили о школах", "школа", "prepositional plural"),
    ("sr", "Министри су говорили о школама", "skola", "locative plural, and the other alphabet"),
    ("sv", "Ministrarna talade om skolorna", "skola", "definite plural"),
    ("tr", "Bakanlar okulları konuştu", "okul", "plural and case"),
    ("tr", "Ankara'da toplandılar", "Ankara", "case after an apostrophe"),
    ("ja", "ﾄｳｷｮｳで会見", "トウキョウ", "half-width kana"),
    ("ko", "대통령은 서울에서 말했다", "서울", "particle"),
    ("th", "นายกรัฐมนตรีแถลงข่าวที่กรุงเทพ", "กรุงเทพ", "no spaces"),
    ("zh", "国务院总理２０２４年在北京会见代表", "2024", "full-width digits"),
    ("lo", "ນາຍົກລັດຖະມົນຕີກ່າວຢູ່ວຽງຈັນ", "ວຽງຈັນ", "no spaces"),
    ("km", "នាយករដ្ឋមន្ត្រីថ្លែងនៅភ្នំពេញ", "ភ្នំពេញ", "no spaces"),
    ("my", "ဝန်ကြီးချုပ်ရန်ကုန်တွင်ပြောကြား", "ရန်ကုန်", "no spaces"),
]


async def test_another_form_finds_the_text(
    elasticsearch: ElasticsearchIndex, put: Put, subtests: pytest.Subtests
) -> None:
    await put(
        elasticsearch,
        *(document(f"n{number}", body=body, in_language=language) for number, (language, body, *_) in enumerate(FORMS)),
    )
    for number, (language, _, query, why) in enumerate(FORMS):
        with subtests.test(language=language, query=query):
            assert f"n{number}" in await found(elasticsearch, query), why
            of_this = await found(elasticsearch, query, languages=(language,))
            assert f"n{number}" in of_this, why
            assert set(of_this) <= {f"n{other}" for other, (its, *_) in enumerate(FORMS) if its == language}


def test_every_language_with_an_analysis_has_such_a_test() -> None:
    tried = {language.replace("-", "").lower() for language, *_ in FORMS}
    assert tried == set(languages())


async def test_one_query_finds_all_languages(elasticsearch: ElasticsearchIndex, put: Put) -> None:
    await put(
        elasticsearch,
        document("de", body="Die Minister in Bagdad", in_language="de"),
        document("fr", body="Les ministres à Bagdad", in_language="fr"),
        document("und", body="Bagdad", in_language="und"),
    )
    assert await found(elasticsearch, "bagdad") == ["de", "fr", "und"]
    assert await found(elasticsearch, "minister OR ministre") == ["de", "fr"]


async def test_quotes_ask_for_these_forms_alone(elasticsearch: ElasticsearchIndex, put: Put) -> None:
    await put(elasticsearch, document("a", body="Ministers argue"), document("b", body="The minister argued"))
    assert await found(elasticsearch, "minister") == ["a", "b"]
    assert await found(elasticsearch, '"minister"') == ["b"]


async def test_a_compound_asked_for_is_not_taken_apart(elasticsearch: ElasticsearchIndex, put: Put) -> None:
    await put(elasticsearch, document("a", body="Die Debatte dauerte lange", in_language="de"))
    assert await found(elasticsearch, "Haushaltsdebatte") == []


async def test_traditional_and_simplified_chinese_stay_apart_without_icu(
    elasticsearch: ElasticsearchIndex, put: Put
) -> None:
    """No analyzer that every Elasticsearch has knows that 國 and 国 are one letter."""
    await put(elasticsearch, document("a", body="國務院總理", in_language="zh"))
    assert await found(elasticsearch, "国务院") == []


async def test_a_japanese_verb_is_found_in_its_own_form_alone_without_kuromoji(
    elasticsearch: ElasticsearchIndex, put: Put
) -> None:
    """Pairs of letters find parts of words, not the dictionary form 開く of 開いた."""
    await put(elasticsearch, document("a", body="会見を開いた", in_language="ja"))
    assert await found(elasticsearch, "開いた") == ["a"]
    assert await found(elasticsearch, "開く") == []


async def test_highlights_mark_the_form_that_stands_in_the_text(elasticsearch: ElasticsearchIndex, put: Put) -> None:
    await put(elasticsearch, document("a", headline="In den Häusern", in_language="de"))
    (hit,) = (await elasticsearch.search(Query(text="Haus", highlight=True))).hits
    assert hit.highlights["headline"] == ("In den \ue000Häusern\ue001",)


async def test_create_says_what_the_server_lacks(elasticsearch: ElasticsearchIndex) -> None:
    notes = " ".join((await elasticsearch.status()).notes)
    for plugin in ("analysis-icu", "analysis-kuromoji", "analysis-nori", "analysis-smartcn", "analysis-stempel"):
        assert plugin in notes
