import json
import random
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from datasketch import MinHash

from crawler.demo.newsroom import Newsroom
from news.article import Article, Kind
from news.signature import (
    ANCHORS,
    BANDS,
    LENGTH,
    NAMES,
    OF_QUOTATION,
    QUOTATIONS,
    bands,
    containment,
    is_copy,
    packed,
    similarity,
    unpacked,
)
from news.words import words
from pipelines.deduplicate import sign
from tests.shared_files import shared

VOCABULARY = [
    a + b + c for a in "b ch d f gr k l m".split() for b in "a e i o u".split() for c in "n st rk l sh t".split()
]


def sentence(chance, length=12):
    return " ".join(chance.choices(VOCABULARY, k=length)).capitalize() + "."


def paragraphs(seed, count=10):
    chance = random.Random(seed)
    return [" ".join(sentence(chance) for _ in range(4)) for _ in range(count)]


def signed(lines, **fields):
    return sign(Article(url="https://example.org/a", body="\n".join(lines), **fields))


TEXT = paragraphs(1)
PINNED = (707051437, 486782, 155154035)


def test_the_same_text_has_the_same_signature():
    assert signed(TEXT) == signed(TEXT, headline="Another headline", authors=("Somebody",))
    assert LENGTH < len(signed(TEXT)) <= LENGTH + ANCHORS


def test_a_signature_is_the_same_in_every_process_and_release():
    # signatures are stored: a new release of the hashing library that gives other numbers must fail here
    assert signed(TEXT)[LENGTH - 3 : LENGTH] == PINNED


def test_case_quotes_and_line_breaks_do_not_count():
    other = "\n\n".join(TEXT).upper().replace(". ", ".\n")
    assert similarity(signed(TEXT), signed([other])) == 1.0


def test_a_copy_with_a_new_beginning_and_boilerplate_is_found():
    copy = [paragraphs(2)[0], *TEXT[1:], *paragraphs(3, 2)]
    assert is_copy(signed(TEXT), signed(copy))
    assert set(bands(signed(TEXT))) & set(bands(signed(copy)))


def test_a_shortened_agency_text_is_a_copy():
    assert is_copy(signed(TEXT), signed(TEXT[:5]))


def test_a_follow_up_with_the_same_background_is_no_copy():
    follow_up = paragraphs(4, 6) + TEXT[-4:]
    assert not is_copy(signed(TEXT), signed(follow_up))


def test_an_item_that_stands_in_a_digest_of_the_day_is_no_copy_of_it():
    digest = paragraphs(5, 9) + TEXT[:2] + paragraphs(6, 9)
    assert not is_copy(signed(TEXT[:2]), signed(digest))


@pytest.mark.parametrize("kept", [slice(0, 5), slice(0, 8), slice(4, 14)])
def test_a_wire_text_cut_short_between_local_paragraphs_is_a_copy_between_outlets_alone(kept):
    wire = paragraphs(60, 16)
    cut = signed([paragraphs(61, 1)[0], *wire[kept], paragraphs(62, 1)[0]])
    assert set(bands(signed(wire))) & set(bands(cut))
    assert is_copy(signed(wire), cut)
    assert not is_copy(signed(wire), cut, same_outlet=True)


@pytest.mark.parametrize("words_of_own", [20, 60])
def test_a_stretch_of_a_wire_text_between_local_paragraphs_is_a_copy_but_background_is_none(words_of_own):
    wire = paragraphs(63, 24)
    local = [" ".join(paragraphs(seed, 2)[0].split()[:words_of_own]) for seed in (64, 65)]
    assert is_copy(signed(wire), signed([local[0], *wire[9:17], local[1]]))
    # a follow-up has news of its own, before the background and behind it
    for news in ([*paragraphs(66, 8), *wire[9:14]], [*paragraphs(66, 5), *wire[9:14], *paragraphs(67, 3)]):
        assert not is_copy(signed(wire), signed(news))


def test_of_a_long_text_the_end_is_known_as_well_as_the_beginning():
    wire = paragraphs(68, 60)
    assert is_copy(signed(wire), signed([paragraphs(69, 1)[0], *wire[40:], paragraphs(70, 1)[0]]))


@pytest.mark.parametrize("name", ["reworded.toml", "reworded_unquoted.toml", "reworded_caseless.toml"])
def test_a_reworded_agency_text_is_a_copy_between_outlets_and_another_report_is_none(name, subtests):
    file = Path(__file__).parents[1] / "labels" / name
    found = Counter()
    for text in tomllib.loads(file.read_text(encoding="utf-8"))["texts"]:
        source = signed([text["original"]])
        for reworded in text["reworded"]:
            copy = signed([reworded])
            found[is_copy(source, copy) and bool(set(bands(source)) & set(bands(copy)))] += 1
            assert not is_copy(source, copy, same_outlet=True)
        if text["other"]:
            with subtests.test(text=text["original"][:40]):
                assert not is_copy(source, signed([text["other"]]))
    assert found[True] >= 0.7 * found.total()


