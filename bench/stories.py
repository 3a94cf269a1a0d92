"""How surely copies are found and other articles left apart, and what it costs.

    python bench/stories.py [--pages ../shared/pages] [--generated 10000] [--ledger 1000000] [--kills 100]

Texts are the bodies of real pages and generated ones. A copy is found if the two signatures meet in a band, by which
the ledger looks for it, and are then judged to be of one text. Times are CPU, so that a busy machine counts less.
With --ledger an embedded PostgreSQL is filled with so many signatures, in steps of ten, and asked for copies; with
--kills two recorders are killed that often with -9, and the ledger is asked what is wrong (0 is right). The first takes
2 GB of disk and minutes. The last line is JSON; "falls_short" names the figures that miss their aim.
"""

import argparse
import asyncio
import itertools
import json
import random
import re
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the bench runs from a clone, installed or not

from bench import cut_copies, lookup, recorder, reworded
from bench.aims import told
from ledger.database import engine_for, migrate
from ledger.embedded import server
from ledger.schema import metadata
from news.article import Article
from news.edits import compare
from news.signature import Signature, bands, is_copy
from news.words import words
from pipelines.deduplicate import sign

#: (figure, at least or at most, aim)
AIMS = (
    ("recall_sentences_dropped", "least", 0.99),
    ("recall_new_start_and_boilerplate", "least", 0.97),
    ("recall_words_changed", "least", 0.95),
    ("recall_cut_from_the_start", "least", 0.95),
    ("recall_cut_anywhere", "least", 0.95),
    ("recall_reworded_held", "least", 0.7),
    ("recall_reworded_unquoted", "least", 0.7),
    ("other_reports_taken", "most", 0),
    ("follow_ups_taken_for_copies", "most", 0),
    ("false_pairs_real", "most", 0),
    ("false_pairs_generated", "most", 0),
    ("sign_ms", "most", 0.4),
    ("lookup_cpu_ms_1000000", "most", 5),
    ("articles_lost", "most", 0),
    ("texts_in_two_stories", "most", 0),
    ("stories_without_one_first", "most", 0),
    ("versions_twice_or_lost", "most", 0),
    ("attempts_twice_or_lost", "most", 0),
    ("debts_lost", "most", 0),
)
#: texts that are recorded while the recorders are killed: enough that they are never done too early
TEXTS_A_KILL = 3
#: what an outlet puts under an article that it took from elsewhere: our own words, 60 of them
BOILERPLATE = """Sign up for our morning letter and never miss the stories that matter to you and to your town.
Follow our newsroom on every network for updates around the clock, and send us what you see, hear and know.
All rights reserved. This text may not be published, broadcast, rewritten or passed on without permission in writing."""
SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])")


