"""What a failed download is called: the exceptions of Scrapy and Twisted as outcomes of ours; and which are our own."""

import errno
from collections.abc import Iterator

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from sqlalchemy.exc import SQLAlchemyError
from twisted.internet.error import ConnectError, ConnectionClosed
from twisted.python.failure import Failure

from crawler.download import HeadTooLarge, RequestRefused
from news.errors import BroadsheetError, PageUnreadable, SourceUnreadable
from news.outcome import Outcome

#: by name: what gzip, zlib, struct, brotli and zstd raise, whose modules differ from Python to Python
_BROKEN_COMPRESSION = frozenset({"BadGzipFile", "EOFError", "error", "ZstdError"})
_OUTCOMES: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], Outcome, str], ...] = (
    (DownloadTimeoutError, Outcome.TIMEOUT, "no answer in time"),
    (DownloadCancelledError, Outcome.TOO_LARGE, "the answer is too large"),
    (DownloadConnectionRefusedError, Outcome.UNREACHABLE, "the connection was refused"),
    (CannotResolveHostError, Outcome.UNREACHABLE, "the host's name was not found"),
    (ResponseDataLossError, Outcome.UNREACHABLE, "the answer broke off"),
    ((DownloadFailedError, ConnectError, ConnectionClosed), Outcome.UNREACHABLE, "the connection failed"),
    (UnsupportedURLSchemeError, Outcome.BAD_URL, "not an http(s) address"),
    (IgnoreRequest, Outcome.HTTP_ERROR, "too many redirects"),
    (ValueError, Outcome.BAD_URL, "not a valid address"),
)

#: what a page or its site does to us, whoever raises it
_THEIRS = (
    RequestRefused,
    HeadTooLarge,
    PageUnreadable,
    SourceUnreadable,
    IgnoreRequest,
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
    ConnectError,
    ConnectionClosed,
)
#: what is ours, whoever raises it: the ledger, a stop, a broken pool, an archive or index that is away, no memory
_OURS = (SQLAlchemyError, BroadsheetError, MemoryError)
#: the machine has no disk, file or memory left, whichever page asked for it
_EXHAUSTED = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS})
_PACKAGES = frozenset("broadsheet web schedules crawler pipelines index ledger news".split())


def is_ours(failed: Failure | BaseException) -> bool:
    """Say whether a request failed for a reason of ours: no page may be given it as its outcome, and it stays due.

    Ours are the ledger, the pool, a stop, a machine without disk, files or memory, and whatever was raised in code of
    our packages and is not known as a page's doing. What Scrapy, Twisted, OpenSSL, a decompressor or a parser of theirs
    raises is the page's.
    """
    error = failed.value if isinstance(failed, Failure) else failed
    assert error is not None, "a failure has an error"
    if any(_is_exhausted(each) for each in _causes(error)):
        return True
    if isinstance(error, _THEIRS):
        return False
    return isinstance(error, _OURS) or _raised_in(error).partition(".")[0] in _PACKAGES


def _is_exhausted(error: BaseException) -> bool:
    # Twisted gives its errors the number as `osError`
    number = getattr(error, "osError", None) or getattr(error, "errno", None)
    return isinstance(error, (OSError, ConnectError)) and number in _EXHAUSTED


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and those that led to it, each once."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        waiting += [each.__cause__, each.__context__]
        waiting += [reason.value for reason in getattr(each, "reasons", None) or () if isinstance(reason, Failure)]


def _raised_in(error: BaseException) -> str:
    """Return the module whose code raised the error, "" where that is not known."""
    trace, name = error.__traceback__, ""
    while trace is not None:
        name, trace = str(trace.tb_frame.f_globals.get("__name__", "")), trace.tb_next
    return name


def outcome_of(failed: Failure | BaseException, *, not_public: bool = False) -> tuple[Outcome, str]:
    """Return the outcome and the reason of a download that failed; an error that nobody foresaw is UNREADABLE.

    Ask `is_ours` first: what is has no outcome.

    `not_public` says that the resolver refused the host, of which Twisted tells only that it was not found.
    """
    error = failed.value if isinstance(failed, Failure) else failed
    if isinstance(error, RequestRefused):
        return error.outcome, str(error)
    if isinstance(error, PageUnreadable):
        return error.outcome, str(error)
    if not_public and isinstance(error, CannotResolveHostError):
        return Outcome.NOT_PUBLIC, "the address is not a public one"
    if isinstance(error, IgnoreRequest) and isinstance(error.__cause__, ValueError):
        # Scrapy's decompression tells so that it passed DOWNLOAD_MAXSIZE
        return Outcome.TOO_LARGE, "the answer is too large when unpacked"
    causes = [cause.value for cause in getattr(getattr(error, "__cause__", None), "reasons", ())]
    if any(isinstance(cause, HeadTooLarge) for cause in causes):
        return Outcome.TOO_LARGE, "the answer's headers are too large"
    if any(type(cause).__module__.startswith(("OpenSSL", "service_identity")) for cause in causes):
        return Outcome.UNREACHABLE, "no secure connection: its certificate is not valid, or TLS failed"
    for kind, outcome, reason in _OUTCOMES:
        if isinstance(error, kind):
            return outcome, reason
    if type(error).__name__ in _BROKEN_COMPRESSION:
        return Outcome.UNREADABLE, "its compression is broken"
    return Outcome.UNREADABLE, type(error).__name__
