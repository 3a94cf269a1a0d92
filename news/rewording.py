"""Two bodies in, what became of their paragraphs, figures, quotations and names."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from news.difference import Span, line_spans
from news.edit_kind import TURNS, EditKind
from news.edit_words import edit_words
from news.known_names import KnownNames
from news.quotations import changed_quotations
from news.stretches import Classifier, Stretch, Text, content_words

Change = tuple[EditKind, str, str]

#: a paragraph that shares less than this part of its words, in their order, with the other text is new, or gone
KEPT_RATIO = 0.5
#: stretches with fewer equal pieces between them are one change to a person who reads it
APART = 3
#: stretches of a text that are looked at one by one; more is another text, told as such
MOST_STRETCHES = 400
#: paragraphs gone and come that are compared with one another, to find those that moved and were edited as well
MOST_MOVED = 40
#: words of a heading, which ends without a full stop
_HEADING = 12
_NO_NAMES = KnownNames()
#: where every noun has a capital, a capital does not make a name
_CAPITAL_NOUNS = ("de", "lb", "gsw", "bar")
#: classes that may only follow from what else changed in their sentence, and those by which its grammar changes
_FOLLOWS = frozenset({EditKind.SPELLING, EditKind.COSMETIC, EditKind.UPDATE})
_GOVERNS = TURNS - {EditKind.DATE, EditKind.CURRENCY}
#: classes of stretches that are what is left once a turn or name explains the change
_REST = frozenset({EditKind.BODY, EditKind.SPELLING, EditKind.COSMETIC})


@dataclass(frozen=True, kw_only=True)
class Rewording:
    """What became of a text: each change with its class, what stood there and what stands there now."""

    changes: tuple[Change, ...] = ()
    words_added: int = 0
    words_removed: int = 0

    def of(self, kind: EditKind) -> tuple[tuple[str, str], ...]:
        """Return the changes of one class."""
        return tuple((before, after) for each, before, after in self.changes if each is kind)


def rewording(
    before: str, after: str, language: str = "und", known: KnownNames = _NO_NAMES, *, is_line: bool = False
) -> Rewording:
    """Return what became of `before` in `after`, texts of a paragraph a line; `language` is a BCP 47 tag.

    `known` are the names that enrichment found in either. Paragraphs are told to be new or gone by the words they
    share (with `is_line`, of a headline, never); within those that stayed each changed stretch has its classes.

    >>> rewording("Five of 120 died.", "Five of 130 died.", "en").changes
    ((<EditKind.NUMBER: 'number'>, '120', '130'),)
    """
    old, new = map(Text, _changed_lines(before, after))
    found = line_spans(old.keys, new.keys)
    gone, come = (set[int](), set[int]()) if is_line else _strangers(old, new, [span for span in found if span.equal])
    changes: list[Change] = []
    left_old, left_new = _unmoved(old, new, gone, come, changes)
    for at, to, is_moved in _pairs(old, new, found, left_old, left_new):
        left_old.discard(at)
        left_new.discard(to)
        changes += [(EditKind.MOVED, old.paragraphs[at], new.paragraphs[to])] if is_moved else []
        changes += rewording(old.paragraphs[at], new.paragraphs[to], language, known, is_line=True).changes
    changes += [(EditKind.PARAGRAPHS_REMOVED, old.paragraphs[n], "") for n in sorted(left_old)]
    changes += [(EditKind.PARAGRAPHS_ADDED, "", new.paragraphs[n]) for n in sorted(left_new)]
    added = sum(new.words_between(span.after_start, span.after_end) for span in found if not span.equal)
    removed = sum(old.words_between(span.before_start, span.before_end) for span in found if not span.equal)
    if gone or come:
        # what came or went drew words of its neighbours to itself: what stayed is aligned once more, alone
        old, new = old.without(gone), new.without(come)
        found = line_spans(old.keys, new.keys)
    changes += _of_kept(old, new, found, language, known)
    return Rewording(changes=tuple(changes), words_added=added, words_removed=removed)


def _changed_lines(before: str, after: str) -> tuple[list[str], list[str]]:
    """Return the paragraphs of both without those at the beginning and the end that are the same."""
    old, new = ([line for line in text.splitlines() if line.strip()] for text in (before, after))
    most = min(len(old), len(new))
    start = next((at for at in range(most) if old[at] != new[at]), most)
    end = next((at for at in range(most - start) if old[-1 - at] != new[-1 - at]), most - start)
    return old[start : len(old) - end], new[start : len(new) - end]


def _of_kept(old: Text, new: Text, found: list[Span], language: str, known: KnownNames) -> list[Change]:
    """Return the changes within paragraphs that stayed."""
    capitals = language.partition("-")[0] in _CAPITAL_NOUNS
    words = edit_words(language)
    classifier = Classifier(old, new, words, known, capital_nouns=capitals)
    quotes = _quotes(old, new, language)
    groups = _groups(_stretches(found), old)
    if words.numbers.is_run_on:
        groups = [[_whole(group)] for group in groups]
    classed = [(group, _classed(classifier, group, has_quotes=bool(quotes))) for group in groups]
    told = _renamed_alike([change for changes in _without_leftovers(classifier, classed) for change in changes])
    if not told and not quotes:
        told = [(EditKind.COSMETIC, *pair) for pair in _cosmetic(old, new, found)]
    return quotes + told


def _without_leftovers(
    classifier: Classifier, classed: list[tuple[list[Stretch], list[Change]]]
) -> Iterator[list[Change]]:
    """Leave out what only follows from the change of its sentence: where it was reworded, mended words, punctuation and
    clauses; where a turn governs the grammar, other endings ("has no permit", Polish: "nie ma zezwolenia").
    """
    for number, (group, changes) in enumerate(classed):
        own, whole = {kind for kind, _, _ in changes}, _whole(group)
        if not own or not own <= _FOLLOWS or classifier.is_sentence(whole):
            yield changes
            continue
        around = {
            kind
            for beside in (classed[max(0, number - 1) : number], classed[number + 1 : number + 2])
            for other, found in beside
            if classifier.is_of_one_sentence(whole, _whole(other))
            for kind, _, _ in found
        }
        governed = own == {EditKind.SPELLING} and around & _GOVERNS and classifier.is_inflected(whole)
        if not governed and EditKind.BODY not in around:
            yield changes


def _renamed_alike(changes: list[Change]) -> list[Change]:
    """Class as a name what became the same elsewhere in the text as a name did, there without its capital."""
    names = {
        (before.casefold(), after.casefold()): kind
        for kind, before, after in changes
        if kind in (EditKind.NAME, EditKind.PLACE)
    }
    return [
        (names.get((before.casefold(), after.casefold()), kind) if kind is EditKind.BODY else kind, before, after)
        for kind, before, after in changes
    ]


def _strangers(old: Text, new: Text, equal: list[Span]) -> tuple[set[int], set[int]]:
    """Return the numbers of the old paragraphs that are gone and of the new ones that have come.

    A paragraph stays that shares KEPT_RATIO of its words with the other text, be it split or joined; so do two
    that share as much of the shorter one and a good part of the longer one.
    """
    shared = Counter(
        (old.paragraph_of[span.before_start + step], new.paragraph_of[span.after_start + step])
        for span in equal
        for step in range(span.before_end - span.before_start)
    )
    old_sizes, new_sizes = Counter(old.paragraph_of), Counter(new.paragraph_of)
    old_shared, new_shared = Counter[int](), Counter[int]()
    old_kept, new_kept = set[int](), set[int]()
    for (before, after), count in shared.items():
        old_shared[before] += count
        new_shared[after] += count
        shorter, longer = sorted((old_sizes[before], new_sizes[after]))
        if count >= KEPT_RATIO * shorter and count >= KEPT_RATIO**2 * longer:
            old_kept.add(before)
            new_kept.add(after)
    return (
        {n for n in range(len(old.paragraphs)) if n not in old_kept and old_shared[n] < KEPT_RATIO * old_sizes[n]},
        {n for n in range(len(new.paragraphs)) if n not in new_kept and new_shared[n] < KEPT_RATIO * new_sizes[n]},
    )


def _unmoved(old: Text, new: Text, gone: set[int], come: set[int], changes: list[Change]) -> tuple[set[int], set[int]]:
    """Return the paragraphs gone and come without those that stand elsewhere, word by word; these are told as moved."""
    if not gone and not come:
        return set(), set()
    was, now = ([line.strip().casefold() for line in text.paragraphs] for text in (old, new))
    stood, stands = set(was), set(now)
    changes += [
        (EditKind.MOVED, old.paragraphs[number], old.paragraphs[number])
        for number in sorted(gone)
        if was[number] in stands
    ]
    return (
        {number for number in gone if was[number] not in stands},
        {number for number in come if now[number] not in stood},
    )


def _pairs(old: Text, new: Text, found: list[Span], gone: set[int], come: set[int]) -> list[tuple[int, int, bool]]:
    """Return which of the paragraphs gone became which of those come, and whether it moved.

    Two are one if each shares KEPT_RATIO of its words with the other, or if both are headings and face each other.
    """
    if not gone or not come or len(gone) > MOST_MOVED or len(come) > MOST_MOVED:
        return []
    facing = _facing(old, new, found)
    bags = [{n: Counter(text.keys[n]) for n in places} for text, places in ((old, gone), (new, come))]
    pairs: list[tuple[int, int, bool]] = []
    free = sorted(come)
    for number in sorted(gone):
        mine = bags[0][number]
        scored = [((mine & bags[1][to]).total() / max(mine.total(), bags[1][to].total()), to) for to in free]
        best, to = max(scored, default=(0.0, -1))
        if best < KEPT_RATIO:
            heads = [each for each in free if (number, each) in facing and _is_heading(old, number)]
            to = next((each for each in heads if _is_heading(new, each)), -1)
        if to >= 0:
            free.remove(to)
            pairs.append((number, to, (number, to) not in facing))
    return pairs


def _facing(old: Text, new: Text, found: list[Span]) -> set[tuple[int, int]]:
    """Return the pairs of paragraphs that one changed span holds."""
    pairs: set[tuple[int, int]] = set()
    for span in found:
        if not span.equal:
            before = set(old.paragraph_of[span.before_start : span.before_end])
            after = set(new.paragraph_of[span.after_start : span.after_end])
            if len(before) <= MOST_MOVED and len(after) <= MOST_MOVED:
                pairs |= {(one, other) for one in before for other in after}
    return pairs


def _is_heading(text: Text, number: int) -> bool:
    return len(text.keys[number]) <= _HEADING and text.paragraphs[number].rstrip()[-1:] not in '.!?:…。！？"”'


def _stretches(found: list[Span]) -> list[Stretch]:
    """Return the changed stretches, at most MOST_STRETCHES."""
    stretches: list[Stretch] = []
    for number, span in enumerate(found):
        if span.equal:
            continue
        left, right = (
            found[at].before_end - found[at].before_start if 0 <= at < len(found) and found[at].equal else 0
            for at in (number - 1, number + 1)
        )
        old, new = range(span.before_start, span.before_end), range(span.after_start, span.after_end)
        stretches.append(Stretch(old=old, new=new, left=left, right=right))
        if len(stretches) == MOST_STRETCHES:
            break
    return stretches


def _groups(stretches: list[Stretch], old: Text) -> list[list[Stretch]]:
    """Join the stretches of one paragraph that have fewer than APART pieces between them."""
    groups: list[list[Stretch]] = []
    for stretch in stretches:
        if groups:
            last = groups[-1][-1]
            start, stop = min(last.old.start, len(old.pieces) - 1), min(stretch.old.stop, len(old.pieces)) - 1
            near = 0 <= stretch.old.start - last.old.stop < APART
            if near and old.paragraph_of and old.paragraph_of[start] == old.paragraph_of[max(start, stop)]:
                groups[-1].append(stretch)
                continue
        groups.append([stretch])
    return groups


def _classed(classifier: Classifier, group: list[Stretch], *, has_quotes: bool) -> list[Change]:
    """Return the changes of a group of stretches, each class with its excerpt."""
    classes = [classifier.kinds(stretch) for stretch in group]
    changes: list[Change] = []
    explained = any(kinds - _REST - {EditKind.QUOTE} for kinds in classes)
    governed = any(kinds & _GOVERNS for kinds in classes)
    quoted = any(EditKind.QUOTE in kinds for kinds in classes)
    rest = [
        (kinds, stretch)
        for kinds, stretch in zip(classes, group, strict=True)
        if kinds & _REST
        and not ((explained or quoted) and not _is_further(classifier, kinds, stretch, group, governed=governed))
        if not (has_quotes and EditKind.SPELLING in kinds and classifier.is_quoted(stretch))
    ]
    for kinds, stretch in zip(classes, group, strict=True):
        told_alone = [kind for kind in EditKind if kind in kinds - _REST - {EditKind.QUOTE}]
        changes += [(kind, *_excerpts(classifier, kind, stretch)) for kind in told_alone]
    if quoted and not has_quotes:  # a quotation too short or too long to be told as such
        changes.append((EditKind.QUOTE, *classifier.excerpts(_whole(group))))
    told = {kind for kinds, _ in rest for kind in kinds}
    if EditKind.BODY in told and len(rest) == len(group):
        changes.append((EditKind.BODY, *_excerpts(classifier, EditKind.BODY, _whole(group))))
    else:
        changes += [(kind, *_excerpts(classifier, kind, stretch)) for kinds, stretch in rest for kind in kinds]
    return changes


def _is_further(
    classifier: Classifier, kinds: set[EditKind], stretch: Stretch, group: list[Stretch], *, governed: bool
) -> bool:
    """Say whether what is left beside a turn or a name changes words that do not stand elsewhere in the group."""
    if EditKind.SPELLING in kinds:
        here = classifier.old.pieces[stretch.old.start : stretch.old.stop]
        return bool(content_words(classifier.words, here)) and not (governed and classifier.is_inflected(stretch))
    if EditKind.BODY not in kinds:
        return False
    whole = _whole(group)
    gone = content_words(classifier.words, classifier.old.pieces[stretch.old.start : stretch.old.stop])
    come = content_words(classifier.words, classifier.new.pieces[stretch.new.start : stretch.new.stop])
    gone -= content_words(classifier.words, classifier.new.pieces[whole.new.start : whole.new.stop])
    come -= content_words(classifier.words, classifier.old.pieces[whole.old.start : whole.old.stop])
    return bool(gone and come)


def _whole(group: list[Stretch]) -> Stretch:
    first, last = group[0], group[-1]
    return Stretch(
        old=range(first.old.start, last.old.stop),
        new=range(first.new.start, last.new.stop),
        left=first.left,
        right=last.right,
    )


def _excerpts(classifier: Classifier, kind: EditKind, stretch: Stretch) -> tuple[str, str]:
    """Return the excerpts as a person would quote them: whole numbers, and never a word alone against nothing."""
    if kind is EditKind.NUMBER:
        return classifier.numeric_excerpts(stretch)
    before, after = classifier.excerpts(stretch)
    one_sided = not before or not after or kind in TURNS - {EditKind.DATE}
    return classifier.excerpts(stretch, 2) if one_sided and kind is not EditKind.UPDATE else (before, after)


def _quotes(old: Text, new: Text, language: str) -> list[Change]:
    """Return the quotations of paragraphs that stayed which changed or went; a mended slip is no other quotation."""
    found = changed_quotations("\n".join(old.paragraphs), "\n".join(new.paragraphs))
    return [(EditKind.QUOTE, before, after) for before, after in found if not _is_mended(before, after, language)]


def _is_mended(before: str, after: str, language: str) -> bool:
    if not after:
        return False
    bare = rewording(before[1:-1], after[1:-1], language, is_line=True)
    return bool(bare.changes) and {kind for kind, _, _ in bare.changes} <= {EditKind.SPELLING, EditKind.COSMETIC}


def _cosmetic(old: Text, new: Text, found: list[Span]) -> list[tuple[str, str]]:
    """Return where equal words are written otherwise: in capitals, or with other spaces between paragraphs."""
    for span in found:
        if span.equal:
            for at, to in zip(
                range(span.before_start, span.before_end), range(span.after_start, span.after_end), strict=True
            ):
                if old.pieces[at].strip() != new.pieces[to].strip():
                    return [(old.pieces[at].strip(), new.pieces[to].strip())]
    return []
