"""The pictures of an article: their addresses, captions and credits."""

import html
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborNode

from news.article import Image
from pipelines.extract.comparison import plain
from pipelines.extract.document import Document, holders, label

_IMAGES_LIMIT = 50
_PICTURES = ("img", "amp-img")
#: elements of one figure that may name its picture
_SOURCES_LIMIT = 20
_MAY_NAME = "img, amp-img, source, noscript"
#: characters of a `srcset` that are looked at
_SRCSET_LIMIT = 10_000
_CANDIDATE = re.compile(r"([^\s,]\S*[^\s,])(?:\s+([0-9]{1,6}(?:\.[0-9]{1,3})?)[wx])?\s*(?:,|$)")
#: an attribute in which a script keeps the address: data-src, data-lazy-src, data-original, data-hi-res-src, nw18-src
_LATE = re.compile(r"[\w-]{0,40}?(?:src(?:set)?|original|lazy|full|large)(?:-[\w-]{1,20})?|data-(?:url|image|img|echo)")
_SOURCE = re.compile(r"""<img\b[^>]{0,2000}?\ssrc\s*=\s*["']?([^"'\s>]{1,2048})""", re.IGNORECASE)
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
_TINY = re.compile(
    r"logo|icon|avatar|sprite|pixel|spacer|placeholder|badge|gravatar|^(?:blank|transparent|empty|loading|lazy|1x1|dummy)\b",
    re.IGNORECASE,
)


def images(document: Document) -> tuple[Image, ...]:
    """Return the pictures that the article's JSON-LD, `og:image` or its figures name, each address once."""
    found: dict[str, Image] = {}
    for image in (*_images_of_figures(document), *_images_of_json_ld(document), *_image_of_meta(document)):
        key = urlsplit(image.url).path
        known = found.get(key)
        if known is None:
            found[key] = image
        elif not known.caption and image.caption:
            found[key] = Image(url=known.url, caption=image.caption, credit=known.credit or image.credit)
        if len(found) >= _IMAGES_LIMIT:
            break
    return tuple(found.values())


def _images_of_json_ld(document: Document) -> Iterator[Image]:
    value = document.article.get("image")
    for each in (value if isinstance(value, list) else [value])[:_IMAGES_LIMIT]:
        if isinstance(each, str):
            yield from _image(document, each, "", "")
        elif isinstance(each, dict):
            url = each.get("url") or each.get("contentUrl")
            url = url[0] if isinstance(url, list) and url else url
            credit = each.get("creditText") or each.get("copyrightHolder") or each.get("author") or ""
            if isinstance(url, str):
                yield from _image(document, url, _caption_text(each.get("caption")), _caption_text(credit))


