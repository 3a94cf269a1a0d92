"""`outlets add|import` and `outlets check --live`: probe outlets as they are today."""

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
    name: Annotated[str, typer.Option(help="Name of the file; default: derived from the address.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Fetch a home page, find and try its feeds and sitemaps, write the outlet's file and show it.

    Exits with 1 if no feed, sitemap or front page lists articles.
    """
    from schedules.job_runtime import run_with_jobs

    quiet_logs()
    try:
        run_with_jobs(lambda jobs: _add(jobs, url, name, force=force, as_json=as_json))
    except KeyboardInterrupt:
        fail(f"Stopped; no outlet was added for {url}.", 130)


async def _add(jobs: "Jobs", url: str, name: str, *, force: bool, as_json: bool) -> None:
    from crawler.autodiscovery import as_toml, discover, write
    from crawler.discovery import twin_of

    taken = () if force and name else [outlet.slug for outlet in jobs.catalogue]
    with waiting("Checking"):
        found = await discover(jobs.settings, jobs.runtime, url, taken, slug=name)
    if not name and (twin := twin_of(jobs.catalogue, found.outlet.home)):
        fail(f"{twin.name} ({twin.slug}) is an outlet of this site already. --name adds another one of it.")
    if not any(source.found for source in found.tried):
        fail(f"{url}: no feed, sitemap or front page lists articles. {found.verdict.reason}", code=1)
    path = write(jobs.runtime.configuration.home, found.outlet, force=force)
    if as_json:
        print_json(_as_json(found, path))
        return
    for tried in found.tried:
        what = f"{tried.found} addresses" if tried.found else tried.reason or "no addresses"
        err.print(f"{tried.source.kind:<11} {tried.source.url}: {what}", style=None if tried.found else "dim")
    for article in found.articles:
        err.print(f"article     {article.url}: {article.reason or 'readable'}")
    out.print(f"# {path}")
    out.print(as_toml(found.outlet), end="")
    if found.verdict.reason:
        err.print(_sentence(found.outlet.slug, found.verdict), style="yellow")


def import_(
    file: Annotated[Path, typer.Argument(help="OPML, or one home page per line.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per outlet.")] = False,
) -> None:
    """Add all outlets of a list; those whose site has an outlet already are skipped, so it can be repeated.

    Every line of the list gives a result. Exits with 1 if one failed, or is not an address.
    """
    from schedules.job_runtime import run_with_jobs

    quiet_logs()
    if not file.is_file():
        fail(f"There is no file {file}.")
    try:
        failed = run_with_jobs(lambda jobs: _import(jobs, file.read_bytes(), as_json=as_json))
    except KeyboardInterrupt:
        fail("Stopped; the added outlets stay, and the same command skips them.", 130)
    if failed:
        raise typer.Exit(1)


async def _import(jobs: "Jobs", content: bytes, *, as_json: bool) -> int:
    """Add what is listed, print each result, and return how many failed."""
    import asyncio

    from crawler.autodiscovery import discover, write
    from crawler.discovery import sites_of
    from crawler.opml import DOUBLE, read_list
    from news.errors import BroadsheetError
    from news.url import site_of

    listed = await jobs.runtime.pool.run("list", read_list, content)
    sites = {site for outlet in jobs.catalogue for site in sites_of(outlet)}
    taken = {outlet.slug for outlet in jobs.catalogue}
    places = asyncio.Semaphore(AT_ONCE)
    counts = {"added": 0, "skipped": 0, "failed": 0, "duplicate": 0}

    def report(home: str, result: str, detail: str) -> None:
        counts[result] += 1
        if as_json:
            print_json({"home": home, "result": result, "detail": detail})
        else:
            out.print(f"{home}: {result}, {detail}" if detail else f"{home}: {result}")

    async def one(home: str, feeds: tuple[str, ...]) -> None:
        async with places:
            try:
                site = site_of(home if "//" in home else f"//{home}")
                if site in sites:
                    report(home, "skipped", "")
                    return
                sites.add(site)
                found = await discover(jobs.settings, jobs.runtime, home, taken, feeds=feeds)
                if not found.outlet.sources:
                    report(home, "failed", found.verdict.reason)
                    return
                taken.add(found.outlet.slug)
                write(jobs.runtime.configuration.home, found.outlet)
                report(home, "added", found.outlet.slug)
            except (BroadsheetError, ValueError) as error:
                report(home, "failed", str(error))

    for each in listed:
        if each.fault:
            report(each.home, *(("duplicate", "") if each.fault == DOUBLE else ("failed", each.fault)))
    await asyncio.gather(*(one(each.home, each.feeds) for each in listed if not each.fault))
    if not as_json:
        out.print(", ".join(f"{times} {result}" for result, times in counts.items()))
    return counts["failed"]


def check_live(names: list[str], country: str | None, *, as_json: bool) -> None:
    """Show whether outlets work today, and what they need; exit with 1 if one does not work."""
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
        async with jobs.runtime.engine.connect() as connection:
            known = await states(connection)
        chosen = [outlet for outlet in jobs.catalogue if outlet.slug in known and known[outlet.slug].enabled]
    if not chosen:
        fail("Name outlets, or a country, or enable some first.")
    places = asyncio.Semaphore(AT_ONCE)
    broken = 0

    async def one(outlet: "Outlet") -> None:
        nonlocal broken
        async with places:
            verdict = await check_outlet(jobs.settings, jobs.runtime, outlet)
        broken += not verdict.works
        if as_json:
            result = {"slug": outlet.slug, "works": verdict.works, "needs": verdict.need or None}
            print_json(result | {"reason": verdict.reason or None})
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
