"""Addresses: one form for one page, one id for one article."""

import ipaddress
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from uuid import NAMESPACE_URL, uuid5

import tldextract

#: the list of public suffixes that the package ships; it is never fetched
_SUFFIXES = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)

#: query parameters that say how a reader came, not what is read
_TRACKING_PREFIXES = ("utm_", "mc_", "at_", "wt_", "pk_", "mtm_", "hsa_", "_hs")
_TRACKING = frozenset(
    "fbclid gclid dclid gbraid wbraid msclkid yclid twclid igshid ref ref_src ref_url cmpid cmp cid ito ocid smid "
    "ncid sr_share taid xtor wtrid s_cid partner share rss feed source src".split()
)


def normal(url: str) -> str:
    """Return the address under which a page is known: no fragment, no tracking, default port or upper-case host.

    Raises ValueError if `url` is not an absolute http(s) address.

    >>> normal("HTTPS://WWW.Example.org:443/a/b?utm_source=x&id=7#top")
    'https://www.example.org/a/b?id=7'
    """
    parts = urlsplit(url.strip())
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError(f"'{url}' is not an http(s) address")
    host = host if host.isascii() else host.encode("idna").decode("ascii")
    if ":" in host:
        host = f"[{host}]"
    if parts.port and parts.port != {"http": 80, "https": 443}[parts.scheme]:
        host = f"{host}:{parts.port}"
    query = urlencode([(n, v) for n, v in parse_qsl(parts.query, keep_blank_values=True) if not _tracks(n.lower())])
    return urlunsplit((parts.scheme, host, parts.path or "/", query, ""))


def _tracks(name: str) -> bool:
    return name in _TRACKING or name.startswith(_TRACKING_PREFIXES)


@lru_cache(4096)
def site(host_and_port: str) -> str:
    """Return the registrable domain of a host, else host and port: the unit of politeness.

    >>> site("news.bbc.co.uk:443"), site("127.0.0.1:8101"), site("localhost")
    ('bbc.co.uk', '127.0.0.1:8101', 'localhost')
    """
    host = urlsplit(f"//{host_and_port}").hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return _SUFFIXES(host).top_domain_under_public_suffix or host_and_port
    return host_and_port


def site_of(url: str) -> str:
    """Return the `site` of an absolute address."""
    return site(urlsplit(url).netloc.rpartition("@")[2].lower())


def article_id(canonical_url: str) -> str:
    """Return the id of the article first seen under this canonical address: a UUIDv5 in the URL namespace."""
    return str(uuid5(NAMESPACE_URL, canonical_url))
