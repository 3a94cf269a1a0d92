"""The base forms an inflected name may have: endings off, prefixes off, checked by whoever looks them up."""

from functools import lru_cache

#: language -> what a name ends in as written -> what its base form ends in; the longest ending that fits is tried first.
#: Only endings of names of places and persons are here: what comes out is looked up, so too much does no harm.
_ENDINGS: dict[str, str] = {
    "ru": "а: у: ом: ем: е: ы: и: ой:а ой:ая ою:а ей:я ей:а и:я и:ь ы:а ии:ия ию:ия ией:ия ию:ий у:а ю:я ю:ь е:а е:я е:ь "
    "ого:ий ого:ый ого:ое ому:ый ому:ий им:ий ым:ый ах:ы ам:ы ами:ы ях:и ов:ы ской:ская скую:ская ского:ский "
    "ском:ский ском:ское ова:ов ову:ов овым:ов ове:ов ева:ев еву:ев евым:ев ина:ин ину:ин иным:ин ла:ел ка:ок ьего:ий "
    "ой:ый ей: ую:ая ной:ная ных:ные ных:ный ья:ий",
    "uk": "а: у: ом: ем: і: и: ою:а ею:я ї:я ії:ія ію:ія ією:ія у:а ю:я і:а і:я и:а ові: еві: ого:ий ому:ий им:ий ої:а "
    "ій:а ській:ська ської:ська ську:ська ського:ський ському:ський єві:їв єва:їв ва:в ах:и ів:и кові:ок ві:в ова:ів ову:ів ові:ів овом:ів",
    "bg": "та: ът: ия:",
    "sr": "а: у: ом: е: и: ом:а и:а у:а е:а ији:ија ије:ија ију:ија ијом:ија",
    "be": "а: у: ам: е: ы: ай:а ы:а у:а і:я ю:я",
    "cs": "a: u: em: ovi: e: y: ě:a u:a ou:a y:a ě: e:a i:e i:ie ii:ie ií:ie í:e em:o u:o a:o ě:o e:o ze:ha ce:ka ře:ra ech:y ech: "
    "ům:y ách:y ami:y ého:ý ému:ý ém:ý ým:ý é:á ou:á ova: ovou:ová ové:ová ka:ek kem:ek ku:ek ka:ko le:el la:el "
    "ci:ce i:a y: ovým: ům: ích:í",
    "sk": "a: u: om: ovi: e: y: i:a y:a u:a ou:a e:a ii:ia iu:ia iou:ia om:o u:o a:o ej:á ého:ý om:ý ách:y ch:",
    "pl": "a: u: em: owi: ie: y: i: ę:a ą:a y:a i:a ie:a ii:ia ię:ia ią:ia ji:ja ję:ja ją:ja ce:ka rze:ra dzie:d cie:t "
    "cie:ta dzie:da em:o u:o ach:y ów:y ego:y ego:i iego:i emu:y ym:y im:i ej:a ską:ska skiej:ska skiego:ski iem: "
    "iu: ia: ka:ek kiem:ek kowi:ek ech:y ech:cy iec:cy :y",
    "hr": "a: u: om: em: i: e: i:a e:a u:a om:a iji:ija ije:ija iju:ija ijom:ija oj:a",
    "sl": "a: u: om: em: i: e: i:a e:a o:a iji:ija ije:ija ijo:ija",
    "lt": "o:as e:as ui:as ą:as u:as uje:us aus:us os:a oje:a ą:a ai:a ės:ė ėje:ė ę:ė ijos:ija ijoje:ija io:is yje:is",
    "lv": "as:a ā:a u:a ai:a es:e ē:e i:e a:s ā:s am:s u:s ijas:ija ijā:ija iju:ija",
    "tr": "da: de: ta: te: dan: den: tan: ten: nın: nin: nun: nün: ın: in: un: ün: ya: ye: a: e: yı: yi: ı: i: u: ü: "
    "daki: deki: nda: nde:",
    "az": "da: də: dan: dən: nın: nin: nun: nün: ın: in: un: ün: ya: yə: a: ə: nı: ni: ı: i: u: ü:",
    "uz": "da: dan: ga: ning: ni: ka: qa: dagi:",
    "kk": "да: де: та: те: дан: ден: тан: тен: ның: нің: дың: дің: тың: тің: ға: ге: қа: ке: ды: ді: ты: ті: ны: ні:",
    "ky": "да: де: до: дан: ден: дон: нын: нин: дын: дин: тын: га: ге: го: ка: ке: ды: ди: ты: ти: ны: ни:",
    "fi": "issa: ista: illa: iin: ille: ssa: ssä: sta: stä: lla: llä: lta: ltä: lle: n: a: ä: in: an: en: iin:i aan:a ään:ä issa:i ista:i ssa:i sta:i "
    "eissa:i eista:i een:i en:i essa:i esta:i illa:t ojen:ot ain:at issa:at ista:at ien:i",
    "et": "s: st: sse: l: le: lt: ga: ni: i: a: e:",
    "hu": "ban: ben: ba: be: ból: ből: n: on: en: ön: ra: re: ról: ről: nak: nek: val: vel: ot: et: t: ig: tól: től: hoz: "
    "ban:a ának:a ában:a ába:a ából:a ára:a át:a ához:a ától:a éban:e ében:e ébe:e éből:e ét:e ére:e",
    "de": "s: es: ens: en:",
    "sv": "s: n:",
    "no": "s:",
    "da": "s:",
    "is": "i: s: ar: i:ur s:ur ar:ur u:a um:ir a:ir unum:in anna:in ju:ja n:",
    "el": "ς: ας:α ης:η ου:ος ο:ος ον:ος ών:ες ν: η:ης α:ας",
    "ro": "ului: ul: ei:a ia: a:ă i: iei:ia",
    "ko": "은: 는: 이: 가: 을: 를: 의: 에: 에서: 에게: 으로: 로: 와: 과: 도: 만: 까지: 부터: 에는: 에도: 에서는: 에서도: 이나: 나: 란: 라: 측: 산: "
    "인: 군: 시: 발: 내: 행: 서: 으로부터: 엔: 에선: 이라고: 라고: 이다: 였다: 씨: 및:",
    "hi": "",
    "id": "nya:",
    "ka": "ში: იდან: ის: მა: ს: თან: ში:ი ის:ი იდან:ი ს:ი თან:ი",
    "hy": "ում: ի: ից: ը: ն: ու: ում:ի",
    "mn": "ын: ийн: д: т: аас: ээс: руу: ыг: ийг:",
}
_PREFIXES: dict[str, tuple[str, ...]] = {
    "ar": ("و", "ف", "ب", "ل", "ك", "ال", "وال", "بال", "فال", "كال", "لل", "ول", "وب", "ولل", "وبال"),
    "he": ("ב", "ל", "מ", "ה", "ו", "ש", "כ", "בה", "וב", "ול", "ומ", "שב", "שה", "מה", "וה", "לה", "כש"),
    "zu": ("e", "i", "a", "ku", "kwe", "se", "ne", "ya", "ye", "u", "ase", "ngase", "wase", "yase", "kwase", "lase"),
    "xh": ("e", "i", "a", "kwe", "ne", "ye", "u", "ase", "wase", "yase", "lase"),
}
#: languages whose many-worded names change in each word
MANY_WORDED = frozenset({"ru", "uk", "cs", "sk", "pl", "hr", "sl", "sr", "be", "is", "lt", "lv"})
#: a name is not cut shorter than this
SHORTEST = 3
#: endings that may be tried one after the other give no more forms than this
MOST = 12


