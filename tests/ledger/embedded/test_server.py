"""The embedded PostgreSQL is real here: each test starts its own, kills what it must, and leaves none behind."""

import os
import shutil
import signal
import stat
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest
from structlog.testing import capture_logs

from ledger.embedded import postmaster, server
from ledger.embedded.cluster import PORT
from ledger.embedded.server import start
from news.errors import DatabaseUnavailable
from tests.databases import libpq
from tests.ledger.users import users


def number_of(running: server.Server) -> int:
    lock = postmaster.read_pid_file(running.data)
    assert lock
    return lock.pid


def running_on(home: Path) -> bool:
    data = (home / "postgresql" / "data").resolve()
    return any(postmaster.is_ours(process.pid, data) for process in psutil.process_iter())


def kill_server(running: server.Server) -> None:
    """Kill the postmaster with -9, and wait until its processes have noticed."""
    process = psutil.Process(number_of(running))
    children = process.children()
    process.kill()
    gone, _ = psutil.wait_procs([process, *children], timeout=30)
    assert len(gone) == len(children) + 1


def test_a_new_server_is_a_careful_one_without_tcp(home: Path) -> None:
    wanted = {"data_checksums": "on", "fsync": "on", "full_page_writes": "on", "max_connections": "100"}
    wanted |= {"listen_addresses": "", "server_encoding": "UTF8", "TimeZone": "UTC", "shared_buffers": "64MB"}
    with start(home) as running, psycopg.connect(libpq(running.url)) as connection:
        found = {name: connection.execute(f"SHOW {name}".encode()).fetchone() for name in wanted}
        assert found == {name: (value,) for name, value in wanted.items()}
        assert not psutil.Process(number_of(running)).net_connections("inet")
        assert stat.S_IMODE(running.sockets.stat().st_mode) == 0o700
        assert connection.execute("SELECT lower('МОСКВА ÄÖ')").fetchone() == ("москва äö",)


def test_two_processes_that_start_at_once_share_one_server(empty_home: Path) -> None:
    with users(empty_home, 2) as (one, other):
        assert one.came() == other.came()
        one.leave()
        assert running_on(empty_home)
        other.leave()
        assert not running_on(empty_home)


def test_a_server_is_joined_whoever_started_it(home: Path) -> None:
    with users(home, 1) as (starter,):
        number = starter.came()
        with start(home) as joined:
            assert number_of(joined) == number
            starter.leave()
            with psycopg.connect(libpq(joined.url)) as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)
        assert not running_on(home)


def test_a_server_that_was_left_twice_is_left_once(home: Path) -> None:
    with start(home) as stays:
        leaves = start(home)
        leaves.release()
        leaves.release()
        assert running_on(home)
        assert postmaster.answers(stays._cluster)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_starter_that_is_killed_takes_the_server_from_nobody(home: Path, number: int) -> None:
    with users(home, 1) as (starter,):
        pid = starter.came()
        with start(home) as joined:
            starter.kill(number)
            assert number_of(joined) == pid
            with psycopg.connect(libpq(joined.url)) as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_user_that_was_killed_does_not_keep_the_server(home: Path) -> None:
    with users(home, 2) as (killed, leaves):
        killed.came(), leaves.came()
        killed.kill()
        leaves.leave()
    assert not running_on(home)
    assert not list((home / "postgresql" / "users").iterdir())


def test_a_server_whose_only_user_was_killed_is_joined_and_stopped_by_the_next(home: Path) -> None:
    with users(home, 1) as (killed,):
        number = killed.came()
        killed.kill()
        assert running_on(home)
        with start(home) as joined:
            assert number_of(joined) == number
    assert not running_on(home)


