"""`search` and `article`: query the index, read the ledger."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from broadsheet.console import fail, out, print_json, run
from broadsheet.logs import quiet_logs
from broadsheet.stores import made_index

if TYPE_CHECKING:
    from index.query import Hit, Query, Results


#: what an option takes that says since when
TIMES = "2026-11-01, a month, a year, 2026-11-01T14:00, today, yesterday; 24h, 7d, 2w: so long ago"

_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)


def add_to(app: typer.Typer) -> None:
    """Add the verbs to the command line."""
    app.command(cls=SearchCommand)(search)
    app.command()(article)


class SearchCommand(TyperCommand):
    """Takes `-word` for what it is in a query: a word that is not to be there. The verb has no short options but -h."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Mark such words, so that they are no options; no argument of a process has a NUL of its own."""
        end = args.index("--") if "--" in args else len(args)
        return super().parse_args(ctx, [_marked(each) for each in args[:end]] + args[end:])


def _marked(argument: str) -> str:
    return f"\0{argument}" if argument[:1] == "-" and argument[:2] != "--" and len(argument) > 2 else argument


def text_of(words: Sequence[str] | None) -> str:
    """Return the query that was typed as these arguments; SearchCommand marked its words."""
    return " ".join(word.removeprefix("\0") for word in words or ())


def filters_of(
    outlet: Sequence[str] | None,
    language: Sequence[str] | None,
    country: Sequence[str] | None,
    where: Sequence[str] | None,
) -> dict[str, tuple[str, ...]]:
    """Return facet -> values, as the options of these names have them. Ends the command for one without a value."""
    filters: dict[str, tuple[str, ...]] = {}
    for name, values in (("outlet", outlet), ("in_language", language), ("country", country)):
        if values:
            filters[name] = tuple(values)
    for pair in where or ():
        name, _, value = pair.partition("=")
        if not value.strip():
            fail(f"--where takes FACET=VALUE, such as places=Iraq, not '{pair}'.")
        filters[name] = (*filters.get(name, ()), value)
    for name, values in filters.items():
        if not all(each.strip() for each in values):
            fail(f"The filter '{name}' has no value: state one, or leave it out.")
    return filters


def bound_of(value: str | None, option: str, *, end: bool = False) -> "datetime | None":
    """Return the instant that an option names, in UTC; None without one. Ends the command for what is no time."""
    from zoneinfo import ZoneInfo

    from news.errors import BadQuery
    from news.time_bound import bound

    try:
        return bound(value or "", ZoneInfo("UTC"), end=end)
    except BadQuery:
        fail(
            f"{option} takes a day such as 2026-11-01, a month, a year, a time such as 2026-11-01T14:00, today, "
            f"yesterday, or 24h, 7d, 2w ago; not '{value}'."
        )


