import re

import pytest

from pipelines.extract.correction_notices import MOST_CHARACTERS, is_notice, is_notice_heading
from pipelines.extract.language_rules import rules

LANGUAGES = {language for language, lists in rules().items() if "correction_begins" in lists}


def test_forty_languages_say_that_they_correct():
    needed = {"correction_begins", "correction_notes", "correction_errs", "correction_says"}
    assert {language for language in LANGUAGES if needed <= rules()[language].keys()} == LANGUAGES
    assert len(LANGUAGES) >= 40


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_a_label_is_one_before_a_colon_alone_and_with_a_date(language):
    label = re.sub(r"\[([^|\]]*)[^\]]*\]", r"\1", rules()[language]["correction_begins"][0]).rstrip("*").capitalize()
    assert is_notice(f"{label}: 9, 14, 300 000 000")
    assert is_notice(f"{label} (3.5.2026): 9, 14, 300 000 000")
    assert is_notice_heading(label)
    assert not is_notice(f"{label} xxxxxxx xxxxxxx yyy: 9, 14, 300 000 000")


@pytest.mark.parametrize(
    "text",
    [
        "An earlier version of this story gave the wrong year for the fire at the mill.",
        "(Corrects spelling of the minister's name in paragraph 3)",
        "The caption of an earlier version of this article named the wrong dog.",
        "LONDON (Agency) - (Corrects 10th paragraph to show that the yard has two cranes)",
        "This version corrects the number of berths.",
        "This May 4 report has been corrected to say that the yard has two cranes.",
        "(Headline corrected at 9:15 to say that the vote is tomorrow.)",
        "We have corrected the date of the fair in this story.",
        "This column mistakenly described the yard as closed.",
        "Wir haben diesen Bericht an zwei Stellen berichtigt.",
        "Nous avons corrigé le nom du chantier dans cet article.",
        "We hebben in dit bericht de naam van de werf gecorrigeerd.",
        "Rettelse 4. marts klokken 12.10: Værftet har to kraner.",
        "Correctie 4 maart 2026, 12.10 uur: de werf heeft twee kranen.",
        "Korrektur vom 4. März um 12.10 Uhr: Die Werft hat zwei Kräne.",
        "В статье исправлена опечатка: на верфи два крана.",
        "Correction added March 3, 2026: The caption named the wrong bridge.",
        "Clarification published on 3 March: the toll is for lorries alone.",
        "Korrektur hinzugefügt am 3. März 2026: Die Brücke ist 20 Meter lang.",
        "Correction apportée le 3 mars à 14 h 10 : le pont mesure 20 mètres.",
        "Corrección añadida el 3 de marzo de 2026: el puente mide 20 metros.",
        "Rettelse tilføjet 3. marts 2026: Broen er 20 meter lang.",
        "This story was first published March 2, 2026. It was updated March 3, 2026, to correct the bridge's length.",
        "This article was updated on Tuesday to correct the name of the bridge.",
        "Der Artikel wurde am 3. März aktualisiert, um die Länge der Brücke zu korrigieren.",
        "Cet article a été mis à jour le 3 mars pour corriger la longueur du pont.",
        "Dit bericht is op 3 maart bijgewerkt om de lengte van de brug te corrigeren.",
        "Updated at 10:40: This article has been updated to reflect that the vote was on Tuesday.",
        "Editor’s note: The second paragraph was corrected on May 4.",
        "Anm. d. Red.: In einer früheren Fassung stand, die Brücke sei 30 Meter lang.",
        "Dans une première version de cet article, nous écrivions que le pont mesurait 30 mètres.",
        "En una versión anterior de esta noticia se decía que el puente mide 30 metros.",
        "Dit artikel is gecorrigeerd: de brug is 20 meter lang.",
        "I en tidligere version af artiklen fremgik det, at broen er 30 meter lang.",
        "В предыдущей версии материала была неверно указана длина моста.",
        "本文早前版本误将桥长写为30米。",
        "当初の記事で橋の長さを30メートルとしていましたが、正しくは20メートルでした。訂正してお詫びします。",
        # what was corrected, in brackets
        "(Fixes typo in dateline)",
        "(Rectifica el nombre del puente en el titular)",
        "(Уточнено название моста в заголовке)",
        "(Berichtigt wurde im zweiten Satz die Länge)",
        "—Corrige la longueur du pont au 2e paragraphe—",
        # a label in brackets, or before a dash where it means nothing else
        "【訂正】橋の長さは20メートルです。",
        "[바로잡습니다] 다리의 길이는 20미터입니다.",
        "Erratum – le pont mesure 20 mètres.",
        "Owing to incorrect data from the council, we said that the bridge is 30 metres long.",
    ],
)
def test_what_newsrooms_write_is_heard(text):
    assert is_notice(text)


@pytest.mark.parametrize(
    "text",
    [
        "Correction in share prices continues: why dealers stay calm",
        "Korrektur am Wohnungsmarkt: Die Preise fallen weiter",
        "Oprava silnice č. 35: řidiči čekají hodinu",
        "Editor's note: This conversation has been edited for length.",
        "The earlier version of the phone had a smaller screen.",
        "Une version antérieure du logiciel reste disponible.",
        "The bill corrects the balance between the two houses, its author said.",
        "Corrections officers at the county jail went on strike.",
        "We have corrected course, the prime minister told reporters.",
        "Wir haben den Kurs gehalten und die Fehler der anderen vermieden, sagte die Ministerin.",
        "This report was published by the ministry and corrected a year later, said its author.",
        "Исправлен прибор: инженеры нашли ошибку в датчике.",
        "Correction made to the budget on Tuesday: the city needs two million more.",
        "This story was first published in March. It was read by a million people.",
        "The map was updated on Tuesday to correct for the tide.",
        "This story has been updated with additional developments.",
        "He was corrected by the speaker, and sat down.",
        "Fixes for typos in datelines are the dullest part of the job.",
        "Owing to incorrect data from the radar, the boat turned west.",
        "Corrige la postura: cuatro ejercicios para la espalda",
        "El ministro corrige la previsión de crecimiento.",
        "Исправлены мосты: число аварий падает",
        "תיקון מספר 6 לחוק הגשרים אושר.",
        "(Adds quote from the mayor in paragraph 4)",
        "Note: all times are local.",
        "A" * (MOST_CHARACTERS + 1),
        "",
    ],
)
def test_what_speaks_of_other_corrections_is_left_alone(text):
    assert not is_notice(text)


def test_a_long_paragraph_that_speaks_of_a_correction_at_its_end_is_none():
    assert not is_notice(
        "The paper printed the figures on Monday. " * 10 + "An earlier version of this article was short."
    )
