"""The command line: one verb, one call into a room. Imports of rooms are within the verbs, so that --help is quick."""

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from broadsheet import (
    archive,
    crawl,
    demo,
    health,
    imports,
    index,
    kibana,
    outlets,
    quarantine,
    recrawl,
    reprocess,
    schedule,
    search,
    status,
    up,
)
from broadsheet.console import fail
from news.errors import BroadsheetError
from news.stopping import stopped_code

EPILOG = "Every setting is an environment variable, BROADSHEET_...: docs/settings.md lists them."

app = typer.Typer(
    name="broadsheet",
    help="Crawl news outlets, keep every version of every article, and search them.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
for room in (demo, crawl, recrawl, search, archive, imports, reprocess, status, up):
    room.add_to(app)
health.add_to(outlets.app)
app.add_typer(outlets.app, name="outlets")
app.add_typer(index.app, name="index")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(schedule.app, name="schedule")
app.add_typer(kibana.app, name="kibana")


def _say_version(asked: bool) -> None:
    if asked:
        typer.echo(f"broadsheet {version('broadsheet')}")
        raise typer.Exit


@app.callback()
def options(
    asked: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_say_version, is_eager=True)
    ] = False,
) -> None:
    """Take the options that stand before every command."""


def main() -> None:
    """Run the command line; a mistake ends with one sentence and exit code 2, Ctrl-C with 130, SIGTERM with 143."""
    try:
        app()
    except BroadsheetError as error:
        fail(str(error))
    except KeyboardInterrupt:
        sys.stderr.write("Stopped. What was not fetched is still due.\n")
        sys.exit(stopped_code())
    except BrokenPipeError:
        # the reader of our output went away, as `head` does
        sys.stderr.close()
        sys.exit(0)
