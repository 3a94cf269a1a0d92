"""What an HTTP answer means for us: a page to read, or the end of the attempt."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from uuid import UUID

from scrapy.http import Response

from news.clock import now
from news.outcome import Outcome
from news.outlet import Outlet
from news.page import Page
from news.storable import is_storable
from news.url import normal
from news.visit import Visit

#: a 429 without Retry-After asks for this pause; none is kept for longer than a day
PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(days=1)
#: a longer ETag, date or Retry-After is skipped
HEADER_CHARACTERS = 500
#: what servers put at the end of an ETag where they packed the answer
_PACKED = re.compile(r'(?:--?|;)(?:gzip|br|deflate|zstd)"$')
#: what a server may answer (RFC 9110, 15); other numbers are no statuses, and need not fit into any store
_STATUSES = range(100, 600)


def visit_of(response: Response, outlet: Outlet, url: str, recrawl_id: UUID | None = None) -> Visit:
    """Return the visit that got this answer: with its page, or the outcome and reason why there is none to read.

    `url` is the address that was asked for. Redirects have been followed before.
    """
    outcome, reason = _meaning(response)
    latency: float | None = response.meta.get("download_latency")
    fetched_at = now()
    return Visit(
        outlet=outlet,
        url=url,
        recrawl_id=recrawl_id,
        final_url=address_of(response.url, url),
        fetched_at=fetched_at,
        outcome=outcome,
        reason=reason,
        status=status_of(response),
        latency_ms=None if latency is None else round(latency * 1000),
        content_bytes=len(response.body),
        etag=_header(response, "ETag"),
        last_modified=_header(response, "Last-Modified"),
        page=page_of(response, fetched_at) if outcome is None else None,
    )


def not_before(response: Response) -> datetime | None:
    """Return when the site may be asked again; None where the answer asks for no pause.

    It is Retry-After (RFC 9110, 10.2.3: seconds or a date), or PAUSE, with a 429 or a 503 that has one.
    """
    if _meaning(response)[0] is not Outcome.THROTTLED:
        return None
    at_once = now()
    stated = (_header(response, "Retry-After") or "").strip()
    if stated.isdecimal():
        return at_once + timedelta(seconds=max(1, min(int(stated), round(LONGEST_PAUSE.total_seconds()))))
    try:
        at = parsedate_to_datetime(stated)
        return max(at_once + PAUSE, min(at if at.tzinfo else at.replace(tzinfo=UTC), at_once + LONGEST_PAUSE))
    except (ValueError, TypeError, OverflowError):
        return at_once + PAUSE


def status_of(response: Response) -> int | None:
    """Return the answer's status, None for a number that is no status (RFC 9110, 15) and may fit into no store."""
    return response.status if response.status in _STATUSES else None


def page_of(response: Response, fetched_at: datetime) -> Page:
    """Return the page that came at that time, decompressed, its addresses in normal form."""
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
        fetched_at=fetched_at,
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


def conditions(etag: str | None, last_modified: str | None) -> dict[str, str]:
    """Return the headers that ask for a page only if it is another one than the one we have.

    Servers that pack an answer mark its ETag, and then do not know it again (Apache's `"abc-gzip"`, Jetty's
    `"abc--gzip"`): they are given it without the mark, too. Whichever form they answer with, 304 is 304.

    >>> conditions('W/"abc-gzip"', None)
    {'If-None-Match': 'W/"abc-gzip", W/"abc"'}
    """
    if etag and (unmarked := _PACKED.sub('"', etag)) != etag:
        etag = f"{etag}, {unmarked}"
    return {name: value for name, value in (("If-None-Match", etag), ("If-Modified-Since", last_modified)) if value}
