"""Which persons a text names: by given names, titles, verbs of saying, and by our list of those known by one name."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from pipelines.enrich.dense import dense_persons
from pipelines.enrich.famous import famous, fullest
from pipelines.enrich.gazetteer import find, place
from pipelines.enrich.inflection import MANY_WORDED, base_forms
from pipelines.enrich.lexicon import common, given, surname, tells
from pipelines.enrich.known import known_and_built
from pipelines.enrich.korean import korean_persons
from pipelines.enrich.reading import Reading
from pipelines.enrich.runs import LONGEST, PARTICLES, capital, joined, never, runs, written
from pipelines.enrich.words import key

#: most that are listed
MOST = 80
_INITIAL = re.compile(r"(?:[^\W\d_]\.)+|[^\W\d_]")
_AFTER_NAME = frozenset(("jr", "sr", "ii", "iii", "iv", "vi", "vii", "viii", "xiv"))
_AGE = re.compile(r"\s?[,(]\s?\d{1,3}\s?[,)]")
_ROYAL = frozenset(
    "king queen prince princess pope saint könig königin prinz prinzessin papst queen roi reine prince princesse pape "
    "rey reina príncipe princesa papa re regina principe principessa imam".split()
)


@dataclass(slots=True)
class Person:
    """Somebody and where the text names them, as (first, end) of words."""

    name: str
    #: looked-up forms of the name's parts; the last is the surname
    parts: tuple[str, ...]
    spans: list[tuple[int, int]] = field(default_factory=list)


def people(reading: Reading) -> dict[str, Any]:
    """Return `people`: the fullest name in the text, and mentions; {} for none."""
    counts = Counter({person.name: len(person.spans) for person in reading.once(persons)})
    counts.update(name for _, _, name in reading.once(dense_persons))
    counts.update(reading.once(korean_persons))
    rows = [{"name": name, "mentions": count} for name, count in counts.most_common(MOST)]
    return {"people": rows} if rows else {}


def persons(reading: Reading) -> list[Person]:
    """Return the persons of the text, each once, with all places where they are named."""
    taken = bytearray(len(reading.words))
    for mention in reading.once(known_and_built):
        possessed = mention.body and mention.body.name.endswith("'s")  # McDonald's is nobody's
        if possessed or mention.end - mention.first > 1 or reading.words[mention.first].text.isupper() or reading.language == "de":
            taken[mention.first : mention.end] = b"\1" * (mention.end - mention.first)
    found: list[Person] = []
    for first, end in _full_names(reading, taken):
        _add(reading, found, first, end)
        taken[first:end] = b"\1" * (end - first)
    for first, end in list(_likely_names(reading, taken, found)):
        _add(reading, found, first, end)
        taken[first:end] = b"\1" * (end - first)
    _link(reading, taken, found)
    return [person for person in found if person.spans]


def _add(reading: Reading, found: list[Person], first: int, end: int) -> None:
    """Add a mention to whom it names: the same surname and no other given name."""
    parts = tuple(part for part in reading.keys[first:end] if part)
    bare = tuple(part for part in parts if part not in _AFTER_NAME)
    if not bare:
        return
    for person in found:
        if _same(person.parts, bare, reading.language):
            person.spans.append((first, end))
            if len(bare) > len(person.parts) or _is_base(bare, person.parts, reading.language):
                person.parts, person.name = bare, written(reading, first, end)
            return
    found.append(Person(written(reading, first, end), bare, [(first, end)]))


def _same(one: tuple[str, ...], other: tuple[str, ...], language: str) -> bool:
    if len(one) == 1 or len(other) == 1:
        short, long = (one, other) if len(one) == 1 else (other, one)
        return short[0] in (long[-1], long[0])
    if one == other or set(one) <= set(other) or set(other) <= set(one):
        return True
    if language in MANY_WORDED and len(one) == len(other):
        return all(a == b or _inflected(a, b, language) for a, b in zip(one, other, strict=True))
    if one[-1] == other[-1] and len(one) > 1 and len(other) > 1:
        # "Ben Murray-Bruce", "Sonya A. Zoghlin" and "Sonya Zoghlin", "Chris" and "Christopher"
        return one[0] == other[0] or one[0][:3] == other[0][:3] or SequenceMatcher(None, one[0], other[0]).ratio() >= 0.8
    return False


def _is_base(one: tuple[str, ...], other: tuple[str, ...], language: str) -> bool:
    """Return whether one form is the base of which another is a case."""
    if language not in MANY_WORDED or len(one) != len(other) or one == other:
        return False
    return all(a == b or a in base_forms(b, language) for a, b in zip(one, other, strict=True))


def _inflected(one: str, other: str, language: str) -> bool:
    """Return whether two forms may be one name's cases."""
    forms = base_forms(one, language)
    return other in forms or one in base_forms(other, language) or bool(set(forms) & set(base_forms(other, language)))