def search(
    query: Annotated[
        list[str] | None,
        typer.Argument(help='Words, "phrases", -without, a OR b, prefix*, field:value. Without words, everything.'),
    ] = None,
    outlet: Annotated[list[str] | None, typer.Option(help="Only this outlet; may be given several times.")] = None,
    language: Annotated[list[str] | None, typer.Option(help="Only this language, such as en.")] = None,
    country: Annotated[list[str] | None, typer.Option(help="Only outlets of this country, such as de.")] = None,
    where: Annotated[list[str] | None, typer.Option(help="Filter by facet: FACET=VALUE, such as places=Iraq.")] = None,
    since: Annotated[
        str | None,
        typer.Option(help=f"Published on or after: {TIMES}."),
    ] = None,
    until: Annotated[str | None, typer.Option(help="Published on or before this day, month or year.")] = None,
    sort: Annotated[str, typer.Option(help="relevance, newest, oldest or changed.")] = "relevance",
    like: Annotated[str | None, typer.Option(metavar="ID", help="Articles like this one.")] = None,
    half_life: Annotated[
        int | None, typer.Option(min=1, metavar="DAYS", help="Recency half-life in days: older articles rank lower.")
    ] = None,
    by_story: Annotated[
        bool, typer.Option("--by-story", help="One hit per story, however many copies it has.")
    ] = False,
    terms: Annotated[int, typer.Option(min=0, max=50, metavar="N", help="Show N significant terms.")] = 0,
    facets: Annotated[bool, typer.Option(help="Show the facets.")] = True,
    size: Annotated[int, typer.Option(min=1, max=1000, help="Number of hits.")] = 10,
    cursor: Annotated[str | None, typer.Option(help="`next_cursor` of the previous page.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    attention: Annotated[
        str | None,
        typer.Option(
            metavar="INTERVAL",
            help="Count by outlet and hour, day, week, month or year, as CSV: articles found, all articles, share.",
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Export every article found, newest first.")] = False,
    format: Annotated[
        str | None, typer.Option(help="With --all: csv, jsonl (if none is named), atom, ninjs or parquet.")
    ] = None,
    fields: Annotated[
        str, typer.Option(metavar="NAMES", help="With --all: fields of csv, jsonl or parquet, separated by commas.")
    ] = "",
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="With --all: write to this file, not standard output.")
    ] = None,
    after: Annotated[
        str | None,
        typer.Option(metavar="ID", help="With --all: only what comes after this article; FILE is continued."),
    ] = None,
    resumes: Annotated[
        bool, typer.Option("--continue", help="With --all and --output: continue FILE behind its last whole article.")
    ] = False,
) -> None:
    """Search the articles, and show facets to filter by.

    With --all, every article that is found is written out; an export that was interrupted, also by a kill, goes on with
    --continue.
    """
    from index.fields import usual_facets
    from index.query import Query, Sort

    text = text_of(query)
    if _ADDRESS.fullmatch(text) and not every:
        article(text, as_json=as_json)  # as the page does with an address
        return

    filters = filters_of(outlet, language, country, where)
    if sort not in set(Sort):
        fail(f"--sort takes {', '.join(Sort)}, not '{sort}'.")
    asked = Query(
        text=text,
        filters=filters,
        published_from=bound_of(since, "--since"),
        published_until=bound_of(until, "--until", end=True),
        sort=Sort(sort),
        size=size,
        cursor=cursor,
        facets=usual_facets() if facets else (),
        highlight=True,
        like=like,
        freshness=timedelta(days=half_life) if half_life else None,
        collapse_by_story=by_story,
        significant_terms=terms,
    )
    quiet_logs()
    if attention is not None:
        from broadsheet.export import print_attention

        print_attention(asked, attention)
        return
    if every:
        from broadsheet.export import export

        if resumes and (after or not output):
            fail("--continue goes with --output, and finds the article to go on behind by itself.")
        export(asked, format=format or "jsonl", fields=fields, output=output, after=after, resumes=resumes)
        return
    if output or after or fields or resumes or format is not None:
        fail("--format, --output, --after, --continue and --fields go with --all, which exports every article.")
    results = run(_search(asked))
    if as_json:
        print_json(_as_json(results))
    else:
        _print(results, cursor)


async def _search(asked: "Query") -> "Results":
    async with made_index() as index:
        found = await index.search(asked)
        if found.total or asked.cursor:
            return found
        from index.hints import hints
        from index.query import Query

        notes = (*found.notes, *await hints(index, asked, found))
        if not notes and not (await index.search(Query(size=0))).total:
            notes = (
                "No article is searchable yet: broadsheet crawl NAME fetches an outlet's; "
                "`broadsheet status` says whether some are pending.",
            )
        return replace(found, notes=notes)


def _as_json(results: "Results") -> dict[str, Any]:
    from index.query import MARK_END, MARK_START

    return {
        "total": results.total,
        "estimated": results.is_estimated,
        "hits": [
            hit.document
            | {
                "score": hit.score,
                "highlights": {
                    name: [piece.replace(MARK_START, "<mark>").replace(MARK_END, "</mark>") for piece in pieces]
                    for name, pieces in hit.highlights.items()
                },
            }
            for hit in results.hits
        ],
        "facets": {
            name: [{"value": each.value, "label": each.label, "count": each.count} for each in buckets]
            for name, buckets in results.facets.items()
        },
        "significant_terms": [each.label for each in results.significant_terms],
        "next_cursor": results.next_cursor,
        "took_ms": results.took_ms,
        "notes": list(results.notes),
    }


def _print(results: "Results", cursor: str | None) -> None:
    for hit in results.hits:
        _print_hit(hit)
    about = "About " if results.is_estimated else ""
    out.print(f"{about}{results.total} article{'s' if results.total != 1 else ''}, {results.took_ms:.0f} ms")
    for name, buckets in results.facets.items():
        if buckets:
            out.print(f"  {name:<15}" + ", ".join(f"{each.label} {each.count}" for each in buckets))
    if results.significant_terms:
        out.print(f"  {'terms':<15}" + ", ".join(each.label for each in results.significant_terms))
    for note in results.notes:
        out.print(note, style="yellow")
    # a full page has a cursor even if it is the last
    if results.next_cursor and (cursor or results.total > len(results.hits)):
        out.print(f"More: --cursor {results.next_cursor}")


def _print_hit(hit: "Hit") -> None:
    from rich.text import Text

    from index.query import MARK_END, MARK_START

    article = hit.document
    out.print(Text(article.get("headline") or "(no headline)", style="bold"))
    published = str(article.get("date_published") or "undated")
    byline = ", ".join([*article.get("authors", ()), *article.get("agencies", ())])
    out.print(Text(" · ".join(filter(None, [published, article.get("outlet_name", ""), byline])), style="dim"))
    for piece in hit.highlights.get("body", hit.highlights.get("standfirst", ()))[:1]:
        line = Text()
        for number, part in enumerate(piece.replace(MARK_END, MARK_START).split(MARK_START)):
            line.append(part, style="bold yellow" if number % 2 else "")
        out.print(line)
    out.print(Text(article["url"], style="blue"))
    out.print()


def article(
    url_or_id: Annotated[str, typer.Argument(metavar="URL|ID", help="Any address of the article, or its id.")],
    history: Annotated[bool, typer.Option("--history", help="List the versions and what changed.")] = False,
    diff: Annotated[str | None, typer.Option(help="Show what changed between two versions: A..B.")] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="List the candidates for each field, with weights and reasons.")
    ] = False,
    story: Annotated[
        bool, typer.Option("--story", help="List who carries the same text, who had it first, and why that is said.")
    ] = False,
    version: Annotated[int | None, typer.Option(min=1, metavar="N", help="Show this version's text.")] = None,
    cite: Annotated[
        str | None, typer.Option(metavar="STYLE", help="Cite the version: plain, bibtex or csl (CSL-JSON).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show an article as the ledger has it, its versions, a diff, or the candidates for each field."""
    from broadsheet import show

    quiet_logs()
    if diff is not None:
        show.diff(url_or_id, diff, as_json=as_json)
    elif version is not None or cite is not None:
        show.version(url_or_id, version, cite=cite, as_json=as_json)
    elif explain:
        show.explain(url_or_id, as_json=as_json)
    elif history:
        show.history(url_or_id, as_json=as_json)
    elif story:
        show.story(url_or_id, as_json=as_json)
    else:
        show.article(url_or_id, as_json=as_json)
