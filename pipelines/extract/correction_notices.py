"""A block of text in, whether the outlet says in it that it corrected the article."""

import json
import re
from functools import cache
from importlib.resources import files

from pipelines.extract.block_segmentation import Block, Outline
from pipelines.extract.human_dates import DATE_WORDS, folded
from pipelines.extract.language_rules import PhraseFinder, any_of

#: a longer block is a paragraph about something else
MOST_CHARACTERS = 1_200
#: what says that it is a notice stands at its beginning; a paragraph that speaks of one further on is no notice
BEGINS_WITHIN = 300
#: characters that a date or time may take between a label and its colon: "Correction (4 May 2026, 10:12 a.m.):"
_DATED = 45
#: letters of the shortest words that a date is joined by: "vom", "del", "kl."
_JOINING = 3
#: letters of the shortest notice behind its label
_LEAST = 8
#: in a box of that name a whole sentence is one
_SENTENCE = 30
_ENDS = ".!?。！？।)"
_BEGINS, _NOTES = PhraseFinder("correction_begins"), PhraseFinder("correction_notes")
_ERRS = re.compile(any_of("correction_errs"), re.IGNORECASE)
_STAMPED = re.compile(rf"\s+{any_of('correction_stamps')}(?!\w)", re.IGNORECASE)
_SAYS = PhraseFinder("correction_says")
_WIRE = re.compile(rf"[\W_]*{any_of('correction_wire')}", re.IGNORECASE)
#: the same inside of a text
_SET_OFF_WIRE = re.compile(rf"[(\[—–-][\W_]*{any_of('correction_wire')}", re.IGNORECASE)
#: verbs and nouns that mean repairs and amendments elsewhere: a notice only where a bracket opens the text
_BRACKETED = re.compile(rf"^\s*[(\[（【—–*-]+\s*{any_of('correction_bracketed')}", re.IGNORECASE)
_LABEL = re.compile(r"correction|corrected|clarification|erratum|korrektur|berichtigung|correctif|correcci")
#: labels that mean nothing but a notice
_ERRATUM = re.compile(r"[\W_]*(?:errat|corrigend|fe de err)", re.IGNORECASE)
_COLON = re.compile(r"\s*[:：]\s*")
_DATED_COLON = re.compile(rf"(?P<between>[^:：]{{1,{_DATED}}}(?::\d\d[^:：]{{0,{_DATED}}})?)[:：]\s*")
_WORD = re.compile(r"[^\W\d_]+")


def is_correction(page: Outline, block: Block) -> bool:
    """Tell whether the block is a notice of correction: by its box's name, its label, or what it says."""
    # a box of that name may hold the form by which readers report errors, and a link may lead to all corrections
    boxed = bool(_LABEL.search(page.boxes[block.box].label)) and not block.linked
    if block.linked and is_notice_heading(block.text):
        return False
    return is_notice(block.text, is_boxed=boxed, strong=block.strong)


def is_notice(text: str, *, is_boxed: bool = False, strong: int = 0) -> bool:
    """Tell whether a text is a notice of correction; `strong` is how many characters of its beginning are bold.

    A label counts before a colon, with nothing but a date between: "Correction of the river's course: ..." is news.
    An editor's note counts if it speaks of an error. The heading of a notice counts, too (`is_notice_heading`).

    >>> is_notice("Clarification, May 4: The grant is for three years."), is_notice("Oprava mostu: řidiči čekají")
    (True, False)
    """
    if len(text) > MOST_CHARACTERS:
        return False
    if _BRACKETED.match(text) or _SAYS.finds(text, BEGINS_WITHIN) or _WIRE.match(text):
        return True
    if (said := _SET_OFF_WIRE.search(text)) and said.start() < BEGINS_WITHIN:
        return True
    if is_boxed and len(text) >= _SENTENCE and text.rstrip()[-1] in _ENDS and "@" not in text:
        return True
    if label := _label(_BEGINS, text):
        rest = text[label.end() :]
        if is_notice_heading(text) or _stated(rest) or _is_bracketed(text, label):
            return True
        is_bold_label = 0 < strong <= label.end() + 2
        if _ERRATUM.match(text) and rest.lstrip()[:1] in "–—-":
            return True
        return bool(_ERRS.search(rest)) if rest[:1] in ".–—-,;" else is_bold_label and len(rest) > _LEAST
    if label := _label(_NOTES, text):
        rest = text[label.end() :]
        return bool(_stated(rest) or rest[:1] in ".–—-)") and bool(_ERRS.search(rest))
    return False


def is_notice_heading(text: str) -> bool:
    """Tell whether a text is a label alone, above the notice: "Corrections and clarifications"."""
    label = _label(_BEGINS, text)
    return label is not None and not _WORD.search(text, label.end())


def _label(labels: PhraseFinder, text: str) -> re.Match[str] | None:
    """Return the label at a text's beginning, if it ends there and is no beginning of a longer word."""
    found = labels.begun(text)
    if found is None:
        return None
    behind = text[found.end() : found.end() + 1]
    return None if behind.isalnum() and found[0][-1:].isalnum() else found


def _is_bracketed(text: str, label: re.Match[str]) -> bool:
    """Tell whether brackets hold the label, and the notice stands behind them: 【訂正】, [정정보도]."""
    rest = text[label.end() :]
    return text.lstrip()[0] in "[【［〔" and rest[:1] in "]】］〕" and len(rest) > _LEAST


def _stated(rest: str) -> bool:
    """Tell whether a colon follows a label and then a notice; between are at most a date and that it was added."""
    if stamp := _STAMPED.match(rest):
        rest = rest[stamp.end() :]
    if colon := _COLON.match(rest):
        return len(rest) - colon.end() >= _LEAST
    dated = _DATED_COLON.match(rest)
    if dated is None or len(rest) - dated.end() < _LEAST:
        return False
    between = dated["between"]
    if not any(map(str.isdigit, between)):
        return bool(re.fullmatch(r"\s*[(（\[].{0,30}[)）\]]\s*", between))
    between = _STAMPED.sub(" ", f" {between}")
    return all(len(word) <= _JOINING or folded(word) in _calendar() for word in _WORD.findall(between))


@cache
def _calendar() -> frozenset[str]:
    """Return the names of all months, in all languages."""
    tables = json.loads((files("pipelines.extract") / "data" / DATE_WORDS).read_text(encoding="utf-8"))
    return frozenset(name for table in tables.values() for names in table["months"] for name in names)
