"""How text is cut and folded, and how queries and highlights use it: properties that hold for any text."""

from hypothesis import given
from hypothesis import strategies as st

from index.highlight import marked
from index.phrase import occurrences, phrase, positive_terms
from index.postgresql.row import LAST_POSITION, MOST_BYTES, vector
from index.postgresql.translate import tsquery
from index.query import MARK_END, MARK_START
from index.syntax import MOST_TERMS, And, FacetTerm, Not, Or, Parsed, Term, parse
from index.tokens import LONGEST, fold, tokens

#: letters of many scripts, marks, signs and the syntax's own
TEXT = st.lists(
    st.one_of(
        st.characters(),
        st.sampled_from("aé Ñß北京市한กุ่हिन्दी\u0301\u200d\n\t\"'*-:|()&!<>\\"),
        st.sampled_from(["OR ", "outlet:", "headline:", " -", '"']),
    ),
    max_size=60,
).map("".join)


@given(TEXT)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(TEXT)
def test_every_word_stands_where_it_says(text: str) -> None:
    before = 0
    for word in tokens(text):
        assert 0 < len(word.form) <= LONGEST
        assert before <= word.start < word.end <= len(text)
        assert fold(text[word.start : word.end]).startswith(word.form)
        before = word.start


@given(TEXT)
def test_case_and_composition_do_not_change_the_words(text: str) -> None:
    plain = "Šárka Müller İstanbul " + text
    assert [word.form for word in tokens(plain)][:3] == ["sarka", "muller", "istanbul"]


@given(TEXT)
def test_whatever_is_typed_becomes_a_tree_of_known_shape(text: str) -> None:
    parsed = parse(text)
    assert isinstance(parsed, Parsed)
    assert isinstance(parsed.tree, Term | FacetTerm | Not | And | Or | None)
    for term in positive_terms(parsed.tree):
        assert phrase(term)
        assert "\0" not in term.text
    if parsed.tree is not None:
        query = tsquery(parsed.tree)
        assert query is None or "\\" not in query


@given(TEXT)
def test_a_text_is_found_by_any_of_its_own_words(text: str) -> None:
    found = list(tokens(text))
    for word in [each for each in found if text[each.start].isalnum()][:5]:  # a mark is no word without its letter
        row = phrase(Term(text[word.start : word.end]))
        assert any(start <= word.start < end for start, end in occurrences(row, found))


@given(TEXT, TEXT)
def test_a_highlight_without_its_marks_is_the_text(text: str, sought: str) -> None:
    text = text.replace(MARK_START, "").replace(MARK_END, "")
    for piece in marked(text, [Term(sought)], whole=True):
        assert piece.replace(MARK_START, "").replace(MARK_END, "") == text
        assert piece.count(MARK_START) == piece.count(MARK_END) > 0


def test_highlights_of_a_long_text_are_a_few_short_pieces() -> None:
    text = "\n".join(f"Paragraph {number} tells of the harbour and of nothing else." for number in range(500))
    pieces = marked(text, [Term("harbour")], whole=False)
    assert 1 <= len(pieces) <= 3
    assert all(len(piece) < 200 and MARK_START in piece for piece in pieces)


def test_only_so_many_words_of_a_query_are_used_and_it_says_so() -> None:
    parsed = parse("word " * 100)
    assert isinstance(parsed.tree, And)
    assert len(parsed.tree.nodes) == MOST_TERMS
    assert any(str(MOST_TERMS) in note for note in parsed.notes)


def test_a_vector_stays_within_what_postgresql_takes() -> None:
    made = vector({"body": " ".join(f"слово{number}" for number in range(90_000))})
    assert len(made.encode()) < 2 * MOST_BYTES
    assert max(int(each.rpartition(":")[2].rstrip("D")) for each in made.split()) == LAST_POSITION


def test_a_phrase_does_not_reach_from_headline_to_body() -> None:
    assert vector({"headline": "fuel", "body": "prices"}) == "'fuel':1A 'prices':12D"
