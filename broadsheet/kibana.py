"""`kibana install|export`: data views, saved searches and dashboards for Kibana."""

from pathlib import Path
from typing import Annotated

import typer

from broadsheet.console import out, print_json
from broadsheet.logs import quiet_logs

app = typer.Typer(help="Dashboards for Kibana: install them, or write them to a file.", no_args_is_help=True)

Page = Annotated[str, typer.Option(help="Address of Broadsheet's page, for links.", metavar="URL", show_default=True)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
#: as in index/kibana/saved_objects.py, which --help must not load
PAGE = "http://127.0.0.1:8000"


@app.command()
def install(
    url: Annotated[str, typer.Argument(help="Kibana's address, such as http://127.0.0.1:5601.")],
    space: Annotated[str, typer.Option(help="A space other than the default.")] = "",
    page: Page = PAGE,
    as_json: AsJson = False,
) -> None:
    """Install data views, saved searches and dashboards in Kibana, or update them.

    The API key, if Kibana needs one, is read from BROADSHEET_KIBANA_API_KEY.
    """
    from dataclasses import asdict

    from index.kibana.client import Kibana
    from index.kibana.install import install as put
    from news.configuration import read

    quiet_logs()
    installed = put(Kibana(url, read(), space=space), page=_page(page))
    if as_json:
        print_json(asdict(installed))
        return
    into = f"space {installed.space}" if installed.space else "the default space"
    out.print(f"Kibana {installed.version}, {into}:")
    for name, ids in (
        ("data views", installed.data_views),
        ("saved searches", installed.searches),
        ("dashboards", installed.dashboards),
    ):
        out.print(f"  {len(ids)} {name}: {', '.join(ids)}")


@app.command()
def export(
    directory: Annotated[Path, typer.Argument(help="Directory for the file.")] = Path(),
    page: Page = PAGE,
    as_json: AsJson = False,
) -> None:
    """Write broadsheet.ndjson, which `install` sends: to import it by hand into Kibana."""
    from index.kibana.saved_objects import ndjson, saved_objects
    from news.errors import ConfigurationError

    quiet_logs()
    path = directory / "broadsheet.ndjson"
    objects = ndjson(saved_objects(_page(page)))
    try:
        directory.mkdir(parents=True, exist_ok=True)
        path.write_text(objects, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"Cannot write to {directory}: {error.strerror}.") from error
    if as_json:
        print_json([str(path)])
    else:
        out.print(str(path))


def _page(page: str) -> str:
    from urllib.parse import urlsplit

    from news.errors import ConfigurationError

    parts = urlsplit(page)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.query:
        raise ConfigurationError(f"--page must be the address of Broadsheet's page, such as {PAGE}.")
    return page.rstrip("/")
