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
from twisted.python.failure import Failure

from crawler.refused import Refused
from news.outcome import Outcome

_OUTCOMES: tuple[tuple[type[BaseException], Outcome, str], ...] = (
    (DownloadTimeoutError, Outcome.TIMEOUT, "no answer in time"),
    (DownloadCancelledError, Outcome.TOO_LARGE, "the answer is too large"),
    (DownloadConnectionRefusedError, Outcome.UNREACHABLE, "the connection was refused"),
    (CannotResolveHostError, Outcome.UNREACHABLE, "the host's name was not found"),
    (ResponseDataLossError, Outcome.UNREACHABLE, "the answer broke off"),
    (DownloadFailedError, Outcome.UNREACHABLE, "the connection failed"),
    (UnsupportedURLSchemeError, Outcome.BAD_URL, "not an address of the web"),
    (IgnoreRequest, Outcome.HTTP_ERROR, "too many redirects"),
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
    for kind, outcome, reason in _OUTCOMES:
        if isinstance(error, kind):
            return outcome, reason
    return Outcome.UNREADABLE, type(error).__name__
