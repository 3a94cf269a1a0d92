"""Persons and organisations in Chinese, Japanese and Korean, which have no capitals."""

import re
from collections import Counter, defaultdict
from functools import cache

from pipelines.enrich.organisations.gazetteer_matches import ONLY_IN, Mention, Organisation, name_forms
from pipelines.enrich.people.coreference import fullest, known_people
from pipelines.enrich.places.gazetteer import find
from pipelines.enrich.text.analysed_text import AnalysedText
from pipelines.enrich.text.lexicon import base_forms, common, given, words_of

#: start, end and name of a mention, as offsets in the text
Span = tuple[int, int, str]

LANGUAGES = frozenset({"ja", "zh"})
_KANJI = "\u3400-\u4dbf\u4e00-\u9fff々"
_KATAKANA = "\u30a1-\u30fa\u30fc"
#: what Japanese papers put behind a name
_TITLES = (
    "氏|さん|容疑者|被告|選手|監督|社長|会長|頭取|首相|大統領|主席|総書記|外相|財務相|国防相|防衛相|相|長官|報道官|議員|議長|知事|市長|町長|区長|"
    "教授|准教授|代表|委員長|幹事長|総裁|党首|首長|国王|皇太子|取締役|専務|常務|理事長|投手|捕手|内野手|外野手|主将|アナウンサー|アナ|記者|医師|弁護士|"
    "裁判長|事務総長|駐日大使|大使|将軍|司令官|被告人|先生|师|总统|总理|主席|部长|外长|国务卿|议员|省长|市长|先生|女士"
)
_FOREIGN = re.compile(
    rf"(?<![{_KATAKANA}])([{_KATAKANA}]{{2,20}}(?:[・＝][{_KATAKANA}]{{1,20}}){{0,4}})(?:・)?[{_KANJI}]{{0,6}}?(?:{_TITLES})"
)
_NATIVE = re.compile(
    rf"(?<![{_KANJI}])([{_KANJI}]{{3,5}}?)(?:[ 　]?（[^（）]{{1,12}}）[ 　]?)?(?:{_TITLES})(?![{_KANJI}])"
)
_AGED = re.compile(
    rf"(?<![{_KANJI}])([{_KANJI}]{{3,5}}?)(?:氏|さん|選手|社長|会長|取締役|監督|教授|容疑者)?（\d{{2}}）"
)
_BYLINE = re.compile(rf"【[^【】]{{1,12}}＝([{_KANJI}]{{3,5}})】")
#: characters of offices and firms: what has one is an organisation, not a person
_OFFICE = frozenset(
    "部局課庁省党社会行員官学銀院所団署室委協連盟組合軍府県市区国立長務経営財政本支店人者副前元現新旧東西南北"
)


@cache
def _index() -> dict[str, list[tuple[str, Organisation | None, str]]]:
    """Return names of organisations and known persons by their first character, the longest first."""
    found: dict[str, list[tuple[str, Organisation | None, str]]] = defaultdict(list)
    for name, candidates in name_forms()[0].items():
        plain = " " not in name and len(name) > 1 and not candidates[0].doubtful
        if plain and ONLY_IN.get(name, True) and (candidates[0].acronym or not name.isascii()):
            found[name[0]].append((name, candidates[0].organisation, ""))
    for name, names in known_people()[0].items():
        if not name.isascii() and re.match(rf"[{_KANJI}{_KATAKANA}]", name):
            found[name[0]].append((name, None, fullest(names[0], name)))
    for entries in found.values():
        entries.sort(key=lambda entry: -len(entry[0]))
    return dict(found)


def cjk_organisations(analysed: AnalysedText) -> list[Mention]:
    """Return the organisations of the gazetteer that a Japanese or Chinese text names."""
    return [
        Mention(organisation.name, 0, 0, organisation, name)
        for _, _, name, organisation in analysed.once(_listed)
        if organisation
    ]


