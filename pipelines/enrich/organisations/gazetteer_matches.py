"""Organisations by our gazetteer, by a noun such as University in their name, or by an acronym that is explained.

The gazetteer, data/organisations.txt, says which names lead to which organisation.
"""

from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from pipelines.enrich.people.full_names import STOPS
from pipelines.enrich.places.gazetteer import find, short_state
from pipelines.enrich.text.analysed_text import LONGEST, AnalysedText, capital, joined, never, written
from pipelines.enrich.text.lexicon import MANY_WORDED, base_forms, given, key, words_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Organisation:
    """One organisation of the gazetteer."""

    name: str
    #: ISO 3166-1 alpha-2, empty for an international one
    country: str
    #: organisations of one group (a league's clubs) make each other likelier
    group: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NameForm:
    """One way to write an organisation's name."""

    organisation: Organisation
    #: must be written in capitals, as an acronym is
    acronym: bool
    #: is also a word, or another's name
    doubtful: bool


@cache
def name_forms() -> tuple[dict[str, tuple[NameForm, ...]], frozenset[str]]:
    """Return the forms under each looked-up name, and all beginnings of names of several words."""
    found: dict[str, tuple[NameForm, ...]] = {}
    beginnings: set[str] = set()
    group = ""
    for line in (files("pipelines.enrich") / "data" / "organisations.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("==="):
            group = line.split()[1]
        elif line and not line.startswith("#"):
            country, _, names = line.partition(": ")
            written = names.split("|")
            organisation = Organisation(name=written[0], country=country.strip(": "), group=group)
            for name in written:
                plain = name.lstrip("~")
                looked_up = key(plain)
                if not any(letter.isalpha() for letter in looked_up):
                    continue  # 1&1 would be every score of one all
                form = NameForm(
                    organisation=organisation,
                    acronym=plain.isupper() and len(plain) <= 6,
                    doubtful=name.startswith("~"),
                )
                found[looked_up] = (*found.get(looked_up, ()), form)
                parts = looked_up.split(" ")
                beginnings.update(" ".join(parts[:size]) for size in range(1, len(parts)))
    return found, frozenset(beginnings)


#: where a language is at home: an acronym of a country's own party or office is meant in its language
HOME = {
    "de": {"DE", "AT", "CH"}, "en": {"US", "GB", "CA", "AU", "IE", "NZ", "IN", "ZA", "NG"}, "fr": {"FR", "BE", "CH"},
    "es": {"ES", "MX", "AR", "CO", "VE", "CL"}, "it": {"IT", "CH", "VA"}, "pt": {"PT", "BR"}, "nl": {"NL", "BE"},
    "sv": {"SE"}, "no": {"NO"}, "da": {"DK", "GL"}, "fi": {"FI"}, "is": {"IS"}, "pl": {"PL"}, "cs": {"CZ"},
    "sk": {"SK"}, "hu": {"HU"}, "ro": {"RO"}, "bg": {"BG"}, "el": {"GR"}, "sr": {"RS"}, "ru": {"RU", "UA", "BY"},
    "uk": {"UA"}, "tr": {"TR"}, "id": {"ID"}, "ms": {"MY"}, "vi": {"VN"}, "ja": {"JP"}, "ko": {"KR"},
    "zh": {"CN", "TW", "HK"}, "hi": {"IN"}, "zu": {"ZA"}, "xh": {"ZA"}, "sw": {"KE", "TZ"}, "he": {"IL"},
}  # fmt: skip
#: short forms that mean the organisation in these languages alone; in none, inside quotation marks alone
ONLY_IN = {
    "ab": {"tr"}, "bm": {"tr"}, "fn": {"sv", "no", "da"}, "yk": {"fi"}, "ue": {"fr", "es", "it", "pt", "ro", "pl"},
    "omc": {"fr", "es", "pt", "it"}, "cpi": {"fr", "es"}, "cio": {"fr", "it"}, "au": {"en"}, "oea": {"es", "pt"},
    "union": {"de"}, "real": {"de", "es"}, "inter": {"de", "it"}, "continental": {"de"}, "orange": {"fr"},
    "total": {"fr"}, "marca": {"es"}, "lega": {"it"}, "vanguard": {"en"}, "público": {"pt"}, "azov": {"en"},
    "fidelity": {"en"}, "zoom": {"en"}, "slack": {"en"}, "meta": {"en", "de"}, "target": {"en"}, "fox": {"en"},
    "shell": {"en", "de", "nl"}, "lego": {"en", "da"}, "boots": {"en"}, "celtic": {"en"}, "vox": {"es"},
    "linke": {"de"}, "維新": {"ja"}, "stern": set(), "bild": set(), "focus": set(), "hr": set(), "br": set(),
    "dr": set(), "is": set(), "reforma": set(), "labor": set(), "current": set(), "dawn": set(), "leonardo": set(),
    "spiegel": set(), "kicker": set(), "insider": set(), "variety": set(), "deadline": set(), "curia": set(),
    "visa": set(), "連合": set(), "bund": set(),
}  # fmt: skip
#: words of a language that are more often themselves than the organisation: it is meant inside quotation marks alone
QUOTED = {
    "de": {
        "stern",
        "spiegel",
        "bild",
        "focus",
        "kicker",
        "union",
        "allianz",
        "welt",
        "real",
        "meta",
        "target",
        "marca",
    },
    "en": {"deadline", "variety", "insider", "dawn", "target", "current"},
}


_LINKS = frozenset(
    "of for on at against de la del della di do da des du the and & für der des zur und y et e ve van voor".split()
)


@dataclass(frozen=True, slots=True)
class Mention:
    """One place in the text where an organisation is named: words `first` to before `end`."""

    name: str
    first: int
    end: int
    organisation: Organisation | None = None
    #: as written, where words are not set apart; else the words tell
    display: str = ""


def gazetteer_matches(analysed: AnalysedText) -> list[Mention]:
    """Return the mentions that the gazetteer or a noun such as "University" tells, in the text's order."""
    taken = bytearray(len(analysed.texts))
    found = _known(analysed, taken)
    found = _built(analysed, taken, found)
    explained = _explained(analysed, found)
    # what the text explains is meant, though the gazetteer knows another organisation of these letters
    found = [_as_explained(analysed, mention, explained) for mention in found]
    for index in analysed.marked if explained else ():
        word = analysed.texts[index]
        if word in explained and not taken[index]:
            found.append(replace(explained[word], first=index, end=index + 1))
            taken[index] = 1
    return sorted(found, key=lambda mention: mention.first)


def _known(analysed: AnalysedText, taken: bytearray) -> list[Mention]:
    known, beginnings = name_forms()
    keys = analysed.keys
    inflected = analysed.language == "ko" or analysed.language in MANY_WORDED
    sure: list[Mention] = []
    doubtful: list[tuple[Mention, NameForm]] = []
    done = 0
    named = {form: form for form in analysed.forms if form and (form in known or form in beginnings)}
    for form in analysed.forms if inflected else ():
        if form not in named:
            bases = (base for base in base_forms(form, analysed.language) if len(base) > 2 and base in known)
            if base := next(bases, ""):
                named[form] = base
    for index in analysed.at(named):
        if index < done:
            continue
        best: tuple[int, NameForm] | None = None
        phrase, end = named[keys[index]], index + 1
        while True:
            if phrase in known and (meant := _meant(analysed, known[phrase], phrase, index, end)):
                best = (end, meant)
            if phrase not in beginnings or end >= len(keys) or not _close(analysed, end - 1):
                break
            phrase = f"{phrase} {keys[end]}"
            end += 1
        if best is None:
            continue
        mention = Mention(best[1].organisation.name, index, best[0], best[1].organisation)
        if best[1].doubtful:
            doubtful.append((mention, best[1]))
        else:
            sure.append(mention)
        done = best[0]
    groups = Counter({group: 2 for group in {m.organisation.group for m in sure if m.organisation} if _league(group)})
    groups.update(form.organisation.group for form in {form.organisation.name: form for _, form in doubtful}.values())
    sure_names = {mention.name for mention in sure}
    for mention, name_form in doubtful:
        # another organisation of the league, or its section, makes "Wild" a club; a town's name alone stays the town's
        if name_form.organisation.name in sure_names or groups[name_form.organisation.group] > 2:
            sure.append(mention)
    for mention in sure:
        taken[mention.first : mention.end] = b"\1" * (mention.end - mention.first)
    return sure


def _league(group: str) -> bool:
    return group in ("nfl", "nba", "mlb", "nhl", "college", "football")


def _close(analysed: AnalysedText, index: int) -> bool:
    """Return whether nothing but a space, a hyphen, an ampersand or 's parts a word from the next."""
    gap = analysed.text[analysed.ends[index] : analysed.starts[index + 1]]
    return len(gap) <= 4 and "\n" not in gap and "," not in gap and gap.strip(" -–’'s&.+/") == ""


def _meant(
    analysed: AnalysedText, candidates: tuple[NameForm, ...], phrase: str, first: int, end: int
) -> NameForm | None:
    """Return the form that is meant here, by case, language and country, or None."""
    word = analysed.texts[first]
    language = analysed.language
    if phrase in ONLY_IN and language not in ONLY_IN[phrase] and not _in_quotes(analysed, first, end):
        return None
    if phrase in QUOTED.get(language, ()) and not _in_quotes(analysed, first, end):
        return None
    single = end - first == 1
    if single and candidates[0].acronym and all(form.acronym for form in candidates) and not word.isupper():
        return None
    if single and word.isupper() and len(word) <= 4 and _shouted(analysed, first):
        return None
    if single and first and word.isupper() and analysed.keys[first - 1].isdigit() and joined(analysed, first - 1):
        return None  # 335 HP
    if (
        end < len(analysed.keys)
        and analysed.keys[end] in STOPS
        and capital(analysed, end)
        and joined(analysed, end - 1)
    ):
        return None  # Fed Cup
    if single and short_state(analysed, first) is not None:
        return None  # Burgettstown, PA
    if analysed.text[analysed.ends[end - 1] : analysed.ends[end - 1] + 1] == "$":
        return None  # AU$4,100
    if single and not word.isupper() and word.isascii():
        # "Target" at a sentence's beginning, where the text also has "target"
        if phrase in analysed.lower or (analysed.loud[first] and candidates[0].doubtful):
            return None
        if _beside(analysed, first) and candidates[0].organisation.name != "European Union":
            return None
    form = candidates[0]
    if form.organisation.group == "companies" and not analysed.loud[first] and _product(analysed, end):
        return None
    if (
        end - first > 1
        and language == "en"
        and analysed.keys[end - 1] in analysed.told("organisations")
        and _of_a_place(analysed, first)
    ):
        return None
    home = HOME.get(language, set()) | {analysed.outlet.country.upper()}
    at_home = [form for form in candidates if not form.organisation.country or form.organisation.country in home]
    if single and form.acronym and not at_home and len(phrase) <= 4:
        at_home = [form for form in candidates if form.organisation.country in ("US", "GB")]
        if not at_home:
            return None
    return (at_home or list(candidates))[0]


def _product(analysed: AnalysedText, end: int) -> bool:
    """Return whether a firm's name goes on as one of its products': Hyundai Elantra, Apple Watch."""
    if analysed.language != "en" or end >= len(analysed.texts) or not joined(analysed, end - 1):
        return False
    form = analysed.keys[end]
    title = form in analysed.told("titles") or form in analysed.told("organisations") or never(analysed, end)
    return capital(analysed, end) and not title and analysed.text[analysed.ends[end - 1]] == " "


def _of_a_place(analysed: AnalysedText, first: int) -> bool:
    """Return whether a place stands right before: the Colorado Supreme Court is not the Supreme Court."""
    if not first or not joined(analysed, first - 1) or not capital(analysed, first - 1):
        return False
    return bool(find(analysed.keys[first - 1])) and analysed.keys[first - 1] not in ("us", "usa")


_SMALL = frozenset("is the and are to in of for was has a on at".split())


def _shouted(analysed: AnalysedText, index: int) -> bool:
    """Return whether the words beside are in capitals as well: WHO IS THE FRONT-RUNNER?"""
    return any(
        word.isupper() and len(word) > 1 and (form in analysed.lower or form in _SMALL)
        for word, form in zip(analysed.texts[index + 1 : index + 3], analysed.keys[index + 1 : index + 3], strict=True)
    )


def _beside(analysed: AnalysedText, index: int) -> bool:
    """Return whether a single word is the first name or the last of a longer name that the gazetteer does not have."""
    if analysed.language == "de" or analysed.loud[index]:
        return False
    if index and joined(analysed, index - 1) and capital(analysed, index - 1) and not never(analysed, index - 1):
        return given(analysed.keys[index - 1]) and not analysed.texts[index].isupper()
    return False


def _in_quotes(analysed: AnalysedText, first: int, end: int) -> bool:
    before = analysed.text[max(0, analysed.starts[first] - 1) : analysed.starts[first]]
    after = analysed.text[analysed.ends[end - 1] : analysed.ends[end - 1] + 1]
    return before in "„“\"»«‚'" and after in "“”\"«»‘'-" and bool(before and after)


def _built(analysed: AnalysedText, taken: bytearray, known: list[Mention]) -> list[Mention]:
    """Return the known mentions and those of names that a noun makes: "Texas Department of Public Safety".

    A known name behind its "of" is a part of it: Michigan Department of Health and Human Services.
    """
    found = list(known)
    if not words_of("organisations", analysed.language):
        return found
    starts = {mention.first: mention for mention in known}
    keys = analysed.keys
    done = 0
    for index in analysed.marked:
        noun = index >= done and not taken[index] and capital(analysed, index) and not analysed.loud[index]
        if noun and keys[index] in analysed.told("organisations"):
            first, end = _left(analysed, taken, index), _right(analysed, taken, index)
            part = starts.get(end + 1) if end < len(keys) and keys[end] in ("of", "for") else None
            if part and joined(analysed, end - 1) and joined(analysed, end):
                found.remove(part)
                end = part.end
            if end - first > 1 and (analysed.language != "de" or end - index > 1 or _adjective(analysed, first, index)):
                found.append(Mention(written(analysed, first, end), first, end))
                taken[first:end] = b"\1" * (end - first)
                done = end
    return found


def _adjective(analysed: AnalysedText, first: int, index: int) -> bool:
    """Return whether what stands before a German noun belongs to it: Deutsche Adipositas-Gesellschaft."""
    return first < index and analysed.keys[first].rstrip("nrs").endswith("e")


def _left(analysed: AnalysedText, taken: bytearray, index: int) -> int:
    first = index
    while first > 0 and index - first < LONGEST and joined(analysed, first - 1) and not taken[first - 1]:
        before = first - 1
        if capital(analysed, before) and not never(analysed, before) and not _person_title(analysed, before):
            first = before
        elif (
            analysed.keys[before] in ("ve", "and", "&")
            and before
            and capital(analysed, before - 1)
            and index - before == 2
        ):
            first = before - 1
        else:
            break
    while first < index and analysed.opens[first] and analysed.keys[first] in analysed.lower:
        first += 1
    if analysed.language == "de":
        # a noun before a noun is a sentence, not a name; a hyphen or an adjective makes one
        while first < index and not (
            analysed.text[analysed.ends[index - 1]] == "-" or _adjective(analysed, first, index)
        ):
            first += 1
    return first


def _person_title(analysed: AnalysedText, index: int) -> bool:
    return analysed.keys[index] in analysed.told("titles") and analysed.language != "tr"


def _right(analysed: AnalysedText, taken: bytearray, index: int) -> int:
    """Return the end of a name that runs on: "of Public Safety", "for Disease Control and Prevention", "Kiel"."""
    end = index + 1
    keys = analysed.keys
    while end < len(keys) and end - index < LONGEST + 2 and joined(analysed, end - 1) and not taken[end]:
        if capital(analysed, end) and not never(analysed, end):
            if end == index + 1 and analysed.language == "en" and keys[end] not in analysed.told("organisations"):
                break  # "Police Chief", "Group President"
            end += 1
            continue
        ahead = end
        while ahead < len(keys) and keys[ahead] in _LINKS and ahead - end < 3 and joined(analysed, ahead):
            ahead += 1
        if ahead == end or ahead >= len(keys) or taken[ahead] or not capital(analysed, ahead):
            break
        if keys[end] in ("and", "&", "und", "y", "et", "e", "ve") and end == index + 1:
            break
        if analysed.language == "de" and keys[ahead] in analysed.told("organisations"):
            break  # die Gesellschaft der Universität Kiel
        end = ahead + 1
    return end


def _explained(analysed: AnalysedText, found: list[Mention]) -> dict[str, Mention]:
    """Return acronyms that the text itself explains: "Office for Budget Responsibility (OBR)"."""
    explained: dict[str, Mention] = {}
    for mention in found:
        if mention.end - mention.first > 1 and mention.end < len(analysed.texts):
            word = analysed.texts[mention.end]
            gap = analysed.text[analysed.ends[mention.end - 1] : analysed.starts[mention.end]]
            if gap.strip("’'s ") == "(" and sum(letter.isupper() for letter in word) >= 2 and len(word) <= 8:
                explained.setdefault(word, mention)
    return explained


def _as_explained(analysed: AnalysedText, mention: Mention, explained: dict[str, Mention]) -> Mention:
    full = explained.get(analysed.texts[mention.first]) if mention.end - mention.first == 1 else None
    return replace(mention, name=full.name, organisation=full.organisation) if full else mention
