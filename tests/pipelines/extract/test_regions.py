"""What stands beside the article in the box that holds it: comments, teasers, columns; and what only looks like it."""

import time
from dataclasses import replace

import pytest
from selectolax.lexbor import LexborHTMLParser

from pipelines.extract import line_model
from pipelines.extract.block_segmentation import Block, Box, Outline, outline
from pipelines.extract.body import entries
from pipelines.extract.boilerplate import boilerplate
from pipelines.extract.comparison import length
from tests.pipelines.handmade import PARAGRAPHS, outcome, read

TEXT = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
BODY = "\n".join(PARAGRAPHS)
SAID = (
    "I have taken the boat for nine years and it was never on time in the winter, whatever the timetable says.",
    "They should pave the northern landing first, then talk of a third vessel and of the fares that it will cost us.",
    "Good news for all who live on the far side, we have waited long enough for this and paid for it as well.",
    "Nobody asked the fishermen, as always, and the pier is theirs by a charter that is older than the company.",
    "See you on Monday on the first crossing then, bring your own coffee because the kiosk is still closed.",
)
ELSEWHERE = (
    (
        "Bakery of the old town closes",
        "After ninety years the oven goes cold, the last baker found no heir in the town.",
    ),
    ("Rain until the weekend", "The forecasters expect showers from the west on each day, with gusts on the lake."),
    (
        "School choir wins in the capital",
        "The jury praised the clear voices, the parents the patience of the teachers.",
    ),
    ("Bridge gets its railing back", "The town has it painted blue this time, which divides the council once more."),
    ("Mayor wants a second term", "She promises the pool, the paved landing and, for the third time, the bus lane."),
)


def old(column: str, text: str = TEXT) -> str:
    """Return a page of 2010: tables without a name that says anything."""
    return (
        "<!doctype html><html lang='en'><head><title>Third ferry joins the lake line</title></head><body><table><tr>"
        f"<td><div><b>Third ferry joins the lake line</b><br>{text}</div></td><td>{column}</td></tr></table></body></html>"
    )


def entry(outside: str, title: str, said: str, at: int) -> str:
    forms = {
        "teasers": f'<div><a href="/news/{at}.html">{title}</a></div><div>{said}</div>',
        "teasers with the link in the line": f'<div><a href="/news/{at}.html">{title}</a> {said}</div>',
        "comments": f"<div>Reader {at}</div><div>0{at}.06.2010, 12:4{at}</div><div>{said}</div>",
        "comments with a day": f"<div>Reader {at} wrote on June {at}, 2010</div><div>{said}</div>",
    }
    return f"<div>{forms[outside]}</div>"


@pytest.mark.parametrize("kind", ["teasers", "teasers with the link in the line", "comments", "comments with a day"])
def test_a_list_of_entries_beside_the_article_is_not_its_text(kind: str) -> None:
    texts = SAID if kind.startswith("comments") else [text for _, text in ELSEWHERE]
    column = "".join(entry(kind, ELSEWHERE[at][0], text, at) for at, text in enumerate(texts))
    assert read(old(f"<div>{column}</div>")).body == BODY


@pytest.mark.parametrize("kind", ["teasers", "comments"])
def test_a_list_below_the_article_in_its_own_column_is_not_its_text(kind: str) -> None:
    column = "".join(entry(kind, title, text, at) for at, (title, text) in enumerate(ELSEWHERE * 2))
    assert read(old("", f"{TEXT}<div>{column}</div>")).body == BODY


def test_a_column_of_links_is_not_text_for_the_few_sentences_in_it() -> None:
    links = "".join(
        f"<li><a href='/s/{at}'>{title}, and what the council said</a></li>" for at, (title, _) in enumerate(ELSEWHERE)
    )
    column = f"<div><ul>{links}</ul><div>{SAID[0]}</div></div>"
    assert read(old(column)).body == BODY


