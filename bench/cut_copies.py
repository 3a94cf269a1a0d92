"""Wire texts cut short by other outlets, and what is taken for one and is none; made of real bodies."""

import itertools
import random
from collections import defaultdict
from collections.abc import Callable, Sequence

from news.signature import Signature, bands, is_copy
from news.words import words

#: a wire text has so many words at least, and so many paragraphs; in scripts without spaces pairs of characters
LEAST_WORDS = 250
LEAST_PARAGRAPHS = 5
#: a local paragraph: words
LOCAL = (20, 60)


def wires(texts: Sequence[str]) -> list[list[str]]:
    """Return the texts that could be an agency's, as paragraphs."""
    cut = [[line for line in text.splitlines() if line.strip()] for text in texts]
    return [
        lines
        for text, lines in zip(texts, cut, strict=True)
        if len(lines) >= LEAST_PARAGRAPHS and len(words(text)) >= LEAST_WORDS
    ]


def cut_short(wire: Sequence[str], others: Sequence[str], chance: random.Random, *, from_start: bool) -> str:
    """Keep 25 to 60 % of a wire text's words, whole paragraphs in a row, between two paragraphs of other texts."""
    share = chance.uniform(0.25, 0.6)
    sizes = [len(words(line)) for line in wire]
    start = 0 if from_start else chance.randrange(len(wire))
    kept: list[str] = []
    taken = 0
    for line, size in list(zip(wire, sizes, strict=True))[start:] + list(zip(wire, sizes, strict=True))[:start][::-1]:
        if taken >= share * sum(sizes):
            break
        kept.append(line)
        taken += size
    before, after = chance.sample(others, 2)
    return "\n".join([before, *kept, after])


def found_cut(texts: Sequence[str], sign: Callable[[str], Signature], chance: random.Random) -> dict[str, float]:
    """Return the share of texts cut short that meet their source in a key and are judged to be its copies."""
    sources = wires(texts)
    local = [line for text in texts for line in text.splitlines() if LOCAL[0] <= len(line.split()) <= LOCAL[1]]
    figures: dict[str, float] = {"wires": len(sources)}
    for name, from_start in (("recall_cut_from_the_start", True), ("recall_cut_anywhere", False)):
        met = judged = 0
        for wire in sources:
            one, other = sign("\n".join(wire)), sign(cut_short(wire, local, chance, from_start=from_start))
            met += bool(set(bands(one)) & set(bands(other)))
            judged += bool(set(bands(one)) & set(bands(other))) and is_copy(one, other)
        figures[name] = round(judged / len(sources), 4)
        figures[f"{name}_met"] = round(met / len(sources), 4)
    return figures


def claims(signatures: Sequence[Signature]) -> list[tuple[int, int]]:
    """Return the pairs that meet in a key and are judged to be of one text, between outlets."""
    meeting: defaultdict[int, list[int]] = defaultdict(list)
    for number, each in enumerate(signatures):
        for band in bands(each):
            meeting[band].append(number)
    pairs = {pair for group in meeting.values() for pair in itertools.combinations(group, 2)}
    return sorted((a, b) for a, b in pairs if is_copy(signatures[a], signatures[b]))
