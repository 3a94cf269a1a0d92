"""What is done where a page that calls itself an article shows hardly any text of one."""

from pipelines.extract import json_ld
from pipelines.extract.body import length
from pipelines.extract.document import Document
from pipelines.extract.words import plain

#: a body of fewer letters is doubted
RESCUED_BELOW = 250
#: a rescue has to bring this many times the text: on whole articles JSON-LD's is right less often than the page's
_GAIN = 2


def rescued(document: Document, body: str) -> str:
    """Return the text of JSON-LD's `articleBody`, else what trafilatura finds, if it is much more than `body`.

    Pages that build their text by script still carry it for search engines; and where our rules fail altogether, a
    second reader with other rules may not.
    """
    if not document.article and document.meta("og:type").lower() != "article":
        return body
    stated = document.article.get("articleBody")
    if isinstance(stated, str):
        text = "\n".join(line for line in map(plain, stated.splitlines()) if line)
        if length(text) > max(RESCUED_BELOW, _GAIN * length(body)):
            return text
    if json_ld.types(document.article) & {"VideoObject", "ImageGallery", "MediaGallery"}:
        return body
    from trafilatura import extract as trafilatura_extract  # costs half a second, and few pages need it

    html = document.tree.html
    found = trafilatura_extract(html, fast=True, include_comments=False) if html else None
    return found if found and length(found) > max(RESCUED_BELOW, _GAIN * length(body)) else body