def _full_names(reading: Reading, taken: bytearray) -> Iterator[tuple[int, int]]:
    """Yield names that begin with a known given name or an initial and go on with a capitalised word."""
    done, last = 0, len(reading.words) - 1
    for index in reading.marked:
        if index < done or index >= last or taken[index] or not capital(reading, index) or not _begins(reading, index):
            continue
        end = _name_end(reading, taken, index)
        if end - index > 1 and not _place_name(reading, index, end) and not _doubted(reading, index, end):
            yield index, end
            done = end


def _begins(reading: Reading, index: int) -> bool:
    form, word = reading.keys[index], reading.words[index]
    if _INITIAL.fullmatch(word.text):
        dotted = word.text.endswith(".") or reading.text[word.end : word.end + 1] == "."
        return dotted and joined(reading, index) and reading.language != "de" and form not in ("us", "uk", "eu")
    if reading.language == "vi" and form in _VIETNAMESE:
        return True
    if never(reading, index) or (word.text.isupper() and len(form) > 1 and not reading.loud[index]):
        return False
    if not _is_given(form, reading.language):
        return False
    if index and joined(reading, index - 1) and capital(reading, index - 1) and _place_name(reading, index - 1, index + 1):
        return False  # San Francisco Bay
    numbers = find(form)
    if numbers and place(numbers[0]).kind != "city":
        return joined(reading, index) and surname(reading.keys[index + 1])  # Jordan Montgomery, but not Indiana Gov.
    return True


def _is_given(form: str, language: str) -> bool:
    return given(form) or (language in MANY_WORDED and any(given(base) for base in base_forms(form, language)))


def _name_end(reading: Reading, taken: bytearray, first: int) -> int:
    """Return the end of the name that begins at `first`."""
    keys, language = reading.keys, reading.language
    end, content = first + 1, 1
    while end < len(keys) and joined(reading, end - 1) and not taken[end] and content < 4 and end - first < LONGEST:
        hyphen = reading.text[reading.words[end - 1].end] == "-"
        if capital(reading, end):
            form = keys[end]
            initial = len(form) == 1
            if hyphen and len(keys[end - 1]) == 1:
                break  # R-Wis.
            if not initial and _SHOUT.match(reading.words[end].text) and not reading.loud[end] and not _dateline_caps(reading, first):
                break
            if not hyphen and not initial and content >= 2 and not _goes_on(reading, end, first):
                break
            if not hyphen and not initial and (never(reading, end) or tells("bodies", language, form) or form in _STOPS):
                break
            if not hyphen and tells("titles", language, form) and not surname(form):
                break
            if content == 1 and not hyphen and form in reading.lower and not surname(form):
                break
            end += 1
            content += 0 if initial else 1
        elif keys[end] in PARTICLES and not hyphen:
            ahead = end
            while ahead < len(keys) and keys[ahead] in PARTICLES and ahead - end < 3 and joined(reading, ahead):
                ahead += 1
            if ahead >= len(keys) or not capital(reading, ahead) or taken[ahead] or never(reading, ahead):
                break
            end = ahead + 1
            content += 1
        else:
            break
    if content == 1 and end - first > 1:
        return first + 1  # an initial after a given name is no surname, but "Xuejun C." is how courts name people
    return end