def item(title: str, text: str) -> str:
    return f"<div><h3>{title}</h3><p>{text}</p></div>"


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(lambda at, title, text: item(title, text), id="headings"),
        pytest.param(lambda at, title, text: item(f"{at}. {title}", text), id="numbered headings"),
        pytest.param(
            lambda at, title, text: item(f"<a href='https://shop.example/{at}'>{title}</a>", text), id="links elsewhere"
        ),
        pytest.param(
            lambda at, title, text: item(title, text) + f"<a href='https://shop.example/{at}'>$ 1{at}</a>", id="prices"
        ),
    ],
)
def test_a_list_that_is_the_article_is_its_text(one) -> None:  # type: ignore[no-untyped-def]
    listed = "".join(one(at, title, text) for at, (title, text) in enumerate(ELSEWHERE))
    found = read(old("", f"{TEXT}<div>{listed}</div>")).body
    assert [text for _, text in ELSEWHERE if text not in found] == []


def test_paragraphs_that_open_with_a_link_are_text() -> None:
    text = "".join(
        f"<div><a href='/topic/{at}'>{title}</a> {body} {SAID[at]} {body}{SAID[0]}{SAID[1]}</div>"
        for at, (title, body) in enumerate(ELSEWHERE)
    )
    found = read(old("", f"<div>{TEXT}</div><div>{text}</div>")).body
    assert all(each in found for each in SAID)


def test_a_page_of_entries_alone_is_read() -> None:
    column = "".join(entry("comments with a day", title, text, at) for at, (title, text) in enumerate(ELSEWHERE))
    found = read(
        f"<!doctype html><html><head><title>Live: the lake</title><meta property='og:type' content='article'></head><body><h1>Live: the lake</h1><div>{column}</div></body></html>"
    ).body
    assert all(text in found for _, text in ELSEWHERE)


def test_a_notice_in_a_box_of_another_look_below_the_article_is_not_its_text() -> None:
    notice = (
        "All that stands here is the property of the Lake Courier, and may be printed with its written leave alone."
    )
    page = old(
        "",
        f"<div class='a'>{TEXT}{TEXT.replace('lake', 'sea')}</div><div class='b'>{notice}</div>"
        + "<div class='c'>Lake Street 4, the old harbour house, telephone from nine to five on each day of the week.</div>",
    )
    found = read(page).body
    assert notice not in found
    assert PARAGRAPHS[-1] in found


def test_a_small_part_between_two_parts_of_the_article_is_its_text() -> None:
    small = "The northern landing was built in 1911 and has been closed three times since then, always in winter."
    page = old(
        "", f"<div class='a'>{TEXT}</div><div class='b'>{small}</div><div class='a'>{TEXT.replace('lake', 'sea')}</div>"
    )
    assert small in read(page).body


NOTICE = "Whoever reads this paper each week keeps nine people at work, and the town without them would have no paper at all."


def flowing(below: str, within: str = "") -> str:
    """Return a page whose paragraphs stand in the article's box itself, with something below the last of them."""
    text = TEXT + within + TEXT.replace("lake", "sea")
    return f"<!doctype html><html><body><h1>Third ferry joins the lake line</h1><div>{text}{below}</div></body></html>"


def test_a_small_box_below_paragraphs_that_stand_in_no_box_is_not_their_text() -> None:
    found = read(flowing(f"<div><h2>A paper of nine</h2><p>{NOTICE}</p></div>")).body
    assert NOTICE not in found
    assert "A paper of nine" not in found


@pytest.mark.parametrize(
    "below",
    [
        f"<div><p>{NOTICE}</p></div>",
        f"<section><ul><li>{NOTICE}</li><li>Two boats of flour from the mill</li><li>One of salt</li></ul></section>",
        f"<ul><li>{NOTICE}</li><li>Two boats of flour from the mill</li><li>One of salt</li></ul>",
    ],
    ids=["a box like one in the text", "a list in a box", "a list"],
)
def test_to_the_rules_what_else_stands_below_paragraphs_is_text(below: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_model, "model", dict)
    within = "<div><p>The northern landing was built in 1911 and has been closed three times since then.</p></div>"
    assert NOTICE in read(flowing(below, within)).body