def test_after_kill_9_of_everything_the_next_start_goes_on(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with users(own_home, 1) as (killed,):
        killed.came()
        with start(own_home) as running:
            with psycopg.connect(libpq(running.url), autocommit=True) as connection:
                connection.execute("CREATE TABLE page AS SELECT generate_series(1, 1000) AS number")
            killed.kill()
            kill_server(running)
    monkeypatch.setattr(server, "SILENCE_SECONDS", 0.0)
    with capture_logs() as said, start(own_home) as recovered, psycopg.connect(libpq(recovered.url)) as connection:
        assert connection.execute("SELECT count(*) FROM page").fetchone() == (1000,)
    assert "postgresql_waiting" in [line["event"] for line in said]


def test_a_process_of_a_killed_server_that_is_still_at_work_is_waited_for(home: Path) -> None:
    running = start(home)
    with psycopg.connect(libpq(running.url)) as connection:
        backend = psutil.Process(connection.info.backend_pid)
        postgres = psutil.Process(number_of(running))
        backend.suspend()  # it cannot notice that its postmaster dies
        postgres.kill()
        psutil.wait_procs([postgres], timeout=30)
        with subprocess.Popen(["/bin/sh", "-c", f"sleep 0.5; kill -CONT {backend.pid}"]), start(home) as again:
            assert not psutil.pid_exists(backend.pid) or backend.status() == psutil.STATUS_ZOMBIE
            assert number_of(again) != postgres.pid
            running.release()


def test_a_stranger_with_the_number_of_a_dead_server_is_neither_believed_nor_touched(home: Path) -> None:
    running = start(home)
    file = running.data / "postmaster.pid"
    left_behind = file.read_text().split("\n", 1)[1]
    kill_server(running)
    running.release()
    with subprocess.Popen(["sleep", "600"]) as stranger:
        try:
            file.write_text(f"{stranger.pid}\n{left_behind}")
            with start(home) as recovered:
                assert number_of(recovered) != stranger.pid
            assert not running_on(home)
            file.write_text(f"{stranger.pid}\n{left_behind}")
            assert postmaster.stop(recovered._cluster)  # nothing runs, nothing is signalled
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_a_stranger_is_not_signalled_even_if_the_server_answers(home: Path) -> None:
    # as in another container's process namespace, where the numbers mean others
    running = start(home)
    file = running.data / "postmaster.pid"
    true = file.read_text()
    with subprocess.Popen(["sleep", "600"]) as stranger:
        try:
            file.write_text(f"{stranger.pid}\n" + true.split("\n", 1)[1])
            with capture_logs() as said:
                running.release()
            assert stranger.poll() is None
            assert [line["event"] for line in said] == ["postgresql_left_running"]
        finally:
            stranger.kill()
            file.write_text(true)
    with start(home):
        pass
    assert not running_on(home)


def test_a_stop_does_not_wait_for_clients(home: Path) -> None:
    running = start(home)
    connection = psycopg.connect(libpq(running.url))
    connection.execute("SELECT 1")  # and the transaction stays open
    running.release()
    assert not running_on(home)
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")
    connection.close()


def test_a_terminals_ctrl_c_does_not_reach_the_server_and_it_is_nobodys_zombie(home: Path) -> None:
    with start(home) as running:
        number = number_of(running)
        assert os.getsid(number) != os.getsid(0)
        assert psutil.Process(number).terminal() is None
        assert number not in [child.pid for child in psutil.Process().children()]


def test_a_forked_child_is_no_user(home: Path) -> None:
    running = start(home)
    child = subprocess_by_fork(running)
    try:
        # the parent is gone as if by -9: its own descriptor is closed, the file stays
        assert running._descriptor is not None
        os.close(running._descriptor)
        server._registrations.discard(running._descriptor)
        running._descriptor = None
        with start(home):
            pass
        assert not running_on(home)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def subprocess_by_fork(running: server.Server) -> int:
    child = os.fork()
    if child == 0:
        running.release()  # not its own to leave
        time.sleep(600)
        os._exit(0)
    return child


def test_a_first_start_killed_half_way_is_made_again(empty_home: Path) -> None:
    with users(empty_home, 1) as (killed,):
        while not list(empty_home.glob("postgresql/data.new/*")):
            time.sleep(0.005)
        os.kill(killed.process.pid, signal.SIGKILL)
        with start(empty_home) as running, psycopg.connect(libpq(running.url)) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    assert not (empty_home / "postgresql" / "data.new").exists()


def test_a_server_whose_socket_was_removed_is_an_error_and_the_next_start_mends_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "SILENCE_SECONDS", 0.2)
    running = start(home)
    (running.sockets / f".s.PGSQL.{PORT}").unlink()
    with pytest.raises(DatabaseUnavailable, match="its socket in"):
        start(home)
    running.release()
    with start(home) as again:
        assert postmaster.answers(again._cluster)


def test_a_home_that_is_removed_under_a_running_server_does_not_break_the_leaving(own_home: Path) -> None:
    running = start(own_home)
    lock = postmaster.read_pid_file(running.data)
    assert lock
    removed = own_home / "removed"
    (own_home / "postgresql").rename(removed)
    with capture_logs() as said:
        running.release()
    assert [line["event"] for line in said] == ["postgresql_removed"]
    os.kill(lock.pid, signal.SIGQUIT)
    psutil.wait_procs([psutil.Process(lock.pid)], timeout=30)


def test_a_server_that_ended_while_it_was_in_use_is_started_again_by_one_of_its_users(home: Path) -> None:
    with start(home) as running, start(home) as other:
        assert not running.revive()
        kill_server(running)
        with ThreadPoolExecutor() as threads:
            revived = [each.result() for each in [threads.submit(running.revive), threads.submit(other.revive)]]
        assert sorted(revived) == [False, True]
        with psycopg.connect(libpq(other.url)) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        other.release()
        assert running_on(home)
    assert not running_on(home)


def test_a_server_that_was_left_is_not_started_again_by_who_left(home: Path) -> None:
    with start(home) as running:
        pass
    assert not running.revive()
    assert not running_on(home)


def test_a_server_that_cannot_be_started_again_is_an_error_with_its_reason(own_home: Path) -> None:
    with start(own_home) as running:
        kill_server(running)
        (running.data / "postgresql.auto.conf").write_text("no_such_setting_of_ours = 1\n")
        with pytest.raises(DatabaseUnavailable, match=r"PostgreSQL did not start: .*contains errors"):
            running.revive()
        shutil.rmtree(running.data.parent)
        with pytest.raises(DatabaseUnavailable, match="cannot be started again"):
            running.revive()


@pytest.mark.parametrize("content", ["", "{pid}\n/nowhere\n0\n5432\n/nowhere\n"], ids=["emptied", "of a stranger"])
def test_a_stale_lock_of_the_socket_keeps_nobody_from_starting(own_home: Path, content: str) -> None:
    with start(own_home) as running:
        data, uid = running.data, running.data.stat().st_uid
        lock = running.sockets / f".s.PGSQL.{PORT}.lock"
    # a number that a dead server had may be another process's of the same user today
    options = {"user": uid} if os.geteuid() == 0 else {}
    stranger = subprocess.Popen(["sleep", "600"], cwd="/", **options)
    try:
        lock.write_text(content.format(pid=stranger.pid))
        os.chown(lock, uid, -1)
        with start(own_home) as running, psycopg.connect(libpq(running.url)) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
            assert running.data == data
    finally:
        stranger.kill()
        stranger.wait()
