"""Addresses: one form for one page, one site for politeness, one id for one article."""

import ipaddress
import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, unquote_plus, urlsplit, urlunsplit
from uuid import NAMESPACE_URL, uuid5

import idna

from news.storable import storable

if TYPE_CHECKING:
    from tldextract import TLDExtract

#: bytes of the longest address that is kept, in normal form: an address stands in btree indexes, beside an outlet's
#: slug in some, and a row of those ends at 2,704 bytes (PostgreSQL, "index row size exceeds btree version 4 maximum")
ADDRESS_BYTES = 2_000

#: query parameters that say how a reader came, not what is read: campaign tags, click ids, sessions
_TRACKING_PREFIXES = ("utm_", "itm_", "mc_", "at_", "wt_", "pk_", "mtm_", "hsa_", "_hs", "__twitter_", "sara_")
_TRACKING = frozenset(
    "fbclid gclid dclid gbraid wbraid msclkid yclid twclid ttclid igshid igsh ref_src ref_url srcref cmpid ito ocid "
    "smid ncid n_cid s_cid intcid icid intcmp sr_share taid xtor wtrid maca tpcc ftag phpsessid jsessionid".split()
)
#: these track as well, but elsewhere they name a section, a feed or the article itself (`?feed=rss2` is WordPress's
#: feed, `?cid=` a content number); they are dropped only where the path alone names an article
_TRACKING_BESIDE_A_SLUG = frozenset("ref source src from share partner cid cmp mod feed rss ir".split())

#: words of which the paths of scripts are made; `/show-article?id=5` names no article without its query
_SCRIPT_WORDS = frozenset(
    "news view article articles detail details show story stories read reader item items content page pages index "
    "default print post posts full text main list the a amp".split()
)
_SESSION = re.compile(r";(?:jsessionid|phpsessid)=[^/;]*", re.IGNORECASE)
#: RFC 3986, 2.3: these mean the same with and without a per cent sign
_UNRESERVED = re.compile(r"%(2[dD]|2[eE]|5[fF]|7[eE]|3[0-9]|4[1-9a-fA-F]|5[0-9aA]|6[1-9a-fA-F]|7[0-9aA])")
#: what name servers are asked for (RFC 1123, 2.1; RFC 1035, 2.3.4), an underscore besides
_HOST = re.compile(r"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*")
_HOST_CHARACTERS = 253
_ESCAPE = re.compile(r"%[0-9a-fA-F]{2}")
_LONE_PER_CENT = re.compile(r"%(?![0-9a-fA-F]{2})")
#: what may stand in a path or query beside letters and digits (RFC 3986, 3.3 and 3.4); brackets and bars are sent as is
_SAFE = "/:@!$&'()*+,;=-._~%?[]|"
#: most paths and queries are made of these alone, and nothing is to be done
_PLAIN = re.compile(f"[A-Za-z0-9{re.escape(_SAFE.replace('%', ''))}]*")


class AddressTooLong(ValueError):
    """An address that is longer than any that is kept. It is refused, never cut: half an address is another one."""

    def __init__(self, size_bytes: int, most_bytes: int) -> None:
        super().__init__(f"the address has {size_bytes:,} bytes in normalised form; the limit is {most_bytes:,}")


@lru_cache(4096)
def normal(url: str, *, most_bytes: int = ADDRESS_BYTES) -> str:
    """Return the address under which a page is fetched and known: changes alone that no server can tell.

    Gone are the fragment, tracking and session parameters, the default port, a user name, and upper case in scheme
    and host; dot segments are resolved; letters beyond ASCII and needless escapes have one form. The order, the
    spelling and the encoding of the other parameters stay. A host's letters are those of UTS 46 and IDNA 2008. What is
    normal stays as it is.

    Raises ValueError if `url` is not an absolute http(s) address, AddressTooLong for one of more than `most_bytes`.

    >>> normal("HTTPS://WWW.Example.org:443/a/b?utm_source=x&id=7#top")
    'https://www.example.org/a/b?id=7'
    >>> normal("https://example.org/2024/flood-hits-town?ref=rss"), normal("https://example.org/?feed=rss")
    ('https://example.org/2024/flood-hits-town', 'https://example.org/?feed=rss')
    >>> normal("https://straße.de/")
    'https://xn--strae-oqa.de/'
    """
    text = url.strip()
    if not text.isascii():
        # two surrogates may be one character, a lone one is none: as browsers send it (WHATWG URL)
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"'{_shown(url)}' is not a valid address") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"'{_shown(url)}' is not an http(s) address")
    host = _host(parts.hostname, in_brackets="[" in parts.netloc)
    if not host:
        raise ValueError(f"'{_shown(url)}' has no valid host")
    if port is not None and port != {"http": 80, "https": 443}[parts.scheme]:
        host = f"{host}:{port}"
    path = _without_dots(_SESSION.sub("", _escaped(parts.path))) or "/"
    named = names_article(path)
    query = "&".join(
        pair for pair in _escaped(parts.query).split("&") if pair and not _tracks(_name(pair), beside_a_slug=named)
    )
    address = urlunsplit((parts.scheme, host, path, query, ""))
    if len(address) > most_bytes:  # it is ASCII: a letter is a byte
        raise AddressTooLong(len(address), most_bytes)
    return address


