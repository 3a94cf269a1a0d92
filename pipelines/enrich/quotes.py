"""Who said what, where the text says so."""

import re
from typing import Any

from pipelines.enrich.lexicon import tells
from pipelines.enrich.people import persons
from pipelines.enrich.person import Person
from pipelines.enrich.reading import Reading
from pipelines.enrich.runs import index_at

#: characters of a quotation: shorter is a word in quotes, longer is a missing closing mark
SHORTEST, LONGEST_QUOTE = 20, 1_000
#: most that are listed
MOST = 40
#: words between a quotation and its speaker's name: "... said on Friday Prime Minister Rishi Sunak"
REACH = 12
_QUOTED = re.compile(
    rf"„([^“”\n]{{{SHORTEST},{LONGEST_QUOTE}}})[“”]|“([^“”\n]{{{SHORTEST},{LONGEST_QUOTE}}})”|"
    rf"«([^«»\n]{{{SHORTEST},{LONGEST_QUOTE}}})»|»([^«»\n]{{{SHORTEST},{LONGEST_QUOTE}}})«|"
    rf'"([^"\n]{{{SHORTEST},{LONGEST_QUOTE}}})"|「([^「」\n]{{{SHORTEST // 2},{LONGEST_QUOTE}}})」'
)


def quotes(reading: Reading) -> dict[str, Any]:
    """Return `quotes`: speaker and text, where a verb of saying and a person's name stand beside the quotation."""
    spoken: list[dict[str, str]] = []
    before: Person | None = None
    speakers = reading.once(persons)
    if not speakers:
        return {}
    for match in _QUOTED.finditer(reading.text):
        text = next(group for group in match.groups() if group).strip()
        if speaker := _speaker(reading, speakers, match.start(), match.end(), before):
            before = speaker
            spoken.append({"speaker": speaker.name, "text": text})
    return {"quotes": spoken[:MOST]} if spoken else {}


#: who stands for the last speaker
_PRONOUNS = frozenset(
    "he she they er sie il elle él ella lui lei ele ela hij zij han hon hun он она він вона on ona dia".split()
)


def _speaker(
    reading: Reading, speakers: list[Person], start: int, end: int, before_him: Person | None
) -> Person | None:
    """Return the person nearest after the quotation, else before it, in its paragraph and beside a verb of saying.

    A pronoun beside the verb stands for the last speaker.
    """
    words = reading.words
    after = index_at(reading, end)
    before = index_at(reading, start) - 1
    stop = reading.text.find("\n", end)
    line_end = stop if stop >= 0 else len(reading.text)
    line_start = reading.text.rfind("\n", 0, start) + 1
    ahead = [
        index
        for index in range(after, min(after + REACH, len(words)))
        if words[index].end <= line_end and not _quoted(reading, end, words[index].start)
    ]
    behind = [index for index in range(max(0, before - REACH), before + 1) if words[index].start >= line_start]
    for stretch in (ahead, behind):
        says = [index for index in stretch if tells("says", reading.language, reading.keys[index])]
        if not says:
            continue
        beside = {reading.keys[index] for verb in says for index in (verb - 1, verb + 1) if 0 <= index < len(words)}
        if not _PRONOUNS.isdisjoint(beside):
            return before_him
        near = [
            (min(abs(first - verb) for verb in says), person)
            for person in speakers
            for first, _ in person.spans
            if stretch[0] <= first <= stretch[-1] and reading.keys[first] in person.parts
        ]
        if near:
            return min(near, key=lambda each: each[0])[1]
    return None


def _quoted(reading: Reading, end: int, start: int) -> bool:
    """Return whether another quotation or sentence begins between."""
    between = reading.text[end:start]
    return any(mark in between for mark in '„“«"「') or ". " in between
