"""What a failed download is called: the exceptions of Scrapy and Twisted as outcomes of ours."""

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
from twisted.internet.error import ConnectError, ConnectionClosed
from twisted.python.failure import Failure

from crawler.download import HeadTooLarge
from crawler.refused import Refused
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
    (UnsupportedURLSchemeError, Outcome.BAD_URL, "not an address of the web"),
    (IgnoreRequest, Outcome.HTTP_ERROR, "too many redirects"),
    (ValueError, Outcome.BAD_URL, "not an address that can be"),
)


def outcome_of(failed: Failure | BaseException, *, not_public: bool = False) -> tuple[Outcome, str]:
    """Return the outcome and the reason of a download that failed; an error that nobody foresaw is UNREADABLE.

    `not_public` says that the resolver refused the host, of which Twisted tells only that it was not found.
    """
    error = failed.value if isinstance(failed, Failure) else failed
    if isinstance(error, Refused):
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
