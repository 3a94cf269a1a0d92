"""A PostgreSQL that cannot carry the ledger is named at start, by its own reason; one that cannot be written later, too."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import URL, make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine

from ledger import fitness
from ledger.database import engine_for, migrate
from ledger.embedded.cluster import programs
from ledger.embedded.os_user import choose
from ledger.fitness import write_fault
from news.errors import DatabaseUnavailable
from tests.conftest import OWN_SERVER
from tests.databases import libpq
from tests.ports import free_port


async def _refusal(url: str) -> str:
    made = engine_for(url, 2)
    try:
        with pytest.raises(DatabaseUnavailable) as caught:
            await migrate(made)
    finally:
        await made.dispose()
    sentence = str(caught.value)
    assert "\n" not in sentence
    for secret in ("SELECT ", "Traceback", "psycopg"):
        assert secret not in sentence.replace("GRANT SELECT", "")
    return sentence


def _render(url: URL) -> str:
    return url.render_as_string(hide_password=False)


@contextmanager
def _role(url: str) -> Iterator[tuple[str, str]]:
    """Give a role that owns nothing, and the address of the database as that role."""
    name = f"role_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(libpq(url), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
    try:
        yield name, _render(make_url(url).set(username=name))
    finally:
        with psycopg.connect(libpq(url), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(name)))
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
async def test_a_database_of_another_encoding_is_refused(database_url: str, encoding: str) -> None:
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(libpq(database_url), autocommit=True) as connection:
        connection.execute(
            f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C' LOCALE_PROVIDER libc"
        )
        try:
            sentence = await _refusal(_render(make_url(database_url).set(database=name)))
            assert f"encoding is {encoding}, and articles need UTF8" in sentence
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


async def test_a_read_only_database_is_refused(fresh_database: str) -> None:
    name = make_url(fresh_database).database
    with psycopg.connect(libpq(fresh_database), autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    assert "set read-only, and nothing can be recorded (25006)" in await _refusal(fresh_database)


async def test_an_older_server_is_refused(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitness, "OLDEST_MAJOR", 99)
    assert "is too old: Broadsheet needs 99 or newer" in await _refusal(fresh_database)


async def test_a_missing_privilege_is_named_with_its_tables(engine: AsyncEngine, fresh_database: str) -> None:
    with _role(fresh_database) as (name, url):
        async with engine.begin() as connection:
            await connection.execute(
                text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}")
            )
            await connection.execute(text(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {name}"))
        theirs = engine_for(url, 2)
        await migrate(theirs)
        assert await write_fault(theirs) == ""
        async with engine.begin() as connection:
            await connection.execute(text(f"REVOKE INSERT ON pages FROM {name}"))
        assert "lacks privileges on pages (42501)" in await write_fault(theirs)
        await theirs.dispose()
        assert "lacks privileges on pages (42501)" in await _refusal(url)


async def test_a_role_that_may_not_make_the_ledger_is_told_so(empty_database: str) -> None:
    with _role(empty_database) as (_, url):
        assert "42501 permission denied for schema public" in await _refusal(url)


async def test_a_server_without_a_free_connection_is_named(fresh_database: str) -> None:
    with _role(fresh_database) as (name, url):
        with psycopg.connect(libpq(fresh_database), autocommit=True) as connection:
            connection.execute(f"ALTER ROLE {name} CONNECTION LIMIT 0")
        assert "no free connection (53300 too many connections for role" in await _refusal(url)


async def test_what_can_be_written_has_no_fault_and_leaves_nothing(engine: AsyncEngine) -> None:
    assert await write_fault(engine) == ""
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM sites"))).scalar_one() == 0


async def test_a_ledger_that_became_read_only_or_waits_for_a_lock_is_named(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitness, "WRITE_SECONDS", 1)
    async with engine.connect() as other:
        await other.execute(text("LOCK TABLE sites IN ACCESS EXCLUSIVE MODE"))
        assert "57014" in await write_fault(engine)
        await other.rollback()
    async with engine.connect() as connection:
        name = (await connection.execute(text("SELECT current_database()"))).scalar_one()
        await connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
        await connection.commit()
    await engine.dispose()
    assert "set read-only (25006 cannot execute" in await write_fault(engine)


@contextmanager
def _small_disk() -> Iterator[Path]:
    mount = Path("/tmp") / f"broadsheet-disk-{uuid.uuid4().hex[:8]}"
    mount.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", mount], check=False, capture_output=True)
    if made.returncode:
        mount.rmdir()
        pytest.skip("this root may not mount")
    try:
        yield mount
    finally:
        subprocess.run(["umount", "-l", mount], check=True)
        mount.rmdir()


@contextmanager
def _moved_to(disk: Path, url: str) -> Iterator[None]:
    """Move the database, to which nobody is connected at the begin and the end, to a disk for the block."""
    name = make_url(url).database
    with psycopg.connect(libpq(_render(make_url(url).set(database="postgres"))), autocommit=True) as connection:
        [data] = connection.execute("SHOW data_directory").fetchone() or [""]
        owner = Path(data).stat()
        os.chown(disk, owner.st_uid, owner.st_gid)
        disk.chmod(0o700)
        connection.execute(f"CREATE TABLESPACE {name}_small LOCATION '{disk}'")
        connection.execute(f"ALTER DATABASE {name} SET TABLESPACE {name}_small")
        try:
            yield
        finally:
            connection.execute(f"ALTER DATABASE {name} SET TABLESPACE pg_default")
            connection.execute(f"DROP TABLESPACE {name}_small")


def _fill(file: Path) -> None:
    with contextlib.suppress(OSError), file.open("wb", buffering=0) as filler:
        while True:
            filler.write(bytes(4096))


@pytest.mark.skipif(os.geteuid() != 0, reason="a file system of one's own takes root")
async def test_a_full_disk_is_named_and_then_is_not(engine: AsyncEngine, fresh_database: str) -> None:
    await engine.dispose()
    with _small_disk() as disk, _moved_to(disk, fresh_database):
        try:
            assert await write_fault(engine) == ""
            _fill(disk / "filler")
            fault = await write_fault(engine)
            assert fault.startswith("PostgreSQL's disk is full (53100 "), fault
            (disk / "filler").unlink()
            assert await write_fault(engine) == ""
        finally:
            (disk / "filler").unlink(missing_ok=True)
            await engine.dispose()


@contextmanager
def _pgbouncer(url: str, mode: str, directory: Path, *settings: str) -> Iterator[str]:
    """Run a PgBouncer before the database, and give the address of the database behind it."""
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        assert not os.environ.get("CI"), "CI installs pgbouncer"
        pytest.skip("pgbouncer is not installed")
    address, port = make_url(url), free_port()
    host = address.query.get("host", address.host) or "127.0.0.1"
    user = address.username or "postgres"
    (directory / "users.txt").write_text(f'"{user}" ""\n')
    lines = [
        "[databases]",
        f"* = host={host} port={address.query.get('port', address.port or 5432)} user={user}",
        "[pgbouncer]",
        "listen_addr = 127.0.0.1",
        f"listen_port = {port}",
        "unix_socket_dir =",
        "auth_type = any",
        f"auth_file = {directory / 'users.txt'}",
        f"pool_mode = {mode}",
        "ignore_startup_parameters = extra_float_digits",
        *settings,
    ]
    (directory / "pgbouncer.ini").write_text("\n".join(lines) + "\n")
    # it refuses to be root; the server's private socket is open to its owner alone
    owner = pwd.getpwuid(Path(str(host)).stat().st_uid).pw_name if str(host).startswith("/") else "nobody"
    for each in (directory, *directory.iterdir()):
        each.chmod(0o755)
    command = [program, str(directory / "pgbouncer.ini")]
    if os.geteuid() == 0:
        command = ["setpriv", f"--reuid={owner}", "--clear-groups", *command]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        through = make_url(f"postgresql://{user}@127.0.0.1:{port}/{address.database}")
        for _ in range(100):
            try:
                psycopg.connect(_render(through)).close()
                break
            except psycopg.OperationalError:
                assert process.poll() is None, "pgbouncer ended"
                time.sleep(0.1)
        yield _render(through)
    finally:
        process.terminate()
        process.wait()


@pytest.mark.parametrize("settings", [(), ("server_round_robin = 1",), ("default_pool_size = 1",)])
async def test_pooling_by_transaction_is_refused(
    engine: AsyncEngine, fresh_database: str, settings: tuple[str, ...]
) -> None:
    directory = Path("/tmp") / f"broadsheet-bouncer-{uuid.uuid4().hex[:8]}"
    directory.mkdir()
    try:
        with _pgbouncer(fresh_database, "transaction", directory, *settings) as url:
            assert "needs session pooling or a direct connection" in await _refusal(url)
    finally:
        shutil.rmtree(directory)


async def test_pooling_by_session_is_good(engine: AsyncEngine, fresh_database: str) -> None:
    directory = Path("/tmp") / f"broadsheet-bouncer-{uuid.uuid4().hex[:8]}"
    directory.mkdir()
    try:
        with _pgbouncer(fresh_database, "session", directory) as url:
            through = engine_for(url, 2)
            await migrate(through)
            assert await write_fault(through) == ""
            await through.dispose()
    finally:
        shutil.rmtree(directory)


@contextmanager
def _standby(url: str) -> Iterator[str]:
    """Run a standby that follows the server, and give the address of the same database on it."""
    address = make_url(url)
    sockets = Path(str(address.query["host"]))
    owner = pwd.getpwuid(sockets.stat().st_uid)
    account = choose(sockets)
    bin = programs(account)
    home = Path("/tmp") / f"broadsheet-standby-{uuid.uuid4().hex[:8]}"
    home.mkdir(mode=0o700)
    os.chown(home, owner.pw_uid, owner.pw_gid)
    copy = [bin / "pg_basebackup", "-h", sockets, "-U", "broadsheet", "-D", home / "data", "-R", "-c", "fast"]
    subprocess.run(copy, check=True, cwd=home, **account.identity)
    settings = [f"--unix_socket_directories={home}", "--logging_collector=off"]
    with (home / "log").open("wb") as log:
        command = [bin / "postgres", "-D", home / "data", *settings]
        process = subprocess.Popen(command, cwd=home, stdout=log, stderr=log, **account.identity)
    try:
        through = _render(address.set(query={**address.query, "host": str(home)}))
        for _ in range(300):
            try:
                psycopg.connect(libpq(through)).close()
                break
            except psycopg.OperationalError:
                assert process.poll() is None, (home / "log").read_text()
                time.sleep(0.1)
        yield through
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()
        shutil.rmtree(home)


async def test_a_standby_is_refused_and_taken_once_it_is_promoted(engine: AsyncEngine, fresh_database: str) -> None:
    if OWN_SERVER:
        pytest.skip("a server of one's own may allow no copy")
    with _standby(fresh_database) as url:
        assert "This PostgreSQL is a standby, and nothing can be recorded (25006)" in await _refusal(url)
        theirs = engine_for(url, 2)
        assert "25006" in await write_fault(theirs)
        with psycopg.connect(libpq(url), autocommit=True) as connection:
            connection.execute("SELECT pg_promote()")
        await migrate(theirs)
        assert await write_fault(theirs) == ""
        await theirs.dispose()