def test_a_heading_whose_links_are_left_out_goes_with_them() -> None:
    links = "".join(f"<li><a href='/news/{at}.html'>{title}</a></li>" for at, (title, _) in enumerate(ELSEWHERE))
    found = read(flowing("", f"<div><h5>Of the same lake</h5><ul>{links}</ul></div>")).body
    assert "Of the same lake" not in found


def test_a_heading_in_a_box_of_its_own_above_its_text_is_text() -> None:
    assert "Of the same lake" in read(flowing("", "<div><h2>Of the same lake</h2></div>")).body


def test_boxes_in_boxes_cost_little() -> None:
    html = "<div><div>a sentence that is long enough to be a paragraph, with words and more words in it</div>" * 1_500
    began = time.process_time()
    outcome(f"<html><body><h1>Deep</h1>{html}</body></html>")
    assert time.process_time() - began < 5


def test_what_is_remembered_of_a_page_is_what_its_lines_and_boxes_say() -> None:
    boxes = [Box(parent, "div", "", "", 0) for parent in (-1, 0, 1, 1, 0)]
    page = Outline(boxes=boxes, blocks=[Block(text, "p", box) for text, box in (("A b", 2), ("c", 3), ("漢字", 4))])
    assert page.above(3) == page.above(3) == (3, 1, 0)
    assert page.above(-1) == ()
    assert page.spans() == page.spans() == {2: (0, 0), 3: (1, 1), 4: (2, 2), 1: (0, 1), 0: (0, 2)}
    assert page.keys() == page.keys() == ["ab", "c", "漢字"]
    changed = replace(page.blocks[0], text="漢字漢")
    assert changed.size == length("漢字漢") == 9


LABELS = ["Comments", "46 Comments on “The third ferry”", "Kommentare (3)", "Комментарии 12", "评论", "Leave a Reply"]


@pytest.mark.parametrize("label", LABELS)
def test_what_stands_below_a_label_of_comments_is_not_the_text(label: str) -> None:
    said = "".join(f"<p>{text}</p>" for text in SAID)
    assert read(old("", f"{TEXT}<h3>{label}</h3><div>{said}</div>")).body == BODY


@pytest.mark.parametrize("label", ["<a href='#comments'>46 Comments</a>", "The comments of the mayor"])
def test_a_link_to_the_comments_ends_no_text(label: str) -> None:
    more = "".join(f"<p>{text}</p>" for text in SAID)
    assert read(old("", f"{TEXT}<div>{label}</div>{more}")).body.endswith(SAID[-1])


def test_entries_of_a_live_blog_are_its_text() -> None:
    entries = "".join(
        f"<div><div><span>1{at}:05</span></div><div><p>{text}</p><p>{SAID[at - 1]} {text}</p></div></div>"
        for at, text in enumerate(SAID)
    )
    found = read(old("", f"<p>{PARAGRAPHS[0]}</p><p>{PARAGRAPHS[1]}</p><div>{entries}</div>")).body
    assert SAID[0] in found


def signed(named: int = 5) -> str:
    """Return what readers wrote, each in a box with a name and a date, which no name of a box tells."""
    names = ("Jo Marsh", "Ada Roe", "Kim Lund", "Per Dahl", "Eva Holm")
    return "".join(
        f"<div><p>{said}</p><span>{names[at % named]}, posted 4 May 2024 at 10:1{at}</span></div>"
        for at, said in enumerate(SAID)
    )


def test_a_list_that_is_signed_and_dated_ends_the_text() -> None:
    found = read(old("", f"<div>{TEXT}</div><div>{signed()}</div>")).body
    assert PARAGRAPHS[-1] in found
    assert not [said for said in SAID if said in found]


def test_a_text_that_goes_on_below_such_a_list_is_whole() -> None:
    listed = "".join(
        f"<li><a href='/news/{at}.html'>{title}</a><p>{at + 1} May 2024</p></li>"
        for at, (title, _) in enumerate(ELSEWHERE)
    )
    rest = TEXT.replace("lake", "sea")
    found = read(old("", f"<div><div>{TEXT}</div><div><ul>{listed}</ul></div><div>{rest}</div></div>")).body
    assert "\n".join(PARAGRAPHS).replace("lake", "sea") in found
    assert ELSEWHERE[0][0] not in found


