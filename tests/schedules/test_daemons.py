"""The daemon as a process: several on one ledger, killed, stopped, with a part that dies."""

import json
import os
import shutil
import signal
import socket
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest

from ledger.embedded.postmaster import read_pid_file
from ledger.locks import Lock
from tests.databases import libpq
from tests.ports import free_port
from tests.schedules.processes import PATIENCE_SECONDS, asked, environment, until
from tests.schedules.processes import running_from_the_start as running

TIMETABLE = (
    "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1"
    f" AND objid = {int(Lock.TIMETABLE)}"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def answers(port: int, path: str = "/healthz") -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.read().decode() or " "
    except OSError:
        return ""


def test_of_two_daemons_one_keeps_the_timetable_and_the_other_takes_over_when_it_is_killed(
    tmp_path: Path, fresh_database: str
) -> None:
    environ = environment(tmp_path, database_url=libpq(fresh_database))
    log, ports = tmp_path / "log", (free_port(), free_port())
    with running(["up", "--port", str(ports[0])], environ, log) as first:
        until(lambda: asked(fresh_database, TIMETABLE), "the first keeps the timetable", log)
        with running(["up", "--port", str(ports[1])], environ, log) as second:
            until(lambda: answers(ports[1]), "the second serves", log)
            until(lambda: _workers(fresh_database) == 2, "both work", log)
            [(kept_by,)] = asked(fresh_database, TIMETABLE)
            first.kill()
            first.wait()
            until(lambda: asked(fresh_database, TIMETABLE) not in ([], [(kept_by,)]), "the second takes over", log)
            assert second.poll() is None


def _workers(url: str) -> int:
    """Return how many workers hold the lock that says that they live."""
    query = f"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = {int(Lock.QUEUE)} AND granted"
    return asked(url, query + " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())")[0][0]


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_daemon_that_is_asked_to_end_ends_cleanly(tmp_path: Path, fresh_database: str, stop: signal.Signals) -> None:
    environ = environment(tmp_path, database_url=libpq(fresh_database))
    log, port = tmp_path / "log", free_port()
    with running(["up", "--port", str(port)], environ, log) as daemon:
        until(lambda: answers(port), "it serves", log)
        daemon.send_signal(stop)
        assert daemon.wait(timeout=60) == 128 + stop
    assert "Traceback" not in log.read_text()
    assert _connections(fresh_database) == 0
    # where no terminal is each line is for a program
    told = [json.loads(line) for line in log.read_text().splitlines()]
    assert not [event for event in told if "color_message" in event]
    assert [event["url"] for event in told if event["event"] == "search_page_started"] == [f"http://127.0.0.1:{port}"]
    assert (told[-1]["event"], told[-1]["code"]) == ("daemon_ended", 128 + stop)


def test_a_page_whose_port_is_taken_is_not_said_to_be_there(tmp_path: Path, fresh_database: str) -> None:
    environ = environment(tmp_path, database_url=libpq(fresh_database))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with running(["web", "--port", str(port)], environ, tmp_path / "log") as page:
            assert page.wait(PATIENCE_SECONDS) == 1
    told = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert "search_page_started" not in [event["event"] for event in told]
    assert told[-1]["reason"] == (
        f"The search page ended: Port {port} of 127.0.0.1 is taken, perhaps by another Broadsheet; choose another one with --port."
    )


def _connections(url: str) -> int:
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    return asked(url, query)[0][0]


def test_a_part_that_cannot_live_ends_the_daemon_with_1(tmp_path: Path, fresh_database: str) -> None:
    environ = environment(tmp_path, database_url=libpq(fresh_database))
    log, port = tmp_path / "log", free_port()
    with running(["up", "--port", str(port)], environ, log):
        until(lambda: answers(port), "the first serves", log)
        other = tmp_path / "other"
        with running(["up", "--port", str(port)], environ, other) as second:
            assert second.wait(timeout=60) == 1
        assert f"Port {port}" in other.read_text()
        assert "Traceback" not in other.read_text()


def test_web_and_worker_run_by_themselves_on_one_postgresql(tmp_path: Path, fresh_database: str) -> None:
    environ = environment(tmp_path, database_url=libpq(fresh_database))
    log, port = tmp_path / "log", free_port()
    with running(["web", "--port", str(port)], environ, log) as web, running(["worker"], environ, log) as worker:
        until(lambda: _workers(fresh_database) == 1, "the worker works", log)
        until(lambda: "true" in answers(port, "/readyz"), "ledger and index are ready", log)
        told = answers(port, "/metrics")
        assert "broadsheet_loop_lag_seconds_count" in told
        assert "broadsheet_jobs_waiting 0.0" in told
        for process in (web, worker):
            process.send_signal(signal.SIGTERM)
        assert (web.wait(timeout=60), worker.wait(timeout=60)) == (143, 143)


def test_a_daemon_waits_for_a_database_that_drops_its_connections(tmp_path: Path, fresh_database: str) -> None:
    environ = environment(tmp_path, database_url=libpq(fresh_database))
    log, port = tmp_path / "log", free_port()
    with running(["up", "--port", str(port)], environ, log) as daemon:
        until(lambda: asked(fresh_database, TIMETABLE), "it keeps the timetable", log)
        [(kept_by,)] = asked(fresh_database, TIMETABLE)
        with psycopg.connect(libpq(fresh_database), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        until(lambda: asked(fresh_database, TIMETABLE) not in ([], [(kept_by,)]), "it keeps it again", log)
        until(lambda: _workers(fresh_database) == 1, "it works again", log)
        until(lambda: "true" in answers(port, "/readyz"), "it serves", log)
        assert daemon.poll() is None


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGKILL])
def test_daemons_bring_back_the_embedded_postgresql_that_was_ended_under_them(stop: signal.Signals) -> None:
    home = Path(tempfile.mkdtemp(prefix="broadsheet-home-", dir="/tmp"))
    home.chmod(0o755)  # as root, PostgreSQL's user has to pass
    environ, log, port = environment(home), home / "log", free_port()
    try:
        with running(["web", "--port", str(port)], environ, log) as web, running(["worker"], environ, log) as worker:
            until(lambda: "jobs_workers 1.0" in answers(port, "/metrics"), "the worker works", log)
            data = (home / "postgresql" / "data").resolve()
            before = read_pid_file(data)
            assert before
            os.kill(before.pid, stop)
            until(lambda: (now := read_pid_file(data)) and now.pid != before.pid, "PostgreSQL is started again", log)
            until(lambda: "jobs_workers 1.0" in answers(port, "/metrics"), "the worker works again", log)
            until(lambda: "true" in answers(port, "/readyz"), "it serves", log)
            assert log.read_text().count("postgresql_started_again") == 1
            for process in (web, worker):
                process.send_signal(signal.SIGTERM)
            assert (web.wait(timeout=60), worker.wait(timeout=60)) == (143, 143)
            now = read_pid_file(data)
            assert now is None, "the last one to leave stops it"
    finally:
        shutil.rmtree(home)


