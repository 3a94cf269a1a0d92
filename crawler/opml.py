"""A list of outlets in, OPML or one home page a line; their home pages and feeds out."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from lxml import etree

from crawler.xml_bounds import excess_of
from news.errors import ConfigurationError

NO_ADDRESS, DOUBLE = "not an address", "duplicate"
_PORT = re.compile(r"[^\s:/]+:\d+(?:/|$)")
#: the longest lists of feeds that people exchange have some thousands
MOST = 10_000
LIST_BYTES = 20 * 2**20


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One outlet of a list, or a row of it that is none."""

    home: str
    feeds: tuple[str, ...] = ()
    #: why there is nothing to look at, for a row that is no outlet's or names one a second time; "" if there is
    fault: str = ""


def read_list(content: bytes) -> list[Listed]:
    """Return the outlets of a list, each home once, and the rows that are none or say one again, with their fault.

    It parses a stranger's bytes: call it in the pool. Raises ConfigurationError for what is neither OPML nor has an
    address a line.
    """
    if len(content) > LIST_BYTES:
        raise ConfigurationError(f"The list is larger than {LIST_BYTES:,} bytes.")
    is_opml = content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    rows = _opml(content) if is_opml else _lines(content)
    if len(rows) > MOST:
        raise ConfigurationError(f"The list has more than {MOST:,} rows; split it.")
    feeds: dict[str, dict[str, None]] = {}
    faults: list[Listed] = []
    for home, feed, fault in rows:
        if fault:
            faults.append(Listed(home=home[:200], fault=fault))
        elif not is_opml and home in feeds:
            faults.append(Listed(home=home, fault=DOUBLE))
        else:
            # an outlet of several feeds has an outline for each
            feeds.setdefault(home, {}).update({feed: None} if feed else {})
    if not feeds:
        raise ConfigurationError("The list has no outlets. It must be OPML, or one home page per line.")
    return [*(Listed(home=home, feeds=tuple(found)) for home, found in feeds.items()), *faults]


#: home page, feed, fault
_Row = tuple[str, str, str]


def _opml(content: bytes) -> list[_Row]:
    if excess := excess_of(content):
        raise ConfigurationError(f"The list cannot be read: {excess}.")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise ConfigurationError(f"The list is not valid OPML: {error.msg}.") from error
    rows: list[_Row] = []
    for outline in root.iter("outline") if root is not None else ():
        feed, home = (str(outline.get(name) or "").strip() for name in ("xmlUrl", "htmlUrl"))
        if not feed and not home:
            continue  # a folder
        try:
            parts = urlsplit(feed)
            if not home.startswith(("http://", "https://")) and parts.hostname:
                home = f"{parts.scheme}://{parts.netloc}/"
        except ValueError:
            rows.append((feed, "", NO_ADDRESS))
            continue
        if home.startswith(("http://", "https://")):
            rows.append((home, feed if parts.scheme in ("http", "https") else "", ""))
        else:
            rows.append((home or feed, "", NO_ADDRESS))
    return rows


def _lines(content: bytes) -> list[_Row]:
    rows: list[_Row] = []
    for line in content.decode("utf-8-sig", "replace").splitlines():
        words = line.split()
        if words and not words[0].startswith("#"):
            is_address = "." in words[0] or "://" in words[0] or _PORT.match(words[0])
            rows.append((words[0], "", "") if is_address else (line.strip(), "", NO_ADDRESS))
    return rows
