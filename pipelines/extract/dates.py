"""When the article was published and changed: all that its page states, weighed."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from news.moment import Moment, Precision, TimeSource, day_in
from pipelines.extract import instants
from pipelines.extract.comparison import Candidate
from pipelines.extract.document import Document
from pipelines.extract.human_dates import Spoken
from pipelines.extract.instants import Stated

#: an article may be dated ahead of its fetching by clocks that are wrong, not by more
_AHEAD = timedelta(hours=26)

_PUBLISHED_METAS = {
    "article:published_time": 0.9,
    "og:article:published_time": 0.85,
    "article:published": 0.8,
    "datepublished": 0.8,
    "og:published_time": 0.8,
    "parsely-pub-date": 0.75,
    "cxenseparse:recs:publishtime": 0.75,
    "cxenseparse:publishtime": 0.75,
    "dc.date.issued": 0.75,
    "dcterms.created": 0.7,
    "dc.date.created": 0.7,
    "article.published": 0.7,
    "publish-date": 0.7,
    "publishdate": 0.7,
    "publisheddate": 0.7,
    "publish_date": 0.7,
    "published_at": 0.7,
    "published-date": 0.7,
    "publication_date": 0.7,
    "pubdate": 0.7,
    "ptime": 0.7,
    "pdate": 0.7,
    "sailthru.date": 0.65,
    "article_date_original": 0.65,
    "originalpublicationdate": 0.65,
    "vr:published_time": 0.65,
    "rnews:datepublished": 0.65,
    "dc.date": 0.6,
    "dcterms.date": 0.6,
    "dcsext.articlefirstpublished": 0.7,
    "date": 0.6,
    "article:created": 0.5,
    "datecreated": 0.5,
    "og:pubdate": 0.6,
}
_MODIFIED_METAS = {
    "article:modified_time": 0.9,
    "og:article:modified_time": 0.85,
    "datemodified": 0.8,
    "og:updated_time": 0.7,
    "article:modified": 0.7,
    "dc.date.modified": 0.7,
    "dcterms.modified": 0.7,
    "cxenseparse:modified_time": 0.7,
    "lastmod": 0.6,
    "last-modified": 0.5,
    "lastupdate": 0.5,
}
_PUBLISHED_TIME = re.compile(
    r"publi|pubdate|posted|created|entry-date|date-?time|timestamp|article[-_]?date", re.IGNORECASE
)
_MODIFIED_TIME = re.compile(r"modif|updat|edited|aktualis", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One statement of a time."""

    stated: Stated
    kind: TimeSource
    source: str
    weight: float
    raw: str


def published(
    document: Document, spoken: Iterable[Spoken], zone: ZoneInfo | None, fetched_at: datetime
) -> tuple[Moment | None, tuple[Candidate, ...]]:
    """Return when the article was published, and what was weighed.

    `spoken` are the dates that stand in words near the headline. `zone` is the outlet's, None where unknown.
    """
    claims = [*_json_ld(document, ("datePublished", "uploadDate", "dateCreated"), (1.0, 0.6, 0.3))]
    claims += _metas(document, _PUBLISHED_METAS)
    claims += _elements(document, "datepublished", modified=False)
    claims += [
        Claim(stated=each.stated, kind=TimeSource.TEXT, source="text", weight=0.55 if each.near else 0.3, raw=each.text)
        for each in spoken
        if not each.modified
    ]
    day = day_in(document.url)
    if day is not None:
        claims.append(
            Claim(stated=Stated(day=day), kind=TimeSource.URL, source="url", weight=0.35, raw=day.isoformat())
        )
    return _decide(claims, zone, fetched_at)


def modified(
    document: Document, spoken: Iterable[Spoken], zone: ZoneInfo | None, fetched_at: datetime
) -> tuple[Moment | None, tuple[Candidate, ...]]:
    """Return when the page says that the article was last changed, and what was weighed."""
    claims = [*_json_ld(document, ("dateModified",), (1.0,))]
    claims += _metas(document, _MODIFIED_METAS)
    claims += _elements(document, "datemodified", modified=True)
    claims += [
        Claim(stated=each.stated, kind=TimeSource.TEXT, source="text", weight=0.5, raw=each.text)
        for each in spoken
        if each.modified
    ]
    return _decide(claims, zone, fetched_at)


