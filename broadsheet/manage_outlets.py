"""`outlets list|show|edit|remove|check|enable|disable`: which outlets are crawled, and their state."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from broadsheet import probe_outlets
from broadsheet.console import err, fail, out, plain_words, print_json, print_table, run
from broadsheet.logs import quiet_logs
from broadsheet.stores import open_ledger, with_ledger
from news.errors import UnknownOutlet
from news.recapture import completeness_words
from news.source_sum import sum_lines

if TYPE_CHECKING:
    from ledger.outlet_state import OutletState, SourceState
    from ledger.source_sums import Reading
    from news.outlet import Outlet

app = typer.Typer(help="The outlets: list, show, add, edit, check, enable and disable them.", no_args_is_help=True)

#: sitemaps that an index or robots.txt names, of which so many are printed
SHOWN_PARTS = 10

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_outlets(
    country: Annotated[str | None, typer.Option(help="Only of this country, such as de.")] = None,
    enabled: Annotated[bool, typer.Option("--enabled", help="Only those that are crawled on schedule.")] = False,
    as_json: Json = False,
) -> None:
    """List the outlets with their articles, pages due and problems.

    Those that have articles and no file, as the demo's, come last.
    """
    quiet_logs()
    outlets = _outlets()
    known, names = run(_states_and_names())
    rows = [
        _summary(outlet, known.get(outlet.slug))
        for outlet in outlets
        if country is None or outlet.country == country.lower()
    ]
    without_file = known.keys() - {outlet.slug for outlet in outlets} if country is None else set()
    rows += [_without_file(known[slug], names.get(slug, slug)) for slug in sorted(without_file)]
    rows = [row for row in rows if row["enabled"] or not enabled]
    if as_json:
        print_json(rows)
        return
    shown = []
    for row in rows:
        languages = ", ".join(row["languages"])
        yes = "yes" if row["enabled"] else ""
        counts = (str(row["articles"]), str(row["due"]))
        shown.append((row["slug"], row["name"], row["country"], languages, yes, *counts, row["problem"] or ""))
    print_table(("name", "outlet", "country", "languages", "enabled", "articles", "due", "problem"), shown)


@app.command()
def show(name: str, as_json: Json = False) -> None:
    """Show one outlet: its file, the last reading of each source, and what became of all that the source announced."""
    from crawler.catalogue import Catalogue
    from news.configuration import read
    from news.outlet import SourceKind

    quiet_logs()
    outlet: Outlet | None = None
    unknown: UnknownOutlet | None = None
    try:
        outlet = Catalogue(home=read().home).outlet(name)
    except UnknownOutlet as error:
        unknown = error
    known, names, sources, sums, completeness, skipped_lines = run(_known(name, outlet))
    if unknown is not None:
        if name not in known:
            raise unknown
        err.print(f"{name} has no outlet file here, so that it cannot be crawled; its articles stay.", style="yellow")
    found = _summary(outlet, known.get(name)) if outlet else _without_file(known[name], names.get(name, name))
    found |= {
        "home": outlet.home if outlet else None,
        "timezone": outlet.timezone if outlet else None,
        "delay_seconds": outlet.delay_seconds if outlet else None,
        "completeness": completeness,
        "robots_skipped_lines": skipped_lines,
        "sources": [
            {"kind": source.kind, "url": source.url}
            | _source(sources.pop(source.url, None), sums.pop(source.url, None))
            for source in (outlet.sources if outlet else ())
        ],
    }
    # what an index or robots.txt names
    found["named_sources"] = [
        {"kind": sources[url].kind if url in sources else SourceKind.SITEMAP, "url": url}
        | _source(sources.get(url), reading)
        for url, reading in sums.items()
    ]
    if as_json:
        print_json(found)
        return
    for field, value in found.items():
        if field == "robots_skipped_lines":
            if value:
                skipped = f"{value} Sitemap lines skipped: not a valid address"
                out.print(f"{'robots.txt':<14} {skipped}")
        elif field == "completeness":
            out.print(f"{'completeness':<14} {completeness_words(value or {})}")
        elif field not in ("sources", "named_sources"):
            out.print(f"{field:<14} {plain_words(value)}")
    for source in [*found["sources"], *found["named_sources"][:SHOWN_PARTS]]:
        read_at = f"{source['outcome']} at {plain_words(source['fetched_at'])}" if source["outcome"] else "not read yet"
        why = f" ({source['reason']})" if source["reason"] else f", {source['found']} addresses"
        out.print(f"{source['kind']:<14} {source['url']}: {read_at}{why if source['outcome'] else ''}")
        if source["sum"]:
            for line in sum_lines(source["sum"]):
                out.print(f"{'':<14} {line}")
    if (more := len(found["named_sources"]) - SHOWN_PARTS) > 0:
        out.print(f"and {more} more sitemaps that an index or robots.txt names (--json)")


app.command()(probe_outlets.add)


@app.command()
def edit(
    name: str,
    given: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="What a field is to be; of a list once for each entry."),
    ] = None,
    added: Annotated[
        list[str] | None, typer.Option("--add", metavar="FIELD=VALUE", help="Put an entry behind those of a list.")
    ] = None,
    unset: Annotated[
        list[str] | None, typer.Option("--unset", metavar="FIELD", help="Take a field away: what is usual holds.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Edit fields of an outlet's file. It is checked first, and all else in it stays.

    An included outlet gets a file of yours in $BROADSHEET_HOME/outlets, which holds in place of the included one.

    Examples:

    broadsheet outlets edit tagesschau --set delay_seconds=3 --set schedule.every_minutes=10

    broadsheet outlets edit tagesschau --add feeds=https://www.tagesschau.de/wissen/index~rss2.xml --unset timezone
    """
    from crawler.outlet_file import edit_file
    from news.configuration import read

    quiet_logs()
    if not (given or added or unset):
        fail(f"Say what is to differ, such as --set delay_seconds=3. `broadsheet outlets show {name}` shows what is.")
    made = edit_file(read().home, name, given or (), added or (), unset or ())
    if as_json:
        changed = {field: {"before": before, "after": after} for field, (before, after) in made.changed.items()}
        print_json({"slug": name, "file": str(made.path), "is_new": made.is_new, "changed": changed})
        return
    for field, (before, after) in made.changed.items():
        out.print(f"{field}: {_shown(before)} → {_shown(after)}")
    if not made.changed:
        out.print("Nothing differs.")
        return
    new = "; it holds in place of the included one" if made.is_new else ""
    out.print(f"Written to {made.path}{new}. Running daemons read it within ten seconds.")


