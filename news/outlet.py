"""An outlet is data: one small file each, checked field by field."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from news.configuration import READERS
from news.errors import ConfigurationError
from news.schedule import Schedule, parse_schedule
from news.storable import is_storable
from news.url import ADDRESS_BYTES, AddressTooLong, normal

SLUG = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")


class SourceKind(StrEnum):
    """A kind of place where an outlet announces its articles; each is a module under crawler/sources/."""

    FEED = "feed"  # RSS or Atom
    SITEMAP = "sitemap"  # a sitemap, news sitemap or sitemap index
    FRONT_PAGE = "front_page"


@dataclass(frozen=True, kw_only=True)
class Source:
    """One address that announces articles."""

    kind: SourceKind
    url: str


@dataclass(frozen=True, kw_only=True)
class Outlet:
    """A publisher with one home. `slug` is its id: the name of its file."""

    slug: str
    name: str
    home: str
    #: ISO 3166-1 alpha-2, lower case
    country: str = ""
    #: BCP 47, the most used first
    languages: tuple[str, ...] = ()
    #: IANA name; None where unknown: then no zone is assumed for a time that states none
    timezone: str | None = None
    sources: tuple[Source, ...] = ()
    #: least seconds between two requests to the outlet's registrable domain; robots.txt may ask for more
    delay_seconds: float = 1.0
    #: hosts beside the home's registrable domain that carry its articles
    hosts: tuple[str, ...] = ()
    #: only addresses that match one of these regular expressions are articles; empty: any
    include: tuple[str, ...] = ()
    #: addresses that match one of these are skipped
    exclude: tuple[str, ...] = ()
    #: sent with each request to the outlet's sites, and to no other
    headers: Mapping[str, str] | None = None
    cookies: Mapping[str, str] | None = None
    #: `http://[user:password@]host:port`, for the requests to the outlet's sites alone
    proxy: str | None = None
    #: its pages are read as a browser shows them, once their scripts have run (crawler.browser)
    render: bool = False
    #: whose text is taken, one of READERS; "": as BROADSHEET_READER says
    reader: str = ""
    #: CSS selectors, only if nothing else will do: field name -> selector
    selectors: Mapping[str, str] | None = None
    #: the outlet's statement forbids training of models; recorded with each article
    forbids_ai_training: bool | None = None
    #: crawled from the first day; what a user enables or disables stands in the ledger
    enabled: bool = False
    #: when its sources are read and its articles visited again
    schedule: Schedule = field(default_factory=Schedule)


#: headers that frame the request, or have a field of their own
_NOT_OWN = frozenset("host content-length transfer-encoding connection cookie proxy-authorization".split())
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")

_LISTS = {"feeds": SourceKind.FEED, "sitemaps": SourceKind.SITEMAP, "front_pages": SourceKind.FRONT_PAGE}
#: what a file may have, and of which type
FIELDS: dict[str, type | tuple[type, ...]] = {
    "name": str,
    "home": str,
    "country": str,
    "languages": list,
    "timezone": str,
    "delay_seconds": (int, float),
    "hosts": list,
    "include": list,
    "exclude": list,
    "headers": dict,
    "cookies": dict,
    "proxy": str,
    "render": bool,
    "reader": str,
    "selectors": dict,
    "forbids_ai_training": bool,
    "enabled": bool,
    "feeds": list,
    "sitemaps": list,
    "front_pages": list,
    "schedule": dict,
}


def parse(slug: str, fields: Mapping[str, Any], place: str) -> Outlet:
    """Return the outlet that a TOML file's `fields` describe; `place` names the file in errors.

    Raises ConfigurationError, which names the field and the file, for an unknown field, a wrong type, a missing
    name or home, an address that is not http(s), an unknown time zone or a broken regular expression.
    """
    values = dict(fields)
    if not SLUG.fullmatch(slug):
        raise ConfigurationError(f"{place}: an outlet file's name may have only a-z, 0-9 and single _, not '{slug}'.")
    for name, value in values.items():
        if name not in FIELDS:
            raise ConfigurationError(f"{place}: unknown field '{name}'. Use one of: {', '.join(sorted(FIELDS))}.")
        expected = FIELDS[name]
        wrong = not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool)
        if wrong or (isinstance(value, list) and not all(isinstance(item, str) for item in value)):
            raise ConfigurationError(f"{place}: field '{name}' cannot be {value!r}.")
        if not is_storable(value):
            raise ConfigurationError(f"{place}: field '{name}' has a control character or a number that is too large.")
        if name != "schedule" and isinstance(value, dict) and not all(isinstance(item, str) for item in value.values()):
            raise ConfigurationError(f"{place}: each entry of '{name}' must be a string.")
    for name in ("name", "home"):
        if not values.get(name):
            raise ConfigurationError(f"{place}: field '{name}' is missing.")
    sources = tuple(Source(kind=kind, url=url) for name, kind in _LISTS.items() for url in values.pop(name, ()))
    for url in (values["home"], *(source.url for source in sources)):
        _check_address(url, place)
    if (zone := values.get("timezone")) is not None:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ConfigurationError(f"{place}: field 'timezone': no IANA time zone '{zone}'.") from error
    for name in ("include", "exclude"):
        for pattern in values.get(name, ()):
            try:
                re.compile(pattern)
            except re.error as error:
                raise ConfigurationError(f"{place}: field '{name}': '{pattern}': {error}.") from error
    if (reader := values.get("reader", "")) and reader not in READERS:
        raise ConfigurationError(f"{place}: field 'reader' is one of {', '.join(READERS)}, not '{reader}'.")
    if values.get("delay_seconds", 0) < 0:
        raise ConfigurationError(f"{place}: field 'delay_seconds' must not be below 0.")
    _check_own(values, place)
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    values["schedule"] = parse_schedule(values.get("schedule", {}), place)
    values["country"] = values.get("country", "").lower()
    return Outlet(slug=slug, sources=sources or (Source(kind=SourceKind.FRONT_PAGE, url=values["home"]),), **values)


def _check_address(url: str, place: str) -> None:
    """Raise ConfigurationError for what is no http(s) address, or is too long to be kept."""
    try:
        normal(url)
    except AddressTooLong as error:
        raise ConfigurationError(f"{place}: '{url[:100]}…': {error}.") from error
    except ValueError as error:
        raise ConfigurationError(f"{place}: {error}.") from error
    # the ledger knows a source by its address as the file has it
    if (size_bytes := len(url.encode())) > ADDRESS_BYTES:
        raise ConfigurationError(f"{place}: '{url[:100]}…': {AddressTooLong(size_bytes, ADDRESS_BYTES)}.")


def _check_own(values: Mapping[str, Any], place: str) -> None:
    """Raise ConfigurationError for headers, cookies or a proxy that cannot be."""
    for own in ("headers", "cookies"):
        for name, value in values.get(own, {}).items():
            if not _HEADER.fullmatch(name) or (own == "headers" and name.lower() in _NOT_OWN):
                raise ConfigurationError(f"{place}: field '{own}': '{name}' cannot be set.")
            if not value.isprintable() or (own == "cookies" and ";" in value):
                raise ConfigurationError(f"{place}: field '{own}': the value of '{name}' cannot be sent.")
    proxy = values.get("proxy")
    if proxy is not None:
        parts = urlsplit(proxy)
        if parts.scheme != "http" or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ConfigurationError(f"{place}: field 'proxy' is http://host:port or http://user:password@host:port.")
