"""Builds the pages that the tests of reading read; the texts are our own."""

from datetime import UTC, datetime

from news.article import Article
from news.outlet import Outlet
from news.page import Page
from pipelines.extract import Extracted, extract

FETCHED_AT = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)

PARAGRAPHS = (
    "The ferry that links the two shores of the lake will run every twenty minutes from Monday, the operator said, "
    "after the third vessel passed its trials in the fog of last week.",
    "Commuters had waited for the boat since spring, when a cracked shaft put it into the yard and the timetable was "
    "cut to two crossings an hour, leaving cyclists to queue on the pier.",
    "“We have kept the promise that we gave in March,” said the harbour master, who counted nine thousand passengers "
    "on a single Sunday and expects more once the northern landing is paved.",
)


def outlet(country: str = "", timezone: str | None = None, languages: tuple[str, ...] = ()) -> Outlet:
    return Outlet(
        slug="lake",
        name="The Lake Courier",
        home="https://lake.example/",
        country=country,
        timezone=timezone,
        languages=languages,
    )


def page(
    html: str | bytes, url: str = "https://lake.example/news/ferry", content_type: str = "text/html; charset=utf-8"
) -> Page:
    content = html if isinstance(html, bytes) else html.encode()
    return Page(
        url=url,
        final_url=url,
        status=200,
        headers={"content-type": content_type},
        content=content,
        fetched_at=FETCHED_AT,
    )


def article_html(
    head: str = "",
    top: str = "<h1>Third ferry joins the lake line</h1>",
    body: str = "",
    below: str = "",
    lang: str = "en",
) -> str:
    text = body or "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">{head}</head><body>'
        f"<nav><a href='/'>Home</a><a href='/sport'>Sport</a></nav><main><article>{top}<div class='article-body'>{text}</div>"
        f"</article></main>{below}<footer>© The Lake Courier</footer></body></html>"
    )


def outcome(html: str | bytes, where: Outlet | None = None, **of_page: str) -> Extracted:
    return extract(page(html, **of_page), where or outlet(), explain=True)


def read(html: str | bytes, where: Outlet | None = None, **of_page: str) -> Article:
    found = outcome(html, where, **of_page)
    assert found.article is not None, found.refusal
    return found.article
