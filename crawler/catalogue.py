"""All outlets: those that come with Broadsheet and the user's own, each one TOML file, found by itself."""

import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

from news.errors import ConfigurationError, UnknownOutlet
from news.outlet import Outlet, parse

#: outlets that come with Broadsheet: crawler/outlets/<country>/<slug>.toml
SHIPPED = Path(__file__).parent / "outlets"


class Catalogue:
    """The outlets by slug, and what is wrong with the files that could not be read."""

    def __init__(self, outlets: Iterable[Outlet], broken: Iterable[str] = ()) -> None:
        self._outlets = {outlet.slug: outlet for outlet in sorted(outlets, key=lambda outlet: outlet.slug)}
        #: a sentence for each file that was passed over
        self.broken = tuple(broken)

    def __iter__(self) -> Iterator[Outlet]:
        return iter(self._outlets.values())

    def __len__(self) -> int:
        return len(self._outlets)

    def outlet(self, slug: str) -> Outlet:
        """Return the outlet of this name. Raises UnknownOutlet, which names the nearest one."""
        try:
            return self._outlets[slug]
        except KeyError:
            raise UnknownOutlet(slug, self._outlets) from None

    def joined(self, outlets: Iterable[Outlet]) -> "Catalogue":
        """Return a catalogue with `outlets` besides, or in place of, its own."""
        return Catalogue([*self, *outlets], self.broken)


def read_catalogue(home: Path) -> Catalogue:
    """Return every outlet that is shipped or stands in `home/outlets/`; a user's file replaces a shipped one.

    A broken file never stops the others: its error is in `broken`, with file and field.
    """
    outlets: dict[str, Outlet] = {}
    broken = []
    for path in [*sorted(SHIPPED.glob("*/*.toml")), *sorted((home / "outlets").glob("*.toml"))]:
        try:
            outlets[path.stem] = read_outlet(path)
        except ConfigurationError as error:
            broken.append(str(error))
    return Catalogue(outlets.values(), broken)


def read_outlet(path: Path) -> Outlet:
    """Return the outlet of a file. Raises ConfigurationError, which names the file and the field or line."""
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
    return parse(path.stem, fields, str(path))
