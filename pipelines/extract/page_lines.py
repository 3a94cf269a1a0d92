"""Every line of text that stands anywhere in a page, by which it is told later what an outlet changed."""

from pipelines.extract.blocks import Outline
from pipelines.extract.document import Document
from pipelines.extract.titles import SEPARATOR, TITLE_LIMIT
from pipelines.extract.words import plain

#: a page of more is a list, or an attack
_MOST_LINES = 3_000
#: values of JSON-LD that are looked at
_MOST_VALUES = 10_000
#: characters of a statement that may be a standfirst or a paragraph; longer ones without a line end are neither
_LONGEST_STATED = 4_000


def page_lines(document: Document, shown: Outline) -> tuple[str, ...]:
    """Return every line of text that stands anywhere in the page: shown, in its head, or in its JSON-LD.

    By these it is told later whether a text stood in the page, whatever was made of it. So nothing of it depends on
    what the reader chose.
    """
    stated = [document.title, *(content for contents in document.metas.values() for content in contents)]
    for node in document.nodes:
        _gather(node, stated)
    found: dict[str, None] = {}
    for text in stated:
        if len(text) <= _LONGEST_STATED or "\n" in text:
            for line in map(plain, text.split("\n")):
                found.setdefault(line)
                if len(line) <= TITLE_LIMIT:
                    # a headline, without the outlet's name before or behind it
                    for match in SEPARATOR.finditer(line):
                        found.setdefault(line[: match.start()])
                        found.setdefault(line[match.end() :])
            if len(found) > _MOST_LINES:
                break
    return (*(block.text for block in shown.blocks), *found)


def _gather(value: object, texts: list[str]) -> None:
    """Add all texts of a JSON-LD node to the list."""
    waiting = [value]
    # nodes may name each other in a circle
    for _ in range(_MOST_VALUES):
        if not waiting:
            break
        match waiting.pop():
            case str() as text:
                texts.append(text)
            case dict() as node:
                waiting.extend(node.values())
            case list() as several:
                waiting.extend(several)
