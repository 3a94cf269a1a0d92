"""The classes of an edit: what an editor changed between two versions of an article."""

from enum import StrEnum


class EditKind(StrEnum):
    """A class of change, the weightiest first. One pair of versions may have several."""

    NEGATION = "negation"  # was, was not
    NUMBER = "number"  # a figure or number word became another: eleven, 12
    CURRENCY = "currency"  # an amount is in another currency
    DATE = "date"  # a weekday, month or day became another
    QUOTE = "quote"  # words between quotation marks changed or went
    ATTRIBUTION = "attribution"  # who vouches for a statement: added, removed, another one
    HEDGE = "hedge"  # allegedly, perhaps: added or removed
    NAME = "name"  # a person's or organisation's name became another
    PLACE = "place"  # a place became another
    HEADLINE = "headline"
    STANDFIRST = "standfirst"
    PARAGRAPHS_REMOVED = "paragraphs_removed"
    BODY = "body"  # other words within paragraphs that stayed
    UPDATE = "update"  # text was only added: sentences, clauses, paragraphs
    PARAGRAPHS_ADDED = "paragraphs_added"
    BYLINE = "byline"
    CORRECTION_NOTICE = "correction_notice"  # added, changed or taken away
    SPELLING = "spelling"  # the same words, mended
    MOVED = "moved"  # paragraphs in another order
    COSMETIC = "cosmetic"  # case, punctuation, 12 for twelve: every word and figure stays
    UNEXPLAINED = "unexplained"  # we read otherwise than before, and cannot tell whether the outlet changed anything


#: what can change the meaning of an article; what is only added, mended, moved or signed does not
SUBSTANCE = frozenset(EditKind) - {
    EditKind.UPDATE,
    EditKind.PARAGRAPHS_ADDED,
    EditKind.BYLINE,
    EditKind.CORRECTION_NOTICE,
    EditKind.SPELLING,
    EditKind.MOVED,
    EditKind.COSMETIC,
    EditKind.UNEXPLAINED,
}
#: turns the meaning of a sentence by a word or two: each is looked for in every changed stretch
TURNS = frozenset(
    {
        EditKind.NEGATION,
        EditKind.NUMBER,
        EditKind.CURRENCY,
        EditKind.DATE,
        EditKind.ATTRIBUTION,
        EditKind.HEDGE,
    }
)
