"""The address that a page claims for itself."""

from urllib.parse import urljoin

from news.url import ADDRESS_BYTES, normal
from pipelines.extract.document import Document


def canonical(document: Document) -> str:
    """Return the page's rel=canonical, else its og:url, absolute; empty if neither is an address that can be kept."""
    for claim in (*document.links.get("canonical", ()), *document.metas.get("og:url", ())):
        try:
            address: str = urljoin(document.url, claim.strip())
            normal(address)
        except ValueError:  # a broken address claims nothing, and half of one that is too long is another
            continue
        if len(address) <= ADDRESS_BYTES:
            return address
    return ""