def test_without_a_quotation_other_figures_or_other_names_make_another_report():
    figures = ["1,240", "18,500", "230", "64"]
    facts = "The storm in {} flooded {} homes and left {} without power, and {} engineers of {} told {} of {} millions."
    names = ["Harwick Bay", "National Grid", "Linda Ashworth"]

    def report(seed, figures, names):
        return signed([facts.format(names[0], *figures[:3], *names[1:], figures[3]), *paragraphs(seed, 2)])

    source = report(81, figures, names)
    assert is_copy(source, report(82, figures, names))
    assert not is_copy(source, report(82, ["1,241", "18,600", "231", "65"], names))
    assert not is_copy(source, report(82, figures, ["Ostfeld Moor", "Power House", "Karl Bergmann"]))


@pytest.mark.parametrize("name", ["reworded_unquoted.toml", "reworded_caseless.toml"])
def test_two_outlets_own_reports_of_one_event_are_no_copies(name, subtests):
    file = Path(__file__).parents[1] / "labels" / name
    for pair in tomllib.loads(file.read_text(encoding="utf-8"))["reports"]:
        with subtests.test(text=pair["one"][:40]):
            assert not is_copy(signed([pair["one"]]), signed([pair["two"]]))


def test_without_capitals_most_figures_have_to_agree_and_no_quotation_may_differ():
    facts = "消防局{}日通报，火灾造成{}人受伤，烧毁{}平方米，出动{}辆车，损失{}万元，{}户居民撤离。"
    figures = [["14", "38", "2,700", "46", "1,950", "312"], ["15", "39", "2,800", "47", "1,950", "312"]]

    def report(seed, figures, quotation=""):
        chance = random.Random(seed)
        rest = "".join(chance.choices([chr(point) for point in range(0x4E00, 0x5200)], k=120))
        return signed([facts.format(*figures), rest, quotation])

    source = report(86, figures[0])
    assert is_copy(source, report(87, figures[0]))
    assert set(bands(source)) & set(bands(report(87, figures[0])))
    assert not is_copy(source, report(87, figures[1]))
    said = ["".join(map(chr, range(start, start + 40))) for start in (0x5300, 0x5400)]
    quoted = [report(seed, figures[0], f"「{words}」") for seed, words in zip((86, 87), said, strict=True)]
    assert not is_copy(*quoted)


def test_numbered_paragraphs_agree_in_nothing():
    names = "In Tunis the Council of Europe met Anna Holm of Norway and Ivan Petrov of Moldova. "
    one, other = ([names, *(f"{n}. {line}" for n, line in enumerate(paragraphs(seed, 6), 1))] for seed in (83, 84))
    assert not is_copy(signed(one), signed(other))


def test_a_table_with_the_names_and_figures_of_another_is_no_copy():
    names = [f"in {name.title()}sen" for name in VOCABULARY[:30]]
    rows = [f"Of {name} we know {number} and {number + 7}." for number, name in enumerate(names, 20)]
    one, other = signed(rows), signed(random.Random(3).sample(rows, len(rows)))
    assert not is_copy(signed(rows[:12] + paragraphs(71, 2)), signed(rows[6:] + paragraphs(72, 2)))
    assert is_copy(one, other) == (similarity(one, other) > 0.3), "by its words alone, which are the same"


