"""Bodies told by our gazetteer, by a noun such as University in their name, or by an acronym the text explains."""

from collections import Counter
from dataclasses import dataclass, replace

from pipelines.enrich.bodies import HOME, ONLY_IN, QUOTED, Body, Form, forms
from pipelines.enrich.full_names import STOPS
from pipelines.enrich.gazetteer import find
from pipelines.enrich.inflection import MANY_WORDED, base_forms
from pipelines.enrich.lexicon import given, tells, words_of
from pipelines.enrich.reading import Reading
from pipelines.enrich.runs import LONGEST, capital, joined, never, written
from pipelines.enrich.states import short_state

#: bodies that write themselves small
_SMALL_NAMES = frozenset({"flydubai", "taz", "adidas", "ecobee", "ebay", "dpa", "dpo", "iphone"})
_LINKS = frozenset(
    "of for on at against de la del della di do da des du the and & für der des zur und y et e ve van voor".split()
)


@dataclass(frozen=True, slots=True)
class Mention:
    """One place in the text where a body is named: words `first` to before `end`."""

    name: str
    first: int
    end: int
    body: Body | None = None
    #: as written, where words are not set apart; else the words tell
    display: str = ""


def known_and_built(reading: Reading) -> list[Mention]:
    """Return the mentions that the gazetteer or a noun such as "University" tells, in the text's order."""
    taken = bytearray(len(reading.words))
    found = _known(reading, taken)
    found = _built(reading, taken, found)
    explained = _explained(reading, found)
    # what the text explains is meant, though the gazetteer knows another body of these letters
    found = [_as_explained(reading, mention, explained) for mention in found]
    for index in reading.marked if explained else ():
        word = reading.words[index].text
        if word in explained and not taken[index]:
            found.append(replace(explained[word], first=index, end=index + 1))
            taken[index] = 1
    return sorted(found, key=lambda mention: mention.first)


def _known(reading: Reading, taken: bytearray) -> list[Mention]:
    known, beginnings = forms()
    keys = reading.keys
    inflected = reading.language == "ko" or reading.language in MANY_WORDED
    sure: list[Mention] = []
    doubtful: list[tuple[Mention, Form]] = []
    done = 0
    small = [index for index, form in enumerate(keys) if form in _SMALL_NAMES]
    for index in sorted({*reading.marked, *small}):
        if index < done:
            continue
        best: tuple[int, Form] | None = None
        phrase = keys[index]
        if inflected and phrase not in known and phrase not in beginnings:
            phrase = next(
                (form for form in base_forms(phrase, reading.language) if form in known and len(form) > 2), phrase
            )
        if phrase:
            end = index + 1
            while True:
                if phrase in known and (form := _meant(reading, known[phrase], phrase, index, end)):
                    best = (end, form)
                if phrase not in beginnings or end >= len(keys) or not _close(reading, end - 1):
                    break
                phrase = f"{phrase} {keys[end]}"
                end += 1
        if best is None:
            continue
        mention = Mention(best[1].body.name, index, best[0], best[1].body)
        if best[1].doubtful:
            doubtful.append((mention, best[1]))
        else:
            sure.append(mention)
        done = best[0]
    groups = Counter({group: 2 for group in {m.body.group for m in sure if m.body} if _league(group)})
    groups.update(form.body.group for form in {form.body.name: form for _, form in doubtful}.values())
    named = {mention.name for mention in sure}
    for mention, form in doubtful:
        # another body of the league, or its section, makes "Wild" a club; a town's name alone stays the town's
        if form.body.name in named or groups[form.body.group] > 2:
            sure.append(mention)
    for mention in sure:
        taken[mention.first : mention.end] = b"\1" * (mention.end - mention.first)
    return sure


def _league(group: str) -> bool:
    return group in ("nfl", "nba", "mlb", "nhl", "college", "football")


def _close(reading: Reading, index: int) -> bool:
    """Return whether nothing but a space, a hyphen, an ampersand or 's parts a word from the next."""
    gap = reading.text[reading.words[index].end : reading.words[index + 1].start]
    return len(gap) <= 4 and "\n" not in gap and "," not in gap and gap.strip(" -–’'s&.+/") == ""


