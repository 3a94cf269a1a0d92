"""Which addresses are one article: AMP, mobile and print variants, an outlet's own number, an honest canonical."""

import re
from collections.abc import Collection
from datetime import date
from functools import lru_cache
from urllib.parse import unquote, unquote_plus, urljoin, urlsplit, urlunsplit

from news.url import ADDRESS_BYTES, names_article, normal, registrable_domain, site

#: labels of a host that name a form of the page and not another outlet
_VARIANT_LABELS = frozenset("www www1 www2 www3 m mobile mobil amp wap touch lite print".split())
#: segments of a path that name a form of the page: anywhere, and as the first or the last one alone
_VARIANT_SEGMENTS = frozenset({"amp", ".amp", "amphtml", "sn-amp", "google-amp", "amp.html"})
_PRINT = frozenset({"print", "drucken", "imprimer", "imprimir", "stampa"})
#: ends of a path's last segment that name a form of the page
_VARIANT_SUFFIX = re.compile(
    r"(?:(?:[._,]|(?<=\d)-)(?:amp|print)|/index|/default)?(?:\.html?|\.aspx)?(?:(?:[._,]|(?<=\d)-)amp)?$", re.IGNORECASE
)
_VARIANT_PARAMETERS = frozenset(
    "amp _amp hs_amp amp-content outputtype print printview mobile nomobile m_view desktop".split()
)
_VARIANT_PAIRS = frozenset(
    "view=print view=amp output=amp output=print mode=print format=amp format=print page=all seite=all pagewanted=all "
    "pagewanted=print singlepage=true singlepage=1 showall=1 m=1 m=0 type=amp".split()
)
#: AMP caches and viewers keep the publisher's address in their path
_CACHE = re.compile(r"/(?:[acivr]/)*(?:amp/)?(s/)?(?P<address>[^/]+\.[^/]+/.*)", re.DOTALL)

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_HEXADECIMAL = re.compile(r"(?<![0-9a-z])(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{24,40}(?![0-9a-z])", re.IGNORECASE)
#: a number with the few letters that outlets put before it: id238819313, article408587681, a123456, art_99812
_NUMBER = re.compile(r"(?:article|articles|artikel|story|[a-z]{1,4})?[-_]?(\d{5,20})", re.IGNORECASE)
#: editions in several languages number a text and its translations alike
_LANGUAGES = frozenset(
    "ar arm az bg bn cn cs da de deu el en eng es et fa fi fr fra ge geo he hi hu hy id it ja jp ka kk ko ky lt lv "
    "mk nl no pl pt ro ru rus sk sl sq sr sv sw ta tg th tr uk ukr ur uz vi zh".split()
)
_EXTENSION = re.compile(r"\.[a-z]{2,5}$")
#: parameters that carry an article's number on sites whose paths are scripts
_NUMBER_PARAMETERS = frozenset(
    "id p idx article articleid article_id aid newsid news_id nid storyid sid no idxno".split()
)

#: an identity is never longer than its address, but for the s of https
_IDENTITY_BYTES = ADDRESS_BYTES + 1


@lru_cache(4096)
def identity(url: str) -> str:
    """Return the key under which all forms of an article's address are the same: an https address, not for fetching.

    http or https, `www`, mobile and AMP hosts, AMP and print paths and parameters, a slash or `.html` at the end, the
    order of parameters: none makes another article. An identity's identity is itself, and each address in normal form
    has one. Raises ValueError if `url` is not an http(s) address that can be kept.

    >>> identity("http://m.example.org/a/flood-hits-town.amp.html?b=2&amp=1&a=1")
    'https://example.org/a/flood-hits-town?a=1&b=2'
    """
    key = _plain(url)
    # what was taken away may have hidden a publisher's address
    while _inner(key) is not None:
        key = _plain(key)
    return key


def _plain(url: str) -> str:
    parts = urlsplit(normal(_unwrapped(url), most_bytes=_IDENTITY_BYTES))
    host = _plain_host(parts.hostname or "")
    port = f":{parts.port}" if parts.port else ""
    path = _plain_path(parts.path)
    pairs = sorted(pair for pair in parts.query.split("&") if pair and not _is_variant(pair))
    # a variant's segments may have hidden that the path names an article; then more of its parameters only track
    place = f"[{host}]{port}" if ":" in host else f"{host}{port}"
    return normal(urlunsplit(("https", place, path, "&".join(pairs), "")), most_bytes=_IDENTITY_BYTES)


