"""Which bodies a text names: by our gazetteer, by the nouns that make a name a body's, by what stands beside it."""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from pipelines.enrich.bodies import HOME, ONLY_IN, QUOTED, Body, Form, forms
from pipelines.enrich.lexicon import tells, words_of
from pipelines.enrich.reading import Reading
from pipelines.enrich.runs import LONGEST, capital, joined, never, written
from pipelines.enrich.words import key

#: most that are listed
MOST = 60
_LINKS = frozenset(
    "of for on at against de la del della di do da des du the and & für der des zur und y et e ve van voor".split()
)
_SITE = re.compile(r"(?<![\w@./-])[A-Z][\w-]*\.(?:com|org|net|info|de|ru|is|io|tv|me|ua)(?![\w/])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mention:
    """One place in the text where a body is named: words `first` to before `end`."""

    name: str
    first: int
    end: int
    body: Body | None = None


def organisations(reading: Reading) -> dict[str, Any]:
    """Return `organisations`: name (of the gazetteer, else as written), display as first written, mentions; {} for none."""
    from pipelines.enrich.companies import all_organisations

    mentions = reading.once(all_organisations)
    counts = Counter(mention.name for mention in mentions)
    shown: dict[str, str] = {}
    for mention in mentions:
        shown.setdefault(mention.name, written(reading, mention.first, mention.end))
    rows = [{"name": name, "display": shown[name], "mentions": count} for name, count in counts.most_common(MOST)]
    return {"organisations": rows} if rows else {}


def known_and_built(reading: Reading) -> list[Mention]:
    """Return the mentions that the gazetteer or a noun such as "University" tells, in the text's order."""
    taken = bytearray(len(reading.words))
    found = _known(reading, taken)
    found += _built(reading, taken)
    found += _abbreviated(reading, taken, found)
    return sorted(found, key=lambda mention: mention.first)


def _known(reading: Reading, taken: bytearray) -> list[Mention]:
    known, beginnings = forms()
    keys = reading.keys
    sure: list[Mention] = []
    doubtful: list[tuple[Mention, Form]] = []
    index = 0
    while index < len(keys):
        best: tuple[int, Form] | None = None
        phrase = keys[index]
        if phrase and not reading.words[index].text[0].islower() or phrase in ("flydubai", "taz", "adidas", "ecobee"):
            end = index + 1
            while True:
                if phrase in known and (form := _meant(reading, known[phrase], phrase, index, end)):
                    best = (end, form)
                if phrase not in beginnings or end >= len(keys) or not _close(reading, end - 1):
                    break
                phrase = f"{phrase} {keys[end]}"
                end += 1
        if best is None:
            index += 1
            continue
        mention = Mention(best[1].body.name, index, best[0], best[1].body)
        if best[1].doubtful:
            doubtful.append((mention, best[1]))
        else:
            sure.append(mention)
        index = best[0]
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
    if single and word.isupper() and not candidates[0].acronym and len(word) <= 4 and reading.loud[first]:
        return None
    if single and not word.isupper() and word.isascii():
        # "Target" at a sentence's beginning, where the text also has "target"
        if phrase in reading.lower or (reading.loud[first] and candidates[0].doubtful):
            return None
        if _beside(reading, first) and not candidates[0].body.name == "European Union":
            return None
    home = HOME.get(language, set()) | {reading.outlet.country.upper()}
    at_home = [form for form in candidates if not form.body.country or form.body.country in home]
    short = single and len(phrase) <= 3 and word.isascii()
    if short and not at_home:
        return None
    return (at_home or list(candidates))[0]


def _beside(reading: Reading, index: int) -> bool:
    """Return whether a single word is the first name or the last of a longer name that the gazetteer does not have."""
    if reading.language == "de" or reading.loud[index]:
        return False
    if index and joined(reading, index - 1) and capital(reading, index - 1) and not never(reading, index - 1):
        from pipelines.enrich.lexicon import given

        return given(reading.keys[index - 1]) and not reading.words[index].text.isupper()
    return False


def _in_quotes(reading: Reading, first: int, end: int) -> bool:
    before = reading.text[max(0, reading.words[first].start - 1) : reading.words[first].start]
    after = reading.text[reading.words[end - 1].end : reading.words[end - 1].end + 1]
    return before in "„“\"»«‚'" and after in "“”\"«»‘'-" and bool(before and after)


def _built(reading: Reading, taken: bytearray) -> list[Mention]:
    """Return names that a noun makes a body's: "Texas Department of Public Safety", "Universität Kiel"."""
    bodies = words_of("bodies", reading.language)
    if not bodies:
        return []
    found = []
    keys = reading.keys
    index = 0
    while index < len(keys):
        noun = not taken[index] and capital(reading, index) and not reading.loud[index]
        if noun and tells("bodies", reading.language, keys[index]):
            first, end = _left(reading, taken, index), _right(reading, taken, index)
            if end - first > 1 and (reading.language != "de" or end - index > 1 or _adjective(reading, first, index)):
                found.append(Mention(written(reading, first, end), first, end))
                taken[first:end] = b"\1" * (end - first)
                index = end
                continue
        index += 1
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
        end = ahead + 1
    return end


def _abbreviated(reading: Reading, taken: bytearray, found: list[Mention]) -> list[Mention]:
    """Return mentions by an acronym that the text itself explains: "Office for Budget Responsibility (OBR)"."""
    explained: dict[str, tuple[str, Body | None]] = {}
    for mention in found:
        if mention.end < len(reading.words):
            word = reading.words[mention.end]
            gap = reading.text[reading.words[mention.end - 1].end : word.start]
            if gap.strip("’'s ") == "(" and sum(letter.isupper() for letter in word.text) >= 2 and len(word.text) <= 8:
                explained.setdefault(word.text, (mention.name, mention.body))
    more = []
    for index, word in enumerate(reading.words):
        if word.text in explained and not taken[index]:
            name, body = explained[word.text]
            more.append(Mention(name, index, index + 1, body))
            taken[index] = 1
    return more


def sites(reading: Reading) -> list[str]:
    """Return names of sites written with a capital, such as PolitiFact.com, as they stand."""
    return [
        match.group() for match in _SITE.finditer(reading.text) if match.group()[0].isupper() and key(match.group())
    ]
