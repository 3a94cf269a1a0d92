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
    ROBOTS = "robots"  # refused by robots.txt (RFC 9309)
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