def _compiled() -> dict[str, list[tuple[str, str]]]:
    rules = {}
    for language, text in _ENDINGS.items():
        pairs = [(ending, base) for ending, _, base in (rule.partition(":") for rule in text.split())]
        rules[language] = sorted(pairs, key=lambda pair: -len(pair[0]))
    return rules


_RULES = _compiled()


@lru_cache(16_384)
def base_forms(word: str, language: str) -> tuple[str, ...]:
    """Return forms that a word in lower case may be an inflection of, the likeliest first; without itself.

    >>> "ирак" in base_forms("ирака", "ru"), "россия" in base_forms("россии", "ru"), base_forms("بالعراق", "ar")[0]
    (True, True, 'عراق')
    """
    found: dict[str, None] = {}
    shortest = 2 if language == "ko" else SHORTEST
    for ending, base in _RULES.get(language, ()):
        if word.endswith(ending) and len(word) - len(ending) + len(base) >= shortest and word != ending:
            found.setdefault(word[: len(word) - len(ending)] + base)
    for prefix in sorted(_PREFIXES.get(language, ()), key=len, reverse=True):
        if word.startswith(prefix) and len(word) - len(prefix) >= SHORTEST:
            rest = word[len(prefix) :]
            found.setdefault(rest)
            if language == "ar" and not rest.startswith("ال"):
                # "the Iraq": بالعراق is ب and العراق
                found.setdefault("ال" + rest)
    found.pop(word, None)
    return tuple(found)[:MOST * 2]
