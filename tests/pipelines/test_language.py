"""Languages: what is read in the text, and when a witness is believed."""

import pytest

from news.language import UNKNOWN
from pipelines.language import detect, identify

GERMAN = "Der Gemeinderat hat am Dienstag beschlossen, die alte Brücke über den Fluss im kommenden Jahr zu erneuern."
ENGLISH = "The town council decided on Tuesday that the old bridge across the river will be rebuilt during next year."
ARABIC = "قرر مجلس المدينة يوم الثلاثاء إعادة بناء الجسر القديم فوق النهر خلال العام المقبل بعد نقاش طويل بين الأعضاء."
ICELANDIC = (
    "Bæjarstjórnin ákvað á þriðjudag að gamla brúin yfir ána verði endurbyggð á næsta ári eftir langar umræður. "
    "Íbúar hafa lengi beðið eftir nýrri brú, sagði bæjarstjórinn við fréttamenn að fundi loknum."
)
ZULU = (
    "Umkhandlu unqume ngoLwesibili ukuthi ibhuloho elidala elinqamula umfula lizokwakhiwa kabusha ngonyaka ozayo. "
    "Abahlali sebelinde isikhathi eside ibhuloho elisha, kusho imeya ngemva komhlangano."
)


@pytest.mark.parametrize(("text", "code"), [(GERMAN, "de"), (ENGLISH, "en"), (ARABIC, "ar")])
def test_a_plain_text_needs_no_witness(text: str, code: str) -> None:
    assert identify(text, None).code == code


def test_a_page_that_lies_about_its_language_is_not_believed() -> None:
    assert identify(ARABIC, stated="en").code == "ar"
    assert identify(GERMAN, stated="en-US", expected=("en",)).code == "de"


def test_a_language_the_detector_does_not_know_is_believed_to_page_or_outlet() -> None:
    assert detect(ICELANDIC)[0].code != "is"
    assert identify(ICELANDIC, "is").code == "is"
    assert identify(ZULU, "en", expected=("zu",)).code == "zu"


def test_an_english_article_of_a_zulu_paper_stays_english() -> None:
    assert identify(ENGLISH, None, expected=("zu",)).code == "en"


@pytest.mark.parametrize("text", ["", "   ", "12:30 – 14.45", "!!!", "🙂🙂", "\x00\x00"])
def test_a_text_without_letters_has_no_language(text: str) -> None:
    assert identify(text, "en", ("en",)) == UNKNOWN


def test_a_few_words_take_the_page_at_its_word_and_else_stay_undetermined() -> None:
    assert identify("Sieg!", "de").code == "de"
    assert identify("Sieg!", None) == UNKNOWN
    assert identify("Sieg!", "ru") == UNKNOWN  # the script refutes it


def test_a_script_with_one_language_tells_it_in_a_few_letters() -> None:
    assert identify("서울에서", None).code == "ko"
    assert identify("ข่าว", None).code == "th"


@pytest.mark.parametrize(
    "text", ["a" * 500_000, "word " * 100_000, "Москва العراق 東京 Paris " * 20_000, "1 " * 250_000]
)
def test_any_text_gets_an_answer(text: str) -> None:
    assert 0 <= identify(text, None).confidence <= 1


def test_a_broken_statement_is_no_witness() -> None:
    for stated in ("", "x-default", "-", "ein Satz", "en" * 500, "☃"):
        assert identify("Sieg!", stated) == UNKNOWN


@pytest.mark.parametrize(
    "text",
    [
        "衛生局日前針對超商預購進行調查，經過輔導後已改善，提醒民眾選購時應注意保存方式以及外觀包裝是否完整。",
        "渡 輪 公 司 宣 佈 ， 下 星 期 一 起 每 二 十 分 鐘 一 班 ， 市 民 對 此 表 示 歡 迎 。",
        "我国中东部部分地区今天夜间到明天白天仍将与雾霾天气相伴，对当地的交通运输造成不利影响。",
    ],
)
@pytest.mark.parametrize("stated", [None, "en", "zh-TW"])
def test_chinese_is_known_by_its_script_in_both_of_its_forms(text: str, stated: str | None) -> None:
    assert identify(text, stated).code == "zh"
