"""Names that begin with a known given name, or an initial, and go on with a capital."""

import re
from collections.abc import Iterator

from pipelines.enrich.gazetteer import find, place
from pipelines.enrich.inflection import MANY_WORDED, base_forms
from pipelines.enrich.lexicon import common, given, surname, tells
from pipelines.enrich.person import AFTER_NAME
from pipelines.enrich.reading import Reading
from pipelines.enrich.runs import LONGEST, PARTICLES, capital, joined, never

_INITIAL = re.compile(r"(?:[^\W\d_]\.)+|[^\W\d_]")
#: a town of so many inhabitants is meant, not a person of its name (San Diego)
TOWN = 500_000
#: words that make a name a street's, a prize's, a building's
STOPS = frozenset(
    "administration campaign county avenue street road park island hall stadium prize award cup day way bay "
    "valley beach boulevard square creek highway bridge festival airport station tower house awards theory law "
    "act bill plan pavilion amphitheater amphitheatre arena center centre mall plaza".split()
)
#: family names before given names of two syllables
_KOREAN = frozenset("kim lee park choi moon yoon jung kang cho han shin oh seo kwon hwang ahn song".split())
#: letters that no name has side by side: MPs, DAC
_SHOUT = re.compile(r"[A-Z]{2,}s?$")


def full_names(reading: Reading, taken: bytearray) -> Iterator[tuple[int, int]]:
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
    if reading.language == "vi" and tells("families", "vi", form):
        return True
    if never(reading, index) or (word.text.isupper() and len(form) > 1 and not reading.loud[index]):
        return False
    if not is_given(form, reading.language):
        return False
    if (
        index
        and joined(reading, index - 1)
        and capital(reading, index - 1)
        and _place_name(reading, index - 1, index + 1)
    ):
        return False  # San Francisco Bay
    numbers = find(form)
    if numbers and place(numbers[0]).kind != "city":
        return joined(reading, index) and surname(reading.keys[index + 1])  # Jordan Montgomery, but not Indiana Gov.
    return True


def is_given(form: str, language: str) -> bool:
    """Return whether a looked-up form is a given name, in whichever case it stands."""
    return given(form) or (language in MANY_WORDED and any(given(base) for base in base_forms(form, language)))


def _name_end(reading: Reading, taken: bytearray, first: int) -> int:
    """Return the end of the name that begins at `first`."""
    keys, language = reading.keys, reading.language
    end, content = first + 1, 1
    while end < len(keys) and joined(reading, end - 1) and not taken[end] and content < 4 and end - first < LONGEST:
        hyphen = reading.text[reading.words[end - 1].end] == "-"
        if hyphen and keys[first] in _KOREAN and reading.words[end].text.islower():
            return end + 1  # Moon Jae-in
        if capital(reading, end):
            form = keys[end]
            initial = len(form) == 1
            if hyphen and len(keys[end - 1]) == 1:
                break  # R-Wis.
            if (
                not initial
                and _SHOUT.match(reading.words[end].text)
                and not reading.loud[end]
                and not _dateline_caps(reading, first)
            ):
                break
            if not hyphen and not initial and content >= 2 and not _goes_on(reading, end, first):
                break
            if not hyphen and not initial and (never(reading, end) or tells("bodies", language, form) or form in STOPS):
                # Cynthia Woods Mitchell Pavilion is nobody
                return first + 1 if form in STOPS else end
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
            if language == "de" and (ahead - end > 1 or find(keys[ahead])) and not surname(keys[ahead]):
                break  # Harald Prüß von der Berliner Charité
            end = ahead + 1
            content += 1
        else:
            break
    if content == 1 and end - first > 1:
        return first + 1  # an initial after a given name is no surname, but "Xuejun C." is how courts name people
    return end


def _dateline_caps(reading: Reading, index: int) -> bool:
    """Return whether capitals are only the setting: the name's first word is in capitals, too."""
    return reading.words[index].text.isupper() and len(reading.words[index].text) > 2


def quoted_title(reading: Reading, first: int, end: int) -> bool:
    """Return whether quotation marks enclose just the name: a book's, a film's."""
    start, stop = reading.words[first].start, reading.words[end - 1].end
    return reading.text[start - 1 : start] in ("„", "“", '"', "«", "»", "‘") and reading.text[stop : stop + 1] in (
        "“", "”", '"', "»", "«", "’",
    )  # fmt: skip


def _goes_on(reading: Reading, index: int, first: int) -> bool:
    """Return whether a third word is still the person's: after middle names, and not a common word."""
    form, before = reading.keys[index], reading.keys[index - 1]
    if form in AFTER_NAME or form in reading.lower or tells("titles", reading.language, form):
        return form in AFTER_NAME
    if reading.language == "de":
        return (given(before) and not surname(before)) or (surname(form) and not common(form))
    return not common(form) or surname(form)


def _place_name(reading: Reading, first: int, end: int) -> bool:
    """Return whether all of it is a great town's or a region's name, as San Diego is."""
    numbers = find(" ".join(reading.keys[first:end]))
    found = [place(number) for number in numbers[:1]]
    return any(each.kind != "city" or each.population > TOWN for each in found)


def _doubted(reading: Reading, first: int, end: int) -> bool:
    """Return whether the words speak against a person: a title set in capitals, words of everyday."""
    second = reading.keys[end - 1]
    if len(set(reading.keys[first:end])) == 1 or quoted_title(reading, first, end):
        return True
    if hyphens_alone(reading, first, end):
        return True
    numbers = find(second)
    if numbers and place(numbers[0]).kind != "city" and not surname(second):
        return True
    if reading.loud[first]:
        return not surname(second) and not any(surname(part) for part in reading.keys[first + 1 : end])
    if first and reading.keys[first - 1] == "the" and joined(reading, first - 1):
        return True
    return common(second) and not surname(second) and not (first and titled(reading, first))


def hyphens_alone(reading: Reading, first: int, end: int) -> bool:
    """Return whether only hyphens hold it together, as Maya-Städte, Blu-Ray and Manisa-İzmir."""
    return " " not in reading.text[reading.words[first].start : reading.words[end - 1].end]


def titled(reading: Reading, index: int) -> bool:
    """Return whether a title or a role stands right before a word."""
    if not index or not joined(reading, index - 1):
        return False
    return tells("titles", reading.language, reading.keys[index - 1])
