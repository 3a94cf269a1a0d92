"""An outlet's file, edited field by field: all other lines, comments among them, stay as their author wrote them."""

import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from crawler.autodiscovery import toml_value
from crawler.catalogue import SHIPPED, Catalogue, read_outlet
from news.errors import ConfigurationError, UnknownOutlet, hint
from news.outlet import FIELDS, parse
from news.schedule import FIELDS as SCHEDULE_FIELDS

_KEY = re.compile(r"[A-Za-z0-9_-]+")
_TRUE, _FALSE = ("true", "yes", "1"), ("false", "no", "0")
#: tables whose entries are texts, by names of their own
_TABLES = tuple(name for name, kind in FIELDS.items() if kind is dict and name != "schedule")
#: one entry of a file: ("delay_seconds",), ("schedule", "cron"), ("headers", "User-Agent")
Key = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class FileEdit:
    """An outlet's file that was edited."""

    path: Path
    #: whether the file was made for it: the outlet comes with Broadsheet, and had none of the user's
    is_new: bool
    #: field -> what it was and is, None where it was or is not there
    changed: Mapping[str, tuple[Any, Any]]


def edit_file(home: Path, slug: str, given: Iterable[str], added: Iterable[str], unset: Iterable[str]) -> FileEdit:
    """Edit the file of an outlet, and return what differs now; an outlet that is included gets a file of the user's.

    `given` and `added` are texts such as `delay_seconds=2`: several of one list make the list, added ones come behind
    what it has. `unset` are names of fields that are taken away. The file is checked as a whole before it is replaced.

    Raises UnknownOutlet, and ConfigurationError for what there is not or cannot be; nothing has changed then.
    """
    source = file_of(home, slug)
    path = home / "outlets" / f"{slug}.toml"
    try:
        text = source.read_text(encoding="utf-8")
        old = tomllib.loads(text)
    except OSError as error:
        raise ConfigurationError(f"{source} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise ConfigurationError(f"{source}: {error}. Correct the file by hand.") from error
    wanted = _wanted(old, given, added, unset)
    new = old
    for key, value in wanted.items():
        new = _put(new, key, value)
    changed = {".".join(key): (_at(old, key), value) for key, value in wanted.items() if _at(old, key) != value}
    parse(slug, new, str(path))
    if changed:
        for key, value in wanted.items():
            text = _rewritten(text, key, value)
        if tomllib.loads(text) != new:
            raise ConfigurationError(f"{source} is written in a way that cannot be edited here; edit it by hand.")
        _replace(path, text)
    return FileEdit(path=path, is_new=bool(changed) and source != path, changed=changed)


def remove_file(home: Path, slug: str) -> bool:
    """Remove the user's own file of an outlet, and say whether the one that is included is there in its place.

    Raises UnknownOutlet, and ConfigurationError where the user has no file of it.
    """
    source = file_of(home, slug)
    path = home / "outlets" / f"{slug}.toml"
    if source != path:
        raise ConfigurationError(
            f"'{slug}' is included in Broadsheet and has no file of yours. `broadsheet outlets disable {slug}` "
            "stops its crawls."
        )
    try:
        path.unlink()
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be removed: {error.strerror}.") from error
    return _shipped(slug) is not None


def file_of(home: Path, slug: str) -> Path:
    """Return where the file of an outlet is: the user's, else the one that is included. Raises UnknownOutlet."""
    own = home / "outlets" / f"{slug}.toml"
    if "/" not in slug and own.is_file():
        return own
    if found := _shipped(slug):
        return found
    raise UnknownOutlet(slug[:100], [outlet.slug for outlet in Catalogue(home=home)])


def _shipped(slug: str) -> Path | None:
    return next((path for path in SHIPPED.glob("*/*.toml") if path.stem == slug), None)


def _wanted(old: Mapping[str, Any], given: Iterable[str], added: Iterable[str], unset: Iterable[str]) -> dict[Key, Any]:
    """Return what each field is to be, None where it is to go. Raises ConfigurationError."""
    wanted: dict[Key, Any] = {}
    for each in given:
        key, value = _pair(each, "--set")
        listed = isinstance(value, list)
        wanted[key] = [*wanted[key], *value] if listed and wanted.get(key) is not None else value
    for each in added:
        key, value = _pair(each, "--add")
        if not isinstance(value, list):
            raise ConfigurationError(f"'{'.'.join(key)}' is no list; use --set {each}.")
        known = wanted.get(key, _at(old, key) or [])
        wanted[key] = [*known, *(one for one in value if one not in known)]
    for name in unset:
        wanted[(name,) if name in old else _key(name)] = None  # an unknown field, too, is taken out of a file
    return wanted


def _pair(text: str, option: str) -> tuple[Key, Any]:
    name, found, value = text.partition("=")
    if not found:
        raise ConfigurationError(f"{option} takes FIELD=VALUE, such as delay_seconds=2, not '{text[:100]}'.")
    key = _key(name.strip())
    return key, _typed(key, value.strip())


def _key(name: str) -> Key:
    """Return the path of a field. Raises ConfigurationError for one that there is not, with the nearest."""
    first, dot, rest = name.partition(".")
    if first in _TABLES and rest:
        return first, rest
    if first == "schedule" and rest in SCHEDULE_FIELDS and rest != "sources":
        return first, rest
    if first in FIELDS and not dot and first not in ("schedule", *_TABLES):
        return (first,)
    known = [each for each in FIELDS if each not in ("schedule", *_TABLES)]
    known += [f"schedule.{each}" for each in SCHEDULE_FIELDS if each != "sources"]
    if first in _TABLES:
        raise ConfigurationError(f"'{first}' has entries: name one, such as {first}.NAME=VALUE.")
    raise ConfigurationError(f"There is no field '{name[:50]}'. {hint(name, [*known, *_TABLES])}")


def _typed(key: Key, text: str) -> Any:
    """Return a value of the field's type. Raises ConfigurationError."""
    kinds = SCHEDULE_FIELDS[key[1]] if key[0] == "schedule" else FIELDS[key[0]] if len(key) == 1 else str
    kinds = kinds if isinstance(kinds, tuple) else (kinds,)
    if bool in kinds:
        if text.lower() in (*_TRUE, *_FALSE):
            return text.lower() in _TRUE
        raise ConfigurationError(f"'{'.'.join(key)}' is true or false, not '{text[:50]}'.")
    if float in kinds:
        try:
            return int(text) if text.isdecimal() else float(text)
        except ValueError as error:
            raise ConfigurationError(f"'{'.'.join(key)}' is a number, not '{text[:50]}'.") from error
    return [text] if list in kinds else text


def _at(fields: Mapping[str, Any], key: Key) -> Any:
    found: Any = fields
    for name in key:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _put(fields: Mapping[str, Any], key: Key, value: Any) -> dict[str, Any]:
    """Return the fields with one of them being `value`; None takes it away."""
    name, *rest = key
    if value is None and name not in fields:
        return dict(fields)
    inner = _put(fields.get(name, {}), tuple(rest), value) if rest else value
    return {each: known for each, known in {**fields, name: inner}.items() if known is not None}


def _rewritten(text: str, key: Key, value: Any) -> str:
    """Return a file's text in which one field is `value`, in its place where it has one; None takes it away."""
    made = "" if value is None else f"{_name(key[-1])} = {toml_value(value)}\n"
    parts, table, end, is_written = [], "", 0, False
    for part in _statements(text):
        table = part if part.lstrip().startswith("[") else table
        stated = tomllib.loads(part if part is table else table + part)
        if _at(stated, key) is not None:
            part, is_written = made, True
        parts.append(part)
        # a new entry stands behind the last one of its table
        if part.strip() and (_at(stated, key[:-1]) is not None if len(key) > 1 else not table):
            end = len(parts)
    if is_written or value is None:
        return "".join(parts)
    if len(key) > 1 and not end:
        end, made = len(parts), f"\n[{key[0]}]\n{made}"
    before = "".join(parts[:end])
    return before + ("\n" if before and not before.endswith("\n") else "") + made + "".join(parts[end:])


def _name(key: str) -> str:
    return key if _KEY.fullmatch(key) else toml_value(key)


def _statements(text: str) -> Iterator[str]:
    """Yield a file's statements with their line ends: comments and empty lines, tables' heads, keys with values."""
    lines = text.splitlines(keepends=True)
    begin = 0
    while begin < len(lines):
        for end in range(begin + 1, len(lines) + 1):
            part = "".join(lines[begin:end])
            try:
                tomllib.loads(part)
            except ValueError:
                continue  # its value goes on in the next line
            yield part
            begin = end
            break
        else:
            yield "".join(lines[begin:])
            return


def _replace(path: Path, text: str) -> None:
    """Write a file at once: who reads it meanwhile sees the one or the other. Raises ConfigurationError."""
    made: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, suffix=".new", delete=False) as file:
            made = Path(file.name)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        made.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        made.replace(path)
    except OSError as error:
        if made:
            made.unlink(missing_ok=True)
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}.") from error
    read_outlet(path)
