"""How one text became another, for a terminal: the paragraphs that changed, field by field."""

from typing import TYPE_CHECKING

from rich.text import Text

from broadsheet.console import out
from news.difference import Operation
from news.version_diff import changed_paragraphs, plain_run

if TYPE_CHECKING:
    from news.version_diff import Run, VersionDiff

_STYLES = {Operation.DELETE: "red strike", Operation.INSERT: "green underline", Operation.EQUAL: ""}


def print_changes(compared: "VersionDiff", *, indent: str = "") -> None:
    """Print each changed paragraph behind its field's name, what stayed cut to the words beside a change."""
    for field in compared.fields:
        if field.changed:
            for row in changed_paragraphs(field):
                out.print(_line(f"{indent}{field.name}: ", row))


def _line(start: str, row: "tuple[Run, ...]") -> Text:
    line = Text(start, style="")
    for operation, text in row:
        if out.color_system is None or out.no_color:
            line.append(plain_run((operation, text)))
        else:
            line.append(text, style=_STYLES[operation])
    return line
