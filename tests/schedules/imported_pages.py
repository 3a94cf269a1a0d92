"""WARC files with articles of our own writing, for imports."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from news.page import Page
from pipelines.importing.warc import packed
from tests.ledger.readings import text

START = datetime(2024, 2, 8, 6, tzinfo=UTC)


def markup(headline: str, body: str) -> bytes:
    """Return an article's page."""
    paragraphs = "".join(f"<p>{line}</p>" for line in body.splitlines())
    return (
        f"<!doctype html><html lang=en><head><title>{headline}</title>"
        f'<meta property="og:type" content="article"><meta property="og:title" content="{headline}"></head>'
        f"<body><article><h1>{headline}</h1>{paragraphs}</article></body></html>"
    ).encode()


def page(number: int, body: str = "", *, site: str = "daily.example", minutes: float | None = None) -> Page:
    """Return a page with a text that is like no other number's, so many minutes after the start (default: number)."""
    url = f"https://{site}/politics/story-of-the-day-{number:06}"
    return Page(
        url=url,
        final_url=url,
        status=200,
        headers={"content-type": "text/html; charset=utf-8"},
        content=markup(f"Story number {number} of the day", body or text(number)),
        fetched_at=START + timedelta(minutes=number if minutes is None else minutes),
    )


def warc(path: Path, pages: list[Page], outlet: str = "") -> Path:
    """Write the pages to a WARC file."""
    path.write_bytes(b"".join(packed(each, outlet) for each in pages))
    return path