def cjk_persons(analysed: AnalysedText) -> list[Span]:
    """Return the persons a Japanese or Chinese text names: known ones, and names with a title or an age behind them."""
    if analysed.language not in LANGUAGES:
        return []
    spans = [(start, end, name) for start, end, name, organisation in analysed.once(_listed) if organisation is None]
    marks = bytearray(len(analysed.text) + 1)
    for start, end, *_ in analysed.once(_listed):
        marks[start:end] = b"\1" * (end - start)
    full: list[str] = []
    for pattern in (_AGED, _NATIVE, _BYLINE, _FOREIGN):
        for match in pattern.finditer(analysed.text):
            name = match.group(1).rstrip("・")
            if (
                any(marks[match.start(1) : match.end(1)])
                or find(name.lower())
                or (pattern is not _FOREIGN and not _OFFICE.isdisjoint(name))
            ):
                continue
            spans.append((match.start(1), match.end(1), name))
            full.append(name)
            marks[match.start(1) : match.end(1)] = b"\1" * len(name)
    for name in full:
        for match in re.finditer(
            rf"(?<![{_KANJI}]){re.escape(name[:2])}(?=氏|さん|社長|会長|選手|監督)", analysed.text
        ):
            spans += [] if marks[match.start()] else [(match.start(), match.end(), name)]
    return spans


def cjk_taken(analysed: AnalysedText) -> list[tuple[int, int]]:
    """Return the stretches of text that organisations and persons take from places."""
    return [(start, end) for start, end, *_ in analysed.once(_listed)] + [
        span[:2] for span in analysed.once(cjk_persons)
    ]


def _listed(analysed: AnalysedText) -> list[tuple[int, int, str, Organisation | None]]:
    found: list[tuple[int, int, str, Organisation | None]] = []
    if analysed.language not in LANGUAGES:
        return found
    index = _index()
    text = analysed.text.lower()
    if len(text) != len(analysed.text):
        return found
    at = 0
    while at < len(text):
        for name, organisation, full in index.get(text[at], ()):
            if text.startswith(name, at) and _bounded(text, at, at + len(name)):
                found.append((at, at + len(name), full or analysed.text[at : at + len(name)], organisation))
                at += len(name) - 1
                break
        at += 1
    return found


def _bounded(text: str, start: int, end: int) -> bool:
    """Return whether no name goes on at either side: in Katakana, in Latin, in two characters of Kanji."""
    before, after = text[start - 1 : start], text[end : end + 1]
    for script in (rf"[{_KATAKANA}]", "[a-z0-9]"):
        if (re.match(script, text[start]) and before and re.match(script, before)) or (
            re.match(script, text[end - 1]) and after and re.match(script, after)
        ):
            return False
    if end - start == 2 and re.match(rf"[{_KANJI}]{{2}}", text[start:end]):
        return not (re.match(rf"[{_KANJI}]", before or " ") or re.match(rf"[{_KANJI}]", after or " "))
    return True


#: a name comes back so often, with so many different particles
OFTEN, PARTICLES = 4, 3


def korean_persons(analysed: AnalysedText) -> Counter[str]:
    """Return the persons a Korean text names, and how often."""
    if analysed.language != "ko":
        return Counter()
    seen: Counter[str] = Counter()
    forms: dict[str, set[str]] = {}
    told: set[str] = set()
    known = known_people()[0]
    families, titles = words_of("families", "ko"), words_of("titles", "ko")
    for index, form in enumerate(analysed.keys):
        for name in (form, *base_forms(form, "ko")):
            if len(name) != 3 or name[0] not in families or common(name) or not "가" <= name[-1] <= "힣":
                continue
            seen[name] += 1
            forms.setdefault(name, set()).add(form)
            beside = (analysed.keys[index + 1 : index + 2] or [""])[0]
            titled = beside in titles or any(base in titles for base in base_forms(beside, "ko"))
            if name in known or (titled and (form == name)) or given(name[1:]):
                told.add(name)
    return Counter(
        {
            name: count
            for name, count in seen.items()
            if (name in told and (count > 1 or name in known)) or (count >= OFTEN and len(forms[name]) >= PARTICLES)
        }
    )
