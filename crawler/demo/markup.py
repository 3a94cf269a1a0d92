"""Where a page says what it is: JSON-LD, OpenGraph and meta, microdata, or nowhere but in its visible text."""

import json
from datetime import date, datetime
from typing import Any

from markupsafe import Markup

from crawler.demo.text import DemoOutlet, DemoText


def iso(at: datetime | date) -> str:
    """Return a time as an outlet writes it into its markup, in its own zone; a date alone stays one."""
    return at.isoformat().replace("+00:00", "Z")


def json_ld(text: DemoText, site: DemoOutlet, origin: str) -> Markup:
    """Return the article's JSON-LD; that of markup broken-json-ld lacks a quotation mark, as happens to outlets."""
    document = json.dumps(_document(text, site, origin), ensure_ascii=False, indent=1).replace("</", "<\\/")
    if text.markup == "broken-json-ld":
        document = document.replace('"headline": "', '"headline": ', 1)
    return Markup(document)  # noqa: S704 - our own words, and "</" is escaped


def _document(text: DemoText, site: DemoOutlet, origin: str) -> dict[str, Any]:
    people: list[dict[str, str]] = [{"@type": "Person", "name": name} for name in text.authors]
    if text.agency:
        people.append({"@type": "Organization", "name": text.agency})
    document: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "LiveBlogPosting" if text.updates else "NewsArticle",
        "headline": text.headline,
        "description": text.standfirst,
        "datePublished": iso(text.published),
        "dateModified": iso(text.changed_at if isinstance(text.published, datetime) else text.published),
        "author": people,
        "publisher": {"@type": "NewsMediaOrganization", "name": site.name, "url": f"{origin}/"},
        "mainEntityOfPage": origin + text.path,
        "inLanguage": text.language,
        "articleSection": text.section,
        "keywords": list(text.keywords),
        "isAccessibleForFree": text.free,
    }
    if text.updates:
        document["coverageStartTime"] = iso(text.published)
        document["liveBlogUpdate"] = [
            {
                "@type": "BlogPosting",
                "headline": update.headline,
                "articleBody": update.body,
                "datePublished": iso(update.published),
            }
            for update in text.updates
        ]
    if not text.free:
        document["hasPart"] = {"@type": "WebPageElement", "isAccessibleForFree": False, "cssSelector": ".paywall"}
    return document
