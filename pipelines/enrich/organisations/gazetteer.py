"""Our gazetteer of organisations: which names lead to which organisation, in data/organisations.txt."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pipelines.enrich.text.lexicon import key


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
