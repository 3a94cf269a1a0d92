"""Which persons a text names, also where only what stands beside a name speaks for a person, and what they say."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from pipelines.enrich.organisations.gazetteer_matches import gazetteer_matches
from pipelines.enrich.people.cjk import cjk_persons, korean_persons
from pipelines.enrich.people.coreference import Person, add, known_people, link
from pipelines.enrich.people.full_names import STOPS, full_names, hyphens_alone, quoted_title, titled
from pipelines.enrich.places.gazetteer import find
from pipelines.enrich.text.analysed_text import AnalysedText, capital, index_at, joined, runs
from pipelines.enrich.text.lexicon import base_forms, common, given, surname, words_of

#: most that are listed
MOST_PEOPLE = 80


def people(analysed: AnalysedText) -> dict[str, Any]:
    """Return `people`: the fullest name in the text, and mentions; {} for none."""
    counts = Counter({person.name: len(person.spans) for person in analysed.once(persons)})
    counts.update(name for _, _, name in analysed.once(cjk_persons))
    counts.update(analysed.once(korean_persons))
    rows = [{"name": name, "mentions": count} for name, count in counts.most_common(MOST_PEOPLE)]
    return {"people": rows} if rows else {}


def persons(analysed: AnalysedText) -> list[Person]:
    """Return the persons of the text, each once, with all places where they are named."""
    taken = bytearray(len(analysed.texts))
    for mention in analysed.once(gazetteer_matches):
        possessed = mention.organisation and mention.organisation.name.endswith("'s")  # McDonald's is nobody's
        if (
            possessed
            or mention.end - mention.first > 1
            or analysed.texts[mention.first].isupper()
            or analysed.language == "de"
        ):
            taken[mention.first : mention.end] = b"\1" * (mention.end - mention.first)
    found: list[Person] = []
    for first, end in full_names(analysed, taken):
        add(analysed, found, first, end)
        taken[first:end] = b"\1" * (end - first)
    for first, end in list(contextual_names(analysed, taken, found)):
        add(analysed, found, first, end)
        taken[first:end] = b"\1" * (end - first)
    link(analysed, taken, found)
    for first, end in uncased_names(analysed, taken):
        add(analysed, found, first, end)
        taken[first:end] = b"\1" * (end - first)
    return [person for person in found if person.spans]


UNCASED_LANGUAGES = frozenset({"ar", "he", "fa", "ur", "hi", "mr", "ne"})
#: a shorter given name is too often a word
SHORTEST_GIVEN = 3


def uncased_names(analysed: AnalysedText, taken: bytearray) -> Iterator[tuple[int, int]]:
    """Yield (first, end) of a given name and what follows it, if that is a surname or a title stands before."""
    if analysed.language not in UNCASED_LANGUAGES:
        return
    keys, done = analysed.keys, 0
    for index in range(len(keys) - 1):
        if index < done or taken[index] or taken[index + 1] or not joined(analysed, index):
            continue
        if len(keys[index]) < SHORTEST_GIVEN or not given(keys[index]) or len(keys[index + 1]) < SHORTEST_GIVEN:
            continue
        if surname(keys[index + 1]) or (index and _titled(analysed, index - 1)):
            yield index, index + 2
            done = index + 2


def _titled(analysed: AnalysedText, index: int) -> bool:
    """Return whether a word is a title or a verb of saying, with or without "and" or "the" before it."""
    forms = (analysed.keys[index], *base_forms(analysed.keys[index], analysed.language))
    return any(form in words_of(name, analysed.language) for name in ("titles", "says") for form in forms)


#: characters of a quotation: shorter is a word in quotes, longer is a missing closing mark
SHORTEST_QUOTE, LONGEST_QUOTE = 20, 1_000
#: most that are listed
MOST_QUOTES = 40
#: words between a quotation and its speaker's name: "... said on Friday Prime Minister Rishi Sunak"
REACH = 12
_QUOTED = re.compile(
    rf"„([^“”\n]{{{SHORTEST_QUOTE},{LONGEST_QUOTE}}})[“”]|“([^“”\n]{{{SHORTEST_QUOTE},{LONGEST_QUOTE}}})”|"
    rf"«([^«»\n]{{{SHORTEST_QUOTE},{LONGEST_QUOTE}}})»|»([^«»\n]{{{SHORTEST_QUOTE},{LONGEST_QUOTE}}})«|"
    rf'"([^"\n]{{{SHORTEST_QUOTE},{LONGEST_QUOTE}}})"|「([^「」\n]{{{SHORTEST_QUOTE // 2},{LONGEST_QUOTE}}})」'
)


def quotes(analysed: AnalysedText) -> dict[str, Any]:
    """Return `quotes`: speaker and text, where a verb of saying and a person's name stand beside the quotation."""
    spoken: list[dict[str, str]] = []
    before: Person | None = None
    speakers = analysed.once(persons)
    if not speakers:
        return {}
    for match in _QUOTED.finditer(analysed.text):
        text = next(group for group in match.groups() if group).strip()
        if speaker := _speaker(analysed, speakers, match.start(), match.end(), before):
            before = speaker
            spoken.append({"speaker": speaker.name, "text": text})
    return {"quotes": spoken[:MOST_QUOTES]} if spoken else {}


#: who stands for the last speaker
_PRONOUNS = frozenset(
    "he she they er sie il elle él ella lui lei ele ela hij zij han hon hun он она він вона on ona dia".split()
)


def _speaker(
    analysed: AnalysedText, speakers: list[Person], start: int, end: int, before_him: Person | None
) -> Person | None:
    """Return the person nearest after the quotation, else before it, in its paragraph and beside a verb of saying.

    A pronoun beside the verb stands for the last speaker.
    """
    starts, ends = analysed.starts, analysed.ends
    after = index_at(analysed, end)
    before = index_at(analysed, start) - 1
    stop = analysed.text.find("\n", end)
    line_end = stop if stop >= 0 else len(analysed.text)
    line_start = analysed.text.rfind("\n", 0, start) + 1
    ahead = [
        index
        for index in range(after, min(after + REACH, len(starts)))
        if ends[index] <= line_end and not _quoted(analysed, end, starts[index])
    ]
    behind = [index for index in range(max(0, before - REACH), before + 1) if starts[index] >= line_start]
    for stretch in (ahead, behind):
        says = [index for index in stretch if analysed.keys[index] in analysed.told("says")]
        if not says:
            continue
        beside = {analysed.keys[index] for verb in says for index in (verb - 1, verb + 1) if 0 <= index < len(starts)}
        if not _PRONOUNS.isdisjoint(beside):
            return before_him
        near = [
            (min(abs(first - verb) for verb in says), person)
            for person in speakers
            for first, _ in person.spans
            if stretch[0] <= first <= stretch[-1] and analysed.keys[first] in person.parts
        ]
        if near:
            return min(near, key=lambda each: each[0])[1]
    return None


def _quoted(analysed: AnalysedText, end: int, start: int) -> bool:
    """Return whether another quotation or sentence begins between."""
    between = analysed.text[end:start]
    return any(mark in between for mark in '„“«"「') or ". " in between


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
