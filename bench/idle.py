"""What an idle daemon asks of PostgreSQL: statements a minute, by the module that sends them.

`python bench/idle.py [--minutes 2] [--elasticsearch]`; the last line is JSON. PostgreSQL writes each statement into its
log, so that nothing in the daemon is changed by being counted. PostgreSQL and Elasticsearch come as the tests' do.
"""

import argparse
import json
import re
import sys
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import psycopg

if not __package__:
    sys.path[0] = str(Path(__file__).parent.parent)

from bench.daemon import end, house, launch
from ledger.embedded.server import Server
from tests import elasticsearch_server
from tests.databases import libpq
from tests.ports import free_port

#: the daemon has made its tables and index, and its first rounds, after so long, on a busy machine, too
SETTLE_SECONDS = 90.0
#: whether all is well, whether something waits, what time it is: a server that does nothing is asked so at most
CHECKS_A_MINUTE = 3.0
#: PostgreSQL's log begins a statement so
_STATEMENT = re.compile(r"^.*? LOG:  (?:statement|execute [^:]*): (.*)$")
#: origin, whether it is a check, and how its statements are known; the first that fits counts
_ORIGINS = [
    ("pipelines.verify: what the index must have", True, r"WITH waiting AS"),
    # SQLAlchemy's and psycopg's own, around each transaction: its bounds, and whether a pooled connection lives
    ("around transactions", False, r"^(BEGIN|COMMIT|ROLLBACK|;?$)"),
    ("queue: Procrastinate", False, r"procrastinate_(fetch|prune|update|register|unregister)|abort_requested"),
    ("queue: Procrastinate, its listening connection held", False, r"^SELECT 1$"),
    ("queue: schedules.worker_liveness, locks of a worker", False, r"pid = pg_backend_pid\(\)"),
    ("queue: schedules.work, jobs of dead workers", False, r"FROM procrastinate_jobs AS job LEFT JOIN"),
    (
        "timetable: schedules.timetable, what is due",
        False,
        r"^SELECT (outlets\.slug|slug, page\.due_at|sources\.outlet, sources\.url)",
    ),
    ("timetable: its lock held, has something happened?", False, r"max\(id\) FROM attempts"),
    (
        "events: schedules.metrics_events, what it is told and publishes",
        False,
        r"\b(event_watermarks|completeness|health)\b|AS pending|min\(sources|INTO outbox|quarantine$|FROM outbox WHERE",
    ),
    ("ledger.clock_offset", True, r"clock_timestamp\(\)$"),
    (
        "ledger.wake, pipelines.publish: is something pending?",
        True,
        r"FROM outbox ORDER BY|FROM outbox\)|^LISTEN|advisory",
    ),
    ("schedules.watching: is something to be matched or sent?", True, r"AS has_watches"),
    ("index.postgresql: what it has", True, r"FROM search"),
]


def statements(server: Server) -> list[str]:
    """Return what PostgreSQL was asked since its log is kept, one statement a line, lines of one joined."""
    found: list[str] = []
    for file in sorted((server.data / "log").glob("*.log")):
        open_ended = False
        for line in file.read_text(errors="replace").splitlines():
            if match := _STATEMENT.match(line):
                found.append(match[1].strip())
                open_ended = True
            elif open_ended and line.startswith("\t"):
                found[-1] += " " + line.strip()
            else:
                open_ended = False
    return found


def origin_of(statement: str) -> tuple[str, bool]:
    """Return where a statement comes from, and whether it is a check; what is not known counts as one."""
    for origin, is_check, pattern in _ORIGINS:
        if re.search(pattern, statement):
            return origin, is_check
    return f"unknown: {statement[:150]}", True


def _log_statements(server: Server, value: str) -> None:
    with psycopg.connect(libpq(server.url), autocommit=True) as connection:
        connection.execute(f"ALTER SYSTEM SET log_statement = '{value}'")
        connection.execute("SELECT pg_reload_conf()")


def measure(minutes: float, *, elasticsearch: bool) -> Counter[str]:
    """Return how often each statement came to PostgreSQL within so many minutes of an idle daemon."""
    with ExitStack() as stack:
        home, server = stack.enter_context(house())
        settings = {}
        if elasticsearch:
            settings["elasticsearch_url"] = stack.enter_context(elasticsearch_server.running()).url
        daemon = launch(home, server, "up", "--port", str(free_port()), **settings)
        stack.callback(end, [daemon])
        time.sleep(SETTLE_SECONDS)
        _log_statements(server, "all")
        time.sleep(1.0)
        before = len(statements(server))
        time.sleep(minutes * 60.0)
        found = statements(server)[before:]
        if daemon.poll() is not None:
            raise SystemExit(f"the daemon ended: {(home / 'log').read_text()[-2000:]}")
        return Counter(found)


def main() -> None:
    """Measure, print a table, and say it in one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--elasticsearch", action="store_true", help="the index is Elasticsearch")
    wanted = parser.parse_args()
    found = measure(wanted.minutes, elasticsearch=wanted.elasticsearch)
    by_origin: Counter[tuple[str, bool]] = Counter()
    for statement, times in found.items():
        by_origin[origin_of(statement)] += times
    for (origin, is_check), times in by_origin.most_common():
        print(f"{times / wanted.minutes:9.1f} a minute  {'check ' if is_check else '      '} {origin}")
    checks = sum(times for (_, is_check), times in by_origin.items() if is_check) / wanted.minutes
    everything = found.total() / wanted.minutes
    figures = {
        "index": "elasticsearch" if wanted.elasticsearch else "postgresql",
        "minutes": wanted.minutes,
        "checks_a_minute": round(checks, 2),
        "statements_a_minute": round(everything, 1),
        "falls_short": ["checks_a_minute"] if checks > CHECKS_A_MINUTE else [],
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
