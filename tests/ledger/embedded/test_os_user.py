"""As root, PostgreSQL runs as another user, and nothing of root's is opened for it."""

import os
import pwd
import shutil
import stat
from pathlib import Path

import psutil
import psycopg
import pytest
from structlog.testing import capture_logs

from ledger.embedded import cluster, os_user, postmaster
from ledger.embedded.os_user import choose
from ledger.embedded.server import start
from news.errors import DatabaseUnavailable
from tests.databases import libpq

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")


@pytest.fixture
def system(empty_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for /var/lib/broadsheet."""
    monkeypatch.setattr(os_user, "SYSTEM", empty_home / "system")
    return empty_home / "system"


@pytest.fixture
def closed(empty_home: Path) -> Path:
    """A directory like /root: nobody else may enter it."""
    directory = empty_home / "closed"
    directory.mkdir(mode=0o700)
    return directory


@as_root
def test_the_server_of_root_runs_as_another_user_and_the_log_says_so(empty_home: Path) -> None:
    with capture_logs() as said, start(empty_home) as running:
        lock = postmaster.read_pid_file(running.data)
        assert lock
        process = psutil.Process(lock.pid)
        assert (
            process.uids().real == process.uids().effective == process.uids().saved == running.data.stat().st_uid != 0
        )
        assert 0 not in (process.gids().real, process.gids().effective)
        name = pwd.getpwuid(process.uids().real).pw_name
    assert [line["user"] for line in said if line["event"] == "postgresql_runs_as"] == [name]


@as_root
def test_a_closed_parent_stays_closed_and_the_data_lives_elsewhere(closed: Path, system: Path) -> None:
    home = closed / "home"
    with capture_logs() as said, start(home) as running:
        assert running.data.is_relative_to(system)
        with psycopg.connect(libpq(running.url), autocommit=True) as connection:
            connection.execute("CREATE TABLE page (url text)")
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert (home / "postgresql").resolve() == running.data.parent
    assert [line["to"] for line in said if line["event"] == "postgresql_moved"] == [str(running.data.parent)]
    with start(home) as again, psycopg.connect(libpq(again.url)) as connection:
        assert connection.execute("SELECT count(*) FROM page").fetchone() == (0,)
    assert again.data == running.data


@as_root
def test_data_that_is_gone_from_its_other_place_is_not_silently_made_anew(closed: Path, system: Path) -> None:
    with start(closed):
        pass
    shutil.rmtree(system)
    with pytest.raises(DatabaseUnavailable, match="which is gone"):
        start(closed)


@as_root
def test_data_whose_parent_was_closed_later_is_an_error_with_the_way_out(own_home: Path) -> None:
    own_home.chmod(0o700)
    with pytest.raises(DatabaseUnavailable, match="Let that user through its parent directories"):
        start(own_home)
    assert stat.S_IMODE(own_home.stat().st_mode) == 0o700


@as_root
def test_programs_that_another_user_cannot_run_are_copied_not_opened(
    home: Path, closed: Path, system: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = choose(home / "postgresql" / "data")
    wheel = cluster.programs(user).parent
    (closed / wheel.name).symlink_to(wheel)
    lend = os_user.lend
    monkeypatch.setattr(cluster, "lend", lambda programs, user: lend(closed / wheel.name / "bin", user))
    with start(home) as running:
        lock = postmaster.read_pid_file(running.data)
        assert lock
        assert Path(psutil.Process(lock.pid).cmdline()[0]).is_relative_to(system)
    with start(home):
        assert len(list(system.iterdir())) == 1  # the copy is made once
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@as_root
def test_the_owner_of_the_data_runs_it_whatever_other_users_there_are(own_home: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    for path in [own_home, *own_home.rglob("*")]:
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    with start(own_home) as running:
        lock = postmaster.read_pid_file(running.data)
        assert lock
        assert psutil.Process(lock.pid).username() == "nobody"


@as_root
def test_no_user_and_no_way_to_make_one_is_an_error_with_the_way_out(
    empty_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os_user, "NAMES", ("no-such-user",))
    monkeypatch.setattr(shutil, "which", lambda program, path: None)
    with pytest.raises(DatabaseUnavailable, match="Make one, run Broadsheet as an ordinary user"):
        start(empty_home)


@pytest.mark.skipif(os.geteuid() == 0, reason="root becomes somebody else")
def test_an_ordinary_user_runs_it_itself(home: Path) -> None:
    assert choose(home).uid == os.geteuid()
    assert choose(home).identity == {}
