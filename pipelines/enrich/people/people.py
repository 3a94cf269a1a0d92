"""Which persons a text names, and what they say."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from pipelines.enrich.organisations.gazetteer_matches import gazetteer_matches
from pipelines.enrich.people.cjk import cjk_persons, korean_persons
from pipelines.enrich.people.contextual import contextual_names
from pipelines.enrich.people.coreference import Person, add, link
from pipelines.enrich.people.full_names import full_names
from pipelines.enrich.text.analysed_text import AnalysedText, index_at, joined
from pipelines.enrich.text.lexicon import base_forms, given, surname, words_of

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
