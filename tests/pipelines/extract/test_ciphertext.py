"""Text whose letters a paywall moved is not read as the article's, in any alphabet; clear text always is."""

import pytest

from tests.pipelines.handmade import article_html, outcome

#: a clear text, and another one of which the page's short lines are made
TEXTS = {
    "en": (
        "The ferry that links the two shores of the lake will run every twenty minutes from Monday, the operator said, after the third vessel passed its trials in the fog of last week and the harbour master gave his leave.",
        "News from the town and the region, weather for the weekend, sports results of the home teams, letters of our readers to the editor, small advertisements for flats and cars, jobs in the harbour and on the boats, opening hours of the museum, tickets for the theatre and the concert hall, death notices, archive of the last years, contact and imprint of the publishing house",
    ),
    "de": (
        "Die Fähre zwischen den beiden Ufern des Sees verkehrt ab Montag alle zwanzig Minuten, teilte der Betreiber mit, nachdem das dritte Schiff seine Probefahrten im Nebel der vergangenen Woche bestanden hatte.",
        "Nachrichten aus der Stadt und dem Umland, das Wetter am Wochenende, Ergebnisse der Mannschaften aus der Region, Briefe unserer Leserinnen und Leser, Kleinanzeigen für Wohnungen und Fahrzeuge, Stellen im Hafen und auf den Schiffen, Öffnungszeiten des Museums, Karten für das Theater, Traueranzeigen, das Archiv der letzten Jahre, Kontakt und Impressum des Verlages",
    ),
    "fr": (
        "Le bac qui relie les deux rives du lac partira toutes les vingt minutes à partir de lundi, a annoncé la compagnie, après que le troisième bateau a réussi ses essais dans le brouillard de la semaine dernière.",
        "Nouvelles de la ville et de la région, météo du prochain week-end, résultats sportifs des équipes locales, lettres de nos lecteurs, petites annonces pour appartements et voitures, emplois au port et sur les bateaux, heures d'ouverture du musée, billets pour le théâtre et les concerts, avis de décès, archives des dernières années, contact et mentions légales de la maison",
    ),
    "el": (
        "Το πλοίο που συνδέει τις δύο όχθες της λίμνης θα κάνει δρομολόγια κάθε είκοσι λεπτά από τη Δευτέρα, ανακοίνωσε η εταιρεία, αφού το τρίτο σκάφος ολοκλήρωσε τις δοκιμές του στην ομίχλη της περασμένης εβδομάδας.",
        "Ειδήσεις από την πόλη και την περιοχή, ο καιρός για το σαββατοκύριακο, αποτελέσματα των τοπικών ομάδων, επιστολές των αναγνωστών μας, μικρές αγγελίες για διαμερίσματα και αυτοκίνητα, θέσεις εργασίας στο λιμάνι, ώρες λειτουργίας του μουσείου, εισιτήρια για το θέατρο και τις συναυλίες, αρχείο των τελευταίων ετών, επικοινωνία και ταυτότητα του εκδοτικού οίκου",
    ),
    "ru": (
        "Паром, который связывает два берега озера, с понедельника будет ходить каждые двадцать минут, сообщила компания, после того как третье судно прошло испытания в тумане прошлой недели и получило разрешение.",
        "Новости города и области, погода на выходные, результаты местных команд, письма наших читателей в редакцию, частные объявления о квартирах и машинах, работа в порту и на судах, часы работы музея, билеты в театр и концертный зал, архив последних лет, контакты и выходные данные издательства, подписка на газету и доставка по городу, реклама на страницах газеты",
    ),
    "ar": (
        "قالت الشركة المشغلة إن العبارة التي تربط ضفتي البحيرة ستعمل كل عشرين دقيقة ابتداء من يوم الاثنين بعد أن اجتازت السفينة الثالثة تجاربها في ضباب الأسبوع الماضي وحصلت على إذن من مدير الميناء في المدينة القديمة.",
        "أخبار المدينة والمنطقة والطقس في نهاية الأسبوع ونتائج الفرق المحلية ورسائل القراء إلى المحرر وإعلانات صغيرة عن الشقق والسيارات ووظائف في الميناء وعلى السفن وساعات عمل المتحف وتذاكر المسرح والحفلات وأرشيف السنوات الأخيرة واتصل بنا ومعلومات عن دار النشر والاشتراك في الصحيفة والتوزيع في المدينة وإعلانات على صفحات الجريدة اليومية",
    ),
}


def moved(text: str, places: int) -> str:
    return "".join(chr(ord(character) + places) if character != " " else " " for character in text)


def html(language: str, places: int) -> str:
    text, menu = TEXTS[language]
    words = menu.split()
    links = "".join(f"<li>{' '.join(words[at : at + 4])}</li>" for at in range(0, len(words), 4))
    said = moved(text, places).replace("&", "&amp;").replace("<", "&lt;")
    body = f"<p>{said}</p><h2>{text[:30]}</h2><p>{said} {said[:60]}</p>"
    return article_html(
        head=f"<meta property='og:type' content='article'><meta name='description' content='{text[:150].strip()}'>",
        top=f"<h1>{text[:40]}</h1><p>{text[:150].strip()}</p>",
        body=body,
        below=f"<ul>{links}</ul>",
        lang=language,
    )


@pytest.mark.parametrize("places", [1, 2, -1, 13])
@pytest.mark.parametrize("language", TEXTS)
def test_moved_letters_are_not_the_text(language: str, places: int) -> None:
    text = TEXTS[language][0]
    found = outcome(html(language, places)).article
    assert found is not None
    assert moved(text, places)[:40] not in found.body
    assert text[:150].strip() in (found.body, found.standfirst)


@pytest.mark.parametrize("language", TEXTS)
def test_clear_letters_are(language: str) -> None:
    found = outcome(html(language, 0)).article
    assert found is not None
    assert TEXTS[language][0] in found.body


@pytest.mark.parametrize("menu", TEXTS)
@pytest.mark.parametrize("language", TEXTS)
def test_a_text_in_another_language_than_its_page_is_clear(language: str, menu: str) -> None:
    page = html(language, 0)
    words = TEXTS[language][1].split()
    others = " ".join(TEXTS[menu][1].split())
    own = "".join(f"<li>{' '.join(words[at : at + 4])}</li>" for at in range(0, len(words), 4))
    assert own in page
    lines = [others[at : at + 40] for at in range(0, len(others), 40)]
    found = outcome(page.replace(own, "".join(f"<li>{line}</li>" for line in lines))).article
    assert found is not None
    assert TEXTS[language][0] in found.body
