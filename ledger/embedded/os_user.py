"""Which user runs PostgreSQL, and where that user can work: PostgreSQL refuses to run as root."""

import contextlib
import hashlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from news.errors import DatabaseUnavailable
from news.log import Log

#: where root keeps what another user must reach and cannot, because a parent is closed (/root is, on most machines)
SYSTEM = Path("/var/lib/broadsheet")

#: users that exist to run PostgreSQL: ours, then Linux distributions' and macOS's
NAMES = ("broadsheet", "postgres", "_postgres")

log = Log()


class Identity(TypedDict, total=False):
    """The arguments of subprocess.Popen that change the user; empty: none of them."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, kw_only=True)
class Account:
    """The user whom PostgreSQL runs as and who owns its files."""

    name: str
    uid: int
    gid: int

    @property
    def identity(self) -> Identity:
        """What Popen needs to run as this user; nothing if we are that user already."""
        if self.uid == os.geteuid():
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def give(self, path: Path) -> None:
        """Make `path` this user's own."""
        if self.identity:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def reaches(self, directory: Path) -> bool:
        """Tell whether this user may enter `directory`; tried, not computed, so that ACLs and mounts count too."""
        enter = ["/bin/sh", "-c", 'cd "$1"', "sh", str(directory)]
        return subprocess.run(enter, cwd="/", capture_output=True, check=False, **self.identity).returncode == 0  # noqa: S603

    def runs(self, program: Path) -> bool:
        """Tell whether this user may execute `program`."""
        try:
            tried = subprocess.run(  # noqa: S603
                [program, "--version"], cwd="/", capture_output=True, check=False, **self.identity
            )
        except PermissionError:
            return False
        return tried.returncode == 0


def choose(data: Path) -> Account:
    """Return the user to run the server of the data directory `data` as.

    Ourselves, unless we are root. Then: whoever owns the data; else a user that exists for this (NAMES); else
    a system user `broadsheet` is made. Raises DatabaseUnavailable if that cannot be done.
    """
    if os.geteuid() != 0:
        return Account(name=str(os.geteuid()), uid=os.geteuid(), gid=os.getegid())
    if data.exists() and (owner := data.stat()).st_uid != 0:
        with contextlib.suppress(KeyError):
            return Account(name=data.owner(), uid=owner.st_uid, gid=owner.st_gid)
        return Account(name=f"number {owner.st_uid}", uid=owner.st_uid, gid=owner.st_gid)
    for name in NAMES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    return _make(NAMES[0])


def _make(name: str) -> Account:
    program = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    said = "there is no useradd here"
    if program:
        command = [program, "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
        made = subprocess.run(  # noqa: S603
            [*command, "--shell", "/usr/sbin/nologin", name], capture_output=True, text=True, check=False
        )
        if made.returncode == 0:
            log.info("postgresql_user_made", user=name, because="PostgreSQL refuses to run as root")
            entry = pwd.getpwnam(name)
            return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
        said = made.stderr.strip()
    raise DatabaseUnavailable(
        f"PostgreSQL refuses to run as root, and no system user '{name}' could be made ({said}). "
        "Make one, run Broadsheet as an ordinary user, or set BROADSHEET_DATABASE_URL."
    )


def settle(place: Path) -> Path:
    """Return the directory in which PostgreSQL's files are to live: `place`, made if need be, or a stand-in.

    An ordinary user's is `place`. Root's is too if PostgreSQL's user can enter it. If a closed parent is in the way,
    it stays closed: the files live under SYSTEM, and `place` becomes a link to them.
    Raises DatabaseUnavailable if `place` is a link to nothing, or holds data that their owner cannot reach.
    """
    if place.is_symlink():
        if not place.exists():
            raise DatabaseUnavailable(
                f"{place} points to {place.readlink()}, which is gone. "
                "Bring it back, or remove the link to begin with an empty database."
            )
        return place.resolve()
    if os.geteuid() != 0:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        return place.resolve()
    if not place.exists():
        place.mkdir(parents=True)
        place.chmod(0o755)  # our own new directory: what is private in it is closed by itself
    account = choose(place / "data")
    if account.reaches(place):
        return place.resolve()
    if (place / "data").exists():
        raise DatabaseUnavailable(
            f"The user {account.name}, who owns {place / 'data'}, cannot enter it. "
            f"Let that user through its parent directories, or move {place} and link to it."
        )
    stand_in = SYSTEM / hashlib.sha256(os.fsencode(place.resolve())).hexdigest()[:16]
    for directory in (SYSTEM, stand_in):
        if not directory.exists():
            directory.mkdir(parents=True)
            directory.chmod(0o755)
    place.rmdir()
    place.symlink_to(stand_in)
    log.info("postgresql_moved", to=str(stand_in), because=f"the user {account.name} cannot enter {place}")
    return stand_in


def lend(programs: Path, account: Account) -> Path:
    """Return a directory with PostgreSQL's programs that `account` can run: `programs`, or a copy under SYSTEM.

    An environment installed below /root is closed to every other user; it is copied (30 MB), not opened.
    """
    if not account.identity or account.runs(programs / "postgres"):
        return programs
    status = (programs / "postgres").stat()
    copy = SYSTEM / f"programs-{status.st_size}-{status.st_mtime_ns}"
    if not copy.exists():
        unfinished = copy.with_name(f"{copy.name}.{os.getpid()}")
        shutil.copytree(programs.parent, unfinished, ignore=shutil.ignore_patterns("include"))
        for directory in (SYSTEM, unfinished, unfinished / "bin"):
            directory.chmod(0o755)
        try:
            unfinished.rename(copy)
        except OSError:
            if not copy.exists():
                raise
            shutil.rmtree(unfinished)  # another process was faster
        log.info("postgresql_copied", to=str(copy), because=f"the user {account.name} cannot run {programs}")
    return copy / "bin"