def _shown(value: object) -> str:
    return "nothing" if value is None else str(plain_words(value)) or '""'


@app.command()
def remove(name: str, as_json: Json = False) -> None:
    """Remove your own file of an outlet: it is not crawled any more, and its articles stay.

    Where the outlet is included, too, the included file holds from then on.
    """
    from crawler.outlet_file import remove_file
    from news.configuration import read

    quiet_logs()
    is_included = remove_file(read().home, name)
    if as_json:
        print_json({"slug": name, "is_included": is_included})
        return
    then = "the included one holds again" if is_included else "it is not crawled any more, and its articles stay"
    out.print(f"Removed your file of {name}: {then}.")


app.command("import")(probe_outlets.import_)


@app.command()
def check(
    names: Annotated[list[str] | None, typer.Argument(help="With --live: names of outlets.")] = None,
    live: Annotated[bool, typer.Option("--live", help="Fetch from the outlets: does each work today?")] = False,
    country: Annotated[str | None, typer.Option(help="With --live: all outlets of this country.")] = None,
    as_json: Json = False,
) -> None:
    """Check every outlet file; exits with 1 if one is broken, and names the line.

    With --live, fetch from outlets (default: the enabled ones) and show whether they work today, and whether they need
    a browser or a login; nothing is stored.
    """
    quiet_logs()
    if live:
        probe_outlets.check_live(names or [], country, as_json=as_json)
        return
    from crawler.catalogue import Catalogue
    from news.configuration import read

    catalogue = Catalogue(home=read().home)
    if as_json:
        print_json({"outlets": len(catalogue), "broken": list(catalogue.broken)})
    else:
        for fault in catalogue.broken:
            err.print(fault, style="red")
        broken = len(catalogue.broken)
        out.print(f"{len(catalogue)} outlet files are valid, {broken} {'is' if broken == 1 else 'are'} broken.")
    if catalogue.broken:
        raise typer.Exit(1)


