"""What an HTTP answer means for us: a page to read, or the end of the attempt."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from scrapy.http import Response

from news.clock import now
from news.outcome import Outcome
from news.page import Page
from news.url import normal

#: a 429 without Retry-After asks for this pause; none is kept for longer than a day
PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(days=1)
#: a longer ETag, date or Retry-After is passed over
HEADER_CHARACTERS = 500


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


def page_of(response: Response, fetched_at: datetime | None = None) -> Page:
    """Return the page that came, decompressed; `fetched_at` is its time, default: now."""
    headers = {
        (name.decode("latin-1") if isinstance(name, bytes) else str(name)).lower(): b", ".join(values).decode("latin-1")
        for name, values in response.headers.items()
    }
    asked = response.meta.get("redirect_urls") or [response.url]
    return Page(
        url=asked[0],
        final_url=response.url,
        status=response.status,
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
    status = response.status
    said = f"the site answers {status}"
    if status == 304:
        return (Outcome.NOT_MODIFIED, "") if _was_conditional(response) else (Outcome.HTTP_ERROR, f"{said} unasked")
    if 300 <= status < 400 and _header(response, "Location"):
        # Scrapy has followed all others
        return Outcome.BAD_URL, "redirected to what is no address of the web"
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
    # what a hostile server puts there must not reach the ledger; half an ETag would be none
    if not value or len(value) > HEADER_CHARACTERS:
        return None
    return value.decode("latin-1").replace("\x00", "")


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
