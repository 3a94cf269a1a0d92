"""`search --all`: every article of a search, written to standard output or a file as it comes."""

from contextlib import ExitStack, aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from broadsheet.console import err, fail, run, write_json_line, write_text
from broadsheet.stores import ledger_and_index

if TYPE_CHECKING:
    from index.query import Query
    from web.export_formats import ExportFormat, Writer


@dataclass
class _Progress:
    """What is written for certain."""

    written: int = 0
    last_id: str | None = None


def export(
    asked: "Query", *, format: str, fields: str, output: Path | None, after: str | None, resumes: bool = False
) -> None:
    """Write all articles that `asked` finds. What was interrupted says how to continue; raises as the search does.

    With `resumes`, what a kill left half written at the end of `output` is cut off, and the file continued.
    """
    from news.clock import now
    from web.export_formats import ExportFormat, writer
    from web.feeds import title_of
    from web.parameters import names_in

    if format not in set(ExportFormat):
        fail(f"--format takes csv, jsonl, atom or ninjs, not '{format}'.")
    kind = ExportFormat(format)
    made = writer(kind, names_in(fields), title=title_of(asked.text), at=now())
    if resumes and output and output.exists():
        after = _cut(output, kind)
    progress = _Progress(last_id=after)
    with ExitStack() as stack:
        file = stack.enter_context(_open(output, continues=after is not None)) if output else None
        try:
            run(_write(asked, kind, made, file, after, progress))
        except BaseException:
            if progress.last_id:
                err.print(
                    f"Interrupted after {progress.written} articles. The same command with --after {progress.last_id} "
                    f"continues the export{', with --continue the file' if output else ''}.",
                    style="yellow",
                )
            raise
    err.print(f"{progress.written} article{'s' if progress.written != 1 else ''} exported.")


def _cut(output: Path, kind: "ExportFormat") -> str:
    """Cut off what is not whole at the end of a file, and return the id of its last article."""
    import os

    from web.export_tail import whole_part

    size, last_id = whole_part(output, kind)
    try:
        os.truncate(output, size)
    except OSError as error:
        fail(f"{output} cannot be written: {error.strerror}.")
    return last_id


def _open(output: Path, *, continues: bool) -> TextIO:
    """Open the file. Fails where it is there and is not to be continued, or cannot be written."""
    try:
        # the line ends of a CSV are its own
        return output.open("a" if continues else "x", encoding="utf-8", newline="")
    except FileExistsError:
        fail(f"{output} exists. Name another file, or continue it with --continue.")
    except OSError as error:
        fail(f"{output} cannot be written: {error.strerror}.")


async def _write(
    asked: "Query", kind: "ExportFormat", made: "Writer", file: TextIO | None, after: str | None, progress: _Progress
) -> None:
    from pipelines.publish import create_index

    async with ledger_and_index() as (engine, index):
        await create_index(engine, index)
        if after is None:
            _put(made.begin, kind, file)
        async with aclosing(index.export(asked, after)) as pages:
            async for page in pages:
                for document in page:
                    _put(made.document(document), kind, file)
                if file:
                    file.flush()
                progress.written += len(page)
                progress.last_id = str(page[-1]["id"])
        _put(made.end, kind, file)


def _put(text: str, kind: "ExportFormat", file: TextIO | None) -> None:
    """Write a piece of the file; at standard output nothing of it commands a terminal."""
    from news.printable import printable
    from web.export_formats import ExportFormat

    if file:
        file.write(text)
    elif kind in (ExportFormat.JSONL, ExportFormat.NINJS):
        if text:
            write_json_line(text)
    else:  # the cells of a CSV are printable already
        write_text(printable(text) if kind is ExportFormat.ATOM else text)
