"""The embedded PostgreSQL: the first user starts it, others join, the last to leave stops it."""

import fcntl
import os
import time
import uuid
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from ledger.embedded import postmaster
from ledger.embedded.cluster import MAJOR, PORT, Cluster, last_words, make
from ledger.embedded.os_user import choose, settle
from news.errors import DatabaseUnavailable
from news.log import Log

#: how long a start is silent before it says what it waits for, and between two such lines
SILENCE_SECONDS = 5.0

log = Log()

#: descriptors of this process's registrations; a forked child lets go of them, or it would keep its dead parent's
_registrations: set[int] = set()


class Server:
    """A running PostgreSQL, used by us; leave it by `release`, or by leaving the `with` block.

    Being a user is holding the lock on one's own file in `users/`. The kernel lets go of it however a process ends,
    so that one killed with -9 neither keeps the server alive nor stops it for others.
    """

    def __init__(self, place: Path, cluster: Cluster, registration: Path, descriptor: int) -> None:
        self._place = place
        self._cluster = cluster
        self._registration = registration
        self._descriptor: int | None = descriptor
        self._process = os.getpid()

    @property
    def url(self) -> str:
        """SQLAlchemy's URL of the database `broadsheet`, over the private socket."""
        return f"postgresql+psycopg://broadsheet@/broadsheet?host={quote(str(self.sockets))}&port={PORT}"

    @property
    def sockets(self) -> Path:
        """The directory of the server's socket, libpq's `host`."""
        return self._cluster.sockets

    @property
    def data(self) -> Path:
        """The data directory; its `log` folder has a file for each weekday."""
        return self._cluster.data

    def revive(self) -> bool:
        """Start the server again if it is gone though we use it: killed, or stopped by hand; tell whether that was so.

        Of several users one starts it, and the others find it there. Waits as `start` does, and raises the same; does
        nothing after `release`.
        """
        try:
            if self._is_there():
                return False
            held = _hold(self._place)
            try:
                if self._descriptor is None or self._is_there():
                    return False
                _await_ready(self._cluster)
            finally:
                os.close(held)
        except OSError as error:
            raise DatabaseUnavailable(f"PostgreSQL cannot be started again in {self.data}: {error}.") from error
        return True

    def _is_there(self) -> bool:
        """Tell whether the server runs, in whatever state: started, or being stopped by somebody."""
        lock = postmaster.read_pid_file(self.data)
        return lock is not None and (postmaster.is_ours(lock.pid, self.data) or postmaster.answers(self._cluster))

    def release(self) -> None:
        """Leave the server; the last user to leave stops it. A second call does nothing, as does a forked child's."""
        if self._descriptor is None or self._process != os.getpid():
            return
        descriptor, self._descriptor = self._descriptor, None
        try:
            held = _hold(self._place)
        except FileNotFoundError:  # then PostgreSQL, whose postmaster.pid is gone too, ends by itself within a minute
            _leave(self._registration, descriptor)
            log.warning("postgresql_removed", data=str(self.data), because="its directory is gone")
            return
        try:
            _leave(self._registration, descriptor)
            _stop_if_unused(self._place, self._cluster)
        finally:
            os.close(held)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def start(home: Path) -> Server:
    """Return the server of the data directory `home`/postgresql/data, started if nobody has, made if there is none.

    Waits as long as a recovery takes, with a log line every few seconds. Raises DatabaseUnavailable, with the way out,
    if PostgreSQL cannot be made or started.
    """
    home = home.absolute()
    try:
        return _start(home)
    except OSError as error:
        raise DatabaseUnavailable(
            f"PostgreSQL cannot store its data in {home}: {error.strerror or error} ({error.filename}). "
            "Set BROADSHEET_HOME to a directory of yours with space left, "
            "or BROADSHEET_DATABASE_URL to a server of your own."
        ) from error


def _start(home: Path) -> Server:
    home.mkdir(parents=True, exist_ok=True)
    held = _hold(home)
    try:
        place = settle(home / "postgresql")
    finally:
        os.close(held)
    data = place / "data"
    held = _hold(place)
    try:
        cluster = Cluster(data=data, account=choose(data))
        if data.exists():
            _check(cluster)
        registration, descriptor = _register(place)
        try:
            if not data.exists():
                log.info("postgresql_making", data=str(data))
                make(cluster, held)
            _await_ready(cluster)
        except BaseException:  # Ctrl-C too: what we began must not outlive us
            _leave(registration, descriptor)
            _stop_if_unused(place, cluster)
            raise
        return Server(place, cluster, registration, descriptor)
    finally:
        os.close(held)