#: family names, which stand first: nine of ten Vietnamese have one of these
_VIETNAMESE = frozenset(
    "nguyễn trần lê phạm hoàng huỳnh phan vũ võ đặng bùi đỗ hồ ngô dương lý đinh trương mai tô tạ lương lâm hà tôn thái chu "
    "kiều quách cao đoàn trịnh lưu châu tăng".split()
)
_STOPS = frozenset(
    "administration campaign county avenue street road park island hall stadium prize award cup day way bay valley beach "
    "boulevard square creek highway bridge festival airport station tower house awards theory law act bill plan".split()
)
#: letters that no name has side by side: MPs, DAC
_SHOUT = re.compile(r"[A-Z]{2,}s?$")


def _dateline_caps(reading: Reading, index: int) -> bool:
    """Return whether capitals are only the setting: the name's first word is in capitals, too."""
    return reading.words[index].text.isupper() and len(reading.words[index].text) > 2


def _quoted_title(reading: Reading, first: int, end: int) -> bool:
    """Return whether quotation marks enclose just the name: a book's, a film's."""
    start, stop = reading.words[first].start, reading.words[end - 1].end
    return reading.text[start - 1 : start] in ("„", "“", '"', "«", "»", "‘") and reading.text[stop : stop + 1] in (
        "“", "”", '"', "»", "«", "’",
    )  # fmt: skip


def _goes_on(reading: Reading, index: int, first: int) -> bool:
    """Return whether a third word is still the person's: after middle names, and not a common word."""
    form, before = reading.keys[index], reading.keys[index - 1]
    if form in _AFTER_NAME or form in reading.lower or tells("titles", reading.language, form):
        return form in _AFTER_NAME
    if reading.language == "de":
        return given(before) and not surname(before) or (surname(form) and not common(form))
    return not common(form) or surname(form)


def _place_name(reading: Reading, first: int, end: int) -> bool:
    """Return whether all of it is a great town's or a region's name, as San Diego is."""
    numbers = find(" ".join(reading.keys[first:end]))
    found = [place(number) for number in numbers[:1]]
    return any(each.kind != "city" or each.population > 500_000 for each in found)


def _doubted(reading: Reading, first: int, end: int) -> bool:
    """Return whether the words speak against a person: a title set in capitals, words of everyday."""
    second = reading.keys[end - 1]
    if len(set(reading.keys[first:end])) == 1 or _quoted_title(reading, first, end):
        return True
    if _hyphens_alone(reading, first, end):
        return True
    numbers = find(second)
    if numbers and place(numbers[0]).kind != "city" and not surname(second):
        return True
    if reading.loud[first]:
        return not surname(second) and not any(surname(part) for part in reading.keys[first + 1 : end])
    if first and reading.keys[first - 1] == "the" and joined(reading, first - 1):
        return True
    return common(second) and not surname(second) and not (first and _titled(reading, first))


def _hyphens_alone(reading: Reading, first: int, end: int) -> bool:
    """Return whether only hyphens hold it together, as Maya-Städte, Blu-Ray and Manisa-İzmir."""
    return " " not in reading.text[reading.words[first].start : reading.words[end - 1].end]


def _titled(reading: Reading, index: int) -> bool:
    """Return whether a title or a role stands right before a word."""
    if not index or not joined(reading, index - 1):
        return False
    return tells("titles", reading.language, reading.keys[index - 1])