def _json_ld(document: Document, keys: tuple[str, ...], weights: tuple[float, ...]) -> Iterator[Claim]:
    for key, weight in zip(keys, weights, strict=True):
        value = document.article.get(key)
        value = value[0] if isinstance(value, list) and value else value
        if isinstance(value, dict):
            value = value.get("@value")
        if isinstance(value, str | int) and (stated := instants.read(str(value))):
            yield Claim(
                stated=stated, kind=TimeSource.JSON_LD, source=f"json-ld {key}", weight=weight, raw=str(value)[:64]
            )


def _metas(document: Document, weights: dict[str, float]) -> Iterator[Claim]:
    for name, weight in weights.items():
        for value in document.metas.get(name, ())[:3]:
            if stated := instants.read(value):
                yield Claim(stated=stated, kind=TimeSource.META, source=f"meta {name}", weight=weight, raw=value[:64])


def _elements(document: Document, name: str, *, modified: bool) -> Iterator[Claim]:
    for node in document.properties.get(name, ())[:1]:
        raw = node.attributes.get("content") or node.attributes.get("datetime") or ""
        if stated := instants.read(raw):
            yield Claim(stated=stated, kind=TimeSource.MICRODATA, source=f"itemprop {name}", weight=0.7, raw=raw[:64])
    for place, node in enumerate(document.times[:40]):
        attributes = node.attributes
        raw = attributes.get("datetime") or ""
        if not (stated := instants.read(raw)):
            continue
        label = " ".join(
            filter(
                None,
                (
                    attributes.get("class"),
                    attributes.get("id"),
                    attributes.get("itemprop"),
                    attributes.get("data-testid"),
                ),
            )
        )
        changed = bool(_MODIFIED_TIME.search(label))
        if changed != modified:
            continue
        if modified or _PUBLISHED_TIME.search(label) or "pubdate" in attributes:
            yield Claim(stated=stated, kind=TimeSource.TIME_TAG, source="time", weight=0.6 - 0.01 * place, raw=raw[:64])
        elif place < 3:
            yield Claim(
                stated=stated, kind=TimeSource.TIME_TAG, source="time", weight=0.45 - 0.01 * place, raw=raw[:64]
            )


def _decide(
    claims: list[Claim], zone: ZoneInfo | None, fetched_at: datetime
) -> tuple[Moment | None, tuple[Candidate, ...]]:
    """Return the moment of the heaviest claim that can be, made more precise by one that agrees with it.

    A claim without clock or zone is made more precise only by another of the same day, whose clock shows the same
    where both have one.
    """
    possible = [claim for claim in claims if _by(claim.stated.moment(claim.kind, zone), fetched_at)]
    possible.sort(key=lambda claim: -claim.weight)
    if not possible:
        return None, ()
    best = possible[0]
    moment = best.stated.moment(best.kind, zone)
    why = "the most trusted source"
    if moment.precision is Precision.DAY:
        for claim in possible[1:]:
            finer = claim.stated.moment(claim.kind, zone)
            if finer.precision is not Precision.DAY and _agree(best.stated, claim.stated):
                best, moment, why = claim, finer, f"more precise than {best.source}, which agrees"
                break
    marked = tuple(
        Candidate(
            value=claim.raw,
            source=claim.source,
            weight=claim.weight,
            chosen=claim is best,
            why=why if claim is best else "",
        )
        for claim in possible
    )
    return moment, marked


def _agree(coarse: Stated, fine: Stated) -> bool:
    if coarse.clock and coarse.zone is None and fine.clock and (coarse.clock.hour, coarse.clock.minute) != (0, 0):
        return abs(coarse.clock - fine.clock) < timedelta(minutes=1)
    return coarse.day == fine.day


def _by(moment: Moment, fetched_at: datetime) -> bool:
    """Tell whether the moment is not after the page was fetched."""
    if isinstance(moment.at, datetime):
        return moment.at <= fetched_at + _AHEAD
    return moment.at <= (fetched_at + _AHEAD).astimezone(UTC).date()
