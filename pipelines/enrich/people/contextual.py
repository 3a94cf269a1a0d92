"""Names without a known given name, where enough beside them speaks for a person."""

import re
from collections import Counter
from collections.abc import Iterator

from pipelines.enrich.people.coreference import Person, known_people
from pipelines.enrich.people.full_names import STOPS, hyphens_alone, quoted_title, titled
from pipelines.enrich.places.gazetteer import find
from pipelines.enrich.text.analysed_text import AnalysedText, capital, runs
from pipelines.enrich.text.lexicon import common, given, surname

#: evidence that makes a name a person's; what each kind of it weighs was tried on the labels' dev half
ENOUGH = 3.0
_AGE = re.compile(r"\s?[,(]\s?\d{1,3}\s?[,)]")
_YEARS_OLD = re.compile(r"\d{1,3}-year-old $")
_MAC = re.compile(r"(?:Mc|Mac|O['’])[A-Z]")
_COMMA_A = re.compile(r",? (?:a|an|the|who|whose) ")
_AND = frozenset("and und et y e og och en a i и ve".split())
_ARTICLES = frozenset("the der die das le la les el los il".split())
#: titles behind which a given name alone is a person's
_ROYAL = frozenset(
    "king queen prince princess pope saint könig königin prinz prinzessin papst roi reine princesse pape rey "
    "reina príncipe princesa papa re regina principe principessa imam".split()
)
#: English titles after which one name suffices; "star" and "owner" stand before anything
_LONE_TITLES = frozenset(
    "mr mrs ms miss mx dr prof professor president chancellor senator sen rep minister king queen prince princess "
    "pope judge justice general gen colonel col captain coach sir lord lady governor gov mayor sheikh premier "
    "secretary ambassador commissioner chief inspector detective sheriff adv advocate pastor rabbi imam bishop "
    "archbishop cardinal father sister brother hon comrade speaker".split()
)


def contextual_names(analysed: AnalysedText, taken: bytearray, found: list[Person]) -> Iterator[tuple[int, int]]:
    """Yield names without a known given name, where enough speaks for a person."""
    rows = list(runs(analysed, taken))
    singles = Counter(analysed.keys[first] for first, end in rows if end - first == 1)
    pairs = Counter(tuple(analysed.keys[first:end]) for first, end in rows)
    people = bytearray(len(taken) + 1)
    for person in found:
        for first, end in person.spans:
            people[first:end] = b"\1" * (end - first)
    for first, end in rows:
        after_title = False
        while end - first > 1 and analysed.texts[first].isupper() and len(analysed.keys[first]) > 1:
            first += 1
        while end - first > 1 and (analysed.texts[end - 1].isupper() and len(analysed.keys[end - 1]) > 1):
            end -= 1  # Disney CEO
        while (index := _last_title(analysed, first, end)) is not None:
            after_title = True
            royal = analysed.keys[index] in _ROYAL
            first = index + 1
            if royal and end - first >= 1 and given(analysed.keys[first]):
                yield first, min(end, first + 2) if analysed.keys[first + 1 : first + 2] == ["ii"] else first + 1
                first = end
        if first >= end or analysed.loud[first] or analysed.keys[end - 1] in STOPS:
            continue
        if end - first == 1:
            if after_title and _lone(analysed, first):
                yield first, end
            continue
        score = _score(analysed, first, end, after_title, singles) if end - first <= 4 else 0.0
        score += min(max(pairs[tuple(analysed.keys[first:end])] - 1, 0), 3) * 0.5
        if _listed(analysed, first, end, people):
            score += 1.5
        if score >= ENOUGH and not quoted_title(analysed, first, end) and not hyphens_alone(analysed, first, end):
            people[first:end] = b"\1" * (end - first)
            yield first, end