def main() -> int:
    """Print the figures; return 1 if one of them falls short."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=Path, default=Path("../shared/pages"))
    parser.add_argument("--generated", type=int, default=10_000)
    parser.add_argument("--ledger", type=int, default=0)
    parser.add_argument("--kills", type=int, default=0)
    options = parser.parse_args()
    if not options.pages.is_dir():
        print(f"There are no pages in {options.pages}.")
        return 1
    real = list(bodies(options.pages))
    chance = random.Random(20260101)  # noqa: S311 - the same figures each time
    figures: dict[str, float] = {"articles": len(real)}
    figures |= cost(real)
    figures |= recall(real, chance)
    figures |= cut_copies.found_cut(real, signature, chance)
    figures |= reworded.found_reworded(signature)
    figures["follow_ups_taken_for_copies"] = follow_ups(real, chance)
    figures["false_pairs_real"] = false_pairs([signature(text) for text in real])
    figures |= generated(options.generated, chance)
    figures |= hostile()
    if options.ledger or options.kills:
        figures |= in_a_ledger(options.ledger, options.kills)
    return told(figures, AIMS)


def bodies(pages: Path) -> Iterable[str]:
    """Yield the true body of each real page."""
    for truth in sorted(pages.glob("*/truth.jsonl")):
        for line in truth.read_text(encoding="utf-8").splitlines():
            body = json.loads(line)["body"]
            yield "\n".join(body) if isinstance(body, list) else body


def signature(text: str) -> Signature:
    """Sign a body."""
    return sign(Article(url="", body=text))


def cost(texts: Sequence[str]) -> dict[str, float]:
    """Measure signing and banding, the least of five rounds."""
    signatures = [signature(text) for text in texts]
    return {
        "characters": round(sum(map(len, texts)) / len(texts)),
        "sign_ms": round(least_ms(lambda: [signature(text) for text in texts]) / len(texts), 3),
        "bands_ms": round(least_ms(lambda: [bands(each) for each in signatures]) / len(texts), 3),
    }


def least_ms(work: Callable[[], object], rounds: int = 5) -> float:
    """Return the least CPU milliseconds that `work` took."""
    taken = []
    for _ in range(rounds):
        started = time.process_time()
        work()
        taken.append((time.process_time() - started) * 1_000)
    return min(taken)


def recall(texts: Sequence[str], chance: random.Random) -> dict[str, float]:
    """Return the share of altered copies that are found, for each kind of alteration."""
    originals = [(text, signature(text)) for text in texts]
    longest = sorted(texts, key=len)[len(texts) // 2 :]
    kinds: dict[str, Callable[[str], str]] = {
        "recall_sentences_dropped": lambda text: drop_sentences(text, chance),
        "recall_new_start_and_boilerplate": lambda text: new_start(text, chance.choice(longest)),
        "recall_words_changed": lambda text: change_words(text, chance.choice(longest), chance),
    }
    found: Counter[str] = Counter()
    for name, alter in kinds.items():
        for text, original in originals:
            copy = signature(alter(text))
            found[name] += bool(set(bands(original)) & set(bands(copy))) and is_copy(original, copy)
    return {name: round(found[name] / len(texts), 4) for name in kinds}


def drop_sentences(text: str, chance: random.Random) -> str:
    """Leave out one sentence of ten."""
    return "\n".join(
        " ".join(part for part in SENTENCE_END.split(line) if part and chance.random() >= 0.1)
        for line in text.splitlines()
    )


def new_start(text: str, other: str) -> str:
    """Begin with another article's first paragraph, in place of ours if there are over three; end in boilerplate."""
    lines = [line for line in text.splitlines() if line.strip()]
    first = next(line for line in other.splitlines() if line.strip())[:500]
    return "\n".join([first, *(lines[1:] if len(lines) > 3 else lines), BOILERPLATE])


def change_words(text: str, other: str, chance: random.Random) -> str:
    """Replace one word of twenty by one of another article; in scripts without spaces, one character of twenty."""
    if len(text.split()) * 20 < len(text):
        signs = other.strip() or "x"
        return "".join(chance.choice(signs) if sign.isalnum() and chance.random() < 0.05 else sign for sign in text)
    stock = other.split()
    parts = re.split(r"(\s+)", text)
    return "".join(chance.choice(stock) if part.strip() and chance.random() < 0.05 else part for part in parts)


