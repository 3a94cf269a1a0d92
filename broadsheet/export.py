"""`search --all`: every article of a search, written to standard output or a file as it comes."""

from contextlib import ExitStack, aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from broadsheet.console import err, fail, run, write_json_line, write_text
from broadsheet.stores import made_index

if TYPE_CHECKING:
    from index.protocol import Index
    from index.query import Interval, Query
    from web.export_formats import ExportFormat, Writer
    from web.parquet import ParquetFile


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
    from index.syntax import parse
    from news.clock import now
    from web.export_formats import ExportFormat, writer
    from web.feeds import title_of
    from web.parameters import names_in

    if format == "parquet":
        _export_parquet(asked, fields, output, after)
        return
    if format not in set(ExportFormat):
        fail(f"--format takes csv, jsonl, atom, ninjs or parquet, not '{format}'.")
    kind = ExportFormat(format)
    made = writer(kind, names_in(fields), title=title_of(asked.text), at=now())
    is_there = resumes and output is not None and output.exists()
    if output and is_there:
        after = _cut(output, kind, made.begin)
    for note in parse(asked.text).notes:
        err.print(note, style="yellow")
    progress = _Progress(last_id=after)
    with ExitStack() as stack:
        file = stack.enter_context(_open(output, continues=is_there or after is not None)) if output else None
        try:
            run(_write(asked, kind, made, file, after, progress))
        except BaseException:
            if progress.written:
                err.print(
                    f"Interrupted after {progress.written} articles. The same command with --after {progress.last_id} "
                    f"continues the export{', with --continue the file' if output else ''}.",
                    style="yellow",
                )
            raise
    err.print(f"{progress.written} article{'s' if progress.written != 1 else ''} exported.")


def _cut(output: Path, kind: "ExportFormat", head: str) -> str | None:
    """Cut off what is not whole at the end of a file, and return the id of its last article.

    None for a file that was begun and has nothing, or a part of the head alone: it is empty then.
    """
    import os

    from web.export_tail import is_begun, whole_part

    size, last_id = (0, None) if is_begun(output, head) else whole_part(output, kind)
    try:
        os.truncate(output, size)
    except OSError as error:
        fail(f"{output} cannot be written: {error.strerror}.")
    return last_id


def _export_parquet(asked: "Query", fields: str, output: Path | None, after: str | None) -> None:
    """Write a Parquet file. It ends with its table of contents: what was interrupted leaves none, and begins again."""
    from web.parameters import names_in
    from web.parquet import ParquetFile

    if output is None:
        fail("A Parquet file cannot be written to standard output. Name one with --output.")
    if after is not None:
        fail("A Parquet file cannot be continued. Export it anew, without --after.")
    try:
        with ParquetFile(output, names_in(fields)) as file:
            count = run(_add_all(asked, file))
    except FileExistsError:
        fail(f"{output} exists. Name another file.")
    except OSError as error:
        fail(f"{output} cannot be written: {error.strerror or error}.")
    err.print(f"{count} article{'s' if count != 1 else ''} exported.")


async def _add_all(asked: "Query", file: "ParquetFile") -> int:
    count = 0
    async with made_index() as index, aclosing(index.export(asked)) as pages:
        async for page in pages:
            file.add(page)
            count += len(page)
        if not count:
            await _print_meant(index, asked)
    return count


def print_attention(asked: "Query", interval: str) -> None:
    """Print the articles that `asked` finds by outlet and `interval`, as CSV."""
    from index.query import Interval

    if interval not in set(Interval):
        fail(f"--attention takes {', '.join(Interval)}, not '{interval}'.")
    run(_print_attention(asked, Interval(interval)))


async def _print_attention(asked: "Query", interval: "Interval") -> None:
    from web.attention import COLUMNS, MOST_OUTLETS, attention, attention_csv, outlets_of
    from web.export_formats import csv_row

    async with made_index() as index:
        outlets = await outlets_of(index, asked, MOST_OUTLETS)
        write_text(csv_row(COLUMNS))
        async for rows in attention(index, asked, interval, outlets):
            write_text(attention_csv(rows))
        if len(outlets) == MOST_OUTLETS:
            err.print(
                f"These are the {MOST_OUTLETS} outlets with the most articles. --outlet chooses others.", style="yellow"
            )


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
    async with made_index() as index:
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
        if after is None and not progress.written:
            await _print_meant(index, asked)


async def _print_meant(index: "Index", asked: "Query") -> None:
    """Print what may have been meant where nothing was found: an empty file says nothing of it."""
    from index.hints import unknown_values

    for each in await unknown_values(index, asked):
        err.print(each.sentence, style="yellow")


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
