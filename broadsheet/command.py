"""The command line: one verb, one call into a package. Packages are imported within the verbs, so --help is quick."""

import sys
import traceback
from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperArgument, TyperOption

from broadsheet import (
    changes,
    corrections,
    crawl,
    demo,
    import_pages,
    index,
    kibana,
    manage_outlets,
    outlet_health,
    read_saved,
    recrawl,
    rejected,
    reprocess,
    schedule,
    search,
    status,
    up,
    watch,
)
from broadsheet.console import err, out
from broadsheet.streams import OutputLost
from news.errors import BroadsheetError, NoAddress, NotFound

#: what a script may rely on; docs/commands.md lists it verb by verb
CODES = (
    "Exit codes: 0 success; 1 negative result (not found, rejected, not fetched, or a part failed); "
    "2 wrong usage, or a required server cannot be reached; 130 stopped by Ctrl-C, 143 by SIGTERM."
)
EPILOG = f"{CODES}\n\nSettings are environment variables, BROADSHEET_...: docs/settings.md lists them."

app = typer.Typer(
    name="broadsheet",
    help="Crawl news outlets, keep every version of every article, and search them.",
    epilog=EPILOG,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
for verb in (demo, crawl, recrawl, search, changes, corrections, read_saved, import_pages, reprocess, status, up):
    verb.add_to(app)
outlet_health.add_to(manage_outlets.app)
app.add_typer(manage_outlets.app, name="outlets")
app.add_typer(index.app, name="index")
app.add_typer(rejected.app, name="rejected")
app.add_typer(schedule.app, name="schedule")
app.add_typer(watch.app, name="watch")
app.add_typer(kibana.app, name="kibana")


def _say_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        out.print(f"broadsheet {version('broadsheet')}")
        raise typer.Exit


@app.callback()
def options(
    asked: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_say_version, is_eager=True)
    ] = False,
) -> None:
    """Take the options that stand before every command."""


class _AsTyped:
    """Takes a value that has its parameter's type already; what Typer makes of the type is asked for the rest.

    Typer 0.29 makes that of Pydantic, a tenth of a second of a start, for each parameter, given or not.
    """

    def __init__(self, parameter: Any, asked: Callable[[Any], Any]) -> None:
        self._parameter, self._asked = parameter, asked

    def coerce(self, value: Any, param: Any, ctx: typer.Context) -> Any:
        """Return the value as the verb gets it; raises what Typer raises."""
        kind = self._parameter.type_descriptor.annotation
        if value is None:
            return () if param.multiple or param.nargs == -1 else None
        if type(value) is kind:
            return value
        if kind == list[str] and type(value) in (list, tuple) and all(type(each) is str for each in value):
            return list(value)
        return self._asked(self._parameter).coerce(value, param=param, ctx=ctx)


for _kind in (TyperArgument, TyperOption):
    _asked = _kind.get_runtime_param
    _kind.get_runtime_param = lambda self, asked=_asked: _AsTyped(self, asked)  # type: ignore[assignment,misc]


def main() -> None:
    """Run the command line, and exit by its code; a mistake is one sentence on standard error."""
    try:
        code = _call()
        sys.stdout.flush()
    except OutputLost as lost:
        # a reader that has seen enough, as `head` does, got what it wanted
        code = 0 if lost.reader_left else 2
        if not lost.reader_left:
            err.print(str(lost), style="red")
    sys.exit(code)


def _call() -> str | int | None:
    """Return the exit code of the verb; raises OutputLost where it could not print."""
    try:
        return app(prog_name="broadsheet", standalone_mode=False) or 0
    except SystemExit as ended:
        return ended.code
    except typer.TyperException as error:
        # without arguments, typer has printed the help, and leaves no message
        if message := error.format_message().replace(": Input should be ", ": must be "):
            context: typer.Context | None = getattr(error, "ctx", None)
            verb = context.command_path if context else "broadsheet"
            end = "" if message.endswith((".", "?")) else "."
            err.print(f"{message}{end} `{verb} --help` shows its usage.", style="red")
        return 2
    except BroadsheetError as error:
        err.print(str(error), style="red")
        return 1 if isinstance(error, NotFound) and not isinstance(error, NoAddress) else 2
    except OutputLost:
        raise
    except Exception as error:
        # else an error in Broadsheet; what it quotes may come from a page
        if sentence := _of_postgresql(error):
            err.print(sentence, style="red")
        else:
            err.print(traceback.format_exc())
        return 2


def _of_postgresql(error: Exception) -> str | None:
    """Return what is wrong with PostgreSQL (its disk is full), and what to do; None if it is not the cause."""
    if "sqlalchemy" not in sys.modules:
        return None
    from ledger.faults import is_of_the_server, sentence_of

    return sentence_of(error) if is_of_the_server(error) else None
