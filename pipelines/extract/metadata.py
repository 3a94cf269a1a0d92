"""What a page states of its article: address, language, site, section, keywords, pictures, rights."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

from news.article import Genre, Rights
from news.outlet import Outlet
from news.url import ADDRESS_BYTES, normal
from pipelines.extract import json_ld
from pipelines.extract.comparison import letters, plain
from pipelines.extract.document import Document


def canonical(document: Document) -> str:
    """Return the page's rel=canonical, else its og:url, absolute; empty if neither is an address that can be kept."""
    for claim in (*document.links.get("canonical", ()), *document.metas.get("og:url", ())):
        try:
            address: str = urljoin(document.base, claim.strip())
            normal(address)
        except ValueError:  # a broken address claims nothing, and half of one that is too long is another
            continue
        if len(address) <= ADDRESS_BYTES:
            return address
    return ""


_LANGUAGE_TAG = re.compile(r"^([a-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|\d{3}))?\b")


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
    match = _LANGUAGE_TAG.match(value.lower())
    if not match or (len(value) > 3 and value[len(match[1])] not in "-_, ;"):
        return None
    if match[1] in ("und", "mul", "zxx"):
        return None
    parts = [match[1], (match[2] or "").title(), (match[3] or "").upper()]
    return "-".join(part for part in parts if part)


def first_guess(stated: str | None, outlet: Outlet) -> str:
    """Return the language before the text is looked at: the claim, else the outlet's only one, else "und"."""
    return stated or (outlet.languages[0] if len(outlet.languages) == 1 else "und")


_LABELS = frozenset("www m amp mobile news edition com co org net de uk tv".split())


def site_names(document: Document, outlet: Outlet) -> frozenset[str]:
    """Return the folded names of the outlet: as configured, as stated by the page, and as its host spells them."""
    found = [
        outlet.name,
        *(document.metas.get("og:site_name", ())),
        *(document.metas.get("application-name", ())),
        *(document.metas.get("al:ios:app_name", ())),
        *(document.metas.get("apple-mobile-web-app-title", ())),
        *(document.metas.get("dc.publisher", ())),
        *(document.metas.get("publisher", ())),
        *(document.metas.get("copyright", ())),
    ]
    for node in (document.article, *document.nodes):
        publisher = node.get("publisher") or node.get("sourceOrganization") or {}
        listed = publisher if isinstance(publisher, list) else [publisher]
        found += [each["name"] for each in listed if isinstance(each, dict) and isinstance(each.get("name"), str)]
        if {"Organization", "NewsMediaOrganization", "WebSite"} & {str(node.get("@type"))}:
            found.append(str(node.get("name") or ""))
            found.append(str(node.get("alternateName") or ""))
    host = (urlsplit(document.url).hostname or "").lower()
    parts = [part for part in host.split(".") if part not in _LABELS]
    found += [host, host.removeprefix("www."), ".".join(parts), *parts]
    return frozenset(name for name in (letters(plain(each)) for each in found) if len(name) > 1)


