"""The language that a page claims to be written in."""

import re

from news.outlet import Outlet
from pipelines.extract.document import Document

_TAG = re.compile(r"^([a-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|\d{3}))?\b")


def stated_language(document: Document) -> str | None:
    """Return the language that the page claims, as a BCP 47 tag, or None.

    JSON-LD speaks of the article, `<html lang>` of the page, a locale of its audience: they are asked in this order.
    """
    root = document.tree.root
    attributes = root.attributes if root is not None else {}
    claims = [
        document.article.get("inLanguage"),
        attributes.get("lang"),
        attributes.get("xml:lang"),
        document.meta("content-language", "og:locale", "language", "dc.language", "inlanguage"),
    ]
    for claim in claims:
        value = claim[0] if isinstance(claim, list) and claim else claim
        value = value.get("alternateName") or value.get("name") if isinstance(value, dict) else value
        if isinstance(value, str) and (tag := normal_tag(value)):
            return tag
    return None


def normal_tag(value: str) -> str | None:
    """Return a BCP 47 tag in its usual spelling, or None if the value is none.

    >>> normal_tag("en_us"), normal_tag("zh-hans-cn"), normal_tag("English")
    ('en-US', 'zh-Hans-CN', None)
    """
    value = value.strip()
    match = _TAG.match(value.lower())
    if not match or (len(value) > 3 and value[len(match[1])] not in "-_, ;"):
        return None
    if match[1] in ("und", "mul", "zxx"):
        return None
    parts = [match[1], (match[2] or "").title(), (match[3] or "").upper()]
    return "-".join(part for part in parts if part)


def first_guess(stated: str | None, outlet: Outlet) -> str:
    """Return the language before the text is looked at: the claim, else the outlet's only one, else "und"."""
    return stated or (outlet.languages[0] if len(outlet.languages) == 1 else "und")
