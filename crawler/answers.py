"""What an HTTP answer means for us: a page to read, or the end of the attempt."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from scrapy.http import Response

from news.clock import now
from news.outcome import Outcome
from news.page import Page
from news.storable import is_storable
from news.url import normal

#: a 429 without Retry-After asks for this pause; none is kept for longer than a day
PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(days=1)
#: a longer ETag, date or Retry-After is passed over
HEADER_CHARACTERS = 500
#: what a server may answer (RFC 9110, 15); other numbers are no statuses, and need not fit into any store
_STATUSES = range(100, 600)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer's meaning; `outcome` None says that there is a page to read."""

    outcome: Outcome | None = None
    reason: str = ""
    etag: str | None = None
    last_modified: str | None = None
    latency_ms: int | None = None
    #: with THROTTLED: when the site may be asked again
    not_before: datetime | None = None


def answer_of(response: Response) -> Answer:
    """Return what the answer means. Redirects have been followed before."""
    outcome, reason = _meaning(response)
    latency: float | None = response.meta.get("download_latency")
    return Answer(
        outcome=outcome,
        reason=reason,
        etag=_header(response, "ETag"),
        last_modified=_header(response, "Last-Modified"),
        latency_ms=None if latency is None else round(latency * 1000),
        not_before=_not_before(response) if outcome is Outcome.THROTTLED else None,
    )


def status_of(response: Response) -> int | None:
    """Return the answer's status, None for a number that is no status (RFC 9110, 15) and may fit into no store."""
    return response.status if response.status in _STATUSES else None


def page_of(response: Response, fetched_at: datetime | None = None) -> Page:
    """Return the page that came, decompressed, its addresses in normal form; `fetched_at` is its time, default: now."""
    headers = {
        (name.decode("latin-1") if isinstance(name, bytes) else str(name)).lower(): b", ".join(values).decode("latin-1")
        for name, values in response.headers.items()
    }
    asked = (response.meta.get("redirect_urls") or [response.url])[0]
    return Page(
        url=address_of(asked, asked),
        final_url=address_of(response.url, asked),
        status=status_of(response) or 0,
        headers=headers,
        content=response.body,
        fetched_at=fetched_at or now(),
    )


def address_of(response_url: str, asked: str) -> str:
    """Return the normal form of the address that an answer or a failure came from.

    A redirect may lead to what has none: then it is the address that was asked for.
    """
    try:
        return normal(response_url)
    except ValueError:
        return asked


def _meaning(response: Response) -> tuple[Outcome | None, str]:
    status = status_of(response)
    if status is None:
        return Outcome.HTTP_ERROR, "the site answers with an invalid status"
    said = f"the site answers {status}"
    if status == 304:
        return (Outcome.NOT_MODIFIED, "") if _was_conditional(response) else (Outcome.HTTP_ERROR, f"{said} unasked")
    if 300 <= status < 400 and response.headers.get("Location"):
        # Scrapy has followed all others
        return Outcome.BAD_URL, "redirected to an address that is not http(s)"
    if 200 <= status < 300:
        return None, ""
    if status in (404, 410):
        return Outcome.GONE, said
    if status == 429 or (status == 503 and _header(response, "Retry-After")):
        return Outcome.THROTTLED, said
    return (Outcome.SERVER_ERROR if status >= 500 else Outcome.HTTP_ERROR), said


def _was_conditional(response: Response) -> bool:
    request = response.request
    return request is not None and ("If-None-Match" in request.headers or "If-Modified-Since" in request.headers)


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    if not value or len(value) > HEADER_CHARACTERS:
        return None
    text = value.decode("latin-1")
    # half an ETag, or one without its odd characters, would be none
    return text if is_storable(text) else None


def _not_before(response: Response) -> datetime:
    """Return when Retry-After (RFC 9110, 10.2.3: seconds or a date) ends."""
    at_once = now()
    stated = (_header(response, "Retry-After") or "").strip()
    if stated.isdecimal():
        return at_once + timedelta(seconds=max(1, min(int(stated), round(LONGEST_PAUSE.total_seconds()))))
    try:
        at = parsedate_to_datetime(stated)
        return max(at_once + PAUSE, min(at if at.tzinfo else at.replace(tzinfo=UTC), at_once + LONGEST_PAUSE))
    except (ValueError, TypeError, OverflowError):
        return at_once + PAUSE


def conditions(etag: str | None, last_modified: str | None) -> dict[str, str]:
    """Return the headers that ask for a page only if it is another one than the one we have."""
    return {name: value for name, value in (("If-None-Match", etag), ("If-Modified-Since", last_modified)) if value}