def identities(outlet: str, *urls: str) -> list[str]:
    """Return the keys under which an outlet's article with these addresses may be known, the surest first.

    An `identity` for each address, then, where the outlet numbers its articles, a key of outlet and number. That last
    one (`is_hint`) outlives a new slug, but it is no proof.

    >>> identities("ap_news", "https://apnews.com/a/flood-hits-town-123456?utm_source=x")
    ['https://apnews.com/a/flood-hits-town-123456', 'ap_news#123456']
    """
    numbers = [f"{outlet}#{number}" for url in urls if (number := slug_id(url))]
    return list(dict.fromkeys([*map(identity, urls), *numbers]))


def is_hint(key: str) -> bool:
    """Say whether a key of `identities` is an outlet's number, which asks for a comparison of the texts."""
    return "#" in key


def _unwrapped(url: str) -> str:
    """Return the publisher's address of one that stands in an AMP cache or viewer, or in several; else `url`."""
    # each step takes at least the outer host away
    while (inner := _inner(url)) is not None:
        url = inner
    return url


def _inner(url: str) -> str | None:
    parts = urlsplit(url.strip())
    host = (parts.hostname or "").lower()
    viewer = host.startswith("www.google.") and parts.path.startswith("/amp/")
    if not (viewer or host.endswith((".cdn.ampproject.org", ".ampproject.net")) or host == "cdn.ampproject.org"):
        return None
    inner = _CACHE.fullmatch(parts.path)
    if not inner:
        return None
    address = f"{'https' if inner.group(1) else 'http'}://{inner['address']}"
    try:
        # what stands there need not be an address
        return normal(f"{address}?{parts.query}" if parts.query else address)
    except ValueError:
        return None


def _plain_host(host: str) -> str:
    """Return the host without labels that name a form, but with its registrable domain whole."""
    domain = registrable_domain(host)
    if not domain and not host.replace(".", "").isdigit():
        domain = ".".join(host.split(".")[-2:])  # no public suffix, as in a test network: two labels are the least
    if not host.endswith(f".{domain}"):
        return host
    labels = host.removesuffix(f".{domain}").split(".")
    return ".".join([*(label for label in labels if label not in _VARIANT_LABELS), domain])


def _plain_path(path: str) -> str:
    segments = [segment for segment in path.split("/") if segment and segment.lower() not in _VARIANT_SEGMENTS]
    while len(segments) > 1 and segments[0] in _PRINT | {"m"}:
        segments.pop(0)
    while len(segments) > 1 and segments[-1] in _PRINT:
        segments.pop()
    plain = "/" + "/".join(segments)
    while (shorter := _VARIANT_SUFFIX.sub("", plain, count=1).rstrip("/")) != plain:
        plain = shorter
    return plain or "/"


def _is_variant(pair: str) -> bool:
    name, _, value = unquote_plus(pair).lower().partition("=")
    return name in _VARIANT_PARAMETERS or f"{name}={value}" in _VARIANT_PAIRS


@lru_cache(4096)
def slug_id(url: str) -> str | None:
    """Return the number by which the outlet itself knows the article, whatever the words around it, else None.

    A UUID or long hexadecimal number; else a number of five digits or more that fills a segment of the path; else
    one of six or more at an end of the last segment, if it is no date and not round, as numbers in headlines are. It
    means something within one outlet alone, and even there it only suggests: compare the texts. A language that the
    path names stands before the number.

    >>> slug_id("https://example.org/politics/old-words-id238819313.html")
    '238819313'
    >>> slug_id("https://example.org/2024/02/08/mayor-fined-100000"), slug_id("https://example.org/news-20240208")
    (None, None)
    """
    try:
        parts = urlsplit(identity(url))
    except ValueError:
        return None
    path = _EXTENSION.sub("", unquote(parts.path).lower())
    segments = [segment for segment in path.split("/") if segment]
    number = _number_in_path(path, segments) or _number_in_query(parts.path, parts.query)
    if number is None:
        return None
    edition = segments[0] if segments and segments[0] in _LANGUAGES else ""
    return f"{edition}:{number}" if edition else number


def _number_in_path(path: str, segments: list[str]) -> str | None:
    for pattern in (_UUID, _HEXADECIMAL):
        if found := pattern.findall(path):
            return str(found[-1])
    whole = [number for number in map(_only_number, segments) if number]
    if whole:
        return whole[-1]
    return _number_at_an_end(segments[-1]) if segments else None


