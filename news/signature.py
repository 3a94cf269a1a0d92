"""Two texts' signatures in, how much of the one stands in the other out; and the keys by which copies are found."""

from collections.abc import Sequence
from hashlib import blake2b
from operator import eq
from struct import pack, unpack
from zlib import crc32

#: MinHash values of a signature, by which two texts are compared
PERMUTATIONS = 126
#: two texts whose shingles are alike to a share s meet in one of the bands at least with 1 - (1 - s**2)**20: .997 at
#: s = .5, .85 at .3. More rows a band would need more bands for that, and each is a place in the ledger's index that is
#: written for each article; of a million articles of one language some sixty meet without being alike
BANDS = 20
ROWS = 2
#: smallest hashes of the text's figures that are kept with the signature
FIGURES = 16
#: the least length of a signature: count of shingles, hashes of figures, MinHash values; anchors follow
LENGTH = 1 + FIGURES + PERMUTATIONS
#: anchors of a text at most, in its order: shingles chosen by their first word, the same ones in every text that has
#: them (sampling by content), of a text with more those with the smallest hashes. They tell what part of a text stands
#: in another however unequal the two are, where MinHash values know the whole alone. About one word of nine begins one
ANCHORS = 128
#: of the anchors, those whose value divides by this are keys, too: a quarter of a text of 600 words has six of them
KEY_ANCHORS = 3
#: behind the anchors, of a text with quotations or figures: this mark, then hashes of names (even) and of quotations
#: (odd), by which a reworded text is found that shares hardly a shingle with its source
FACTS_FOLLOW = 0
#: smallest hashes of names that are kept; quotations, and smallest hashes of each: of its runs of four words
NAMES, QUOTATIONS, OF_QUOTATION = 32, 5, 3
#: between outlets a text is another one reworded if such a part of what either has is in both, and at least so many of
#: each. Measured with bench/stories.py: rewordings share all quotations, reports of two outlets on one match a third at
#: most, tables none
LEAST_SHARED_NAMES, LEAST_NAMES = 0.3, 3
LEAST_REWORDED_FIGURES, LEAST_FIGURES = 0.5, 3
LEAST_SHARED_QUOTATIONS, LEAST_QUOTATIONS = 0.5, 3
#: where one of them has no quotation, more names and figures have to agree: few figures, if nearly all do, or many.
#: Measured with bench/reworded.py and all pairs of real pages: rewordings share .62 of the figures or more and .36 of
#: the names, a report of other sources on one matter .56 and .32, a follow-up .1 and .25
LEAST_SHARED_NAMES_ALONE, LEAST_NAMES_ALONE = 0.35, 4
FIGURES_ALONE = ((0.75, 4), (0.6, 5), (0.5, 6))
#: in place of a name's hash: the script has no capitals, names are not known, and the figures have to tell. Rewordings
#: share .8 of them, follow-ups .1; of 1,594 such texts, 78 of them real pages, 592 with four figures, no pair shares
#: .75 of five or .65 of six. Words tell nothing: rewordings share .07 to .5, follow-ups .05 to .35
NAMELESS = 4
FIGURES_NAMELESS = ((0.75, 5), (0.65, 6))
#: keys of such a text: of a figure and a name, the least ones in so many orders. At J of the figures and K of the names
#: two texts meet with 1 - (1 - JK)**6: .93 at .6 and .6, .68 at .5 and .35
FACT_KEYS = 6
#: what shares more shingles repeats a part word by word, as a follow-up does with its background
MOST_REWORDED_SIMILARITY = 0.15
#: shingles of a script without spaces are of four signs: rewordings in Thai share .16, notices of one mould .26
MOST_NAMELESS_SIMILARITY = 0.2
#: one text is at most so many times as long as the other
MOST_TIMES = 4
#: a text cut short by another outlet, with paragraphs of its own before and after: at least so many anchors and such
#: part of the longer text are in both; of the shorter one's anchors between the first and the last shared one nearly
#: all are; and they are most of it, or a good part of it and the longer text's beginning. Measured with
#: bench/stories.py: of follow-ups that repeat two fifths at their end .7 took 6 of 3,000; .75, and .45 of all
#: shingles, none of 10,000. An item in a digest is a tenth of it
LEAST_ANCHORS = 8
LEAST_OF_LONGER = 0.15
LEAST_UNBROKEN = 0.8
LEAST_OF_CUT = 0.75
LEAST_OF_CUT_LEAD = 0.35
LEAST_OF_CUT_IN_ALL = 0.5
#: the same in the middle of a text, between own paragraphs: fewer anchors do if what is its own is short
LEAST_EMBEDDED = 5
LEAST_OF_EMBEDDED = 0.4
MOST_AROUND = 18
LEAST_EMBEDDED_FIGURES = 0.2
#: the longer text's beginning, by its anchors, and what part of them is shared where it was kept
LEAD = 0.2
LEAST_OF_LEAD = 0.6
#: a copy shares at least this much of both texts' shingles, and of the shorter text's. Measured (bench/stories.py):
#: unrelated news share .0005, at most .14; a copy with 5 % of its words changed .62 and .75 in 99 of 100 cases; of a
#: follow-up, under half is background
LEAST_SIMILARITY = 0.3
LEAST_CONTAINMENT = 0.65
#: of the shortest texts this much: below SHORT shingles the demand rises, for the less text, the more of it is mould
LEAST_CONTAINMENT_OF_SHORT = 0.8
SHORT = 150
#: two articles of one outlet share its standing lines; a text at its second address is the same but for little, or
#: stands in a longer one whole, with the same figures: a repeat with a line added
LEAST_SIMILARITY_WITHIN = 0.75
LEAST_SIMILARITY_OF_REPEAT, LEAST_CONTAINMENT_OF_REPEAT, LEAST_FIGURES_OF_REPEAT = 0.5, 0.85, 0.8
#: or it is the other one's beginning, as on the page of a video: nearly all of it, in a stretch from the start on
LEAST_OF_BEGINNING, LEAST_BEGINNING_ANCHORS = 0.85, 4
#: where both texts have as many figures as this, a copy has at least this share of them in common
FEW_FIGURES = 4
LEAST_SHARED_FIGURES = 0.5

