"""A version of an article in, how it is cited out: plain text, BibTeX (biblatex), CSL-JSON."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from index.fields import names
from news.version import Version
from web import times

_BIBTEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        **{sign: f"\\{sign}" for sign in "&%$#_"},
    }
)
_SPACE = re.compile(r"\s+")


class CitationFormat(StrEnum):
    """How a citation is written."""

    PLAIN = "plain"
    BIBTEX = "bibtex"
    CSL = "csl"


@dataclass(frozen=True, kw_only=True)
class Citation:
    """What is cited: one version of an article, as it was seen at a time."""

    id: str
    #: 0 where the index alone knows the article
    version: int
    headline: str
    authors: tuple[str, ...]
    agencies: tuple[str, ...]
    outlet: str
    url: str
    language: str
    #: the day that the page states, in UTC where it states an instant; None where it states none
    published: date | None
    seen_at: datetime
    #: of the version's own page, "" where it is shown nowhere
    address: str = ""


def citation(document: Mapping[str, Any], version: Version, *, address: str = "") -> Citation:
    """Return the citation of a version; `document` is the article's, for its id and outlet."""
    article = version.article
    moment = article.date_published
    at = moment.at if moment else None
    return Citation(
        id=str(document["id"]),
        version=version.number,
        headline=_SPACE.sub(" ", article.headline).strip() or "No headline",
        authors=tuple(names(article.authors)),
        agencies=tuple(names(article.agencies)),
        outlet=document.get("outlet_name") or document.get("outlet") or "",
        url=article.url or document.get("url") or "",
        language="" if article.in_language == "und" else article.in_language,
        published=at.astimezone(UTC).date() if isinstance(at, datetime) else at,
        seen_at=version.seen_at,
        address=address,
    )


def plain(cited: Citation) -> str:
    """Return the citation as a sentence."""
    by = ", ".join((*cited.authors, *cited.agencies))
    when = ", ".join(filter(None, (cited.outlet, times.day(cited.published) if cited.published else "")))
    seen = f"Version {cited.version}, first seen {times.instant(cited.seen_at, 'UTC')}"
    kept = f"Broadsheet, {cited.address or f'article {cited.id}'}"
    parts = [f"{by}: “{cited.headline}”" if by else f"“{cited.headline}”", when, cited.url, f"{seen}: {kept}"]
    return ". ".join(filter(None, parts)) + "."


def bibtex(cited: Citation) -> str:
    """Return the citation as a biblatex entry."""
    authors = [*(_escaped(name) for name in cited.authors), *(f"{{{_escaped(name)}}}" for name in cited.agencies)]
    fields = {
        "author": " and ".join(authors),
        "title": f"{{{_escaped(cited.headline)}}}",
        "organization": f"{{{_escaped(cited.outlet)}}}" if cited.outlet else "",
        "date": cited.published.isoformat() if cited.published else "",
        # what is in an address is verbatim to biblatex; only braces would end it
        "url": _SPACE.sub("%20", cited.url).replace("{", "%7B").replace("}", "%7D").replace("\\", "%5C"),
        "urldate": cited.seen_at.astimezone(UTC).date().isoformat(),
        "version": str(cited.version),
        "langid": cited.language,
        "note": _escaped(
            f"Version {cited.version}, first seen {times.instant(cited.seen_at, 'UTC')}: "
            f"Broadsheet, {cited.address or f'article {cited.id}'}"
        ),
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@online{{broadsheet-{cited.id[:8]}-v{cited.version},", *lines, "}"])


def csl(cited: Citation) -> list[dict[str, Any]]:
    """Return the citation as CSL-JSON (https://docs.citationstyles.org), a list of one item."""
    item: dict[str, Any] = {
        "id": f"broadsheet-{cited.id}-v{cited.version}",
        "type": "article-newspaper",
        "title": cited.headline,
        "author": [{"literal": name} for name in (*cited.authors, *cited.agencies)],
        "container-title": cited.outlet,
        "issued": _parts(cited.published) if cited.published else None,
        "accessed": _parts(cited.seen_at.astimezone(UTC).date()),
        "URL": cited.url,
        "language": cited.language,
        "version": str(cited.version),
        "archive": "Broadsheet",
        "archive_location": cited.address or cited.id,
    }
    return [{name: value for name, value in item.items() if value}]


def _parts(day: date) -> dict[str, Any]:
    return {"date-parts": [[day.year, day.month, day.day]]}


def _escaped(text: str) -> str:
    r"""Return a text as BibTeX has it.

    >>> print(_escaped("R&D {50%}"))
    R\&D \{50\%\}
    """
    return _SPACE.sub(" ", text).translate(_BIBTEX)
