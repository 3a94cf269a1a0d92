"""The environment, read in one place."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import platformdirs

from news.errors import ConfigurationError

PREFIX = "BROADSHEET_"
#: whose text of a page is taken; all other fields are always our own
READERS = ("broadsheet", "trafilatura")
#: how a mail server is spoken to: encrypted from a command on, from the start, or not at all
SMTP_SECURITY = ("starttls", "tls", "none")
#: what follows the host's colon; a password may have any sign but @, as SQLAlchemy reads it
_PORT = re.compile(r"[^:]+://(?:[^:/]*(?::[^@]*)?@)?+(?:\[[^/?]+\]|[^/:?]*):([^/?]*)")


#: a name or an address, without scheme, port and path
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?|\[?[0-9a-f:]*:[0-9a-f:.]*\]?")


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """What the environment says. Each field is `BROADSHEET_` and its name in capitals."""

    #: where the user's outlets and the embedded PostgreSQL live; default: the platform's data directory
    home: Path
    #: a PostgreSQL of one's own, `postgresql://...`; None starts the embedded one
    database_url: str | None = None
    #: `http(s)://...`, of several nodes separated by commas; None searches in PostgreSQL
    elasticsearch_url: str | None = None
    elasticsearch_api_key: str | None = None
    elasticsearch_ca_certs: Path | None = None
    #: an encoded API key of Kibana's, by which `broadsheet kibana install` may write
    kibana_api_key: str | None = None
    kibana_ca_certs: Path | None = None
    #: what a program must send to change anything over the web; None refuses changes from beyond loopback
    token: str | None = None
    #: IANA name of the time zone in which pages show times; None: that of the reader's browser, else UTC
    timezone: str | None = None
    #: names under which the pages are asked for from elsewhere, as a proxy passes them on
    hosts: tuple[str, ...] = ()
    #: an address or URL where outlets reach the operator; part of the user agent
    contact: str | None = None
    #: a directory in which every page that is fetched is kept as it came, in WARC files; None keeps none
    archive: Path | None = None
    #: the folder of a spaCy pipeline that finds names besides our own; None: our own alone
    entity_model: Path | None = None
    #: whose text of a page is taken, one of READERS, where its outlet's file does not say
    reader: str = READERS[0]
    #: the browser for outlets with `render = true`: a program's name or path; "": Chromium, as it is called here
    chromium: str = ""
    #: for tests and the demo: loopback may be crawled
    allow_loopback: bool = False
    #: days apart that two copies of a text may be seen and still be one story
    story_days: int = 14
    #: an article that is older is visited no more, unless its outlet's file or a person asks for it
    revisit_days: int = 30
    #: gibibytes that the newest pages of articles, as they came, take up in the ledger at most; 0 keeps none
    raw_pages_gb: float = 5.0
    #: days after which such a page is forgotten; None: when its article is re-fetched no more
    raw_pages_days: int | None = None
    #: crawl events that are older are removed from the index; None: they are kept for good
    events_days: int | None = None
    #: `http(s)://...` that gets an event when an outlet becomes unhealthy and when it has recovered
    webhook_url: str | None = None
    #: where readers reach the pages, without a slash at its end: the links in notifications
    public_url: str = "http://127.0.0.1:8000"
    #: watches' webhooks may be on this machine or inside private networks
    private_webhooks: bool = False
    #: the mail server that takes watches' e-mails; None: none are sent
    smtp_host: str | None = None
    #: None: what is usual with `smtp_security`, 587, 465 or 25
    smtp_port: int | None = None
    #: one of SMTP_SECURITY
    smtp_security: str = "starttls"
    smtp_user: str | None = None
    smtp_password: str | None = None
    #: the sender's address, or `Name <address>`
    smtp_from: str | None = None

    def __repr__(self) -> str:
        """Name what is set; secrets and URLs, which may carry a password, are not shown."""
        return f"Configuration(home={str(self.home)!r}, allow_loopback={self.allow_loopback})"


def read(environment: Mapping[str, str] | None = None) -> Configuration:
    """Return what `environment` (default: the process's own) says.

    Raises ConfigurationError for a variable of ours that nothing reads, and for a value that cannot be meant.
    """
    found = {
        name.removeprefix(PREFIX).lower(): value.strip()
        for name, value in (os.environ if environment is None else environment).items()
        if name.startswith(PREFIX) and value.strip()
    }
    known = set(Configuration.__dataclass_fields__)
    for name in found:
        if name not in known:
            raise ConfigurationError(
                f"{PREFIX}{name.upper()} is not a setting. Use one of: "
                f"{', '.join(PREFIX + each.upper() for each in sorted(known))}."
            )
    _check_url(found, "database_url", ("postgresql", "postgres"))
    _check_url(found, "webhook_url", ("http", "https"), needs_host=True)
    _check_url(found, "public_url", ("http", "https"), needs_host=True)
    if "elasticsearch_url" in found and not nodes(found["elasticsearch_url"]):
        raise ConfigurationError(f"{PREFIX}ELASTICSEARCH_URL names no host: http://HOST… is expected.")
    for node in nodes(found.get("elasticsearch_url", "")):
        _check_url({"elasticsearch_url": node}, "elasticsearch_url", ("http", "https"), needs_host=True)
    return Configuration(
        home=Path(found["home"]) if "home" in found else platformdirs.user_data_path("broadsheet", appauthor=False),
        database_url=found.get("database_url"),
        elasticsearch_url=found.get("elasticsearch_url"),
        elasticsearch_api_key=found.get("elasticsearch_api_key"),
        elasticsearch_ca_certs=_file(found, "elasticsearch_ca_certs"),
        kibana_api_key=found.get("kibana_api_key"),
        kibana_ca_certs=_file(found, "kibana_ca_certs"),
        token=found.get("token"),
        timezone=_timezone(found),
        hosts=_hosts(found),
        contact=found.get("contact"),
        archive=Path(found["archive"]) if "archive" in found else None,
        entity_model=_model(found),
        reader=_reader(found),
        chromium=found.get("chromium", ""),
        allow_loopback=_is_yes(found, "allow_loopback"),
        story_days=_days(found, "story_days", Configuration.story_days),
        revisit_days=_days(found, "revisit_days", Configuration.revisit_days),
        raw_pages_gb=_gibibytes(found, "raw_pages_gb", Configuration.raw_pages_gb),
        raw_pages_days=_days(found, "raw_pages_days", 0) if "raw_pages_days" in found else None,
        events_days=_days(found, "events_days", 0) if "events_days" in found else None,
        webhook_url=found.get("webhook_url"),
        public_url=found.get("public_url", Configuration.public_url).rstrip("/"),
        private_webhooks=_is_yes(found, "private_webhooks"),
        **_smtp(found),
    )


def nodes(urls: str) -> list[str]:
    """Return the addresses of a comma-separated list; a comma in a password is written %2C.

    >>> nodes("https://a.example:9200, https://b.example:9200,")
    ['https://a.example:9200', 'https://b.example:9200']
    """
    return [url.strip() for url in urls.split(",") if url.strip()]


def _check_url(found: Mapping[str, str], name: str, schemes: tuple[str, ...], *, needs_host: bool = False) -> None:
    """Raise ConfigurationError for an address that cannot be meant, without its text: it may carry a password."""
    if name not in found:
        return
    variable = f"{PREFIX}{name.upper()}"
    if not found[name].startswith(tuple(f"{scheme}://" for scheme in schemes)):
        raise ConfigurationError(f"{variable} must begin with {schemes[0]}://")
    port = _PORT.match(found[name])
    if port and not (port[1].isascii() and port[1].isdigit() and 0 < int(port[1][:6]) <= 65_535):
        raise ConfigurationError(f"{variable}: the port must be a number from 1 to 65535.")
    try:
        host = urlsplit(found[name]).hostname if needs_host else "any"
    except ValueError as error:
        raise ConfigurationError(f"{variable} is not an address: its host cannot be read.") from error
    if not host:
        raise ConfigurationError(f"{variable} names no host: {schemes[0]}://HOST… is expected.")


def _is_yes(found: Mapping[str, str], name: str) -> bool:
    value = found.get(name, "no").lower()
    if value in ("1", "true", "yes"):
        return True
    if value in ("0", "false", "no"):
        return False
    raise ConfigurationError(f"{PREFIX}{name.upper()} is yes or no, not '{value}'.")


def _file(found: Mapping[str, str], name: str) -> Path | None:
    path = Path(found[name]) if name in found else None
    if path and not path.is_file():
        raise ConfigurationError(f"{PREFIX}{name.upper()}: there is no file {path}.")
    return path


def _reader(found: Mapping[str, str]) -> str:
    name = found.get("reader", Configuration.reader)
    if name not in READERS:
        raise ConfigurationError(f"{PREFIX}READER is one of {', '.join(READERS)}, not '{name}'.")
    return name


def _model(found: Mapping[str, str]) -> Path | None:
    path = Path(found["entity_model"]) if "entity_model" in found else None
    if path and not (path / "config.cfg").is_file():
        raise ConfigurationError(f"{PREFIX}ENTITY_MODEL: {path} is not the folder of a spaCy pipeline.")
    return path


def _timezone(found: Mapping[str, str]) -> str | None:
    name = found.get("timezone")
    try:
        return ZoneInfo(name).key if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigurationError(
            f"{PREFIX}TIMEZONE: there is no time zone '{name}'; use an IANA name such as Europe/Paris."
        ) from error


def _hosts(found: Mapping[str, str]) -> tuple[str, ...]:
    hosts = tuple(host.strip().lower() for host in found.get("hosts", "").split(",") if host.strip())
    for host in hosts:
        if not _HOST.fullmatch(host):
            raise ConfigurationError(
                f"{PREFIX}HOSTS has names alone, separated by commas, such as news.example.org; not '{host[:100]}'."
            )
    return hosts


def _smtp(found: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings of the mail server. Raises ConfigurationError for half of them."""
    names = [name for name in found if name.startswith("smtp_")]
    if not names:
        return {}
    for name in ("smtp_host", "smtp_from"):
        if name not in found:
            raise ConfigurationError(f"{PREFIX}{name.upper()} is missing; {PREFIX}{names[0].upper()} is set.")
    if ("smtp_user" in found) != ("smtp_password" in found):
        raise ConfigurationError(f"{PREFIX}SMTP_USER and {PREFIX}SMTP_PASSWORD are set together.")
    name, address = parseaddr(found["smtp_from"])
    if "@" not in address or not address.isascii() or not f"{name}{address}".isprintable():
        raise ConfigurationError(f"{PREFIX}SMTP_FROM is an e-mail address, such as news@example.org.")
    security = found.get("smtp_security", Configuration.smtp_security)
    if security not in SMTP_SECURITY:
        raise ConfigurationError(f"{PREFIX}SMTP_SECURITY is one of {', '.join(SMTP_SECURITY)}, not '{security}'.")
    port = found.get("smtp_port")
    if port is not None and not (port.isdecimal() and 0 < int(port[:6]) <= 65_535):
        raise ConfigurationError(f"{PREFIX}SMTP_PORT is a number from 1 to 65535.")
    known = {name: found.get(name) for name in ("smtp_host", "smtp_user", "smtp_password", "smtp_from")}
    return known | {"smtp_port": int(port) if port else None, "smtp_security": security}


def _days(found: Mapping[str, str], name: str, default: int) -> int:
    value = found.get(name, str(default))
    if not value.isdecimal() or not 1 <= int(value) <= 3_650:
        raise ConfigurationError(f"{PREFIX}{name.upper()} is a number of days from 1 to 3650, not '{value}'.")
    return int(value)


def _gibibytes(found: Mapping[str, str], name: str, default: float) -> float:
    try:
        value = float(found.get(name, default))
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1_000_000:
        raise ConfigurationError(f"{PREFIX}{name.upper()} is a number of gibibytes, 0 or more, not '{found[name]}'.")
    return value
