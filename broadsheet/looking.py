"""`outlets add|import` and `outlets check --live`: look at outlets as they are today."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from broadsheet.console import err, fail, out, print_json
from broadsheet.logs import quiet_logs
from broadsheet.progress import waiting

if TYPE_CHECKING:
    from crawler.autodiscovery import DiscoveredOutlet
    from crawler.outlet_probe import ProbeVerdict
    from news.outlet import Outlet
    from schedules.jobs import Jobs

#: outlets that are looked at side by side; each waits most of the time, for its site's delay
AT_ONCE = 8


def add(
    url: Annotated[str, typer.Argument(help="Home page of the outlet.")],
    name: Annotated[str, typer.Option(help="Name of the file; default: made of the address.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file of yours.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Look at a home page, find and try its feeds and sitemaps, write the outlet's file and show it.

    Exits with 1 if nothing announces articles there.
    """
    from schedules.job_runtime import run_with_jobs

    quiet_logs()
    try:
        run_with_jobs(lambda jobs: _add(jobs, url, name, force=force, as_json=as_json))
    except KeyboardInterrupt:
        fail(f"Stopped looking at {url}; no outlet was added.", 130)


async def _add(jobs: "Jobs", url: str, name: str, *, force: bool, as_json: bool) -> None:
    from crawler.autodiscovery import as_toml, discover, write

    taken = () if force and name else [outlet.slug for outlet in jobs.catalogue]
    with waiting("Looking"):
        found = await discover(jobs.settings, jobs.desk, url, taken, slug=name)
    if not any(source.found for source in found.tried):
        fail(f"{url}: nothing announces articles there. {found.verdict.reason}", code=1)
    path = write(jobs.desk.configuration.home, found.outlet, force=force)
    if as_json:
        print_json(_as_json(found, path))
        return
    for tried in found.tried:
        what = f"{tried.found} addresses" if tried.found else tried.reason or "lists nothing"
        err.print(f"{tried.source.kind:<11} {tried.source.url}: {what}", style=None if tried.found else "dim")
    for article in found.articles:
        err.print(f"article     {article.url}: {article.reason or 'can be read'}")
    out.print(f"# {path}")
    out.print(as_toml(found.outlet), end="")
    if found.verdict.reason:
        err.print(_sentence(found.outlet.slug, found.verdict), style="yellow")


def import_(
    file: Annotated[Path, typer.Argument(help="OPML, or one home page a line.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object an outlet.")] = False,
) -> None:
    """Add all outlets of a list; those whose site has an outlet already are passed over, so it can be repeated.

    Every line of the list is accounted for. Exits with 1 if one failed, or is no address.
    """
    from schedules.job_runtime import run_with_jobs

    quiet_logs()
    if not file.is_file():
        fail(f"There is no file {file}.")
    try:
        failed = run_with_jobs(lambda jobs: _import(jobs, file.read_bytes(), as_json=as_json))
    except KeyboardInterrupt:
        fail("Stopped; what was added stays, and the same command passes over it.", 130)
    if failed:
        raise typer.Exit(1)


async def _import(jobs: "Jobs", content: bytes, *, as_json: bool) -> int:
    """Add what is listed, tell of each, and return how many failed."""
    import asyncio

    from crawler.autodiscovery import discover, write
    from crawler.discovery import sites_of
    from crawler.opml import DOUBLE, read_list
    from news.errors import BroadsheetError
    from news.url import site_of

    listed = await jobs.desk.pool.run("list", read_list, content)
    sites = {site for outlet in jobs.catalogue for site in sites_of(outlet)}
    taken = {outlet.slug for outlet in jobs.catalogue}
    places = asyncio.Semaphore(AT_ONCE)
    counts = {"added": 0, "known": 0, "failed": 0, "doubled": 0}

    def tell(home: str, end: str, what: str) -> None:
        counts[end] += 1
        if as_json:
            print_json({"home": home, "end": end, "what": what})
        else:
            out.print(f"{home}: {end}, {what}" if what else f"{home}: {end}")

    async def one(home: str, feeds: tuple[str, ...]) -> None:
        async with places:
            try:
                site = site_of(home if "//" in home else f"//{home}")
                if site in sites:
                    tell(home, "known", "")
                    return
                sites.add(site)
                found = await discover(jobs.settings, jobs.desk, home, taken, feeds=feeds)
                if not found.outlet.sources:
                    tell(home, "failed", found.verdict.reason)
                    return
                taken.add(found.outlet.slug)
                write(jobs.desk.configuration.home, found.outlet)
                tell(home, "added", found.outlet.slug)
            except (BroadsheetError, ValueError) as error:
                tell(home, "failed", str(error))

    for each in listed:
        if each.fault:
            tell(each.home, "doubled" if each.fault == DOUBLE else "failed", each.fault)
    await asyncio.gather(*(one(each.home, each.feeds) for each in listed if not each.fault))
    if not as_json:
        out.print(", ".join(f"{times} {end}" for end, times in counts.items()))
    return counts["failed"]


def check_live(names: list[str], country: str | None, *, as_json: bool) -> None:
    """Say of outlets whether they work today, and what they need; exit with 1 if one does not work."""
    from schedules.job_runtime import run_with_jobs

    if run_with_jobs(lambda jobs: _check(jobs, names, country, as_json=as_json)):
        raise typer.Exit(1)


async def _check(jobs: "Jobs", names: list[str], country: str | None, *, as_json: bool) -> int:
    import asyncio

    from crawler.outlet_probe import check_outlet
    from ledger.outlet_state import states

    chosen = [jobs.catalogue.outlet(name) for name in names]
    chosen += [outlet for outlet in jobs.catalogue if country and outlet.country == country.lower()]
    if not chosen:
        async with jobs.desk.engine.connect() as connection:
            known = await states(connection)
        chosen = [outlet for outlet in jobs.catalogue if outlet.slug in known and known[outlet.slug].enabled]
    if not chosen:
        fail("Name outlets, or a country that has some, or enable some first.")
    places = asyncio.Semaphore(AT_ONCE)
    broken = 0

    async def one(outlet: "Outlet") -> None:
        nonlocal broken
        async with places:
            verdict = await check_outlet(jobs.settings, jobs.desk, outlet)
        broken += not verdict.works
        if as_json:
            told = {"slug": outlet.slug, "works": verdict.works, "needs": verdict.need or None}
            print_json(told | {"reason": verdict.reason or None})
        else:
            style = None if verdict.works else "red"
            out.print(_sentence(outlet.slug, verdict), style=style)

    await asyncio.gather(*map(one, chosen))
    return broken


def _sentence(slug: str, verdict: "ProbeVerdict") -> str:
    state = "works" if verdict.works else "does not work"
    need = f"; it needs a {verdict.need}" if verdict.need else ""
    return f"{slug}: {state}{need}" + (f" ({verdict.reason})" if verdict.reason else "")


def _as_json(found: "DiscoveredOutlet", path: Path) -> dict[str, Any]:
    return {
        "slug": found.outlet.slug,
        "file": str(path),
        "name": found.outlet.name,
        "home": found.outlet.home,
        "country": found.outlet.country or None,
        "languages": list(found.outlet.languages),
        "timezone": found.outlet.timezone,
        "sources": [{"kind": source.kind, "url": source.url} for source in found.outlet.sources],
        "works": found.verdict.works,
        "needs": found.verdict.need or None,
        "reason": found.verdict.reason or None,
    }