@contextmanager
def _own_home() -> Iterator[Path]:
    """Give a home whose PostgreSQL, if a test has left it running, is ended at the end."""
    home = Path(tempfile.mkdtemp(prefix="broadsheet-home-", dir="/tmp"))
    home.chmod(0o755)  # as root, PostgreSQL's user has to pass
    try:
        yield home
    finally:
        for process in _of_home(home):
            process.kill()
        shutil.rmtree(home)


def _of_home(home: Path) -> list[psutil.Process]:
    """Return the processes that work in `home`: its PostgreSQL's, and those that have it in their environment."""
    found = []
    for process in psutil.process_iter():
        try:
            known = str(home) in " ".join(process.cmdline()) or process.environ().get("BROADSHEET_HOME") == str(home)
            if known and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_daemon_that_is_stopped_in_its_first_seconds_leaves_nothing(stop: signal.Signals) -> None:
    with _own_home() as home:
        environ, log = environment(home), home / "log"
        # the interpreter itself takes a tenth of a second, in which no code of ours runs
        for seconds in (0.3, 0.7, 1.2, 1.8, 2.5, 3.5):
            with running(["up", "--port", str(free_port())], environ, log) as daemon:
                time.sleep(seconds)
                daemon.send_signal(stop)
                assert daemon.wait(timeout=60) == 128 + stop, (seconds, log.read_text())
            until(lambda: not _of_home(home), f"after {seconds} s nothing is left running", log)
        assert "Traceback" not in log.read_text()


def test_daemons_come_back_after_kill_9_of_themselves_and_of_postgresql() -> None:
    with _own_home() as home:
        environ, log, ports = environment(home), home / "log", (free_port(), free_port())
        data = (home / "postgresql" / "data").resolve()
        for _ in range(2):
            with (
                running(["up", "--port", str(ports[0])], environ, log) as first,
                running(["up", "--port", str(ports[1])], environ, log) as second,
            ):
                until(lambda: all("true" in answers(port, "/readyz") for port in ports), "both are ready", log)
                lock = read_pid_file(data)
                assert lock is not None
                for number in (lock.pid, first.pid, second.pid):
                    os.kill(number, signal.SIGKILL)
        with running(["up", "--port", str(ports[0])], environ, log) as daemon:
            until(lambda: "true" in answers(ports[0], "/readyz"), "it is ready again", log)
            daemon.send_signal(signal.SIGTERM)
            assert daemon.wait(timeout=60) == 143
        until(lambda: not _of_home(home), "nothing is left running", log)
        assert "Traceback" not in log.read_text()
