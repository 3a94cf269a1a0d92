"""The names by which a page's outlet calls itself, so that they can be told from headlines and people."""

from urllib.parse import urlsplit

from news.outlet import Outlet
from pipelines.extract.document import Document
from pipelines.extract.words import letters, plain

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