def _caption_text(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("name")
    return plain(value) if isinstance(value, str) else ""


def _image_of_meta(document: Document) -> Iterator[Image]:
    for name in ("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src"):
        for url in document.metas.get(name, ())[:1]:
            yield from _image(document, url, document.meta("og:image:alt"), "")
            return


def _images_of_figures(document: Document) -> Iterator[Image]:
    """Yield the pictures of the article's figures; of an article without any, those that stand in its text."""
    found = False
    for image in _figures(document):
        found = True
        yield image
    for node in _each_once(document, _BARE) if not found else ():
        if not _is_beside(node):
            for url in _addresses(node):
                if bare_image := next(_image(document, url, "", ""), None):
                    yield bare_image
                    break


_FIGURES = "article figure, main figure, [itemprop=articleBody] figure"
_BARE = ", ".join(f"{box} {tag}" for box in ("article", "main", "[itemprop=articleBody]") for tag in ("img", "amp-img"))
#: a picture of less width is a sign or a face
_LEAST_WIDTH = 200
_BESIDE = re.compile(
    r"related|recommend|teaser|promo|sidebar|widget|share|social|comment|author|avatar|byline|newsletter|banner|\bad\b|"
    r"advert|most-?(?:read|popular)"
)


_NO_TEXT = ("aside", "nav", "header", "footer", "form", "li", "a", "noscript")


def _is_beside(picture: LexborNode) -> bool:
    """Tell whether a picture is small, or stands in what is no part of the article's text: a link, a list, a column."""
    width = re.match(r"\d{1,5}", picture.attributes.get("width") or "")
    if width and int(width[0]) < _LEAST_WIDTH:
        return True
    for above in chain([picture], holders(picture)):
        if above.tag in ("article", "main", "body"):
            break
        if above.tag in _NO_TEXT or _BESIDE.search(label(above)):
            return True
    return False


def _each_once(document: Document, selectors: str) -> Iterable[LexborNode]:
    """Return the first elements that one of several selectors selects; each that does gives an element once more."""
    return {node.mem_id: node for node in document.tree.css(selectors)[:_IMAGES_LIMIT]}.values()


def _figures(document: Document) -> Iterator[Image]:
    for figure in _each_once(document, _FIGURES):
        below = figure.css_first("figcaption")
        caption, credit = split_credit(plain(below.text(separator=" ") or "")) if below is not None else ("", "")
        if below is not None:
            for node in below.css("[class], cite, small")[:6]:
                if node.tag == "cite" or _CREDIT_LABEL.search(node.attributes.get("class") or ""):
                    credit = plain(node.text(separator=" ") or "")
                    caption = caption.replace(credit, "").strip(" |·•-–") if credit else caption
                    break
        for url in _addresses(figure):
            if image := next(_image(document, url, caption, credit), None):
                yield image
                break


def _addresses(figure: LexborNode) -> Iterator[str]:
    """Yield the addresses that a figure's picture may have, the surest first.

    A script that loads pictures late keeps their addresses in an attribute of its own, of any name, and a blank
    picture in `src`; for readers without scripts the picture stands in `<noscript>`, and what is shown beside
    that is blank.
    """
    pictures = [figure, *_below(figure)] if figure.tag in _PICTURES else figure.css(_MAY_NAME)[:_SOURCES_LIMIT]
    shown = [each for each in pictures if each.tag in _PICTURES]
    for each in shown:
        for name, value in each.attributes.items():
            if value and "/" in value and name not in ("src", "srcset") and _LATE.fullmatch(name):
                yield _largest(value) if "srcset" in name else value
    for each in pictures:
        if each.tag == "noscript" and (source := _SOURCE.search(each.html or "")):
            yield html.unescape(source[1])
    for each in shown:
        yield each.attributes.get("src") or ""
        yield _largest(each.attributes.get("srcset") or "")
    for each in pictures:
        if each.tag == "source" and not (each.attributes.get("type") or "").startswith(("video", "audio")):
            yield _largest(each.attributes.get("srcset") or each.attributes.get("data-srcset") or "")


def _below(picture: LexborNode) -> list[LexborNode]:
    """Return the `<noscript>` that follows a picture, if one does."""
    after = picture.next
    while after is not None and after.tag == "-text" and not (after.text() or "").strip():
        after = after.next
    return [after] if after is not None and after.tag == "noscript" else []


def _largest(srcset: str) -> str:
    """Return the address of the largest of several sizes, as `srcset` lists them (HTML, 4.8.4.2.1).

    >>> _largest("/a-400.jpg 400w, /a-1600.jpg 1600w, /a.jpg 800w")
    '/a-1600.jpg'
    """
    sizes = [(float(size or 1), url) for url, size in _CANDIDATE.findall(srcset[:_SRCSET_LIMIT])]
    return max(sizes, key=lambda each: each[0])[1] if sizes else ""


def _image(document: Document, url: str, caption: str, credit: str) -> Iterator[Image]:
    try:
        absolute = urljoin(document.base, url.strip())
        parts = urlsplit(absolute)
    except ValueError:  # a broken address shows no picture
        return
    if (
        parts.scheme in ("http", "https")
        and url.strip()
        and parts.path not in ("", "/")
        and absolute != document.url
        and len(absolute) <= 2048
        and "{" not in url  # a script fills in the size
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
