"""Two texts' signatures in, how much of the one stands in the other out; and the keys by which copies are found."""

from collections.abc import Sequence
from hashlib import blake2b
from operator import eq
from struct import pack, unpack

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
#: them (sampling by content). They tell what part of a text stands in another however unequal the two are, where
#: MinHash values know the whole alone. About one word of nine begins one: these reach some 1,100 words
ANCHORS = 128
#: of the anchors, those whose value divides by this are keys, too: a quarter of a text of 600 words has six of them
KEY_ANCHORS = 3
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
LEAST_OF_CUT_IN_ALL = 0.45
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
#: two articles of one outlet share its standing lines; a text at its second address is the same but for little
LEAST_SIMILARITY_WITHIN = 0.75
#: where both texts have as many figures as this, a copy has at least this share of them in common
FEW_FIGURES = 4
LEAST_SHARED_FIGURES = 0.5

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
    keys = (anchor for anchor in _anchors(signature) if anchor % KEY_ANCHORS == 0)
    return tuple(dict.fromkeys([*found, *(anchor - (1 << 31) for anchor in keys)]))


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
    if not one or not other or not _figures_agree(one, other):
        return False
    if not same_outlet and _is_cut(one, other):
        return True
    if similarity(one, other) < (LEAST_SIMILARITY_WITHIN if same_outlet else LEAST_SIMILARITY):
        return False
    shorter = min(one[0], other[0])
    strict = max(0.0, (SHORT - shorter) / SHORT) * (LEAST_CONTAINMENT_OF_SHORT - LEAST_CONTAINMENT)
    return containment(one, other) >= LEAST_CONTAINMENT + strict


def _anchors(signature: Sequence[int]) -> Sequence[int]:
    """Return a signature's anchors, in the text's order; none of a signature from before they were."""
    return signature[LENGTH:]


def _is_cut(one: Sequence[int], other: Sequence[int]) -> bool:
    """Say whether the one text is the other, cut short, between paragraphs of its own."""
    shorter, longer = sorted((_anchors(one), _anchors(other)), key=len)
    shared = set(shorter) & set(longer)
    if len(shared) < LEAST_ANCHORS or len(shared) < LEAST_OF_LONGER * len(longer):
        return False
    places = [place for place, anchor in enumerate(shorter) if anchor in shared]
    if len(places) < LEAST_UNBROKEN * (places[-1] - places[0] + 1):
        return False
    lead = longer[: max(2, round(LEAD * len(longer)))]
    has_lead = sum(anchor in shared for anchor in lead) >= LEAST_OF_LEAD * len(lead)
    if has_lead:
        return len(places) >= LEAST_OF_CUT_LEAD * len(shorter)
    # a short text has few anchors: chance must not make a follow-up of it a copy
    return len(places) >= LEAST_OF_CUT * len(shorter) and containment(one, other) >= LEAST_OF_CUT_IN_ALL


def _figures_agree(one: Sequence[int], other: Sequence[int]) -> bool:
    """Say whether most figures of the text with fewer stand in the other, if it has enough of them to tell."""
    shared, fewer = _shared_figures(one[1 : 1 + FIGURES], other[1 : 1 + FIGURES])
    return fewer < FEW_FIGURES or shared >= fewer * LEAST_SHARED_FIGURES


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
