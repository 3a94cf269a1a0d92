"""What the outlet says may be done with the page."""

import re
from collections.abc import Mapping

from news.article import Rights
from pipelines.extract.document import Document
from pipelines.extract.words import plain

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

    A teaser before a paywall says False in JSON-LD, in `article:content_tier` or in microdata.
    """
    value = document.article.get("isAccessibleForFree")
    if value is None:
        value = next((node["isAccessibleForFree"] for node in document.nodes if "isAccessibleForFree" in node), None)
    if isinstance(value, list) and value:
        value = value[0]
    if value is None:
        value = document.meta("isaccessibleforfree") or None
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip():
        word = value.strip().lower().rpartition("/")[2]
        return word in ("true", "1", "yes") if word in ("true", "false", "1", "0", "yes", "no") else None
    tier = document.meta("article:content_tier", "content_tier", "access").lower()
    if tier in ("free", "public"):
        return True
    return False if tier in ("locked", "metered", "premium", "paid", "plus", "subscription") else None
