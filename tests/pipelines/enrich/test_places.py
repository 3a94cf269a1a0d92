"""Places: in many languages, in their cases, and not where a name is a person's, a word or a part of another."""

import pytest

from tests.pipelines.enrich.writing import places

#: the same news in thirty languages, by us: talks between Iraq and Germany, held in Baghdad, then in Moscow or Berlin
SAME = {
    "en": "Iraq and Germany held talks in Baghdad on Monday before going on to Moscow.",
    "de": "Der Irak und Deutschland haben am Montag in Bagdad verhandelt, bevor sie nach Moskau reisten.",
    "fr": "L'Irak et l'Allemagne ont mené lundi des pourparlers à Bagdad avant de se rendre à Moscou.",
    "es": "Irak y Alemania mantuvieron el lunes conversaciones en Bagdad antes de viajar a Moscú.",
    "it": "L'Iraq e la Germania hanno tenuto lunedì colloqui a Baghdad prima di andare a Mosca.",
    "pt": "O Iraque e a Alemanha mantiveram conversas na segunda-feira em Bagdá antes de seguir para Moscou.",
    "nl": "Irak en Duitsland voerden maandag gesprekken in Bagdad voordat ze naar Moskou gingen.",
    "sv": "Irak och Tyskland förde på måndagen samtal i Bagdad innan de for till Moskva.",
    "no": "Irak og Tyskland holdt mandag samtaler i Bagdad før de dro til Moskva.",
    "da": "Irak og Tyskland holdt mandag samtaler i Bagdad, før de rejste til Moskva.",
    "pl": "Przedstawiciele Iraku i Niemiec rozmawiali w poniedziałek w Bagdadzie, zanim pojechali do Moskwy.",
    "cs": "Zástupci Iráku a Německa jednali v pondělí v Bagdádu, než odjeli do Moskvy.",
    "sk": "Zástupcovia Iraku a Nemecka rokovali v pondelok v Bagdade, kým odišli do Moskvy.",
    "hr": "Predstavnici Iraka i Njemačke razgovarali su u ponedjeljak u Bagdadu prije odlaska u Moskvu.",
    "ru": "Представители Ирака и Германии провели в понедельник переговоры в Багдаде, а затем отправились в Москву.",
    "uk": "Представники Іраку та Німеччини провели в понеділок переговори в Багдаді, а потім вирушили до Москви.",
    "bg": "Представители на Ирак и Германия проведоха в понеделник разговори в Багдад, преди да заминат за Москва.",
    "tr": "Irak'ın ve Almanya'nın temsilcileri pazartesi günü Bağdat'ta görüştü, ardından Moskova'ya gitti.",
    "fi": "Irakin ja Saksan edustajat neuvottelivat maanantaina Bagdadissa ennen kuin matkustivat Moskovaan.",
    "hu": "Irak és Németország képviselői hétfőn Bagdadban tárgyaltak, mielőtt Moszkvába utaztak.",
    "ro": "Irakul și Germania au purtat luni discuții la Bagdad înainte de a pleca la Moscova.",
    "el": "Το Ιράκ και η Γερμανία είχαν τη Δευτέρα συνομιλίες στη Βαγδάτη πριν μεταβούν στη Μόσχα.",
    "id": "Irak dan Jerman mengadakan pembicaraan pada Senin di Bagdad sebelum berangkat ke Moskow.",
    "vi": "Iraq và Đức đã hội đàm hôm thứ Hai tại Baghdad trước khi đến Moskva.",
    "ar": "أجرى ممثلون عن العراق وألمانيا محادثات يوم الاثنين في بغداد قبل السفر إلى موسكو.",
    "he": "נציגי עיראק וגרמניה קיימו ביום שני שיחות בבגדד לפני שנסעו למוסקבה.",
    "hi": "इराक और जर्मनी ने सोमवार को बगदाद में बातचीत की और फिर मास्को गए।",
    "ja": "イラクとドイツは月曜日、バグダードで協議し、その後モスクワに向かった。",
    "zh": "伊拉克和德国星期一在巴格达举行会谈，随后前往莫斯科。",
    "ko": "이라크와 독일은 월요일 바그다드에서 회담한 뒤 모스크바로 떠났다.",
}
WANTED = {"IQ", "DE", "IQ Baghdad", "RU Moscow"}