#: odd numbers by which hashes are multiplied, each to put them into another order
_ORDERS = tuple(0x9E3779B1 + 0x3C6EF372 * turn | 1 for turn in range(FACT_KEYS))
_WORD = 0xFFFFFFFF
_DIGITS = frozenset(crc32(str(digit).encode()) for digit in range(10))

Signature = tuple[int, ...]


def bands(signature: Sequence[int]) -> tuple[int, ...]:
    """Return the keys under which a signature's likely copies are found: signed numbers of 32 bits.

    As short as that, two unlike bands meet now and then, once in ten look-ups among a million articles. It costs one
    comparison more, and halves what the keys take on disk.
    """
    if not signature:
        return ()
    minhash = signature[1 + FIGURES : 1 + FIGURES + BANDS * ROWS]
    found = [
        int.from_bytes(
            blake2b(pack(f"<H{ROWS}I", start // ROWS, *minhash[start : start + ROWS]), digest_size=4).digest(),
            "little",
            signed=True,
        )
        for start in range(0, len(minhash), ROWS)
    ]
    keys = [anchor for anchor in _anchors(signature) if anchor % KEY_ANCHORS == 0]
    # the smallest hash of each quotation comes first
    names, quotations = _facts(signature)
    keys += quotations[::OF_QUOTATION]
    if not signature[FIGURES]:
        keys += _fact_keys(_telling(signature), names)
    return tuple(dict.fromkeys([*found, *(key - (1 << 31) for key in keys)]))


def _fact_keys(figures: Sequence[int], names: Sequence[int]) -> list[int]:
    """Return keys that two texts with most figures and names in common are likely to share; none of too few."""
    if NAMELESS in names and len(figures) >= FIGURES_NAMELESS[0][1]:
        least = [min(figure * order & _WORD for figure in figures) for order in _ORDERS]
        return [one ^ other >> 7 for one, other in zip(least, least[1:] + least[:1], strict=True)]
    if len(figures) < FIGURES_ALONE[0][1] or len(names) < LEAST_NAMES_ALONE:
        return []
    return [
        min(figure * order & _WORD for figure in figures) ^ min(name * order >> 7 & _WORD for name in names)
        for order in _ORDERS
    ]


def _telling(signature: Sequence[int]) -> list[int]:
    """Return the hashes of figures that are more than a digit: numbered paragraphs are alike everywhere."""
    return [figure for figure in signature[1:FIGURES] if figure and figure not in _DIGITS]


def similarity(one: Sequence[int], other: Sequence[int]) -> float:
    """Return the share of shingles (0 to 1) that two texts have in common, estimated from their signatures.

    The error is at most .09 in 19 of 20 cases. An empty signature is like none.
    """
    if not one or not other:
        return 0.0
    same: int = sum(map(eq, one[1 + FIGURES : LENGTH], other[1 + FIGURES : LENGTH]))
    return same / PERMUTATIONS


def containment(one: Sequence[int], other: Sequence[int]) -> float:
    """Return the share of the shorter text's shingles (0 to 1) that stand in the longer one, estimated."""
    if not one or not other:
        return 0.0
    alike = similarity(one, other)
    return min(1.0, alike * (one[0] + other[0]) / (1 + alike) / min(one[0], other[0]))


def is_copy(one: Sequence[int], other: Sequence[int], *, same_outlet: bool = False) -> bool:
    """Say whether two signatures are of one text: most of the shorter one stands in the other, figures and all.

    A follow-up repeats the background and no more; short items of one outlet share its standing lines; a day's market
    report, weather or result has the words of yesterday's and other figures.
    """
    if not one or not other:
        return False
    if not same_outlet and _is_reworded(one, other):
        return True
    if not same_outlet and _is_cut(one, other):
        return True
    if not _figures_agree(one, other):
        return False
    if same_outlet:
        return similarity(one, other) >= LEAST_SIMILARITY_WITHIN or _is_repeat(one, other)
    if similarity(one, other) < LEAST_SIMILARITY:
        return False
    shorter = min(one[0], other[0])
    strict = max(0.0, (SHORT - shorter) / SHORT) * (LEAST_CONTAINMENT_OF_SHORT - LEAST_CONTAINMENT)
    return containment(one, other) >= LEAST_CONTAINMENT + strict


def _anchors(signature: Sequence[int]) -> Sequence[int]:
    """Return a signature's anchors, in the text's order; none of a signature from before they were."""
    tail = signature[LENGTH:]
    return tail[: tail.index(FACTS_FOLLOW)] if FACTS_FOLLOW in tail else tail


def _facts(signature: Sequence[int]) -> tuple[Sequence[int], Sequence[int]]:
    """Return the hashes of a text's names, and OF_QUOTATION of each of its quotations."""
    tail = signature[LENGTH:]
    if FACTS_FOLLOW not in tail:
        return (), ()
    facts = tail[tail.index(FACTS_FOLLOW) + 1 :]
    names = sum(fact % 2 == 0 for fact in facts)
    return facts[:names], facts[names:]


def _is_reworded(one: Sequence[int], other: Sequence[int]) -> bool:
    """Say whether two texts say the same in other words: figures, names and quotations agree.

    Where one of them has no quotation, more of the figures and names have to. A text with more figures than are kept is
    a table as likely as a report.
    """
    (names, quotes), (other_names, other_quotes) = _facts(one), _facts(other)
    shorter, longer = sorted((one[0], other[0]))
    if not names or not other_names or longer > MOST_TIMES * shorter or one[FIGURES] or other[FIGURES]:
        return False
    figures, other_figures = ([figure for figure in each[1:FIGURES] if figure] for each in (one, other))
    most = min((each[-1] for each in (names, other_names) if len(each) == NAMES), default=1 << 32)
    names, other_names = ([name for name in each if name <= most] for each in (names, other_names))
    most_alike = MOST_REWORDED_SIMILARITY
    if NAMELESS in names or NAMELESS in other_names:
        figures, other_figures = (_telling(each) for each in (one, other))
        most_alike = MOST_NAMELESS_SIMILARITY
        agree = (
            names == other_names
            and any(_agree(figures, other_figures, share, least) for share, least in FIGURES_NAMELESS)
            # two that quote, and quote nothing in common, are two reports
            and (not quotes or not other_quotes or bool(set(quotes) & set(other_quotes)))
        )
    elif quotes and other_quotes:
        agree = (
            _agree(quotes, other_quotes, LEAST_SHARED_QUOTATIONS, LEAST_QUOTATIONS)
            and _agree(figures, other_figures, LEAST_REWORDED_FIGURES, LEAST_FIGURES)
            and _agree(names, other_names, LEAST_SHARED_NAMES, LEAST_NAMES)
        )
    else:
        figures, other_figures = (_telling(each) for each in (one, other))
        agree = _agree(names, other_names, LEAST_SHARED_NAMES_ALONE, LEAST_NAMES_ALONE) and any(
            _agree(figures, other_figures, share, least) for share, least in FIGURES_ALONE
        )
    return agree and similarity(one, other) < most_alike


def _agree(one: Sequence[int], other: Sequence[int], share: float, least: int) -> bool:
    """Say whether two sets share at least so many, and such a part of all that are in either."""
    shared = len(set(one) & set(other))
    return shared >= least and shared >= share * len({*one, *other})


def _is_cut(one: Sequence[int], other: Sequence[int]) -> bool:
    """Say whether the one text is the other, cut short, between paragraphs of its own."""
    known = min((max(each) for each in (_anchors(one), _anchors(other)) if len(each) == ANCHORS), default=1 << 32)
    one_known, other_known = ([at for at in _anchors(each) if at <= known] for each in (one, other))
    shorter, longer = sorted((one_known, other_known), key=len)
    shared = set(shorter) & set(longer)
    if len(shared) < LEAST_EMBEDDED:
        return False
    places = [place for place, anchor in enumerate(shorter) if anchor in shared]
    stretch = places[-1] - places[0] + 1
    if len(places) < LEAST_UNBROKEN * stretch:
        return False
    if places[0] and stretch < len(shorter) - places[0] and _is_embedded(one, other, shorter, longer, shared):
        return True
    if len(shared) < LEAST_ANCHORS or len(shared) < LEAST_OF_LONGER * len(longer) or not _figures_agree(one, other):
        return False
    lead = longer[: max(2, round(LEAD * len(longer)))]
    has_lead = sum(anchor in shared for anchor in lead) >= LEAST_OF_LEAD * len(lead)
    if has_lead:
        return len(places) >= LEAST_OF_CUT_LEAD * len(shorter)
    # a short text has few anchors: chance must not make a follow-up of it a copy
    return len(places) >= LEAST_OF_CUT * len(shorter) and containment(one, other) >= LEAST_OF_CUT_IN_ALL


def _is_repeat(one: Sequence[int], other: Sequence[int]) -> bool:
    """Say whether one text of an outlet stands in the other whole, or is its beginning."""
    contained = containment(one, other)
    if not _figures_agree(one, other, LEAST_FIGURES_OF_REPEAT):
        return False
    if similarity(one, other) >= LEAST_SIMILARITY_OF_REPEAT and contained >= LEAST_CONTAINMENT_OF_REPEAT:
        return True
    shorter, longer = sorted((_anchors(one), _anchors(other)), key=len)
    shared = set(shorter) & set(longer)
    if contained < LEAST_OF_BEGINNING or len(longer) == ANCHORS or len(shared) < LEAST_BEGINNING_ANCHORS:
        return False
    # from the first or second anchor on, nothing left out
    places = [place for place, anchor in enumerate(longer) if anchor in shared]
    return places[0] <= 1 and len(places) >= max(LEAST_OF_BEGINNING * len(shorter), LEAST_UNBROKEN * (places[-1] + 1))


def _is_embedded(
    one: Sequence[int], other: Sequence[int], shorter: Sequence[int], longer: Sequence[int], shared: set[int]
) -> bool:
    """Say whether one stretch of the longer text is most of the shorter one, between short paragraphs of its own.

    Of the figures only some have to agree: those of the paragraphs before and after are in no other text.
    """
    places = [place for place, anchor in enumerate(longer) if anchor in shared]
    if len(shared) < LEAST_UNBROKEN * (places[-1] - places[0] + 1):
        return False
    return (
        len(shared) >= LEAST_OF_EMBEDDED * len(shorter)
        and len(shorter) - len(shared) <= MOST_AROUND
        and containment(one, other) >= LEAST_OF_CUT_IN_ALL
        and _figures_agree(one, other, LEAST_EMBEDDED_FIGURES)
    )


def _figures_agree(one: Sequence[int], other: Sequence[int], least: float = LEAST_SHARED_FIGURES) -> bool:
    """Say whether most figures of the text with fewer stand in the other, if it has enough of them to tell."""
    shared, fewer = _shared_figures(one[1 : 1 + FIGURES], other[1 : 1 + FIGURES])
    return fewer < FEW_FIGURES or shared >= fewer * least


def _shared_figures(one: Sequence[int], other: Sequence[int]) -> tuple[int, int]:
    """Return how many figures two texts share, and how many the one with fewer has, as far as both are known."""
    # of a text with more figures than FIGURES only those are known whose hash is not past the last one kept
    known = min((figures[-1] for figures in (one, other) if figures[-1]), default=1 << 32)
    a, b = ({figure for figure in figures if 0 < figure <= known} for figures in (one, other))
    return len(a & b), min(len(a), len(b))


def packed(signature: Sequence[int]) -> bytes:
    """Return a signature as bytes, four a number."""
    return pack(f"<{len(signature)}I", *signature)


def unpacked(signature: bytes) -> Signature:
    """Return the signature that `packed` wrote."""
    return unpack(f"<{len(signature) // 4}I", signature)
