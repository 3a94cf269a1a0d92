"""Every verb of the command line, found by walking it: its exit codes, its JSON, its output where output is hard."""

import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import typer
from sqlalchemy import text, update
from typer.testing import CliRunner

from broadsheet.command import CODES, app
from ledger import outlet_state
from ledger.database import engine_for
from ledger.schema import outlets as outlets_table
from ledger.schema import quarantine
from ledger.source_sums import note_sum
from news.clock import now
from news.outcome import Outcome
from news.printable import printable
from news.source_sum import Disposition, SourceSum
from tests import warm
from tests.databases import database_from, libpq
from tests.index.fake_kibana import FakeKibana, serving
from tests.ledger import readings
from tests.news.hostile import TEXTS
from tests.schedules.processes import environment

NOWHERE = "postgresql://someone:a-secret@127.0.0.1:1/nowhere"
ARTICLE = "https://alpha.example/flood"
FILE = 'name = "Alpha {name}"\nhome = "https://alpha.example/"\n'
#: marks of direction that nothing closes: they pass the ledger's border, for right-to-left text needs their kind
TURNED = "Flood \u202eat night\u2066 in \u05e9\u05dc\u05d5\u05dd"
#: what stands in a ledger that an earlier release wrote, or comes with a server's message
RAW = "odd \x1b[2J\x9b31m\x7f\r\n\u202e[bold]:warning: end"