def _number_in_query(path: str, query: str) -> str | None:
    pairs = (pair.partition("=") for pair in query.split("&"))
    values = [value for name, _, value in pairs if name in _NUMBER_PARAMETERS]
    return values[0] if len(values) == 1 and values[0].isdecimal() and not names_article(path) else None


def _only_number(segment: str) -> str | None:
    found = _NUMBER.fullmatch(segment)
    return found.group(1) if found and not _is_date(found.group(1)) else None


def _number_at_an_end(segment: str) -> str | None:
    words = re.split(r"[-_.,]", segment)
    for word in (words[-1], words[0]):
        number = _only_number(word)
        if number and len(words) > 1 and len(number) >= 6 and not number.endswith("000"):
            return number
    return None


def _is_date(number: str) -> bool:
    """Say whether the digits are a day or a month of this age: 20240208, 202402, 08022024, 20240208103000."""
    if len(number) not in (6, 8, 12, 14):
        return False
    if len(number) == 6:
        return number[:2] in ("19", "20") and 1 <= int(number[4:6]) <= 12
    for year, month, day in ((number[:4], number[4:6], number[6:8]), (number[4:8], number[2:4], number[:2])):
        try:
            if 1980 <= date(int(year), int(month), int(day)).year <= 2100:
                return True
        except ValueError:
            continue
    return False


def honest_canonical(page_url: str, claimed: str, hosts: Collection[str] = ()) -> str | None:
    """Return the normal form of the address that a page claims for itself (rel=canonical, og:url), or None.

    Believed is another address of the same article on the same site (or one of the outlet's other `hosts`). Not
    believed: the front page, a section, another site, another number, other words, a relative path (but one from
    the root is), anything that is no http(s) address.

    >>> honest_canonical("https://example.org/a/flood-hits-town?page=2", "https://example.org/a/flood-hits-town")
    'https://example.org/a/flood-hits-town'
    >>> honest_canonical("https://example.org/a/flood-hits-town", "https://example.org/")
    """
    claimed = claimed.strip()
    if not re.match(r"https?://|/", claimed, re.IGNORECASE):
        return None
    try:
        page = _unwrapped(page_url)
        found = normal(urljoin(page, claimed) if claimed.startswith("/") else claimed)
        mine, other = urlsplit(identity(page)), urlsplit(identity(found))
    except ValueError:
        return None
    if mine == other:
        return found
    same_site = site(mine.netloc) == site(other.netloc) or site(other.netloc) in {site(host) for host in hosts}
    if not same_site or other.path == "/" or not _same_article(mine.path, mine.query, other.path, other.query):
        return None
    return found


def _same_article(path: str, query: str, claimed_path: str, claimed_query: str) -> bool:
    """Say whether two paths and queries of one site can name the same article."""
    number, claimed_number = (
        slug_id(f"https://host.invalid{p}?{q}") for p, q in ((path, query), (claimed_path, claimed_query))
    )
    if number and claimed_number:
        return number == claimed_number
    if path == claimed_path:
        # a parameter too many: harmless beside a slug, or if it is no number; a script's number names the article
        return names_article(path) or not any(any(map(str.isdigit, pair)) for pair in query.split("&"))
    if _codes(path) & _codes(claimed_path):
        return True
    if not names_article(claimed_path):
        # a section or a short slug: an address that only lost segments or parameters is a step up, not a form
        return False
    words, claimed_words = _slug_words(path), _slug_words(claimed_path)
    if not words:
        return True  # `/?p=123` says nothing that the claim could contradict
    return len(words & claimed_words) * 2 >= min(len(words), len(claimed_words))


def _codes(path: str) -> set[str]:
    """Return what looks like a made-up name, as in /i/dRwWqB or ar-BBWXwNX: capitals in or after small letters."""
    return {
        word
        for word in re.split(r"[^0-9A-Za-z]", path)
        if len(word) >= 6 and re.search(r"[a-z][A-Z0-9].*[A-Z0-9]|[A-Z]{2}.*[a-z]", word)
    }


def _slug_words(path: str) -> set[str]:
    """Return the words of the wordiest segment."""
    segments = [set(re.findall(r"[^\W\d_]{2,}", unquote(segment).lower())) for segment in path.split("/")]
    return max(segments, key=len) if path.strip("/") else set()
