import pytest

from news.article import Article
from news.edit_kind import SUBSTANCE, EditKind
from news.edits import compare

N, A, D, S, B = EditKind.NEGATION, EditKind.ATTRIBUTION, EditKind.DATE, EditKind.SPELLING, EditKind.BODY


@pytest.mark.parametrize(
    ("language", "text", "old", "new", "kind"),
    [
        # a prefix or an ending that negates is more than a slip
        ("cs", "Obžalovaný podle soudu spolupracoval s policií.", "spolupracoval", "nespolupracoval", N),
        ("sk", "Most je podľa úradu bezpečný a otvorený.", "bezpečný", "nebezpečný", N),
        ("tr", "Belediye meclisi dün köprünün planını onayladı ve dağıldı.", "onayladı", "onaylamadı", N),
        ("tr", "Bakanlık yeni bir yasa hazırlıyor ve bekliyor.", "bekliyor", "beklemiyor", N),
        ("sv", "Domstolen fann att mannen var skyldig till brottet.", "skyldig", "oskyldig", N),
        ("da", "Retten fandt, at manden var skyldig i alt.", "skyldig", "uskyldig", N),
        ("nl", "De rechter noemde de man schuldig aan het ongeluk.", "schuldig", "onschuldig", N),
        ("de", "Das Gericht hielt den Mann für schuldig an dem Unfall.", "schuldig", "unschuldig", N),
        ("en", "The house on the hill was insured at the time.", "insured", "uninsured", N),
        ("pl", "Sąd uznał, że kierowca był winny tego wypadku.", "winny", "niewinny", N),
        ("ru", "Суд решил, что водитель виновен в аварии.", "виновен", "невиновен", N),
        ("uk", "Міст визнали законним на засіданні ради.", "законним", "незаконним", N),
        # or is another word than and, and a slip within a small word is one
        ("de", "Die Halle wird verkauft und abgerissen.", "und", "oder", B),
        ("es", "La nave será vendida y derribada.", "y derribada", "o derribada", B),
        ("en", "The shed was sold on the spot to a farmer.", "on the", "of the", S),
        # who vouches may be a noun
        ("de", "Nach Ansicht der Anwältin war der Vertrag gültig.", "Nach Ansicht der Anwältin war der", "Der", A),
        ("es", "A juicio de la fiscal, el contrato era válido.", "A juicio de la fiscal, el", "El", A),
        ("fr", "Aux dires du maire, le pont est sûr.", "Aux dires du maire, le", "Le", A),
        ("it", "A detta del sindaco il ponte è sicuro.", "A detta del sindaco il", "Il", A),
        # a date in figures alone
        ("de", "Die Frist endet am 14.3.2026 um Mitternacht.", "14.3.2026", "15.3.2026", D),
        ("en", "The offer is open until 2026-03-14 at noon.", "2026-03-14", "2026-04-14", D),
        ("fr", "Le dépôt ferme le 14/03/2026 à midi.", "14/03/2026", "14/04/2026", D),
        ("ru", "Приём заявок закончится 14.03.2026 в полдень.", "14.03.2026", "14.05.2026", D),
        # another figure beside a date is a number
        ("de", "Bis 14.3.2026 kamen 20 Briefe an.", "20 Briefe", "30 Briefe", EditKind.NUMBER),
        # a sign that is a figure elsewhere
        ("ja", "会見した山田一郎氏は工事の延期を伝えた。", "山田一郎氏", "山田二郎氏", EditKind.NAME),
        ("ja", "逮捕された鈴木三郎容疑者は黙っている。", "鈴木三郎", "鈴木五郎", EditKind.NAME),
        ("ja", "会見には記者三人が来て、氏名を書いた。", "三人", "五人", EditKind.NUMBER),
        # numbers in words without spaces, whole and in part; what only holds one is none
        ("th", "ตำรวจจับผู้ต้องหาแปดคนเมื่อคืนนี้", "แปดคน", "เก้าคน", EditKind.NUMBER),
        ("th", "รัฐบาลอนุมัติงบสี่แสนบาทให้โรงเรียน", "สี่แสน", "สี่ล้าน", EditKind.NUMBER),
        ("th", "ชาวบ้านสามสิบสี่คนร้องเรียน", "สามสิบสี่คน", "34 คน", EditKind.COSMETIC),
        ("th", "ชาวบ้านสามารถเดินทางได้", "สามารถ", "ควรจะ", B),
        ("th", "บริษัทขายหุ้นเก้าล้านบาทแล้ว", "บาท", "เยน", EditKind.CURRENCY),
        # fractions, collectives, ordinals, and number words written together
        ("en", "Half of the herd was sold.", "Half of", "A quarter of", EditKind.NUMBER),
        ("en", "She was the third victim of the storm.", "third", "fourth", EditKind.NUMBER),
        ("en", "She was the third victim of the storm.", "third", "3rd", EditKind.COSMETIC),
        ("de", "Der Umbau dauerte viereinhalb Jahre.", "viereinhalb", "anderthalb", EditKind.NUMBER),
        ("de", "Im Saal saßen hundertfünfzig Gäste.", "hundertfünfzig", "hundertsechzig", EditKind.NUMBER),
        ("fr", "Une trentaine de maisons sont inondées.", "trentaine", "quarantaine", EditKind.NUMBER),
        ("hu", "A koncerten kétszázötven néző volt.", "kétszázötven", "háromszázötven", EditKind.NUMBER),
        ("ru", "Это была вторая авария за год.", "вторая", "третья", EditKind.NUMBER),
        ("ko", "버스에는 서른여섯 명이 탔다.", "서른여섯 명이", "36명이", EditKind.COSMETIC),
        # endings of words and vowels of Indic scripts
        ("ko", "회의는 수요일에 열린다고 한다.", "수요일에", "목요일에", D),
        ("hi", "गाँव में पानी आया, ऐसा प्रशासन ने कहा।", "पानी", "दूध", B),
        ("he", "המשפט ייפתח במאי בתל אביב.", "במאי", "ביוני", D),
        ("zh", "会议周二在当地举行。", "周二", "周四", D),
        # a title before a name that no capital shows; not before another word
        ("zh", "记者李晓明昨天抵达现场。", "李晓明", "李晓敏", EditKind.NAME),
        ("zh", "记者昨天抵达现场。", "抵达", "离开", B),
        ("ar", "والتقى الوزير كريم العاني الوفد.", "العاني", "الغاني", EditKind.NAME),
        ("ko", "시장 박정훈 씨가 왔다.", "박정훈", "박정현", EditKind.NAME),
        ("ko", "이번에 오는 신임 대표 취임식은 열린다.", "신임 대표", "전임 대표", B),
        # what only hedges names nobody
        ("zh", "这名男子据称逃走。", "据称", "", EditKind.HEDGE),
        # mended endings beside a turn follow from it, as clauses do from what else was reworded in their sentence
        ("pl", "Gmina nie wydała pozwolenia na budowę.", "nie wydała pozwolenia", "wydała pozwolenie", N),
        (
            "en",
            "The old mill was razed by the firm in spring, to loud aplause.",
            "razed by the firm in spring, to loud aplause",
            "restored by the firm in spring, to loud applause",
            B,
        ),
        # marks of old typewriters
        ("en", "The box is called `old' in the list and ``new'' here.", "`old'", '"old"', EditKind.COSMETIC),
    ],
)
def test_what_a_few_letters_turn_is_told(language, text, old, new, kind):
    assert text.count(old) == 1
    before = Article(url="https://example.org/a", body=text, in_language=language)
    edits = compare(before, Article(url="https://example.org/a", body=text.replace(old, new), in_language=language))
    assert edits.kinds == (kind,)
    assert edits.stealth is (kind in SUBSTANCE)
