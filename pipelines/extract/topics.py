"""Section, genre and keywords, as the outlet files its article."""

import re
from typing import Any

from news.article import Genre
from pipelines.extract import json_ld
from pipelines.extract.document import Document
from pipelines.extract.words import letters, plain

_KEYWORDS_LIMIT = 50
#: schema.org's types; of several the first counts, so that no advertisement passes for a report
_GENRES = {
    "AdvertiserContentArticle": Genre.ADVERTISING,
    "SatiricalArticle": Genre.SATIRE,
    "OpinionNewsArticle": Genre.OPINION,
    "ReviewNewsArticle": Genre.REVIEW,
    "AnalysisNewsArticle": Genre.ANALYSIS,
    "BackgroundNewsArticle": Genre.BACKGROUND,
    "ReportageNewsArticle": Genre.REPORTAGE,
}


def section(document: Document) -> str:
    """Return the section: the most specific that JSON-LD, meta tags or the breadcrumb's last step but one name."""
    value = document.article.get("articleSection")
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, str) and (text := plain(each)):
            return text[:200]
    named = document.meta(
        "article:section", "articlesection", "section", "parsely-section", "dc.subject.section", "cxenseparse:section"
    )
    return named[:200] or _breadcrumb(document)


def genre(document: Document) -> Genre | None:
    """Return the genre that the type of the article's JSON-LD states, or None.

    >>> genre(Document(url="", tree=None, article={"@type": ["NewsArticle", "OpinionNewsArticle"]}))
    <Genre.OPINION: 'opinion'>
    """
    types = json_ld.types(document.article)
    return next((genre for type, genre in _GENRES.items() if type in types), None)


def _breadcrumb(document: Document) -> str:
    for node in document.nodes:
        items = node.get("itemListElement")
        if node.get("@type") == "BreadcrumbList" and isinstance(items, list) and 2 <= len(items) <= 12:
            names = [_name(item) for item in items]
            # the first step is the front page, the last mostly the article itself
            inner = [name for name in names[1:] if name]
            own = letters(str(document.article.get("headline") or document.title))
            inner = [name for name in inner if letters(name) != own and len(name) < 60]
            if inner:
                return inner[-1]
    return ""


def _name(item: Any) -> str:
    if not isinstance(item, dict):
        return ""
    inner = item.get("item")
    name = item.get("name") or (inner.get("name") if isinstance(inner, dict) else "")
    return plain(name) if isinstance(name, str) else ""


def keywords(document: Document) -> tuple[str, ...]:
    """Return the outlet's keywords, each once, in its order.

    >>> keywords(Document(url="", tree=None, article={"keywords": "a, b; c"}))
    ('a', 'b', 'c')
    """
    value = document.article.get("keywords")
    raw: list[str] = []
    for each in value if isinstance(value, list) else [value]:
        name = each.get("name") if isinstance(each, dict) else each
        if isinstance(name, str):
            raw.append(name)
    if len(raw) == 1:
        raw = re.split(r"[,;|،、]", raw[0])
    if not raw:
        raw = list(document.metas.get("article:tag", ()))
    if not raw:
        named = document.meta("news_keywords", "keywords", "parsely-tags", "sailthru.tags")
        raw = re.split(r"[,;|،、]", named)
    found: dict[str, str] = {}
    for each in raw:
        text = plain(each)[:100]
        # "section:politics" and other labels of content systems are no keywords
        if text and not re.match(r"^[\w-]+:\S", text):
            found.setdefault(letters(text), text)
    found.pop("", None)
    return tuple(found.values())[:_KEYWORDS_LIMIT]
