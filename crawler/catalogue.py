"""All outlets: those that come with Broadsheet and the user's own, each one TOML file, found by itself."""

import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

from news.errors import ConfigurationError, UnknownOutlet
from news.log import Log
from news.outlet import Outlet, parse

log = Log()

#: outlets that come with Broadsheet: crawler/outlets/<country>/<slug>.toml
SHIPPED = Path(__file__).parent / "outlets"
#: the longest of ours has 1 KiB, and hundreds of sources fit; the TOML parser's time grows with the square of a key
MOST_BYTES = 1 << 16
#: what tells that a file was written since: its time of change, in ns, and its bytes
Stamp = tuple[int, int]


class Catalogue:
    """The outlets by slug, and what is wrong with the files that could not be read."""

    def __init__(
        self, outlets: Iterable[Outlet] = (), home: Path | None = None, *, shipped: Path | None = SHIPPED
    ) -> None:
        """Take every outlet that is shipped or stands in `home/outlets/`, if there is a home, and `outlets` besides.

        Whoever asks for the user's own files alone, which are read in no time, gives None for `shipped`.

        A user's file replaces a shipped one, and `outlets` replace both. A broken file never stops the others: its
        error is in `broken`, with file and field. Nor does the shipped file of its name stand in for it: the user's may
        have had a delay, a proxy or another home.
        """
        self._given = {outlet.slug: outlet for outlet in outlets}
        self._home = home
        self._shipped = shipped
        self._files: dict[Path, tuple[Stamp, Outlet | None, str]] = {}
        self._outlets: dict[str, Outlet] = {}
        #: a sentence for each file that was skipped
        self.broken: tuple[str, ...] = ()
        self.reread()

    def __iter__(self) -> Iterator[Outlet]:
        return iter(self._outlets.values())

    def __len__(self) -> int:
        return len(self._outlets)

    def outlet(self, slug: str) -> Outlet:
        """Return the outlet of this name.

        Raises UnknownOutlet, which names the nearest one, or ConfigurationError with what is wrong with its file.
        """
        try:
            return self._outlets[slug]
        except KeyError:
            for path, (_, _, error) in self._files.items():
                if error and path.stem == slug:
                    raise ConfigurationError(error) from None
            raise UnknownOutlet(slug, self._outlets) from None

    def reread(self) -> None:
        """Read the files that were written since the last time; call it in a thread where others wait.

        One that is broken now keeps the outlet that it was: who writes it may be in the middle of a line.
        """
        files: dict[Path, tuple[Stamp, Outlet | None, str]] = {}
        for path in self._paths():
            known = self._files.get(path)
            try:
                found = path.stat()
            except FileNotFoundError:
                continue  # taken away since it was listed, or a link to nowhere
            except OSError as error:
                files[path] = ((0, 0), known[1] if known else None, f"{path}: {error.strerror}.")
                continue
            stamp = (found.st_mtime_ns, found.st_size)
            if known is not None and known[0] == stamp:
                files[path] = known
                continue
            try:
                files[path] = (stamp, read_outlet(path), "")
            except ConfigurationError as error:
                files[path] = (stamp, known[1] if known else None, str(error))
                if self._files:  # of the first reading, a daemon and the commands tell by themselves
                    log.warning("outlet_file_broken", reason=str(error), kept=bool(known and known[1]))
        # by file name: the user's files come last
        by_slug = {path.stem: outlet for path, (_, outlet, _) in files.items()}
        outlets = {slug: outlet for slug, outlet in by_slug.items() if outlet is not None} | self._given
        # each at once: others iterate meanwhile
        self._outlets = dict(sorted(outlets.items()))
        self.broken = tuple(error for _, _, error in files.values() if error)
        self._files = files

    def _paths(self) -> list[Path]:
        if self._home is None:
            return []
        shipped = sorted(self._shipped.glob("*/*.toml")) if self._shipped else ()
        return [*shipped, *sorted((self._home / "outlets").glob("*.toml"))]


def read_outlet(path: Path) -> Outlet:
    """Return the outlet of a file. Raises ConfigurationError, which names the file and the field or line."""
    try:
        # a pipe or a device would be waited for
        if not path.is_file():
            raise ConfigurationError(f"{path}: not a file.")
        if (size_bytes := path.stat().st_size) > MOST_BYTES:
            raise ConfigurationError(f"{path}: {size_bytes:,} bytes; an outlet file may have {MOST_BYTES:,}.")
        return parse(path.stem, tomllib.loads(path.read_text(encoding="utf-8")), str(path))
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}.") from error
    except RecursionError as error:
        raise ConfigurationError(f"{path}: it is nested too deeply for an outlet file.") from error
    except ValueError as error:  # of TOML, UTF-8 and a number of thousands of digits
        raise ConfigurationError(f"{path}: {error}") from error
