"""Two versions side by side: nothing is lost, and paragraphs stay whole."""

from hypothesis import given
from hypothesis import strategies as st

from news.difference import Operation
from news.version_diff import paragraphs

texts = st.lists(st.lists(st.sampled_from("rain fell on the town 5 7 東京 ۵".split()), max_size=8), max_size=8).map(
    lambda lines: "\n".join(" ".join(line) for line in lines)
)


def side(before: str, after: str, left_out: Operation) -> list[str]:
    """Return the words of one side, as the rows have them."""
    return [
        word
        for row in paragraphs(before, after)
        for operation, text in row
        if operation is not left_out
        for word in text.split()
    ]


@given(texts, texts)
def test_both_texts_can_be_read_off_the_rows(before: str, after: str) -> None:
    assert side(before, after, Operation.DELETE) == after.split()
    assert side(before, after, Operation.INSERT) == before.split()


def test_a_new_paragraph_takes_no_word_from_one_that_went() -> None:
    before = "The bridge is closed.\nA storm took away forty metres of the mole."
    after = "The bridge is open.\nThe board will answer questions at the town hall."
    assert [[operation for operation, _ in row] for row in paragraphs(before, after)] == [
        [Operation.EQUAL, Operation.DELETE, Operation.INSERT, Operation.EQUAL],
        [Operation.DELETE],
        [Operation.INSERT],
    ]
