"""What notices say was wrong and is right, in many languages, and which version they speak of."""

import tomllib
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import pytest

from news.article import Article, CorrectionNotice
from news.corrections import MOST_CHARACTERS, corrections, stated_corrections
from news.version import Version

#: language, notice, what was wrong, what is right
STATED = [
    ("en", "Correction: The council has 41 seats, not 14.", "14", "The council has 41 seats"),
    (
        "en",
        "An earlier version of this article incorrectly stated that the ferry sank. It ran aground.",
        "the ferry sank",
        "It ran aground",
    ),
    ("en", "(Corrects the minister's name in paragraph 2 to Olsen from Olson)", "Olson", "Olsen"),
    (
        "en",
        "This story was updated to reflect that the vote is on Friday, rather than Thursday.",
        "Thursday",
        "the vote is on Friday",
    ),
    ("en", "The figure was changed from 3.5 million to 2.5 million.", "3.5 million", "2.5 million"),
    ("en", "The river's length should have been 200 km.", "The river's length", "200 km"),
    ("de", "Korrektur: Der Bürgermeister ist 61, nicht 16 Jahre alt.", "16 Jahre alt", "Der Bürgermeister ist 61"),
    (
        "de",
        "In einer früheren Version hieß es, die Brücke sei gesperrt. Tatsächlich ist sie offen.",
        "die Brücke sei gesperrt",
        "Tatsächlich ist sie offen",
    ),
    ("de", "Berichtigung: Das Spiel ist nicht am Montag, sondern am Dienstag.", "am Montag", "am Dienstag"),
    ("fr", "Rectificatif : le vote a eu lieu jeudi, et non mercredi.", "mercredi", "le vote a eu lieu jeudi"),
    (
        "fr",
        "Une version précédente de cet article indiquait que le pont était fermé. Il est ouvert.",
        "le pont était fermé",
        "Il est ouvert",
    ),
    ("es", "Fe de errores: donde dice «1.200 euros» debe decir «12.000 euros».", "1.200 euros", "12.000 euros"),
    (
        "es",
        "Corrección: la huelga empieza el martes, en lugar del lunes.",
        "lunes",
        "la huelga empieza el martes",
    ),
    ("pt", "Errata: onde se lê “300 alunos”, leia-se “3.000 alunos”.", "300 alunos", "3.000 alunos"),
    ("pt", "Correção: o jogo será no sábado, e não no domingo.", "no domingo", "o jogo será no sábado"),
    ("it", "Errata corrige: i posti sono 900, e non 9.000.", "9.000", "i posti sono 900"),
    (
        "it",
        "In una versione precedente si leggeva che il ponte era chiuso. È aperto.",
        "il ponte era chiuso",
        "È aperto",
    ),
    ("nl", "Correctie: de brug opent in mei, en niet in juni.", "in juni", "de brug opent in mei"),
    (
        "nl",
        "In een eerdere versie stond abusievelijk dat de brug dicht was. De brug is open.",
        "de brug dicht was",
        "De brug is open",
    ),
    ("sv", "Rättelse: Mötet är på tisdag, inte på måndag.", "på måndag", "Mötet är på tisdag"),
    (
        "sv",
        "I en tidigare version stod det felaktigt att bron var stängd. Den är öppen.",
        "bron var stängd",
        "Den är öppen",
    ),
    ("da", "Rettelse: Broen åbner i maj, ikke i juni.", "i juni", "Broen åbner i maj"),
    ("nb", "Rettelse: Møtet er ikke mandag, men tirsdag.", "mandag", "tirsdag"),
    (
        "is",
        "Í fyrri útgáfu stóð ranglega að brúin væri lokuð. Hún er opin.",
        "brúin væri lokuð",
        "Hún er opin",
    ),
    ("fi", "Oikaisu: Kokous ei ole maanantaina vaan tiistaina.", "ole maanantaina", "tiistaina"),
    (
        "fi",
        "Jutussa kerrottiin aiemmin, että silta on suljettu. Silta on auki.",
        "silta on suljettu",
        "Silta on auki",
    ),
    ("et", "Parandus: koosolek on teisipäeval, mitte esmaspäeval.", "esmaspäeval", "koosolek on teisipäeval"),
    ("lv", "Labojums: sapulce ir otrdien, nevis pirmdien.", "pirmdien", "sapulce ir otrdien"),
    ("pl", "Sprostowanie: most otwarto w maju, a nie w czerwcu.", "w czerwcu", "most otwarto w maju"),
    (
        "pl",
        "We wcześniejszej wersji podaliśmy błędnie, że most jest zamknięty. Most jest otwarty.",
        "most jest zamknięty",
        "Most jest otwarty",
    ),
    (
        "cs",
        "V původní verzi jsme chybně uvedli, že most je zavřený. Most je otevřený.",
        "most je zavřený",
        "Most je otevřený",
    ),
    ("cs", "Oprava: schůze je v úterý, nikoli v pondělí.", "v pondělí", "schůze je v úterý"),
    ("sk", "Oprava: schôdza je v utorok, nie v pondelok.", "v pondelok", "schôdza je v utorok"),
    ("hu", "Helyesbítés: az ülés nem hétfőn, hanem kedden lesz.", "hétfőn", "kedden lesz"),
    ("ro", "Erată: ședința este marți, nu luni.", "luni", "ședința este marți"),
    ("hr", "Ispravak: sjednica je u utorak, a ne u ponedjeljak.", "u ponedjeljak", "sjednica je u utorak"),
    ("sr", "Исправка: седница је у уторак, а не у понедељак.", "у понедељак", "седница је у уторак"),
    ("sl", "Popravek: seja je v torek, ne v ponedeljek.", "v ponedeljek", "seja je v torek"),
    ("bg", "Поправка: заседанието е във вторник, а не в понеделник.", "в понеделник", "заседанието е във вторник"),
    ("ru", "Исправление: мост открыли в мае, а не в июне.", "в июне", "мост открыли в мае"),
    (
        "ru",
        "В предыдущей версии ошибочно сообщалось, что мост закрыт. Мост открыт.",
        "мост закрыт",
        "Мост открыт",
    ),
    ("uk", "Виправлення: міст відкрили у травні, а не в червні.", "в червні", "міст відкрили у травні"),
    ("el", "Διόρθωση: η γέφυρα άνοιξε τον Μάιο, όχι τον Ιούνιο.", "τον Ιούνιο", "η γέφυρα άνοιξε τον Μάιο"),
    ("tr", "Düzeltme: toplantı pazartesi değil, salı günü.", "toplantı pazartesi", "salı günü"),
    ("id", "Ralat: rapat diadakan Selasa, bukan Senin.", "Senin", "rapat diadakan Selasa"),
    ("vi", "Đính chính: cuộc họp vào thứ Ba, không phải thứ Hai.", "thứ Hai", "cuộc họp vào thứ Ba"),
    ("ja", "訂正：会議は月曜日ではなく、火曜日でした。", "会議は月曜日", "火曜日"),
    ("ja", "記事中「三千人」とあるのは「三百人」の誤りでした。", "三千人", "三百人"),
    ("zh", "更正：会议在星期二，而非星期一。", "星期一", "会议在星期二"),
    ("ko", "바로잡습니다: 회의는 월요일이 아니라 화요일입니다.", "회의는 월요일", "화요일입니다"),
    ("he", "תיקון: הישיבה ביום שלישי, ולא ביום שני.", "ביום שני", "הישיבה ביום שלישי"),
    ("ar", "تصحيح: الاجتماع يوم الثلاثاء، وليس الاثنين.", "الاثنين", "الاجتماع يوم الثلاثاء"),
    ("fa", "اصلاحیه: جلسه سه‌شنبه است، نه دوشنبه.", "دوشنبه", "جلسه سه‌شنبه است"),
    ("hi", "सुधार: बैठक सोमवार के बजाय मंगलवार को है।", "बैठक सोमवार", "मंगलवार को है"),
    ("ca", "Correcció: la reunió és dimarts, no dilluns.", "dilluns", "la reunió és dimarts"),
    ("sw", "Marekebisho: mkutano ni Jumanne, si Jumatatu.", "Jumatatu", "mkutano ni Jumanne"),
    ("ms", "Pembetulan: mesyuarat pada Selasa, bukan Isnin.", "Isnin", "mesyuarat pada Selasa"),
    ("lt", "Pataisymas: posėdis vyks antradienį, o ne pirmadienį.", "pirmadienį", "posėdis vyks antradienį"),
]
#: notices that state no such pair
UNSTATED = [
    ("en", "This article was amended on 3 May to correct the name of the mayor."),
    ("en", "Editor's note: We have removed a quotation that we could not verify."),
    ("en", "An earlier version of this article gave the wrong date."),
    ("en", "Clarification: The mayor did not vote. The text has been changed."),
    ("de", "Der Artikel wurde nachträglich korrigiert. Wir haben den Fehler nicht bemerkt."),
    ("pt", "Correção: o prefeito não recebeu dinheiro."),
    ("fr", "Erratum : une erreur s'est glissée dans le nom du maire."),
    ("pl", "We wcześniejszej wersji artykułu podaliśmy błędną datę."),
    ("sv", "Rättelse: Kommunen har inte betalat."),
    ("ru", "В предыдущей версии статьи была указана неверная дата."),
    ("zh", "本文早前版本误写了市长的姓名。"),
]
START = datetime(2026, 3, 2, 8, tzinfo=UTC)