def _shown(url: str) -> str:
    return storable(url[:200])


def _host(stated: str, *, in_brackets: bool) -> str:
    """Return a host as it is sent to a name server, an IPv6 address in brackets; "" for what can be none."""
    if in_brackets:
        try:
            # without a zone, which is this machine's own affair
            return f"[{stated.lower()}]" if ipaddress.IPv6Address(stated).scope_id is None else ""
        except ValueError:
            return ""
    host = stated.rstrip(".")
    if not host.isascii():
        try:
            # not transitional: `straße` is another name than `strasse`
            host = idna.encode(host, uts46=True).decode("ascii").rstrip(".")
        except UnicodeError:  # of which IDNAError is one
            return ""
    # names with a _ or a - too many are no host names by the book, but they are answered
    return host.lower() if _HOST.fullmatch(host) and len(host) <= _HOST_CHARACTERS else ""


def _name(pair: str) -> str:
    return unquote_plus(pair.partition("=")[0]).lower()


def _tracks(name: str, *, beside_a_slug: bool) -> bool:
    if name in _TRACKING or name.startswith(_TRACKING_PREFIXES):
        return True
    return beside_a_slug and name in _TRACKING_BESIDE_A_SLUG


def _escaped(text: str) -> str:
    """Return `text` with one spelling for each character: needless escapes undone, needed ones made, in capitals."""
    if _PLAIN.fullmatch(text):
        return text
    text = _LONE_PER_CENT.sub("%25", text)
    text = _UNRESERVED.sub(lambda escape: unquote(escape.group()), text)
    text = _ESCAPE.sub(lambda escape: escape.group().upper(), text)
    return quote(text, safe=_SAFE)


def _without_dots(path: str) -> str:
    """Resolve `.` and `..` (RFC 3986, 5.2.4)."""
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments[1:]:
        if segment == "..":
            kept[-1:] = []
        elif segment != ".":
            kept.append(segment)
    return "/" + "/".join(kept) + ("/" if segments[-1] in (".", "..") and kept else "")


def names_article(path: str) -> bool:
    """Say whether a path alone, without its query, seems to name one article: by a slug of words or a number.

    >>> names_article("/politics/budget-passes-at-last"), names_article("/news_view.html"), names_article("/politics/")
    (True, False, False)
    """
    for segment in path.split("/"):
        found = [word for word in re.split(r"[-_.,+]|%20", segment.lower().rsplit(".htm", 1)[0]) if word]
        told = [word for word in found if word not in _SCRIPT_WORDS and word not in ("php", "asp", "aspx", "jsp", "do")]
        # five digits make an article's number; fewer are a year, a page, a section
        if len(told) >= 3 or any(len(re.sub(r"\D", "", word)) >= 5 for word in told):
            return True
    return False


@lru_cache(4096)
def site(host_and_port: str) -> str:
    """Return the registrable domain of a host, else host and port: the unit of politeness.

    >>> site("news.bbc.co.uk:443"), site("127.0.0.1:8101"), site("localhost")
    ('bbc.co.uk', '127.0.0.1:8101', 'localhost')
    """
    host = urlsplit(f"//{host_and_port}").hostname or ""
    # a file may name a host in its own letters; its pages' addresses are in ASCII
    host = host if host.isascii() else _host(host, in_brackets=False) or host
    return registrable_domain(host) or host_and_port


def registrable_domain(host: str) -> str:
    """Return what of a host's name its owner has registered; "" for an IP address and a name without public suffix.

    >>> registrable_domain("news.bbc.co.uk"), registrable_domain("localhost")
    ('bbc.co.uk', '')
    """
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return _suffixes()(host).top_domain_under_public_suffix
    return ""


@cache
def _suffixes() -> "TLDExtract":
    """Return the list of public suffixes that the package ships; it is never fetched. The import brings requests."""
    from tldextract import TLDExtract

    return TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


def site_of(url: str) -> str:
    """Return the `site` of an absolute address."""
    return site(urlsplit(url).netloc.rpartition("@")[2].lower())


def origin(url: str) -> str:
    """Return `scheme://host[:port]` of an address, under which its robots.txt is known.

    Raises ValueError if `url` is not an absolute http(s) address that can be kept.

    >>> origin("HTTPS://user@Example.org:443/a")
    'https://example.org'
    """
    parts = urlsplit(normal(url))
    return f"{parts.scheme}://{parts.netloc}"


def article_id(canonical_url: str) -> str:
    """Return the id of the article first seen under this canonical address: a UUIDv5 in the URL namespace."""
    return str(uuid5(NAMESPACE_URL, canonical_url))