def _likely_names(reading: Reading, taken: bytearray, found: list[Person]) -> Iterator[tuple[int, int]]:
    """Yield names without a known given name, where enough speaks for a person."""
    rows = list(runs(reading, taken))
    singles = Counter(reading.keys[first] for first, end in rows if end - first == 1)
    pairs = Counter(tuple(reading.keys[first:end]) for first, end in rows)
    people = bytearray(len(taken) + 1)
    for person in found:
        for first, end in person.spans:
            people[first:end] = b"\1" * (end - first)
    for first, end in rows:
        titled = False
        while end - first > 1 and reading.words[first].text.isupper() and len(reading.keys[first]) > 1:
            first += 1
        while first < end and tells("titles", reading.language, reading.keys[first]):
            titled = True
            royal = reading.keys[first] in _ROYAL
            first += 1
            if royal and end - first >= 1 and given(reading.keys[first]):
                yield first, min(end, first + 2) if reading.keys[first + 1 : first + 2] == ["ii"] else first + 1
                first = end
        if first >= end or reading.loud[first]:
            continue
        if end - first == 1:
            if titled and _lone(reading, first):
                yield first, end
            continue
        score = _score(reading, first, end, titled, singles) if end - first <= 4 else 0.0
        score += min(pairs[tuple(reading.keys[first:end])] - 1, 3) * 0.5
        if _listed(reading, first, end, people):
            score += 1.5
        if score >= 3 and not _quoted_title(reading, first, end) and not _hyphens_alone(reading, first, end):
            people[first:end] = b"\1" * (end - first)
            yield first, end


def _listed(reading: Reading, first: int, end: int, people: bytearray) -> bool:
    """Return whether a person is named right before or after, with no more than a comma or "and" between."""
    keys = reading.keys
    back = first - 2 if first and keys[first - 1] in ("and", "und", "et", "y", "e", "og", "och", "en", "a", "i", "и", "ve") else first - 1
    ahead = end + 1 if end < len(keys) and keys[end] in ("and", "und", "et", "y", "e", "og", "och", "en", "a", "i", "и", "ve") else end
    before = back >= 0 and people[back] and "." not in reading.text[reading.words[back].end : reading.words[first].start]
    after = ahead < len(keys) and people[ahead] and "." not in reading.text[reading.words[end - 1].end : reading.words[ahead].start]
    return bool(before or after)


#: English titles after which one name suffices; "star" and "owner" stand before anything
_LONE_TITLES = frozenset(
    "mr mrs ms miss mx dr prof professor president chancellor senator sen rep minister king queen prince princess pope judge "
    "justice general gen colonel col captain coach sir lord lady governor gov mayor sheikh premier secretary ambassador "
    "commissioner chief inspector detective sheriff adv advocate pastor rabbi imam bishop archbishop cardinal father sister "
    "brother hon comrade speaker advocate".split()
)


def _lone(reading: Reading, index: int) -> bool:
    """Return whether a single word after a title is a name: "Mr. Trump", "Trainer Klopp"."""
    form = reading.keys[index]
    if len(form) < 2 or common(form) or form in reading.lower or reading.words[index].text.isupper():
        return False
    title = reading.keys[index - 1]
    if reading.language == "en" and title not in _LONE_TITLES:
        return False
    capitalised = reading.words[index - 1].text[0].isupper()
    if find(form) and not surname(form):
        return False
    return capitalised and (reading.language != "de" or surname(form) or not title.endswith("star"))


def _score(reading: Reading, first: int, end: int, titled: bool, singles: Counter[str]) -> float:
    keys, language = reading.keys, reading.language
    last = keys[end - 1]
    score = 3.0 if titled or _titled(reading, first) else 0.0
    score += 1.5 if surname(last) else 0.0
    score += 1.0 if any(surname(part) or given(part) for part in keys[first : end - 1]) else 0.0
    after = reading.words[end - 1].end
    if _AGE.match(reading.text[after : after + 8]):
        score += 2.5
    elif _apposition(reading, end):
        score += 2.5
    if _YEARS_OLD.search(reading.text[max(0, reading.words[first].start - 14) : reading.words[first].start]):
        score += 3.0
    if _MAC.match(reading.words[end - 1].text):
        score += 2.0
    if end < len(keys) and tells("says", language, keys[end]) and not capital(reading, end):
        score += 2.0
    if first and tells("says", language, keys[first - 1]):
        score += 1.0
    alone = max(singles[last], singles[keys[first]] if surname(keys[first]) else 0)
    score += (0.0, 1.2, 2.4)[min(alone, 2)] + (0.6 if alone > 2 else 0.0)
    for part in range(first, end):
        if keys[part] in reading.lower or (common(keys[part]) and not surname(keys[part])):
            score -= 2.0
        if tells("bodies", language, keys[part]) or tells("towns", language, keys[part]):
            score -= 5.0
        if reading.words[part].text.isupper() and len(keys[part]) > 1:
            score -= 2.0
    if first and keys[first - 1] in ("the", "der", "die", "das", "le", "la", "les", "el", "los", "il"):
        score -= 3.0
    if find(" ".join(keys[first:end])):
        score -= 3.0
    if language == "de":
        score -= 1.0
    return score