def version(number: int, **fields: object) -> Version:
    article = Article(url="https://example.org/a", in_language="en", **fields)  # type: ignore[arg-type]
    return Version(number=number, seen_at=START + timedelta(hours=number), article=article)


def test_what_was_wrong_and_is_right_is_read_in_many_languages(subtests: pytest.Subtests) -> None:
    for language, notice, wrong, right in STATED:
        with subtests.test(notice=notice):
            assert [(each.wrong, each.right) for each in stated_corrections(notice, language)] == [(wrong, right)]
            assert (wrong, right) in [(each.wrong, each.right) for each in stated_corrections(notice, f"{language}-x")]


def test_a_notice_without_a_pair_states_none(subtests: pytest.Subtests) -> None:
    for language, notice in UNSTATED:
        with subtests.test(notice=notice):
            assert stated_corrections(notice, language) == ()


def test_each_language_with_forms_is_tried() -> None:
    known = tomllib.loads((files("news") / "data" / "corrections.toml").read_text("utf-8")).keys()
    tried = {language for language, *_ in STATED} - {"nb"} | {"no"}
    assert known - tried == set()
    assert len(known) >= 35


BODY = "The ferry left at noon.\nThe council has {} seats and meets in March.\nThe road is closed."


def test_a_notice_speaks_of_the_latest_version_that_holds_what_was_wrong() -> None:
    notice = "Correction: The council has 41 seats, not 14."
    history = [
        version(1, body=BODY.format(41)),
        version(2, body=BODY.format(14)),
        version(3, body=BODY.format(14) + "\nSnow fell."),
        version(4, body=BODY.format(41) + "\nSnow fell."),
        version(5, body=BODY.format(41) + "\nSnow fell.", correction=notice),
        version(6, body=BODY.format(41) + "\nMore snow fell.", correction=notice),
    ]
    (found,) = corrections(history)
    assert (found.version, found.speaks_of, found.wrong, found.text) == (5, 3, "14", notice)


