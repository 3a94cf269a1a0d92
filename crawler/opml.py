"""A list of outlets in, OPML or one home page a line; their home pages and feeds out."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from lxml import etree

from news.errors import ConfigurationError

#: the longest lists of feeds that people exchange have some thousands
MOST = 10_000
LIST_BYTES = 20 * 2**20


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One outlet of a list."""

    home: str
    feeds: tuple[str, ...] = ()


def read_list(content: bytes) -> list[Listed]:
    """Return the outlets of a list, each home once. It parses a stranger's bytes: call it in the pool.

    Raises ConfigurationError for what is neither OPML nor has an address a line.
    """
    if len(content) > LIST_BYTES:
        raise ConfigurationError(f"The list is larger than {LIST_BYTES:,} bytes.")
    rows = _opml(content) if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else _lines(content)
    feeds: dict[str, dict[str, None]] = {}
    for home, feed in rows[:MOST]:
        feeds.setdefault(home, {}).update({feed: None} if feed else {})
    if not feeds:
        raise ConfigurationError("The list names no outlet: it is OPML, or one home page a line.")
    return [Listed(home=home, feeds=tuple(found)) for home, found in feeds.items()]


def _opml(content: bytes) -> list[tuple[str, str]]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise ConfigurationError(f"The list is no OPML: {error.msg}.") from error
    rows = []
    for outline in root.iter("outline") if root is not None else ():
        feed, home = (str(outline.get(name) or "").strip() for name in ("xmlUrl", "htmlUrl"))
        parts = urlsplit(feed)
        if not home.startswith(("http://", "https://")) and parts.hostname:
            home = f"{parts.scheme}://{parts.netloc}/"
        if home.startswith(("http://", "https://")):
            rows.append((home, feed if parts.scheme in ("http", "https") else ""))
    return rows


def _lines(content: bytes) -> list[tuple[str, str]]:
    lines = (line.strip() for line in content.decode("utf-8-sig", "replace").splitlines())
    return [(line.split()[0], "") for line in lines if line and not line.startswith("#") and "." in line.split()[0]]
