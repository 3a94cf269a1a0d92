"""How an attempt to fetch and read a page ended. Every attempt has one; the ledger counts them."""

from enum import StrEnum


class Outcome(StrEnum):
    """The end of one attempt at one address."""

    # an article came out
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    NOT_MODIFIED = "not_modified"  # 304: not even sent again

    # the page is not one of ours to keep
    NOT_AN_ARTICLE = "not_an_article"
    EMPTY = "empty"  # no text on it
    NOT_HTML = "not_html"
    OFF_SITE = "off_site"  # redirected to another site
    WALL = "wall"  # bot, consent or pay wall in place of the article
    GONE = "gone"  # 404 or 410

    # we may not or will not
    ROBOTS = "robots"  # disallowed by robots.txt (RFC 9309)
    NOT_PUBLIC = "not_public"  # the address is inside a private network
    BAD_URL = "bad_url"

    # it may work another time
    HTTP_ERROR = "http_error"  # another 4xx
    SERVER_ERROR = "server_error"  # 5xx
    THROTTLED = "throttled"  # 429, or 503 with Retry-After
    UNREACHABLE = "unreachable"  # DNS, connection, TLS
    TIMEOUT = "timeout"

    # its bytes defeat us
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"  # text vanished under the parser's depth limit
    TOO_SLOW = "too_slow"  # the digest's time limit
    TOO_FAT = "too_fat"  # the digest's memory limit
    UNREADABLE = "unreadable"
    UNRECORDABLE = "unrecordable"  # the ledger refuses what came as data


#: an article is (still) there
READ = frozenset({Outcome.NEW, Outcome.CHANGED, Outcome.UNCHANGED, Outcome.NOT_MODIFIED})
#: worth another try soon
PASSING = frozenset(
    {
        Outcome.HTTP_ERROR,
        Outcome.SERVER_ERROR,
        Outcome.THROTTLED,
        Outcome.UNREACHABLE,
        Outcome.TIMEOUT,
    }
)
#: our means are at an end: another try is dear, and may end otherwise under less load or by a better reader
COSTLY = frozenset({Outcome.TOO_FAT, Outcome.TOO_SLOW})
#: the page itself cannot be read, or not be recorded, as it is now
DEFECTIVE = frozenset({Outcome.TOO_LARGE, Outcome.TOO_DEEP, Outcome.UNREADABLE, Outcome.UNRECORDABLE})

#: what an outcome means to a reader; the others mean what they are called
_MEANING = {
    Outcome.NEW: "new",
    Outcome.UNCHANGED: "unchanged",
    Outcome.NOT_MODIFIED: "unchanged: the site answered 304 Not Modified",
    Outcome.NOT_AN_ARTICLE: "not an article",
    Outcome.EMPTY: "not an article: the page has no text",
    Outcome.NOT_HTML: "not an article: not HTML",
    Outcome.OFF_SITE: "not stored: the page redirects to another site",
    Outcome.WALL: "blocked by a consent wall, paywall or bot check",
    Outcome.GONE: "gone",
    Outcome.ROBOTS: "disallowed by robots.txt",
    Outcome.NOT_PUBLIC: "not fetched: the address is not public",
    Outcome.BAD_URL: "not fetched: the address is not valid",
    Outcome.THROTTLED: "blocked: the site asks for a pause",
    Outcome.UNREACHABLE: "not reachable",
    Outcome.TIMEOUT: "not reachable: no answer in time",
    Outcome.UNRECORDABLE: "fetched, but cannot be recorded",
}
#: the site's answer is a refusal of us rather than a fault (RFC 9110; 451 is RFC 7725)
_BLOCKED = frozenset({401, 402, 403, 451})


def meaning_of(outcome: Outcome, status: int | None = None) -> str:
    """Return what an outcome, with the HTTP status that came, means to a reader.

    >>> meaning_of(Outcome.GONE), meaning_of(Outcome.HTTP_ERROR, 403), meaning_of(Outcome.TOO_LARGE)
    ('gone', 'blocked by the site', 'too large')
    """
    if outcome is Outcome.HTTP_ERROR and status in _BLOCKED:
        return "blocked by the site"
    return _MEANING.get(outcome, str(outcome).replace("_", " "))
