"""The result of a recrawl for a reader: one sentence, with a link to the article."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from ledger.articles import documents
from news.errors import NotFound
from news.outcome import READ, Outcome
from news.version_diff import VersionDiff
from schedules.recrawl_jobs import Report
from web.article_bundle import id_of
from web.article_page import Hyperlink
from web.search_results import language_tag
from web.state import AppState


async def recrawl_view(
    state: AppState, report: Report, compared: VersionDiff | None, *, is_idle: bool
) -> dict[str, Any]:
    """Return the values of the page; `is_idle`: no worker lives. Raises SQLAlchemyError if the ledger is away."""
    url, attempt = report.recrawl.url, report.attempt
    said_unchanged = attempt is not None and attempt.outcome is Outcome.NOT_MODIFIED
    asked = {"url": url} | ({"force": "1"} if said_unchanged else {})
    about = await article_at(state, url, attempt.article_id if attempt else None)
    if about and compared:
        pair = f"{compared.before.number}..{compared.after.number}"
        about = Hyperlink(name="The article, with the changes", href=f"{about.href}/versions/{pair}")
    elif about:
        is_new = attempt is not None and attempt.outcome is Outcome.NEW
        about = Hyperlink(name="Read the article" if is_new else "Back to the article", href=about.href)
    tag = compared.after.article.in_language if compared else None
    return {
        "title": _title(report, is_idle=is_idle),
        "ending": _sentence(report, is_idle=is_idle),
        "url": url,
        "about": about,
        "again": "" if report.is_waiting else f"/recrawl?{urlencode(asked)}",
        "again_name": "Fetch it, ignoring caching headers" if said_unchanged else "Fetch it again",
        "language_tag": language_tag(tag or "und"),
    }


def _title(report: Report, *, is_idle: bool) -> str:
    if report.attempt is not None:
        return "Fetched" if report.attempt.outcome in READ else "No article"
    if report.dropped:
        return "Not fetched"
    return "Waiting" if is_idle or report.waits_until or report.hindered else "Being fetched"


def _sentence(report: Report, *, is_idle: bool) -> str:
    if report.is_waiting and not report.waits_until and not report.hindered:
        if is_idle:
            return "No worker is running. Start `broadsheet up` or `broadsheet worker` to fetch it."
        return "The result will appear here in a moment."
    words = report.ending()
    return f"{words[:1].upper()}{words[1:]}."


async def article_at(state: AppState, url: str, id: UUID | None = None) -> Hyperlink | None:
    """Return the article at an address, by its headline; None if there is none yet."""
    try:
        known = id or await id_of(state, url)
    except NotFound:
        return None
    async with state.engine.connect() as connection:
        document = (await documents(connection, [known])).get(known)
    if document is None:
        return None
    return Hyperlink(name=document.get("headline") or "No headline", href=f"/articles/{known}")
