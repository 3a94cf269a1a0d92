"""Which organisations a text names: beside the gazetteer's those beside words as company, spokesman, told."""

import re
from collections import Counter, defaultdict
from dataclasses import replace
from typing import Any

from pipelines.enrich.organisations.gazetteer_matches import Mention, gazetteer_matches
from pipelines.enrich.people.cjk import cjk_organisations
from pipelines.enrich.people.people import persons
from pipelines.enrich.places.gazetteer import find, place
from pipelines.enrich.text.analysed_text import AnalysedText, runs, written
from pipelines.enrich.text.lexicon import common, words_of

#: most that are listed
MOST_ORGANISATIONS = 60


def organisations(analysed: AnalysedText) -> dict[str, Any]:
    """Return `organisations`: name (the gazetteer's, else as written), display as first written, mentions."""
    mentions = analysed.once(all_organisations)
    counts = Counter(mention.name for mention in mentions)
    shown: dict[str, str] = {}
    for mention in mentions:
        shown.setdefault(mention.name, mention.display or written(analysed, mention.first, mention.end))
    rows = [
        {"name": name, "display": shown[name], "mentions": count}
        for name, count in counts.most_common(MOST_ORGANISATIONS)
    ]
    return {"organisations": rows} if rows else {}


#: evidence that makes an unknown name an organisation's
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


def all_organisations(analysed: AnalysedText) -> list[Mention]:
    """Return every mention of an organisation, in the text's order; a person's surname is none."""
    taken = bytearray(len(analysed.texts))
    for person in analysed.once(persons):
        for first, end in person.spans:
            taken[first:end] = b"\1" * (end - first)
    found = [mention for mention in analysed.once(gazetteer_matches) if not any(taken[mention.first : mention.end])]
    for mention in found:
        taken[mention.first : mention.end] = b"\1" * (mention.end - mention.first)
    found += _told(analysed, taken)
    found += cjk_organisations(analysed)
    named = [mention for mention in found if not (mention.organisation and mention.organisation.group == "nothing")]
    return sorted(_as_one(named), key=lambda mention: mention.first)


def _as_one(found: list[Mention]) -> list[Mention]:
    """Give a shortened name to the organisation it shortens: OBR to its office."""
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


def _told(analysed: AnalysedText, taken: bytearray) -> list[Mention]:
    """Return mentions of names that enough speaks for, over all their mentions together."""
    if not words_of("says", analysed.language) or analysed.language in ("de",):
        return []
    found: list[Mention] = []
    spans: dict[str, list[tuple[int, int]]] = {}
    evidence: dict[str, float] = defaultdict(float)
    for first, end in runs(analysed, taken):
        while first < end and analysed.keys[first] in analysed.told("titles"):
            first += 1
        while end > first and analysed.keys[end - 1] in _ROLES:
            end -= 1
            evidence[" ".join(analysed.keys[first:end])] += 3
        if first >= end or end - first > 4 or analysed.loud[first]:
            continue
        name = " ".join(analysed.keys[first:end])
        spans.setdefault(name, []).append((first, end))
        evidence[name] += _evidence(analysed, first, end)
    for name, places in spans.items():
        first, end = places[0]
        score = evidence[name] + (1.0 if len(places) > 2 else 0.0) + _looks(analysed, first, end, name)
        if score >= ENOUGH and evidence[name] >= 1:
            shown = written(analysed, first, end)
            found += [Mention(shown, *span) for span in places]
    return found


def _looks(analysed: AnalysedText, first: int, end: int, name: str) -> float:
    """Return what the name itself says: letters set like a brand's, or a word, a place, a lone sentence's beginning."""
    score = 1.5 if _CAMEL.fullmatch(analysed.texts[first]) else 0.0
    if end - first == 1 and (name in analysed.lower or common(name)):
        score -= 3.0
    if end - first == 1 and (len(name) < 2 or "." in analysed.texts[first]):
        score -= 6.0  # S.C.
    numbers = find(name)
    if numbers and (place(numbers[0]).kind != "city" or place(numbers[0]).population > 100_000):
        score -= 6.0
    return score


def _evidence(analysed: AnalysedText, first: int, end: int) -> float:
    keys, starts, ends = analysed.keys, analysed.starts, analysed.ends
    firms, titles = analysed.told("firms"), analysed.told("titles")
    stop = ends[end - 1]
    before = keys[first - 1] if first else ""
    before2 = keys[first - 2] if first > 1 else ""
    after = keys[end] if end < len(keys) else ""
    gap = analysed.text[stop : starts[end]] if end < len(keys) else ""
    score = 0.0
    if gap == " " and (after in firms or after in _ROLES):
        score += 2.5
    if gap in ("'s ", "’s ") and (after in firms or after in _ROLES):
        score += 3.0
    if gap == " " and after in _DEEDS:
        score += 1.5
    if before in ("told", "via") and analysed.texts[first - 1][0].islower():
        score += 3.0 if before == "told" else 2.0
    if before in ("at", "of", "for", "from", "with", "by") and (before2 in _ROLES or before2 in titles):
        score += 3.0
    if before in ("to", "for", "of", "by", "at") and before2 in (
        "according",
        "shares",
        "subsidiary",
        "owned",
        "employees",
    ):
        score += 3.0 if before2 != "according" else 2.5
    if before in firms and not analysed.opens[first]:
        score += 2.5
    if gap in ("'s ", "’s "):
        score += 0.4
    if "(" in analysed.text[stop : stop + 2] and _TICKER.match(analysed.text[stop : stop + 14]):
        score += 3.0
    if analysed.text.startswith(", ", stop) and _IS_A_FIRM.match(analysed.text[stop : stop + 90]):
        score += 3.0
    return score
