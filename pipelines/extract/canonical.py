"""The address that a page claims for itself."""

from urllib.parse import urljoin, urlsplit

from pipelines.extract.document import Document


def canonical(document: Document) -> str:
    """Return the page's rel=canonical, else its og:url, absolute; empty if neither is an http(s) address."""
    for claim in (*document.links.get("canonical", ()), *document.metas.get("og:url", ())):
        try:
            address: str = urljoin(document.url, claim.strip())
            parts = urlsplit(address)
        except ValueError:  # a broken address claims nothing
            continue
        if parts.scheme in ("http", "https") and parts.hostname and len(address) <= 2048:
            return address
    return ""
