"""Names that begin with a known given name, or an initial, and go on with a capital."""

import re
from collections.abc import Iterator

from pipelines.enrich.places.gazetteer import find, place
from pipelines.enrich.text.analysed_text import LONGEST, PARTICLES, AnalysedText, capital, joined, never
from pipelines.enrich.text.lexicon import MANY_WORDED, base_forms, common, given, surname

_INITIAL = re.compile(r"(?:[^\W\d_]\.)+|[^\W\d_]")
#: what stands behind a surname and is none
AFTER_NAME = frozenset(("jr", "sr", "ii", "iii", "iv", "vi", "vii", "viii", "xiv"))
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


def full_names(analysed: AnalysedText, taken: bytearray) -> Iterator[tuple[int, int]]:
    """Yield names that begin with a known given name or an initial and go on with a capitalised word."""
    done, last = 0, len(analysed.texts) - 1
    for index in analysed.marked:
        if (
            index < done
            or index >= last
            or taken[index]
            or not capital(analysed, index)
            or not _begins(analysed, index)
        ):
            continue
        end = _name_end(analysed, taken, index)
        if end - index > 1 and not _place_name(analysed, index, end) and not _doubted(analysed, index, end):
            yield index, end
            done = end


def _begins(analysed: AnalysedText, index: int) -> bool:
    form, word = analysed.keys[index], analysed.texts[index]
    if (len(word) == 1 or word[1] == ".") and _INITIAL.fullmatch(word):
        dotted = word[-1] == "." or analysed.text.startswith(".", analysed.ends[index])
        return dotted and joined(analysed, index) and analysed.language != "de" and form not in ("us", "uk", "eu")
    if analysed.language == "vi" and form in analysed.told("families"):
        return True
    if not is_given(form, analysed.language) or never(analysed, index):
        return False
    if word.isupper() and len(form) > 1 and not analysed.loud[index]:
        return False
    if (
        index
        and joined(analysed, index - 1)
        and capital(analysed, index - 1)
        and _place_name(analysed, index - 1, index + 1)
    ):
        return False  # San Francisco Bay
    numbers = find(form)
    if numbers and place(numbers[0]).kind != "city":
        return joined(analysed, index) and surname(analysed.keys[index + 1])  # Jordan Montgomery, but not Indiana Gov.
    return True


def is_given(form: str, language: str) -> bool:
    """Return whether a looked-up form is a given name, in whichever case it stands."""
    return given(form) or (language in MANY_WORDED and any(given(base) for base in base_forms(form, language)))


def _name_end(analysed: AnalysedText, taken: bytearray, first: int) -> int:
    """Return the end of the name that begins at `first`."""
    keys, language = analysed.keys, analysed.language
    end, content = first + 1, 1
    while end < len(keys) and joined(analysed, end - 1) and not taken[end] and content < 4 and end - first < LONGEST:
        hyphen = analysed.text[analysed.ends[end - 1]] == "-"
        if hyphen and keys[first] in _KOREAN and analysed.texts[end].islower():
            return end + 1  # Moon Jae-in
        if capital(analysed, end):
            form = keys[end]
            initial = len(form) == 1
            if hyphen and len(keys[end - 1]) == 1:
                break  # R-Wis.
            if (
                not initial
                and _SHOUT.match(analysed.texts[end])
                and not analysed.loud[end]
                and not _dateline_caps(analysed, first)
            ):
                break
            if not hyphen and not initial and content >= 2 and not _goes_on(analysed, end, first):
                break
            if (
                not hyphen
                and not initial
                and (never(analysed, end) or form in analysed.told("organisations") or form in STOPS)
            ):
                # Cynthia Woods Mitchell Pavilion is nobody
                return first + 1 if form in STOPS else end
            if not hyphen and form in analysed.told("titles") and not surname(form):
                break
            if content == 1 and not hyphen and form in analysed.lower and not surname(form):
                break
            end += 1
            content += 0 if initial else 1
        elif keys[end] in PARTICLES and not hyphen:
            ahead = end
            while ahead < len(keys) and keys[ahead] in PARTICLES and ahead - end < 3 and joined(analysed, ahead):
                ahead += 1
            if ahead >= len(keys) or not capital(analysed, ahead) or taken[ahead] or never(analysed, ahead):
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


def _dateline_caps(analysed: AnalysedText, index: int) -> bool:
    """Return whether capitals are only the setting: the name's first word is in capitals, too."""
    return analysed.texts[index].isupper() and len(analysed.texts[index]) > 2


def quoted_title(analysed: AnalysedText, first: int, end: int) -> bool:
    """Return whether quotation marks enclose just the name: a book's, a film's."""
    start, stop = analysed.starts[first], analysed.ends[end - 1]
    return analysed.text[start - 1 : start] in ("„", "“", '"', "«", "»", "‘") and analysed.text[stop : stop + 1] in (
        "“", "”", '"', "»", "«", "’",
    )  # fmt: skip


def _goes_on(analysed: AnalysedText, index: int, first: int) -> bool:
    """Return whether a third word is still the person's: after middle names, and not a common word."""
    form, before = analysed.keys[index], analysed.keys[index - 1]
    if form in AFTER_NAME or form in analysed.lower or form in analysed.told("titles"):
        return form in AFTER_NAME
    if analysed.language == "de":
        return (given(before) and not surname(before)) or (surname(form) and not common(form))
    return not common(form) or surname(form)


def _place_name(analysed: AnalysedText, first: int, end: int) -> bool:
    """Return whether all of it is a great town's or a region's name, as San Diego is."""
    numbers = find(" ".join(analysed.keys[first:end]))
    found = [place(number) for number in numbers[:1]]
    return any(each.kind != "city" or each.population > TOWN for each in found)


def _doubted(analysed: AnalysedText, first: int, end: int) -> bool:
    """Return whether the words speak against a person: a title set in capitals, words of everyday."""
    second = analysed.keys[end - 1]
    if len(set(analysed.keys[first:end])) == 1 or quoted_title(analysed, first, end):
        return True
    if hyphens_alone(analysed, first, end):
        return True
    numbers = find(second)
    if numbers and place(numbers[0]).kind != "city" and not surname(second):
        return True
    if analysed.loud[first]:
        return not surname(second) and not any(surname(part) for part in analysed.keys[first + 1 : end])
    if first and analysed.keys[first - 1] == "the" and joined(analysed, first - 1):
        return True
    return common(second) and not surname(second) and not (first and titled(analysed, first))


def hyphens_alone(analysed: AnalysedText, first: int, end: int) -> bool:
    """Return whether only hyphens hold it together, as Maya-Städte, Blu-Ray and Manisa-İzmir."""
    return " " not in analysed.text[analysed.starts[first] : analysed.ends[end - 1]]


def titled(analysed: AnalysedText, index: int) -> bool:
    """Return whether a title or a role stands right before a word."""
    if not index or not joined(analysed, index - 1):
        return False
    return analysed.keys[index - 1] in analysed.told("titles")