def _meant(reading: Reading, candidates: tuple[Form, ...], phrase: str, first: int, end: int) -> Form | None:
    """Return the form that is meant here, by case, language and country, or None."""
    word = reading.words[first].text
    language = reading.language
    if phrase in ONLY_IN and language not in ONLY_IN[phrase] and not _in_quotes(reading, first, end):
        return None
    if phrase in QUOTED.get(language, ()) and not _in_quotes(reading, first, end):
        return None
    single = end - first == 1
    if single and candidates[0].acronym and all(form.acronym for form in candidates) and not word.isupper():
        return None
    if single and word.isupper() and len(word) <= 4 and _shouted(reading, first):
        return None
    if single and first and word.isupper() and reading.keys[first - 1].isdigit() and joined(reading, first - 1):
        return None  # 335 HP
    if end < len(reading.keys) and reading.keys[end] in STOPS and capital(reading, end) and joined(reading, end - 1):
        return None  # Fed Cup
    if single and short_state(reading, first) is not None:
        return None  # Burgettstown, PA
    if reading.text[reading.words[end - 1].end : reading.words[end - 1].end + 1] == "$":
        return None  # AU$4,100
    if single and not word.isupper() and word.isascii():
        # "Target" at a sentence's beginning, where the text also has "target"
        if phrase in reading.lower or (reading.loud[first] and candidates[0].doubtful):
            return None
        if _beside(reading, first) and candidates[0].body.name != "European Union":
            return None
    form = candidates[0]
    if form.body.group == "companies" and not reading.loud[first] and _product(reading, end):
        return None
    if (
        end - first > 1
        and language == "en"
        and tells("bodies", "en", reading.keys[end - 1])
        and _of_a_place(reading, first)
    ):
        return None
    home = HOME.get(language, set()) | {reading.outlet.country.upper()}
    at_home = [form for form in candidates if not form.body.country or form.body.country in home]
    if single and form.acronym and not at_home and len(phrase) <= 4:
        at_home = [form for form in candidates if form.body.country in ("US", "GB")]
        if not at_home:
            return None
    return (at_home or list(candidates))[0]


def _product(reading: Reading, end: int) -> bool:
    """Return whether a firm's name goes on as one of its products': Hyundai Elantra, Apple Watch."""
    if reading.language != "en" or end >= len(reading.words) or not joined(reading, end - 1):
        return False
    word = reading.words[end]
    form = reading.keys[end]
    title = tells("titles", "en", form) or tells("bodies", "en", form) or never(reading, end)
    return word.text[0].isupper() and not title and reading.text[reading.words[end - 1].end] == " "


def _of_a_place(reading: Reading, first: int) -> bool:
    """Return whether a place stands right before: the Colorado Supreme Court is not the Supreme Court."""
    if not first or not joined(reading, first - 1) or not capital(reading, first - 1):
        return False
    return bool(find(reading.keys[first - 1])) and reading.keys[first - 1] not in ("us", "usa")


_SMALL = frozenset("is the and are to in of for was has a on at".split())


def _shouted(reading: Reading, index: int) -> bool:
    """Return whether the words beside are in capitals as well: WHO IS THE FRONT-RUNNER?"""
    return any(
        word.text.isupper() and len(word.text) > 1 and reading.keys[index + 1 + number] in reading.lower | _SMALL
        for number, word in enumerate(reading.words[index + 1 : index + 3])
    )


def _beside(reading: Reading, index: int) -> bool:
    """Return whether a single word is the first name or the last of a longer name that the gazetteer does not have."""
    if reading.language == "de" or reading.loud[index]:
        return False
    if index and joined(reading, index - 1) and capital(reading, index - 1) and not never(reading, index - 1):
        return given(reading.keys[index - 1]) and not reading.words[index].text.isupper()
    return False


def _in_quotes(reading: Reading, first: int, end: int) -> bool:
    before = reading.text[max(0, reading.words[first].start - 1) : reading.words[first].start]
    after = reading.text[reading.words[end - 1].end : reading.words[end - 1].end + 1]
    return before in "„“\"»«‚'" and after in "“”\"«»‘'-" and bool(before and after)