def follow_ups(texts: Sequence[str], chance: random.Random) -> int:
    """Return how many articles are taken for copies of one whose last two fifths they repeat as background.

    Their own news is half as long again as the background.
    """
    cut = [(text.split(), words(text)) for text in texts]
    # in scripts without spaces a piece between two of them has any length
    spaced = [pieces for pieces, found in cut if len(pieces) > 100 and len(found) < 1.5 * len(pieces)]
    taken = 0
    for text in spaced:
        background = text[len(text) * 3 // 5 :]
        news = chance.choice([other for other in spaced if other is not text and len(other) > 1.5 * len(background)])
        follow_up = [*news[: len(background) * 3 // 2], *background]
        one, other = shingles(" ".join(text)), shingles(" ".join(follow_up))
        # some texts say the same thing twice
        if len(one & other) < 0.45 * min(len(one), len(other)):
            taken += is_copy(signature(" ".join(text)), signature(" ".join(follow_up)))
    return taken


def false_pairs(signatures: Sequence[Signature]) -> int:
    """Return how many pairs meet in a band and are judged to be of one text, where none is."""
    meeting: defaultdict[int, list[int]] = defaultdict(list)
    for number, each in enumerate(signatures):
        for band in bands(each):
            meeting[band].append(number)
    pairs = {pair for group in meeting.values() for pair in itertools.combinations(group, 2)}
    return sum(is_copy(signatures[a], signatures[b]) for a, b in pairs)


def generated(count: int, chance: random.Random) -> dict[str, float]:
    """Make articles in families of ten that share a fifth of their shingles at most, and count false pairs."""
    vocabulary = [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in "aeiou" for c in ("", "n", "rk", "l", "sha", "to")]
    weights = [1 / (rank + 3) for rank in range(len(vocabulary))]  # words of a language fall off like this (Zipf)
    texts = []
    for start in range(0, count, 10):
        shared = chance.choices(vocabulary, weights, k=70)
        for _ in range(min(10, count - start)):
            own = chance.choices(vocabulary, weights, k=chance.randint(310, 700))
            place = chance.randrange(len(own))
            texts.append(" ".join([*own[:place], *shared, *own[place:]]))
    most = max(
        len(shingles(one) & shingles(other)) / min(len(shingles(one)), len(shingles(other)))
        for family in range(0, len(texts), 500)
        for one, other in itertools.combinations(texts[family : family + 10], 2)
    )
    return {
        "generated": len(texts),
        "generated_most_shared": round(most, 3),
        "false_pairs_generated": false_pairs([signature(text) for text in texts]),
    }


def shingles(text: str) -> set[tuple[str, ...]]:
    """Return the text's triples of words."""
    found = words(text)
    return set(zip(found, found[1:], found[2:], strict=False))


def hostile() -> dict[str, float]:
    """Measure the comparison of texts of 500,000 characters that defeat a simple one."""
    pairs = {
        "one_word": ("a " * 250_000, "b a " * 125_000),
        "a_word_a_line": ("a\n" * 250_000, "b\n" * 250_000),
        "quotation_marks": ("“" * 500_000, "”“" * 250_000),
        "one_character": ("漢" * 500_000, "字漢" * 250_000),
        "reversed": (" ".join(map(str, range(80_000))), " ".join(map(str, range(80_000, 0, -1)))),
    }
    figures = {}
    for name, (one, other) in pairs.items():
        started = time.process_time()
        compare(Article(url="", body=one), Article(url="", body=other))
        figures[f"compare_{name}_s"] = round(time.process_time() - started, 2)
    return figures


def in_a_ledger(signatures: int, kills: int) -> dict[str, float]:
    """Measure what needs a PostgreSQL: an embedded one of its own, gone afterwards."""
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="broadsheet-bench-") as home:
        Path(home).chmod(0o755)  # as root, PostgreSQL's user has to pass
        with server.start(Path(home)) as embedded:
            if kills:
                asyncio.run(migrated(embedded.url))
                texts = max(40, kills * TEXTS_A_KILL)
                figures["kills"] = recorder.kill_again_and_again(embedded.url, texts, kills)
                figures |= asyncio.run(recorder.check(embedded.url, texts))
            if signatures:
                asyncio.run(migrated(embedded.url))
                figures |= lookup.growth(embedded.url, signatures)
    return figures


async def migrated(url: str) -> None:
    """Bring the ledger's schema up to date and empty it."""
    engine = engine_for(url)
    await migrate(engine)
    async with engine.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            await connection.execute(table.delete())
    await engine.dispose()


if __name__ == "__main__":
    sys.exit(main())