@pytest.mark.parametrize(
    "unit", ["“", '"a b c d e f g h i j k l" ', "“" + "x " * 900 + "”", "Ab Cd, ", "1.1:", "”“", "\udc80 abcdefg "]
)
def test_a_hostile_text_has_a_signature_of_a_bounded_length(unit):
    text = unit * (200_000 // len(unit))
    most = LENGTH + ANCHORS + 1 + NAMES + QUOTATIONS * OF_QUOTATION
    assert len(signed([text])) <= most
    assert len(signed([text[:2_000]])) <= most


def test_within_an_outlet_a_repeat_and_the_beginning_of_an_article_are_copies_and_standing_lines_are_not():
    article = paragraphs(73, 10)
    repeat = [*article, *paragraphs(74, 3)]
    video = article[:3]
    for other in (repeat, video):
        assert is_copy(signed(article), signed(other), same_outlet=True)
    # what an outlet puts under each article, and what follows up on one
    assert not is_copy(
        signed([*paragraphs(75, 6), *article[:3]]), signed([*paragraphs(76, 6), *article[:3]]), same_outlet=True
    )
    assert not is_copy(signed(article), signed([*paragraphs(77, 6), *article[-4:]]), same_outlet=True)
    assert not is_copy(signed(article), signed(article[4:7]), same_outlet=True)


def test_a_signature_from_before_there_were_anchors_is_still_compared():
    assert is_copy(signed(TEXT)[:LENGTH], signed([paragraphs(2)[0], *TEXT[1:]]))


def test_a_live_blog_has_no_signature():
    assert signed(TEXT, kind=Kind.LIVE_BLOG) == ()


@pytest.mark.parametrize("body", ["", "Three words only.", "漢字" * 5, "word " * 500, "…!?" * 100])
def test_a_text_too_short_has_no_signature_and_is_like_nothing(body):
    assert signed([body]) == ()
    assert similarity((), signed(TEXT)) == similarity((), ()) == containment((), ()) == 0.0
    assert not is_copy((), ())


def test_items_of_one_mould_with_other_figures_are_no_copies():
    mould = (
        "The index of leading shares closed {} points higher at {} on Tuesday, dealers in the capital said. "
        "It had opened at {} and moved within a narrow band for most of the session, as investors waited for news from "
        "the central bank. Turnover came to {} million, after {} million the day before. The currency bought {} cents, "
        "little changed. This report was made from the exchange's own figures and has been read by an editor before it "
        "was published; all prices are delayed and without warranty, and nothing in it is advice to buy or to sell."
    )
    chance = random.Random(7)
    one, other = (signed([mould.format(*(chance.randint(100, 99_999) for _ in range(6)))]) for _ in range(2))
    assert similarity(one, other) > 0.5
    assert not is_copy(one, other)


def test_short_items_under_the_same_standing_lines_are_no_copies():
    standing = paragraphs(50, 1)[0].split()
    items = [
        signed([" ".join(paragraphs(seed, 1)[0].split()[:own]), " ".join(standing)])
        for seed, own in ((51, 30), (52, 34))
    ]
    assert similarity(*items) > 0.35
    assert not is_copy(*items)
    assert not is_copy(*items, same_outlet=True)


def test_an_outlet_that_repeats_half_of_an_article_has_not_copied_it_but_a_second_address_is_a_copy():
    again = TEXT[3:] + paragraphs(53, 2)
    assert is_copy(signed(TEXT), signed(again))
    assert not is_copy(signed(TEXT), signed(again), same_outlet=True)
    assert is_copy(
        signed(TEXT), signed([*TEXT, "Sign up for our morning letter and read more of the same."]), same_outlet=True
    )


def test_chinese_copies_are_found():
    chance = random.Random(8)
    text = "".join(chance.choices([chr(point) for point in range(0x4E00, 0x5200)], k=400))
    assert is_copy(signed([text]), signed([text[40:] + text[:20]]))
    assert not is_copy(signed([text]), signed([text[::-1]]))


def test_bands_cover_the_signature_and_fit_an_integer_of_the_database():
    found = bands(signed(TEXT))
    assert BANDS < len(found) <= BANDS + ANCHORS
    assert len(bands(signed(TEXT)[:LENGTH])) == BANDS
    assert all(-(2**31) <= band < 2**31 for band in found)
    assert bands(()) == ()


def test_a_signature_comes_back_from_its_bytes():
    assert unpacked(packed(signed(TEXT))) == signed(TEXT)


def test_the_longest_text_is_signed():
    assert len(sign(Article(url="", body="漢字仮名交じり文 " * 50_000))) <= LENGTH + ANCHORS
    assert LENGTH <= len(signed([" ".join(map(str, range(80_000)))])) <= LENGTH + ANCHORS


def test_the_estimate_agrees_with_an_older_library():
    copy = [paragraphs(2)[0], *TEXT[2:]]
    theirs = []
    for lines in (TEXT, copy):
        found = words("\n".join(lines))
        minhash = MinHash(num_perm=256)
        minhash.update_batch([" ".join(found[at : at + 3]).encode() for at in range(len(found) - 2)])
        theirs.append(minhash)
    assert similarity(signed(TEXT), signed(copy)) == pytest.approx(theirs[0].jaccard(theirs[1]), abs=0.12)


def test_the_real_pages_hold_no_copies_of_one_another():
    found = []
    for truth in sorted(shared("pages").glob("*/truth.jsonl")):
        for line in truth.read_text().splitlines():
            body = json.loads(line)["body"]
            found.append(signed(body if isinstance(body, list) else [body]))
    meeting: dict[int, list[int]] = {}
    for number, signature in enumerate(found):
        for band in bands(signature):
            meeting.setdefault(band, []).append(number)
    pairs = {(a, b) for group in meeting.values() for a in group for b in group if a < b}
    assert not [(a, b) for a, b in pairs if is_copy(found[a], found[b])]


def test_the_newsroom_has_the_copies_that_it_says_it_has_and_no_others():
    truths = {each.truth.canonical_url: each.truth for each in Newsroom().expected() if each.truth}
    found = {url: sign(Article(url=url, body=truth.body, kind=truth.kind)) for url, truth in truths.items()}
    copies = {(url, other) for url in found for other in found if url < other and is_copy(found[url], found[other])}
    assert copies == {tuple(sorted((url, truth.copy_of))) for url, truth in truths.items() if truth.copy_of}
    assert copies