def _check(cluster: Cluster) -> None:
    status = cluster.data.stat()
    if status.st_uid != cluster.account.uid:
        raise DatabaseUnavailable(
            f"{cluster.data} belongs to user {status.st_uid}. Run Broadsheet as that user, or set BROADSHEET_HOME."
        )
    version = cluster.data / "PG_VERSION"
    found = version.read_text().strip() if version.exists() else "no PostgreSQL"
    if found != MAJOR:
        raise DatabaseUnavailable(
            f"{cluster.data} was written by PostgreSQL {found}, and this is {MAJOR}. "
            "Transfer its content with pg_dump of the older one, or move it away to begin with an empty database."
        )
    postmaster.make_private(cluster)


def _await_ready(cluster: Cluster) -> None:
    """Return when the server takes connections, launching it if nobody has. Raises DatabaseUnavailable if it ends."""
    launched: int | None = None
    spoke_at = time.monotonic()
    for _ in postmaster.pauses():
        lock = postmaster.read_pid_file(cluster.data)
        # a standby takes connections, too, and is told apart by who asks it
        if lock and lock.status in ("ready", "standby") and postmaster.answers(cluster):
            return
        if time.monotonic() - spoke_at > SILENCE_SECONDS:
            if lock and lock.status == "ready" and postmaster.is_ours(lock.pid, cluster.data):
                raise DatabaseUnavailable(
                    f"PostgreSQL (process {lock.pid}) runs, but its socket in {cluster.sockets} is gone. "
                    "Stop the processes that use it, then try again."
                )
            spoke_at = time.monotonic()
            log.info("postgresql_waiting", data=str(cluster.data), log=_last_words(cluster))
        if lock and (postmaster.is_ours(lock.pid, cluster.data) or postmaster.answers(cluster)):
            continue  # starting, recovering or stopping
        if launched is not None and postmaster.lives(launched):
            continue  # it has not come as far as its postmaster.pid
        if launched is not None and b"shared memory block" not in cluster.start_log.read_bytes():
            raise DatabaseUnavailable(
                f"PostgreSQL did not start: {_last_words(cluster)} See {cluster.data / 'log'} and {cluster.start_log}, "
                "or set BROADSHEET_HOME to another directory."
            )
        # A process of a killed server may still be at work and hold its shared memory: we try again until it ends.
        # PostgreSQL would refuse to start for the sake of a stranger that has a dead server's number, or of a file
        # that a power cut emptied.
        for stale in (cluster.data / "postmaster.pid", cluster.sockets / f".s.PGSQL.{PORT}.lock"):
            stale.unlink(missing_ok=True)
        if launched is None and cluster.account.identity:
            log.info("postgresql_runs_as", user=cluster.account.name, because="PostgreSQL refuses to run as root")
        launched = postmaster.launch(cluster)


def _last_words(cluster: Cluster) -> str:
    """Return the last complaint of the present start: in the server's own log, or before that began."""
    began_at = cluster.start_log.stat().st_mtime if cluster.start_log.exists() else 0.0
    logs = [file for file in (cluster.data / "log").glob("*.log") if file.stat().st_mtime >= began_at]
    return last_words(cluster.start_log, *logs)


def _hold(directory: Path) -> int:
    """Wait for the lock of `directory` and return its descriptor; closing it gives the lock back."""
    # read-only and 0644, so that root and the data's owner can hold it in turn
    descriptor = os.open(directory / "postgresql.lock", os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log.info("postgresql_waiting_for_another", directory=str(directory))  # who starts or stops it just now
            fcntl.flock(descriptor, fcntl.LOCK_EX)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _register(place: Path) -> tuple[Path, int]:
    """Enter ourselves among the users of the server in `place`; its lock must be held."""
    users = place / "users"
    users.mkdir(exist_ok=True)
    registration = users / f"{os.getpid()}-{uuid.uuid4().hex}"
    descriptor = os.open(registration, os.O_RDONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    _registrations.add(descriptor)
    return registration, descriptor


def _leave(registration: Path, descriptor: int) -> None:
    _registrations.discard(descriptor)
    registration.unlink(missing_ok=True)
    os.close(descriptor)


def _stop_if_unused(place: Path, cluster: Cluster) -> None:
    """Sweep the registrations of the dead; stop the server if no living user is left. The lock must be held."""
    living = 0
    for registration in (place / "users").iterdir():
        descriptor = os.open(registration, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            registration.unlink()
        except BlockingIOError:
            living += 1
        finally:
            os.close(descriptor)
    if not living and not postmaster.stop(cluster):
        log.warning("postgresql_left_running", data=str(cluster.data), because="its process cannot be seen from here")


def _let_go() -> None:
    for descriptor in _registrations:
        os.close(descriptor)
    _registrations.clear()


os.register_at_fork(after_in_child=_let_go)
