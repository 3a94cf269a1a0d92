"""Bodies that no list has: names beside which the text says company, spokesman, chief executive, or told."""

import re
from collections import defaultdict
from dataclasses import replace

from pipelines.enrich.dense import dense_bodies
from pipelines.enrich.gazetteer import find, place
from pipelines.enrich.known import Mention, known_and_built
from pipelines.enrich.lexicon import common, tells, words_of
from pipelines.enrich.people import persons
from pipelines.enrich.reading import Reading
from pipelines.enrich.runs import runs, written

#: evidence that makes an unknown name a body's
ENOUGH = 2.5
_CAMEL = re.compile(r"[A-Z][a-z]+[A-Z][A-Za-z]+|[A-Z]{2,}[a-z]+[A-Z]?\w*")
_ROLES = frozenset(
    "ceo chief executive founder co-founder cofounder president director chairman chairwoman head partner analyst "
    "economist spokesperson spokesman spokeswoman professor researcher manager owner editor fellow executives "
    "employees chef geschäftsführer vorstand pdg patron dirigeant presidente diretor direttore".split()
)
_DEEDS = frozenset(
    "announced announces reported reports launched launches unveiled acquired acquires sells plans offers "
    "declined filed introduced hired operates owns released raised posted estimates expects provides "
    "makes bought".split()
)
_IS_A_FIRM = re.compile(
    r", (?:a|an|the)\b[^.]{0,60}\b"
    r"(?:company|firm|startup|maker|group|platform|agency|organi[sz]ation|charity|retailer)\b"
)
_TICKER = re.compile(r"\s?\((?:ticker|NYSE|NASDAQ|Nasdaq|LSE|[A-Z]{2,5}\))")


def all_organisations(reading: Reading) -> list[Mention]:
    """Return every mention of an organisation, in the text's order; a person's surname is none."""
    taken = bytearray(len(reading.words))
    for person in reading.once(persons):
        for first, end in person.spans:
            taken[first:end] = b"\1" * (end - first)
    found = [mention for mention in reading.once(known_and_built) if not any(taken[mention.first : mention.end])]
    for mention in found:
        taken[mention.first : mention.end] = b"\1" * (mention.end - mention.first)
    found += _told(reading, taken)
    found += dense_bodies(reading)
    named = [mention for mention in found if not (mention.body and mention.body.group == "nothing")]
    return sorted(_as_one(named), key=lambda mention: mention.first)


def _as_one(found: list[Mention]) -> list[Mention]:
    """Give a shortened name to the body it shortens: Communist Party to Chinese Communist Party, OBR to its office."""
    full = {mention.name: mention for mention in found}
    longer: dict[str, str] = {}
    for name in full:
        words = name.split()
        for other in full:
            others = other.split()
            if other == name or len(others) <= len(words):
                continue
            initials = "".join(word[0] for word in others if word[0].isupper())
            if (len(words) > 1 and (others[-len(words) :] == words or others[: len(words)] == words)) or (
                len(words) == 1 and name.isupper() and len(name) > 2 and (initials == name or others[0] == name)
            ):
                longer[name] = other
    return [replace(mention, name=longer.get(mention.name, mention.name)) for mention in found]


def _told(reading: Reading, taken: bytearray) -> list[Mention]:
    """Return mentions of names that enough speaks for, over all their mentions together."""
    if not words_of("says", reading.language) or reading.language in ("de",):
        return []
    found = _sites(reading, taken)
    spans: dict[str, list[tuple[int, int]]] = {}
    evidence: dict[str, float] = defaultdict(float)
    for first, end in runs(reading, taken):
        while first < end and tells("titles", reading.language, reading.keys[first]):
            first += 1
        while end > first and reading.keys[end - 1] in _ROLES:
            end -= 1
            evidence[" ".join(reading.keys[first:end])] += 3
        if first >= end or end - first > 4 or reading.loud[first]:
            continue
        name = " ".join(reading.keys[first:end])
        spans.setdefault(name, []).append((first, end))
        evidence[name] += _evidence(reading, first, end)
    for name, places in spans.items():
        first, end = places[0]
        score = evidence[name] + (1.0 if len(places) > 2 else 0.0) + _looks(reading, first, end, name)
        if score >= ENOUGH and evidence[name] >= 1:
            shown = written(reading, first, end)
            found += [Mention(shown, *span) for span in places]
    return found


_SITE = re.compile(r"(?<![\w@./-])[^\W\d_][\w-]*\.(?:com|org|net|info|de|ru|is|io|ua|co)(?![\w/])")


def _sites(reading: Reading, taken: bytearray) -> list[Mention]:
    """Return sites that are named by their address with a capital, as PolitiFact.com, or as news sites are: mbl.is."""
    found = []
    starts = {word.start: index for index, word in enumerate(reading.words)}
    for match in _SITE.finditer(reading.text):
        first = starts.get(match.start())
        if match.group().endswith(".com") and not match.group()[0].isupper():
            continue
        if first is None or first + 1 >= len(reading.words) or taken[first] or match.group().startswith("www"):
            continue
        found.append(Mention(match.group(), first, first + 2))
        taken[first : first + 2] = b"\1\1"
    return found


def _looks(reading: Reading, first: int, end: int, name: str) -> float:
    """Return what the name itself says: letters set like a brand's, or a word, a place, a lone sentence's beginning."""
    score = 1.5 if _CAMEL.fullmatch(reading.words[first].text) else 0.0
    if end - first == 1 and (name in reading.lower or common(name)):
        score -= 3.0
    if end - first == 1 and (len(name) < 2 or "." in reading.words[first].text):
        score -= 6.0  # S.C.
    numbers = find(name)
    if numbers and (place(numbers[0]).kind != "city" or place(numbers[0]).population > 100_000):
        score -= 6.0
    return score


def _evidence(reading: Reading, first: int, end: int) -> float:
    keys, words, language = reading.keys, reading.words, reading.language
    before = keys[first - 1] if first else ""
    before2 = keys[first - 2] if first > 1 else ""
    after = keys[end] if end < len(keys) else ""
    gap = reading.text[words[end - 1].end : words[end].start] if end < len(keys) else ""
    score = 0.0
    if gap == " " and (tells("firms", language, after) or after in _ROLES):
        score += 2.5
    if gap in ("'s ", "’s ") and (tells("firms", language, after) or after in _ROLES):
        score += 3.0
    if gap == " " and after in _DEEDS:
        score += 1.5
    if before in ("told", "via") and words[first - 1].text[0].islower():
        score += 3.0 if before == "told" else 2.0
    if before in ("at", "of", "for", "from", "with", "by") and (
        before2 in _ROLES or tells("titles", language, before2)
    ):
        score += 3.0
    if before in ("to", "for", "of", "by", "at") and before2 in (
        "according",
        "shares",
        "subsidiary",
        "owned",
        "employees",
    ):
        score += 3.0 if before2 != "according" else 2.5
    if tells("firms", language, before) and not words[first].opens:
        score += 2.5
    if gap in ("'s ", "’s "):
        score += 0.4
    tail = reading.text[words[end - 1].end : words[end - 1].end + 14]
    if _TICKER.match(tail):
        score += 3.0
    if _IS_A_FIRM.match(reading.text[words[end - 1].end : words[end - 1].end + 90]):
        score += 3.0
    return score