_YEARS_OLD = re.compile(r"\d{1,3}-year-old $")
_MAC = re.compile(r"(?:Mc|Mac|O['’])[A-Z]")
_COMMA_A = re.compile(r",? (?:a|an|the|who|whose) ")


def _apposition(reading: Reading, end: int) -> bool:
    """Return whether the text goes on to say what somebody is: ", a military veteran", "who"."""
    if reading.language != "en" or end + 1 >= len(reading.words):
        return False
    stop = reading.words[end - 1].end
    match = _COMMA_A.match(reading.text[stop : stop + 8])
    if not match:
        return False
    if "who" in match.group():
        return True
    return any(tells("titles", "en", form) for form in reading.keys[end + 1 : end + 5])


def _link(reading: Reading, taken: bytearray, found: list[Person]) -> None:
    """Give each lone surname or given name to the person it means; add those whom everybody knows by one name."""
    known, beginnings = famous()
    keys, language = reading.keys, reading.language
    last_names: dict[str, Person] = {}
    first_names: dict[str, Person] = {}
    for person in found:
        last_names.setdefault(person.parts[-1], person)
        if len(person.parts) > 1 and _is_given(person.parts[0], language):
            first_names.setdefault(person.parts[0], person)
    particles = [index for index, form in enumerate(keys) if form in PARTICLES and form in beginnings]
    for index in sorted({*reading.marked, *particles}):
        word = reading.words[index]
        if taken[index] or not keys[index]:
            continue
        end, names = index + 1, known.get(keys[index])
        phrase = keys[index]
        while phrase in beginnings and end < len(keys) and joined(reading, end - 1) and not taken[end]:
            phrase = f"{phrase} {keys[end]}"
            end += 1
            if phrase in known:
                names = known[phrase]
                break
        else:
            end = index + 1
            phrase = keys[index]
        if word.text[0].islower() and end == index + 1:
            continue
        candidates = [phrase, *_cases(phrase, language)] if end == index + 1 else [phrase]
        for form in candidates:
            if person := last_names.get(form) or first_names.get(form):
                if end == index + 1 and not _part_of_longer(reading, index):
                    person.spans.append((index, end))
                    taken[index:end] = b"\1" * (end - index)
                break
            if (names := known.get(form)) and not (word.opens and form in reading.lower) and not reading.loud[index]:
                full = fullest(names[0], form)
                person = Person(full, tuple(key(full).split(" ")), [(index, end)])
                found.append(person)
                last_names.setdefault(person.parts[-1], person)
                last_names.setdefault(form, person)
                taken[index:end] = b"\1" * (end - index)
                break


def _cases(form: str, language: str) -> tuple[str, ...]:
    if language in MANY_WORDED or language in ("de", "tr", "ar", "he", "ko", "is", "fi", "hu", "zu", "sv", "no", "da"):
        return base_forms(form, language)
    return ()


def _part_of_longer(reading: Reading, index: int) -> bool:
    """Return whether a lone name goes on with another capitalised word, as in "Harris County"."""
    if reading.language == "de" or not joined(reading, index):
        return False
    after = index + 1
    return capital(reading, after) and reading.keys[after] in _STOPS | {"county"}
