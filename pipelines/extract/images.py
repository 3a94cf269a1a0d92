"""The article's pictures, with what stands under them."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

from news.article import Image
from pipelines.extract.document import Document
from pipelines.extract.words import plain

_LIMIT = 50
_CREDIT = re.compile(
    r"[(\[|•–—]?\s*(?:\b(?:photo(?:graph)?|foto|image|bild|picture|credit|credits|quelle|source|crédit|"
    r"copyright|fotoğraf|фото|"
    r"ảnh|写真|사진|ภาพ)\b\s*(?:by|von|:|/|par|de)\s*:?|©|\(c\))\s*(.{2,120}?)[)\]]?\s*$",
    re.IGNORECASE,
)
_CREDIT_WORD = re.compile(
    r"^(?:photo|foto|image|bild|credit|quelle|source|copyright|©)(?: credit| by| von)?\s*[:：/]?\s+", re.IGNORECASE
)
_CREDIT_LABEL = re.compile(r"credit|copyright|source|quelle|author|fotograf|photographer", re.IGNORECASE)
_TINY = re.compile(r"logo|icon|avatar|sprite|pixel|spacer|placeholder|badge|gravatar", re.IGNORECASE)


def images(document: Document) -> tuple[Image, ...]:
    """Return the pictures that the article's JSON-LD, `og:image` or its figures name, each address once."""
    found: dict[str, Image] = {}
    for image in (*_figures(document), *_json_ld(document), *_meta(document)):
        key = urlsplit(image.url).path
        known = found.get(key)
        if known is None:
            found[key] = image
        elif not known.caption and image.caption:
            found[key] = Image(url=known.url, caption=image.caption, credit=known.credit or image.credit)
        if len(found) >= _LIMIT:
            break
    return tuple(found.values())


def _json_ld(document: Document) -> Iterator[Image]:
    value = document.article.get("image")
    for each in (value if isinstance(value, list) else [value])[:_LIMIT]:
        if isinstance(each, str):
            yield from _image(document, each, "", "")
        elif isinstance(each, dict):
            url = each.get("url") or each.get("contentUrl")
            url = url[0] if isinstance(url, list) and url else url
            credit = each.get("creditText") or each.get("copyrightHolder") or each.get("author") or ""
            if isinstance(url, str):
                yield from _image(document, url, _text(each.get("caption")), _text(credit))


def _text(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("name")
    return plain(value) if isinstance(value, str) else ""


def _meta(document: Document) -> Iterator[Image]:
    for name in ("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src"):
        for url in document.metas.get(name, ())[:1]:
            yield from _image(document, url, document.meta("og:image:alt"), "")
            return


def _figures(document: Document) -> Iterator[Image]:
    for figure in document.tree.css("article figure, main figure, [itemprop=articleBody] figure")[:_LIMIT]:
        picture = figure.css_first("img")
        if picture is None:
            continue
        attributes = picture.attributes
        url = attributes.get("src") or ""
        if not url or url.startswith("data:"):
            url = (
                attributes.get("data-src")
                or (attributes.get("srcset") or attributes.get("data-srcset") or "").split(" ")[0]
            )
        below = figure.css_first("figcaption")
        caption, credit = split_credit(plain(below.text(separator=" ") or "")) if below is not None else ("", "")
        if below is not None:
            for node in below.css("[class], cite, small")[:6]:
                if node.tag == "cite" or _CREDIT_LABEL.search(node.attributes.get("class") or ""):
                    credit = plain(node.text(separator=" ") or "")
                    caption = caption.replace(credit, "").strip(" |·•-–") if credit else caption
                    break
        yield from _image(document, url, caption, credit)


def _image(document: Document, url: str, caption: str, credit: str) -> Iterator[Image]:
    try:
        absolute = urljoin(document.url, url.strip())
        parts = urlsplit(absolute)
    except ValueError:  # a broken address shows no picture
        return
    if (
        parts.scheme in ("http", "https")
        and parts.path not in ("", "/")
        and len(absolute) <= 2048
        and not _TINY.search(parts.path.rpartition("/")[2])
    ):
        yield Image(url=absolute, caption=caption[:2000], credit=_CREDIT_WORD.sub("", credit)[:300])


def split_credit(caption: str) -> tuple[str, str]:
    """Return caption and credit of a line that has both.

    >>> split_credit("The bridge at dawn. Photo: Jane Doe/Example")
    ('The bridge at dawn.', 'Jane Doe/Example')
    """
    match = _CREDIT.search(caption)
    return (caption[: match.start()].strip(), match[1].strip()) if match else (caption, "")