def _last_title(analysed: AnalysedText, first: int, end: int) -> int | None:
    """Return the last title of a row that begins with one, or with a place and one: "Ukraine President ..."."""
    titles = [index for index in range(first, end) if analysed.keys[index] in analysed.told("titles")]
    if not titles or (titles[0] > first and not (find(analysed.keys[first]) and titles[0] == first + 1)):
        return None
    return titles[0] if len(titles) == 1 or titles[1] > titles[0] + 1 else titles[1]


def _listed(analysed: AnalysedText, first: int, end: int, people: bytearray) -> bool:
    """Return whether a person is named right before or after, with no more than a comma or "and" between."""
    keys = analysed.keys
    back = first - 2 if first and keys[first - 1] in _AND else first - 1
    ahead = end + 1 if end < len(keys) and keys[end] in _AND else end
    before = back >= 0 and people[back] and "." not in analysed.text[analysed.ends[back] : analysed.starts[first]]
    after = (
        ahead < len(keys)
        and people[ahead]
        and "." not in analysed.text[analysed.ends[end - 1] : analysed.starts[ahead]]
    )
    return bool(before or after)


def _lone(analysed: AnalysedText, index: int) -> bool:
    """Return whether a single word after a title is a name: "Mr. Trump", "Trainer Klopp"."""
    form = analysed.keys[index]
    if (
        len(form) < 2
        or form in known_people()[0]
        or common(form)
        or form in analysed.lower
        or analysed.texts[index].isupper()
    ):
        return False
    title = analysed.keys[index - 1]
    if analysed.language == "en" and title not in _LONE_TITLES:
        return False
    capitalised = analysed.texts[index - 1][0].isupper()
    if (find(form) and not surname(form)) or form in analysed.told("organisations"):
        return False
    return capitalised and (analysed.language != "de" or surname(form) or not title.endswith("star"))


def _score(analysed: AnalysedText, first: int, end: int, after_title: bool, singles: Counter[str]) -> float:
    keys, language = analysed.keys, analysed.language
    last = keys[end - 1]
    score = 3.0 if after_title or titled(analysed, first) else 0.5
    score += 1.5 if surname(last) else 0.0
    score += 1.0 if any(surname(part) or given(part) for part in keys[first : end - 1]) else 0.0
    after = analysed.ends[end - 1]
    if _AGE.match(analysed.text[after : after + 8]) or _apposition(analysed, end):
        score += 2.5
    if _YEARS_OLD.search(analysed.text[max(0, analysed.starts[first] - 14) : analysed.starts[first]]):
        score += 3.0
    if _MAC.match(analysed.texts[end - 1]):
        score += 2.0
    if end < len(keys) and keys[end] in analysed.told("says") and not capital(analysed, end):
        score += 2.5
    if first and keys[first - 1] in analysed.told("says"):
        score += 2.5
    alone = max(singles[last], singles[keys[first]] if surname(keys[first]) else 0)
    score += (0.0, 1.2, 2.4)[min(alone, 2)] + (0.6 if alone > 2 else 0.0)
    for part in range(first, end):
        if keys[part] in analysed.lower or (common(keys[part]) and not surname(keys[part])):
            score -= 2.0
        if keys[part] in analysed.told("organisations") or keys[part] in analysed.told("towns"):
            score -= 5.0
        if analysed.texts[part].isupper() and len(keys[part]) > 1:
            score -= 2.0
    if first and keys[first - 1] in _ARTICLES:
        score -= 3.0
    if find(" ".join(keys[first:end])):
        score -= 3.0
    if language == "de":
        score -= 1.0
    return score


def _apposition(analysed: AnalysedText, end: int) -> bool:
    """Return whether the text goes on to say what somebody is: ", a military veteran", "who"."""
    if analysed.language != "en" or end + 1 >= len(analysed.texts):
        return False
    stop = analysed.ends[end - 1]
    match = _COMMA_A.match(analysed.text[stop : stop + 8])
    if not match:
        return False
    if "who" in match.group():
        return True
    return any(form in analysed.told("titles") for form in analysed.keys[end + 1 : end + 5])
