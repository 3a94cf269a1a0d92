"""An article's versions as Mementos of the outlet's page (RFC 7089): headers, TimeMap and TimeGate."""

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from urllib.parse import quote

from news.errors import BadQuery
from news.version import Version
from web.article_bundle import ArticleBundle
from web.search_results import web_address

LINK_FORMAT = "application/link-format"


def version_href(id: str, number: int) -> str:
    """Return the lasting address of a version on this host."""
    return f"/articles/{id}/versions/{number}"


def headers(found: ArticleBundle, base: str, shown: Version | None) -> dict[str, str]:
    """Return the headers of an article's page (`shown` None), or of the page of one version, which is a Memento."""
    if not found.versions:
        return {}
    links = [
        *_original(found),
        _link(f"{base}/articles/{found.id}/timegate", rel="timegate"),
        _link(f"{base}/articles/{found.id}/timemap", rel="timemap", type=LINK_FORMAT),
    ]
    if shown is None:
        return {"Link": ", ".join(links)}
    place = list(found.versions).index(shown)
    last = len(found.versions) - 1
    for number in sorted({0, place - 1, place, place + 1, last} & set(range(last + 1))):
        roles = {"first": 0, "prev": place - 1, "next": place + 1, "last": last}
        rel = " ".join([*(name for name, at in roles.items() if at == number), "memento"])
        links.append(_memento(found, base, found.versions[number], rel))
    return {"Memento-Datetime": http_date(shown.seen_at), "Link": ", ".join(links)}


def time_map(found: ArticleBundle, base: str) -> str:
    """Return the list of an article's versions, in the link format (RFC 6690)."""
    span = {}
    if found.versions:
        span = {"from": http_date(found.versions[0].seen_at), "until": http_date(found.versions[-1].seen_at)}
    here = f"{base}/articles/{found.id}"
    links = [
        *_original(found),
        _link(f"{here}/timemap", rel="self", type=LINK_FORMAT, **span),
        _link(f"{here}/timegate", rel="timegate"),
    ]
    last = len(found.versions) - 1
    for place, version in enumerate(found.versions):
        rel = " ".join([*(["first"] if place == 0 else []), *(["last"] if place == last else []), "memento"])
        links.append(_memento(found, base, version, rel))
    return ",\n".join(links) + "\n"


def version_at(versions: Sequence[Version], accepted: str | None) -> Version:
    """Return the version that was to be read at an `Accept-Datetime`; without one the newest, before all the first.

    Raises BadQuery for what is no HTTP date.
    """
    if not accepted:
        return versions[-1]
    try:
        at = parsedate_to_datetime(accepted)
    except (ValueError, TypeError) as error:
        raise BadQuery("Accept-Datetime must be an HTTP date, such as Thu, 08 Feb 2024 05:00:00 GMT.") from error
    at = at if at.utcoffset() is not None else at.replace(tzinfo=UTC)
    # to the second, as the dates are that we give out
    return next((each for each in reversed(versions) if each.seen_at.replace(microsecond=0) <= at), versions[0])


def http_date(at: datetime) -> str:
    """Return an instant as HTTP has it, to the second.

    >>> http_date(datetime(2024, 2, 8, 5, tzinfo=UTC))
    'Thu, 08 Feb 2024 05:00:00 GMT'
    """
    return format_datetime(at.astimezone(UTC), usegmt=True)


def _original(found: ArticleBundle) -> list[str]:
    address = web_address(found.document.get("url"))
    return [_link(address, rel="original")] if address else []


def _memento(found: ArticleBundle, base: str, version: Version, rel: str) -> str:
    return _link(base + version_href(found.id, version.number), rel=rel, datetime=http_date(version.seen_at))


def _link(address: str, **parameters: Any) -> str:
    # a header is ASCII, and an angle bracket would end the address
    safe = quote(address, safe="/:?#[]@!$&'()*+,;=%~")
    return "; ".join([f"<{safe}>", *(f'{name}="{value}"' for name, value in parameters.items())])