@pytest.mark.parametrize("language", sorted(SAME))
def test_the_same_places_are_found_in_thirty_languages(language: str) -> None:
    assert places(SAME[language], language) == WANTED


@pytest.mark.parametrize(
    ("language", "text", "wanted"),
    [
        ("ru", "Взрыв прогремел недалеко от Харькова, сообщили в Киеве.", {"UA Kharkiv", "UA Kyiv"}),
        ("ru", "Делегация Саудовской Аравии прибыла в Париж.", {"SA", "FR Paris"}),
        ("uk", "Потяг вирушив зі Львова до Варшави.", {"UA Lviv", "PL Warsaw"}),
        ("cs", "Ministr odletěl z Prahy do Bruselu a o Polsku nemluvil.", {"CZ Prague", "BE Brussels", "PL"}),
        ("pl", "Premier przyleciał z Warszawy do Berlina, o Ukrainie nie mówił.", {"PL Warsaw", "DE Berlin", "UA"}),
        ("tr", "Tren Ankara'dan İstanbul'a gidiyor.", {"TR Ankara", "TR Istanbul"}),
        ("az", "Nazirlər Bakıda görüşdü, sonra Türkiyəyə getdi.", {"AZ Baku", "TR"}),
        ("kk", "Кездесу Алматыда өтті, қонақтар Ресейден келді.", {"KZ Almaty", "RU"}),
        ("ar", "وصل الوزير من بيروت بالطائرة وزار العراق ولبنان.", {"LB Beirut", "IQ", "LB"}),
        ("de", "Chinas Wirtschaft wächst, Deutschlands Exporte fallen.", {"CN", "DE"}),
    ],
)
def test_inflected_names_lead_to_the_place(language: str, text: str, wanted: set[str]) -> None:
    assert places(text, language) == wanted


def test_a_person_named_like_a_place_is_no_place() -> None:
    assert places("Chelsea Clinton met Jordan Morris. Florence Pugh said Austin Butler was late.") == set()


def test_a_place_inside_another_name_is_no_place() -> None:
    text = "The Boston Globe reported on the University of Michigan. The Berlin Marathon starts early."
    assert places(text) == set()


def test_a_small_town_needs_a_word_that_says_so() -> None:
    assert places("Union leaders spoke. Chia seeds are healthy. Antony nodded.") == set()
    assert places("A man from Rathdrum, Idaho, was found in the town of Moscow, Idaho.") >= {"US-ID", "US Moscow"}


def test_a_name_of_several_places_means_the_one_the_text_is_about() -> None:
    assert "US Birmingham" in places(
        "Police in Birmingham, Alabama, were called. Alabama officials came.", country="us"
    )
    assert "GB Birmingham" in places("Police in Birmingham were called. The UK has many such towns.", country="gb")


def test_georgia_is_a_state_among_states_and_else_a_country() -> None:
    assert "US-GA" in places("Voters in Georgia, Florida and Texas go to the polls. The US waits.", country="us")
    assert "GE" in places("Georgia's parliament in Tbilisi met on Friday; Russia protested.")


def test_states_are_known_as_papers_shorten_them() -> None:
    assert places("LA CROSSE, Wis. (AP) — Rep. Jane Doe, D-Minn., spoke.") >= {"US-WI", "US-MN"}


def test_a_part_of_a_town_is_named_as_written() -> None:
    assert "IQ al-Mashtal" in places("A bomb fell on the al-Mashtal neighbourhood of east Baghdad.")


def test_us_is_a_country_and_us_is_not() -> None:
    assert places("They told us to wait. Let us go.") == set()
    assert places("The US waited.") == {"US"}


def test_the_heaviest_place_comes_first_and_weights_sum_to_one() -> None:
    from pipelines.enrich import enrich
    from tests.pipelines.enrich.writing import article, outlet

    found = enrich(article("Iraq is big. Iraq is old. Iran is near.", headline="Iraq votes"), outlet())["places"]
    assert [each["code"] for each in found] == ["IQ", "IR"]
    assert sum(each["weight"] for each in found) == pytest.approx(1, abs=0.01)
    assert found[0]["mentions"] == 3