def _built(reading: Reading, taken: bytearray, known: list[Mention]) -> list[Mention]:
    """Return the known mentions and those of names that a noun makes a body's: "Texas Department of Public Safety".

    A known name behind its "of" is a part of it: Michigan Department of Health and Human Services.
    """
    found = list(known)
    if not words_of("bodies", reading.language):
        return found
    starts = {mention.first: mention for mention in known}
    keys = reading.keys
    done = 0
    for index in reading.marked:
        noun = index >= done and not taken[index] and capital(reading, index) and not reading.loud[index]
        if noun and tells("bodies", reading.language, keys[index]):
            first, end = _left(reading, taken, index), _right(reading, taken, index)
            part = starts.get(end + 1) if end < len(keys) and keys[end] in ("of", "for") else None
            if part and joined(reading, end - 1) and joined(reading, end):
                found.remove(part)
                end = part.end
            if end - first > 1 and (reading.language != "de" or end - index > 1 or _adjective(reading, first, index)):
                found.append(Mention(written(reading, first, end), first, end))
                taken[first:end] = b"\1" * (end - first)
                done = end
    return found


def _adjective(reading: Reading, first: int, index: int) -> bool:
    """Return whether what stands before a German noun belongs to it: Deutsche Adipositas-Gesellschaft."""
    return first < index and reading.keys[first].rstrip("nrs").endswith("e")


def _left(reading: Reading, taken: bytearray, index: int) -> int:
    first = index
    while first > 0 and index - first < LONGEST and joined(reading, first - 1) and not taken[first - 1]:
        before = first - 1
        if capital(reading, before) and not never(reading, before) and not _person_title(reading, before):
            first = before
        elif (
            reading.keys[before] in ("ve", "and", "&")
            and before
            and capital(reading, before - 1)
            and index - before == 2
        ):
            first = before - 1
        else:
            break
    while first < index and reading.words[first].opens and reading.keys[first] in reading.lower:
        first += 1
    if reading.language == "de":
        # a noun before a noun is a sentence, not a name; a hyphen or an adjective makes one
        while first < index and not (
            reading.text[reading.words[index - 1].end] == "-" or _adjective(reading, first, index)
        ):
            first += 1
    return first


def _person_title(reading: Reading, index: int) -> bool:
    return tells("titles", reading.language, reading.keys[index]) and reading.language != "tr"


def _right(reading: Reading, taken: bytearray, index: int) -> int:
    """Return the end of a name that runs on: "of Public Safety", "for Disease Control and Prevention", "Kiel"."""
    end = index + 1
    keys = reading.keys
    while end < len(keys) and end - index < LONGEST + 2 and joined(reading, end - 1) and not taken[end]:
        if capital(reading, end) and not never(reading, end):
            if end == index + 1 and reading.language == "en" and not tells("bodies", "en", keys[end]):
                break  # "Police Chief", "Group President"
            end += 1
            continue
        ahead = end
        while ahead < len(keys) and keys[ahead] in _LINKS and ahead - end < 3 and joined(reading, ahead):
            ahead += 1
        if ahead == end or ahead >= len(keys) or taken[ahead] or not capital(reading, ahead):
            break
        if keys[end] in ("and", "&", "und", "y", "et", "e", "ve") and end == index + 1:
            break
        if reading.language == "de" and tells("bodies", "de", keys[ahead]):
            break  # die Gesellschaft der Universität Kiel
        end = ahead + 1
    return end


def _explained(reading: Reading, found: list[Mention]) -> dict[str, Mention]:
    """Return acronyms that the text itself explains: "Office for Budget Responsibility (OBR)"."""
    explained: dict[str, Mention] = {}
    for mention in found:
        if mention.end - mention.first > 1 and mention.end < len(reading.words):
            word = reading.words[mention.end]
            gap = reading.text[reading.words[mention.end - 1].end : word.start]
            if gap.strip("’'s ") == "(" and sum(letter.isupper() for letter in word.text) >= 2 and len(word.text) <= 8:
                explained.setdefault(word.text, mention)
    return explained


def _as_explained(reading: Reading, mention: Mention, explained: dict[str, Mention]) -> Mention:
    full = explained.get(reading.words[mention.first].text) if mention.end - mention.first == 1 else None
    return replace(mention, name=full.name, body=full.body) if full else mention