@app.command()
def enable(
    names: Annotated[list[str] | None, typer.Argument(help="Names of outlets.")] = None,
    country: Annotated[str | None, typer.Option(help="All outlets of this country.")] = None,
    as_json: Json = False,
) -> None:
    """Crawl outlets on schedule from now on."""
    _set(names, country, enabled=True, as_json=as_json)


@app.command()
def disable(
    names: Annotated[list[str] | None, typer.Argument(help="Names of outlets.")] = None,
    country: Annotated[str | None, typer.Option(help="All outlets of this country.")] = None,
    as_json: Json = False,
) -> None:
    """Stop crawling outlets on schedule; their articles stay."""
    _set(names, country, enabled=False, as_json=as_json)


def _set(names: list[str] | None, country: str | None, *, enabled: bool, as_json: bool) -> None:
    from crawler.catalogue import Catalogue
    from news.configuration import read

    quiet_logs()
    catalogue = Catalogue(home=read().home)
    slugs = [catalogue.outlet(name).slug for name in names or ()]
    if country:
        slugs += [outlet.slug for outlet in catalogue if outlet.country == country.lower()]
    if not slugs:
        fail("Name outlets, or a country: --country de.")
    run(_enable(slugs, enabled=enabled))
    slugs = sorted(set(slugs))
    if as_json:
        print_json({"enabled": enabled, "outlets": slugs})
    else:
        out.print(f"{'Enabled' if enabled else 'Disabled'}: {', '.join(slugs)}")


def _outlets() -> "list[Outlet]":
    from crawler.catalogue import Catalogue
    from news.configuration import read

    catalogue = Catalogue(home=read().home)
    for fault in catalogue.broken:
        err.print(fault, style="yellow")
    return list(catalogue)


def _without_file(state: "OutletState", name: str) -> dict[str, Any]:
    """Return the summary of an outlet that has articles and no file."""
    from news.outlet import Outlet

    nothing = Outlet(slug=state.slug, name=name, home="", enabled=False)
    return _summary(nothing, state) | {"enabled": False}


def _summary(outlet: "Outlet", state: "OutletState | None") -> dict[str, Any]:
    decided = state.enabled if state else None
    return {
        "slug": outlet.slug,
        "name": outlet.name,
        "country": outlet.country,
        "languages": list(outlet.languages),
        "enabled": outlet.enabled if decided is None else decided,
        "articles": state.articles if state else 0,
        "pages": state.pages if state else 0,
        "due": state.due if state else 0,
        "crawled_at": state.crawled_at if state else None,
        "problem": state.unhealthy_reason if state else None,
    }


def _source(state: "SourceState | None", reading: "Reading | None") -> dict[str, Any]:
    known = {"outcome": None, "reason": None, "fetched_at": None, "found": 0} if state is None else asdict(state)
    found = {name: known[name] for name in ("outcome", "reason", "fetched_at", "found")}
    return found | {"sum": reading.sum.as_json() | {"read_at": reading.read_at} if reading else None}


async def _states_and_names() -> "tuple[dict[str, OutletState], dict[str, str]]":
    from ledger.change_log import outlets_with_articles
    from ledger.outlet_state import states

    async with open_ledger() as connection:
        return await states(connection), await outlets_with_articles(connection)


async def _known(
    slug: str, outlet: "Outlet | None"
) -> tuple[
    "dict[str, OutletState]",
    dict[str, str],
    "dict[str, SourceState]",
    "dict[str, Reading]",
    dict[str, object] | None,
    int,
]:
    """Return states and names of all outlets, and of this one its sources, its readings, how complete it is, and how
    many lines of its robots.txt were skipped.
    """
    from ledger.change_log import outlets_with_articles
    from ledger.outlet_state import source_states, states
    from ledger.recaptures import estimates
    from ledger.sites import skipped_lines
    from ledger.source_sums import last_sums
    from news.url import origin

    async with open_ledger() as connection:
        estimate = (await estimates(connection, [slug])).get(slug)
        return (
            await states(connection),
            await outlets_with_articles(connection),
            await source_states(connection, slug),
            await last_sums(connection, slug),
            estimate.as_json() if estimate else None,
            await skipped_lines(connection, origin(outlet.home)) if outlet else 0,
        )


async def _enable(slugs: list[str], *, enabled: bool) -> None:
    from ledger import outlet_state

    await with_ledger(lambda connection: outlet_state.enable(connection, slugs, enabled=enabled))
