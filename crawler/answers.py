"""What an HTTP answer means for us: a page to read, or the end of the attempt."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from scrapy.http import Response

from news.outcome import Outcome
from news.page import Page

#: a 429 without Retry-After asks for this pause; none is kept for longer than a day
PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(days=1)


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


def page_of(response: Response) -> Page:
    """Return the page that came, decompressed."""
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
        fetched_at=datetime.now(UTC),
    )


def _meaning(response: Response) -> tuple[Outcome | None, str]:
    status = response.status
    said = f"the site answers {status}"
    if status == 304:
        return Outcome.NOT_MODIFIED, ""
    if 200 <= status < 300:
        return None, ""
    if status in (404, 410):
        return Outcome.GONE, said
    if status == 429 or (status == 503 and _header(response, "Retry-After")):
        return Outcome.THROTTLED, said
    return (Outcome.SERVER_ERROR if status >= 500 else Outcome.HTTP_ERROR), said


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    # a header is text of one line; what a hostile server puts there besides must not reach the ledger
    return value.decode("latin-1").replace("\x00", "")[:500] if value else None


def _not_before(response: Response) -> datetime:
    """Return when Retry-After (RFC 9110, 10.2.3: seconds or a date) ends."""
    now = datetime.now(UTC)
    stated = (_header(response, "Retry-After") or "").strip()
    if stated.isdecimal() and len(stated) < 8:
        return min(now + timedelta(seconds=int(stated)), now + LONGEST_PAUSE)
    try:
        at = parsedate_to_datetime(stated)
        return max(now + PAUSE, min(at if at.tzinfo else at.replace(tzinfo=UTC), now + LONGEST_PAUSE))
    except (ValueError, TypeError):
        return now + PAUSE