_KEYWORDS_LIMIT = 50
#: schema.org's types; of several the first counts, so that no advertisement passes for a report
_GENRES = {
    "AdvertiserContentArticle": Genre.ADVERTISING,
    "SatiricalArticle": Genre.SATIRE,
    "OpinionNewsArticle": Genre.OPINION,
    "ReviewNewsArticle": Genre.REVIEW,
    "CriticReview": Genre.REVIEW,
    "Review": Genre.REVIEW,
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
    if not json_ld.is_article(document.article):
        types -= {"Review"}  # a reader's, of what the page is about
    return next((genre for type, genre in _GENRES.items() if type in types), None)


def _breadcrumb(document: Document) -> str:
    for node in document.nodes:
        items = node.get("itemListElement")
        if node.get("@type") == "BreadcrumbList" and isinstance(items, list) and 2 <= len(items) <= 12:
            names = [_step_name(item) for item in items]
            # the first step is the front page, the last mostly the article itself
            inner = [name for name in names[1:] if name]
            own = letters(str(document.article.get("headline") or document.title))
            inner = [name for name in inner if letters(name) != own and len(name) < 60]
            if inner:
                return inner[-1]
    return ""


def _step_name(item: Any) -> str:
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


#: directives for every robot; a longer list is an attack
_DIRECTIVES_LIMIT = 50
_DIRECTIVE = re.compile(r"[a-z][a-z-]{2,40}(?::\s?[\w.+-]{1,40})?")
_NAMES = ("robots", "googlebot", "googlebot-news", "bingbot", "ai", "tdm", "otherbots")
#: characters of a license: its address, or its words
_LICENSE_LIMIT = 2_048


def rights(document: Document, headers: Mapping[str, str]) -> Rights:
    """Return robots directives of meta tags and X-Robots-Tag, the TDM reservation (W3C TDMRep) and the license."""
    found: dict[str, None] = {}
    texts = [content for name in _NAMES for content in document.metas.get(name, ())]
    texts.append(headers.get("x-robots-tag", ""))
    for text in texts:
        for part in text.lower().split(","):
            part = part.strip()
            # "googlebot: noindex" in a header speaks to one robot; its directive is kept
            part = part.partition(":")[2].strip() if part.split(":")[0].endswith("bot") else part
            if match := _DIRECTIVE.fullmatch(part):
                found.setdefault(match[0])
    reservation = headers.get("tdm-reservation", "").strip() or document.meta("tdm-reservation")
    license_ = document.article.get("license") or next(iter(document.links.get("license", ())), "")
    if isinstance(license_, dict):
        license_ = license_.get("url") or license_.get("@id") or license_.get("name") or ""
    return Rights(
        robots=tuple(found)[:_DIRECTIVES_LIMIT],
        tdm_reserved={"1": True, "0": False}.get(reservation),
        license=plain(license_)[:_LICENSE_LIMIT] if isinstance(license_, str) and not _is_endless(license_) else "",
    )


def _is_endless(license_: str) -> bool:
    """Say whether it is an address that would be cut: half an address is another one."""
    return len(license_) > _LICENSE_LIMIT and license_.lstrip().lower().startswith(("http:", "https:"))


def free(document: Document) -> bool | None:
    """Return whether the page says that all may read it; None where it does not say.

    A teaser before a paywall says False in JSON-LD, of the whole or of a part, in `article:content_tier` or in
    microdata.
    """
    stating = (document.article, *document.nodes)
    value = next((node["isAccessibleForFree"] for node in stating if "isAccessibleForFree" in node), None)
    value = value[0] if isinstance(value, list) and value else value
    if value is None:
        value = document.meta("isaccessibleforfree") or None
    if (said := _said(value)) is not None or value is not None:
        return said
    if locked_parts(document):
        return False
    tier = document.meta("article:content_tier", "content_tier", "access").lower()
    if tier in ("free", "public"):
        return True
    return False if tier in ("locked", "metered", "premium", "paid", "plus", "subscription") else None


def locked_parts(document: Document) -> tuple[str, ...]:
    """Return the CSS selectors of the parts that the article's JSON-LD says are not free to read.

    >>> part = {"@type": "WebPageElement", "isAccessibleForFree": "False", "cssSelector": ".paid"}
    >>> locked_parts(Document(url="", tree=None, article={"hasPart": part}))
    ('.paid',)
    """
    value = document.article.get("hasPart")
    found: dict[str, None] = {}
    for part in value[:_PARTS_LIMIT] if isinstance(value, list) else [value]:
        if isinstance(part, dict) and _said(part.get("isAccessibleForFree")) is False:
            selectors = part.get("cssSelector")
            for selector in selectors[:_PARTS_LIMIT] if isinstance(selectors, list) else [selectors]:
                if isinstance(selector, str) and (text := plain(selector)) and len(text) <= _SELECTOR_LIMIT:
                    found.setdefault(text)
    return tuple(found)


#: a longer list is none that a person wrote
_PARTS_LIMIT, _SELECTOR_LIMIT = 20, 500


def _said(value: object) -> bool | None:
    """Return the yes or no of a JSON-LD value, as pages write it: true, "False", "http://schema.org/True"."""
    if isinstance(value, bool):
        return value
    word = value.strip().lower().rpartition("/")[2] if isinstance(value, str) else ""
    return word in ("true", "1", "yes") if word in ("true", "false", "1", "0", "yes", "no") else None