def walk(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from walk(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


VERBS = dict(walk(typer.main.get_command(app)))

#: verb -> arguments behind it and the exit code; {name} is filled in by the fixture, "!" asks a ledger that is away
CASES: dict[str, list[tuple[str, int]]] = {
    "demo": [("--port x", 2), ("! --once", 2)],
    "crawl": [("nobody", 2), ("broken", 2), ("", 2), ("alpha", 1)],
    "recrawl": [("", 2), ("ftp://a.example/", 2), ("{article} --no-wait", 0), ("{article}", 1)],
    "search": [
        *(("", 0), ("nothing-has-this-word", 0), ("--all", 0), ("{article}", 0), ("https://nobody.example/x", 1)),
        *(("--sort best", 2), ("--all --format xls", 2), ("--all --fields nosuch", 2), ("--after x", 2), ("!", 2)),
    ],
    "changes": [("", 0), ("--only returned", 0), ("--only x", 2), ("--outlet nobody", 2), ("!", 2)],
    "corrections": [("", 0), ("alpha --since 2020", 0), ("nobody", 2), ("--since someday", 2), ("!", 2)],
    "article": [
        *(
            (f"{{article}} {how}", 0)
            for how in ("", "--history", "--diff 1..2", "--explain", "--version 1", "--cite bibtex")
        ),
        *(("{article} --version 9", 1), ("{article} --cite mla", 2)),
        *(("https://nobody.example/x", 1), ("not-an-address", 2), ("{article} --diff 1..9", 1)),
    ],
    "read": [("{home}/empty.jsonl", 0), ("{home}/missing.jsonl", 1), ("{home}/no-such-file", 2)],
    "import": [("", 0), ("{home}/no-such-file", 2), ("!", 2)],
    "reprocess": [("--dry-run", 0), ("--enrich --extract", 2), ("!", 2)],
    "status": [("", 0), ("!", 2)],
    "up": [("!", 2), ("--port x", 2)],
    "worker": [("!", 2)],
    "web": [("!", 2)],
    "outlets list": [("", 0), ("!", 2)],
    "outlets show": [("alpha", 0), ("nobody", 2), ("broken", 2)],
    # 0 and 1 need a site: tests/schedules/test_looking.py
    "outlets add": [("ftp://x", 2), ("https://alpha.example/", 2)],
    "outlets import": [
        ("{home}/known.txt", 0),
        ("{home}/empty.jsonl", 2),
        ("{home}/list.txt", 1),
        ("{home}/no-such-file", 2),
    ],
    "outlets check": [("", 1)],
    "outlets edit": [
        ("alpha --set delay_seconds=2", 0),
        ("alpha --set delay_seconds=2", 0),
        *(("alpha", 2), ("alpha --set delay=x", 2), ("broken --set country=de", 2), ("nobody --unset country", 2)),
    ],
    "outlets remove": [("{own}", 0), ("nobody", 2), ("tagesschau", 2)],
    "outlets enable": [("alpha", 0), ("nobody", 2), ("", 2)],
    "outlets disable": [("alpha", 0), ("nobody", 2)],
    "outlets health": [("", 0), ("!", 2)],
    "index create": [("", 0), ("!", 2)],
    "index rebuild": [("", 0), ("!", 2)],
    "index verify": [("", 0), ("!", 2)],
    "index migrate": [("", 2)],
    "index keys": [("", 2)],
    "index status": [("", 0), ("!", 2)],
    "rejected list": [("", 0), ("!", 2)],
    "rejected show": [("{refused}", 0), ("nobody", 1)],
    "rejected retry": [("nobody", 1), ("!", 2)],
    "rejected delete": [("", 2), ("nobody", 1)],
    "schedule list": [("--all", 0), ("!", 2)],
    "schedule show": [("alpha", 0), ("nobody", 2), ("broken", 2)],
    "schedule pause": [("alpha", 0), ("nobody", 2)],
    "schedule resume": [("alpha", 0), ("nobody", 2)],
    "schedule run": [("alpha", 0), ("nobody", 2)],
    "watch add": [("{new} flood", 0), ("x --on nothing", 2), ("", 2), ("! x flood", 2)],
    "watch list": [("", 0), ("!", 2)],
    "watch show": [("kept", 0), ("nobody", 1), ("! kept", 2)],
    "watch test": [("kept", 0), ("nobody", 1)],
    "watch edit": [
        ("kept flood --outlet alpha --on changes", 0),
        ("kept", 0),
        ("nobody flood", 1),
        ("kept --on nothing", 2),
        ("kept --digest 7", 2),
        ("kept --email x@a.example --no-email", 2),
    ],
    "watch pause": [("kept", 0), ("nobody", 1)],
    "watch resume": [("kept", 0), ("nobody", 1)],
    "watch mute": [("kept --hours 1", 0), ("nobody --hours 1", 1)],
    "watch remove": [("nobody", 1), ("", 2)],
    "kibana install": [("{kibana}", 0), ("http://127.0.0.1:1", 2), ("{kibana} --page nowhere", 2)],
    "kibana export": [("{home}/kibana", 0), ("/dev/null/kibana", 2)],
}
#: what reads alone and prints something: the first such case of a verb
PRINTING = {
    verb: arguments
    for verb, cases in CASES.items()
    if verb not in ("recrawl", "reprocess", "outlets import", "schedule run", "index rebuild")
    for arguments, code in reversed(cases)
    if code != 2 and arguments not in ("{home}/empty.jsonl", "alpha --no-wait")
} | {"crawl": "broken", "index keys": "", "up": "!"}

#: they print by each of the console's ways (text, table, JSON, progress, a message alone); no verb prints around it, as
#: a test says, so what is true of these is true of all
HARD = ("article", "outlets list", "crawl", "read", "index keys", "kibana export")


class _New:
    """A name that nothing has, another each time that it is filled in."""

    _numbers = count()

    def __format__(self, spec: str) -> str:
        return f"new{next(self._numbers)}"


@dataclass(frozen=True, kw_only=True)
class _Own:
    """An outlet with a file of the user's, which is written each time that its name is filled in."""

    home: Path

    def __format__(self, spec: str) -> str:
        (self.home / "outlets" / "own.toml").write_text(FILE.format(name="own"), encoding="utf-8")
        return "own"


@dataclass(frozen=True, kw_only=True)
class Broadsheet:
    """The program on a ledger that has an article, two of its versions, and what strangers wrote."""

    home: Path
    environ: dict[str, str]
    words: dict[str, Any]

    def command(self, verb: str, arguments: str = "", *more: str) -> list[str]:
        given = arguments.removeprefix("!").format(**self.words).split()
        return [sys.executable, "-m", "broadsheet", *verb.split(), *given, *more]

    def environment(self, arguments: str) -> dict[str, str]:
        return self.environ | ({"BROADSHEET_DATABASE_URL": NOWHERE} if arguments.startswith("!") else {})

    def run(self, verb: str, arguments: str = "", *more: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        return warm.run(self.command(verb, arguments, *more)[3:], self.environment(arguments) | settings)


@pytest.fixture(scope="module")
def ledger(database_url: str, ledger_template: str) -> Iterator[str]:
    with database_from(ledger_template, database_url) as url:
        yield url


@pytest.fixture(scope="module")
def broadsheet(ledger: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broadsheet]:
    import asyncio

    home = tmp_path_factory.mktemp("verbs")
    (home / "outlets").mkdir()
    (home / "outlets" / "alpha.toml").write_text(FILE.format(name=TURNED), encoding="utf-8")
    (home / "outlets" / "broken.toml").write_text('name = "x"\nhome = "https://x.example/"\n"\u202ecolour" = 1\n')
    (home / "outlets" / "broken\x1b[31m\u202e.toml").write_text("name")
    (home / "empty.jsonl").write_text("")
    (home / "missing.jsonl").write_text(json.dumps({"id": RAW, "url": "https://a.example/1"}) + "\n")
    (home / "known.txt").write_text("https://alpha.example/\n")
    (home / "list.txt").write_text("ftp://nowhere.example/\n")
    asyncio.run(_fill(ledger))
    with serving(FakeKibana()) as kibana:
        words = {"article": ARTICLE, "home": str(home), "refused": "refused-id", "kibana": kibana.url, "new": _New()}
        words |= {"own": _Own(home=home)}
        made = Broadsheet(home=home, environ=environment(home, database_url=libpq(ledger)), words=words)
        assert made.run("watch add", "kept flood").returncode == 0
        yield made


async def _fill(ledger: str) -> None:
    engine = engine_for(ledger)
    for number in (0, 1):
        body = f"{readings.text(1)}\n{TURNED} {number}"
        odd = {"headline": TURNED, "authors": (TURNED,), "standfirst": TURNED, "date_published": readings.published(0)}
        await readings.read(engine, readings.article(ARTICLE, body, **odd), readings.hour(number))
    await readings.fail(engine, "https://alpha.example/late", Outcome.TIMEOUT, now())
    async with engine.begin() as connection:
        await outlet_state.note_crawl(connection, "alpha", RAW)
        announced = SourceSum(announced=1, parts=1).plus(Disposition.REFUSED, [RAW])
        await note_sum(connection, "alpha", "https://alpha.example/index.xml", announced, now())
        await connection.execute(update(outlets_table).values(unhealthy_reason=RAW))
        await connection.execute(
            quarantine.insert().values(
                stream="events", id="refused-id", revision=1, reason=RAW, document={"headline": TURNED}
            )
        )
        # not for a second is its site asked
        await connection.execute(
            text("UPDATE pages SET due_at = now() + interval '1 day' WHERE url = 'https://alpha.example/late'")
        )
    await engine.dispose()


def test_each_verb_has_its_exit_codes_here_and_the_documents_name_them() -> None:
    assert set(CASES) == set(VERBS), "a verb without an entry, or an entry without a verb"
    assert all(cases for cases in CASES.values())
    page = Path("docs/commands.md").read_text(encoding="utf-8")
    assert [verb for verb in VERBS if f"`{verb}" not in page] == []
    assert CODES.split(": ")[0] in page


@pytest.mark.parametrize("verb", CASES)
def test_a_verb_ends_by_its_code_and_prints_nothing_that_commands_a_terminal(broadsheet: Broadsheet, verb: str) -> None:
    for arguments, code in CASES[verb]:
        ended = broadsheet.run(verb, arguments)
        said = ended.stdout + ended.stderr
        assert printable(said) == said
        assert "\u26a0" not in said, "a name between colons is no emoji"
        assert "odd" not in said or "[bold]:warning: end" in " ".join(said.split()), "a stranger's markup is text"
        assert ended.returncode == code, (arguments, ended.stdout, ended.stderr)
        assert "Traceback" not in ended.stderr
        assert "a-secret" not in ended.stderr + ended.stdout
        if code == 2:
            assert ended.stderr.strip(), arguments


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_answers_in_json_where_asked(broadsheet: Broadsheet, verb: str) -> None:
    assert "--json" in {option for param in VERBS[verb].params for option in param.opts}
    for arguments, code in CASES[verb]:
        if code == 2 or arguments == "{home}/empty.jsonl":  # no line in, no line out
            continue
        ended = broadsheet.run(verb, arguments, "--json", COLUMNS="40")
        assert printable(ended.stdout) == ended.stdout
        assert ended.stdout or code, ended.stderr
        for line in ended.stdout.splitlines():
            json.loads(line)


@pytest.mark.parametrize(("verb", "arguments"), [(verb, PRINTING[verb]) for verb in HARD])
def test_output_that_is_hard_to_write_ends_no_verb_with_a_traceback(
    broadsheet: Broadsheet, verb: str, arguments: str
) -> None:
    usual = broadsheet.run(verb, arguments)
    shell = " ".join(f"'{each}'" for each in broadsheet.command(verb, arguments))

    def under(redirected: str, **settings: str) -> subprocess.CompletedProcess[str]:
        command = ["/bin/bash", "-c", f"{shell} {redirected}"]
        environ = broadsheet.environment(arguments) | settings
        return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=300, check=False)

    full = under(">/dev/full")
    if usual.stdout:
        assert full.returncode == 2
        assert full.stderr.splitlines()[-1] == "Output cannot be written: No space left on device."
    left = under("| true; exit ${PIPESTATUS[0]}")
    assert left.returncode in (0, usual.returncode)
    # without letters beyond ASCII, and with nobody who reads messages
    plain = under("2>/dev/full", PYTHONIOENCODING="ascii")
    assert plain.returncode == usual.returncode
    assert plain.stdout.isascii()
    closed = under(">&-")
    assert closed.returncode == usual.returncode
    for ended in (full, left, closed):
        assert "Traceback" not in ended.stderr
        assert "Error" not in ended.stderr
        assert "Exception" not in ended.stderr


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [each for each in PRINTING.items() if each[0].endswith(("list", "health", "import", "article"))],
)
def test_at_forty_columns_nothing_is_wider(broadsheet: Broadsheet, verb: str, arguments: str) -> None:
    from rich.cells import cell_len

    said = broadsheet.run(verb, arguments, COLUMNS="40")
    assert max((cell_len(line) for line in said.stdout.splitlines()), default=0) <= 40


def test_help_is_no_wider_than_forty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    for verb in ["", *VERBS]:
        said = CliRunner().invoke(app, [*verb.split(), "--help"])
        assert said.exit_code == 0
        assert max(map(len, said.stdout.splitlines())) <= 40, verb


@pytest.mark.parametrize("verb", ["", "search", "outlets"])
def test_help_that_cannot_be_written_is_one_sentence(broadsheet: Broadsheet, verb: str) -> None:
    with open("/dev/full", "w") as full:
        asked = broadsheet.command(verb, "--help")
        ended = subprocess.run(
            asked, env=broadsheet.environ, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (ended.returncode, ended.stderr) == (2, "Output cannot be written: No space left on device.\n")


@pytest.mark.parametrize("odd", TEXTS)
def test_whatever_is_printed_loses_what_commands_a_terminal(odd: str, capsys: pytest.CaptureFixture[str]) -> None:
    from broadsheet.console import err, out, print_json, print_table

    given = TEXTS[odd]
    out.print(f"a sentence: {given}")
    print_table(("first", "second"), [(given, given)])
    err.print(given)
    print_json({given: given})
    said = capsys.readouterr()
    assert printable(said.out) == said.out
    assert printable(said.err) == said.err
    assert json.loads(said.out.splitlines()[-1]) == {given: given}, "JSON says all of it, in escapes"


def test_no_verb_prints_around_the_console() -> None:
    around = []
    for file in sorted(Path("broadsheet").glob("*.py")):
        if file.name in ("console.py", "streams.py", "logs.py"):
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            said = ast.unparse(node) if isinstance(node, ast.Call) else ""
            if said.startswith(
                ("print(", "typer.echo(", "typer.secho(", "Console(", "sys.stdout.write", "sys.stderr.write")
            ):
                around.append((file.name, said))
    # the sentence of a stop that came before there was a console
    assert around == [("entry.py", "sys.stderr.write('Stopped. Pages that were not fetched stay due.\\n')")]


def test_a_log_line_is_one_line_and_commands_no_terminal(tmp_path: Path) -> None:
    code = (
        "import logging, structlog, sys; from broadsheet.logs import quiet_logs, daemon_logs\n"
        "odd = {odd!a}\n"
        "for start in (quiet_logs, daemon_logs):\n"
        "    start()\n"
        "    structlog.get_logger().warning('page_refused', reason=odd, url=odd)\n"
        "    logging.getLogger('library').warning('says %s', odd)\n"
    )
    for odd in [*TEXTS.values(), RAW]:
        command = [sys.executable, "-c", code.replace("{odd!a}", ascii(odd))]
        ran = subprocess.run(command, env=environment(tmp_path), capture_output=True, check=True)
        said = ran.stderr.decode("utf-8", "surrogatepass")
        assert printable(said) == said
        assert sum(line.startswith("{") or "page_refused" in line for line in said.splitlines()) == 3


@pytest.mark.skipif(shutil.which("script") is None, reason="util-linux's script gives the terminal")
def test_at_a_terminal_a_table_is_no_wider_than_it(broadsheet: Broadsheet) -> None:
    command = " ".join(broadsheet.command("outlets list"))
    environ = broadsheet.environ | {"TERM": "xterm"}
    environ.pop("COLUMNS", None)
    ran = subprocess.run(
        ["script", "-qec", f"stty cols 40; {command}", os.devnull],
        env=environ,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert ran.returncode == 0
    table = ran.stdout[ran.stdout.index("abc\n") :]
    assert max(map(len, table.splitlines())) <= 40