@pytest.mark.parametrize(
    ("before", "after", "notice", "held"),
    [
        # said in other words, in another form of the word
        (
            "Firefighters said the plant has closed for good.",
            "The plant is to close in June.",
            "An earlier version said the plant had closed for good. It is to close in June.",
            True,
        ),
        # the text still says it
        ("The vote was on Monday.", "The vote was on Monday.", "The vote was on Tuesday, not Monday.", False),
        # the word stands in another statement that changed
        ("It rained on Monday.", "It rained all week.", "The vote was on Tuesday, not Monday.", False),
        ("The vote was on Monday.", "The vote was on Tuesday.", "The vote was on Tuesday, not Monday.", True),
        # one figure is not another
        ("The council has 140 seats.", "The council has 41 seats.", "The council has 41 seats, not 14.", False),
    ],
)
def test_a_version_holds_what_was_wrong_if_it_said_so_where_other_words_stand_now(
    before: str, after: str, notice: str, held: bool
) -> None:
    (found,) = corrections([version(1, body=before), version(2, body=after, correction=f"Correction: {notice}")])
    assert found.speaks_of == (1 if held else None)


def test_a_notice_that_was_there_before_is_not_a_new_one() -> None:
    first, second = "Correction: It has 41 seats, not 14.", "Correction: The road is open, not closed."
    history = [
        version(1, correction=first),
        version(2, correction=f"{first}\n{second}"),
        version(3, correction=f"{second}\n{first.upper()}"),
        version(4, correction=""),
        version(5, correction=first, correction_notices=(CorrectionNotice(text=first),)),
    ]
    assert [(each.version, each.text, each.speaks_of) for each in corrections(history)] == [
        (1, first, None),
        (2, second, None),
        (5, first, None),
    ]


def test_a_notice_for_machines_counts_and_one_that_states_nothing_is_told_without() -> None:
    notice = CorrectionNotice(text="The text was amended on 4 May.")
    (found,) = corrections([version(1, body="A"), version(2, body="B", correction_notices=(notice,))])
    assert found.as_json() == {"version": 2, "text": notice.text, "wrong": "", "right": "", "speaks_of": None}


@pytest.mark.parametrize("language", ["und", "en", "ja", "zz"])
@pytest.mark.parametrize(
    "unit",
    ["not, ", "an earlier version said ", "ではなく", "from a to ", "a: ", "should be ", "\u0300", "(((", "不是", "、"],
)
def test_of_a_hostile_notice_the_beginning_is_read(language: str, unit: str) -> None:
    assert stated_corrections(unit * 20_000, language) == stated_corrections(
        (unit * 20_000)[:MOST_CHARACTERS], language
    )
    history = [version(1, body=unit * 5_000), version(2, body=(unit * 5_000).upper(), correction=unit * 5_000)]
    assert len(corrections(history)) <= MOST_CHARACTERS