@pytest.mark.parametrize(("named", "is_list"), [(5, True), (2, False)])
def test_entries_that_few_sign_are_a_live_blogs(named: int, is_list: bool) -> None:
    page = outline(LexborHTMLParser(old("", f"<div>{TEXT}</div><div>{signed(named=named)}</div>")).body)
    end = entries(page, "")
    assert (end < len(page.blocks)) == is_list == any(box.furniture == "entries" for box in page.boxes)


@pytest.mark.parametrize("when", ["{} May 2024", "{} May 2024: Ada Marsh", "1{}:30", "1{}:30 Police arrive"])
def test_a_chronicle_is_the_text(when: str) -> None:
    items = "".join(f"<li><b>{when.format(at + 1)}</b><p>{said}</p></li>" for at, said in enumerate(SAID))
    page = outline(LexborHTMLParser(old("", f"<div>{TEXT}</div><ul>{items}</ul>")).body)
    assert entries(page, "") == len(page.blocks)


@pytest.mark.parametrize("times", [2, 3])
def test_a_text_that_is_printed_again_and_again_is_a_notice(times: int) -> None:
    notice = "<p>External content</p><p>Your settings do not let us show what others made for you here, which may be pictures, films or figures.</p>"
    parts = [TEXT, TEXT.replace("lake", "sea"), TEXT.replace("lake", "bay"), ""]
    found = read(old("", "".join(part + (notice if at < times else "") for at, part in enumerate(parts)))).body
    assert ("Your settings" in found, "External content" in found) == ((True, True) if times == 2 else (False, False))


LOG_IN = (
    "Who logs in may write below each article, keep a list of what to read later and be told when a story goes on.",
    "Those who do not want to may read all that we print, as before, and nobody will ask for a name or for money.",
)


def test_what_stands_above_the_headline_is_no_text() -> None:
    form = "".join(f"<p>{line}</p>" for line in LOG_IN)
    page = f"<html><body><div><div>{form}</div></div><div><h1>Third ferry joins the lake line</h1></div><div>{TEXT}</div></body></html>"
    found = read(page).body
    assert found == BODY


def test_comments_that_outweigh_the_article_are_not_taken_for_it() -> None:
    many = "".join(f"<div><p>{said} {at}</p></div>" for at in range(20) for said in SAID)
    found = read(old("", f"<div>{TEXT}</div><div><h3>{20 * len(SAID)} comments</h3>{many}</div>")).body
    assert found == BODY


def test_a_list_of_half_linked_sentences_between_paragraphs_is_text() -> None:
    items = "".join(
        f"<li><a href='/news/{at}.html'>{title}</a> and the town will talk of it for a week or for more than that.</li>"
        for at, (title, _) in enumerate(ELSEWHERE)
    )
    found = read(old("", f"<div>{TEXT}<ol>{items}</ol>{TEXT.replace('lake', 'sea')}</div>")).body
    assert all(title in found for title, _ in ELSEWHERE)


def test_a_link_around_blocks_is_the_link_of_each() -> None:
    page = outline(
        LexborHTMLParser("<body><p>Today</p><a href='/x'><h3>Boats</h3><p>of salt</p></a><p>End</p></body>").body
    )
    assert [(block.text, block.links) for block in page.blocks] == [
        ("Today", ()),
        ("Boats", ("/x",)),
        ("of salt", ("/x",)),
        ("End", ()),
    ]


@pytest.mark.parametrize(
    "credit",
    ["(AP Photo/Jane Roe)", "(Photo by Jane Roe/Getty Images)", "[Foto: Jane Roe]", "(Jane Roe/AFP via Getty Images)"],
)
def test_a_long_line_that_ends_with_a_credit_is_a_caption(credit: str) -> None:
    caption = f"The third ferry leaves the northern landing on its first trip, with forty cyclists and a dog on board. {credit}"
    assert boilerplate(caption)
    assert not boilerplate(caption.replace(credit, "(He was seen last in May.)"))
