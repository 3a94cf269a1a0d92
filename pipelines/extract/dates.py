"""When the article was published and changed: all that its page states, weighed."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from zoneinfo import ZoneInfo

from selectolax.lexbor import LexborNode

from news.moment import Moment, Precision, TimeSource, day_in
from pipelines.extract import instants, json_ld
from pipelines.extract.comparison import Candidate, plain, without_signs
from pipelines.extract.document import Document, holders, label
from pipelines.extract.human_dates import Spoken, find
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
_PUBLISHED_SIGNLESS = {without_signs(name): weight for name, weight in _PUBLISHED_METAS.items()}
_MODIFIED_SIGNLESS = {without_signs(name): weight for name, weight in _MODIFIED_METAS.items()}
_PUBLISHED_TIME = re.compile(
    r"publi|pubdate|posted|created|entry-date|date-?time|timestamp|article[-_]?date", re.IGNORECASE
)
#: classes of elements whose title states the time
_TITLED_TIME = re.compile(r"publi|posted|dtstart|\bdate|\btime|timestamp|timeago", re.IGNORECASE)
_MODIFIED_TIME = re.compile(r"modif|updat|edited|aktualis", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One statement of a time."""

    stated: Stated
    kind: TimeSource
    source: str
    weight: float
    raw: str


#: a day and a month of which either may come first
_DAY_OR_MONTH = re.compile(r"(0?[1-9]|1[0-2])[/-](0?[1-9]|1[0-2])[/-]\d{4}(?!\d)")


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a page is from: what its dates in words are read with."""

    #: BCP 47, "und" where unknown
    language: str = "und"
    #: ISO 3166, empty where unknown
    country: str = ""
    #: the outlet's, None where unknown
    zone: ZoneInfo | None = None

    def read(self, value: str) -> Stated | None:
        """Return the time that a statement names, for machines or in words; None for what names two days."""
        if stated := instants.read(value):
            return stated
        either = _DAY_OR_MONTH.match(value.strip())
        if either and int(either[1]) != int(either[2]):
            return None  # systems write these in the order of their makers, not of the page
        spoken = find(value, self.language, self.zone, self.country)
        return spoken[0].stated if len({each.stated.day for each in spoken}) == 1 else None


def published(
    document: Document, spoken: Iterable[Spoken], place: Place, fetched_at: datetime
) -> tuple[Moment | None, tuple[Candidate, ...]]:
    """Return when the article was published, and what was weighed.

    `spoken` are the dates that stand in words near the headline, the likeliest first.
    """
    claims = [*_json_ld(document, {"datePublished": 1.0, "uploadDate": 0.6, "dateCreated": 0.3}, place)]
    claims += _metas(document, _PUBLISHED_METAS, _PUBLISHED_SIGNLESS, place)
    claims += _elements(document, "datepublished", place, modified=False)
    claims = claims or [*_abbreviations(document, place)]
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
    return _decide(claims, place.zone, fetched_at)


def modified(
    document: Document, spoken: Iterable[Spoken], place: Place, fetched_at: datetime
) -> tuple[Moment | None, tuple[Candidate, ...]]:
    """Return when the page says that the article was last changed, and what was weighed."""
    claims = [*_json_ld(document, {"dateModified": 1.0}, place)]
    claims += _metas(document, _MODIFIED_METAS, _MODIFIED_SIGNLESS, place)
    claims += _elements(document, "datemodified", place, modified=True)
    claims += [
        Claim(stated=each.stated, kind=TimeSource.TEXT, source="text", weight=0.5, raw=each.text)
        for each in spoken
        if each.modified
    ]
    return _decide(claims, place.zone, fetched_at)


#: nodes that are the page; some outlets state its times there alone
_PAGES = frozenset("WebPage ItemPage MedicalWebPage".split())
#: what the node of the page states gives way to what meta tags and microdata say of the article
_OF_PAGE = 0.64


def _json_ld(document: Document, weights: dict[str, float], place: Place) -> Iterator[Claim]:
    pages = [node for node in document.nodes if json_ld.types(node) & _PAGES and node is not document.article]
    for key, weight in weights.items():
        for node, share, name in (
            (document.article, 1.0, ""),
            *((node, _OF_PAGE, " of the page") for node in pages[:1]),
        ):
            value = node.get(key)
            value = value[0] if isinstance(value, list) and value else value
            if isinstance(value, dict):
                value = value.get("@value")
            if isinstance(value, str | int) and (stated := place.read(str(value))):
                yield Claim(
                    stated=stated,
                    kind=TimeSource.JSON_LD,
                    source=f"json-ld {key}{name}",
                    weight=weight * share,
                    raw=str(value)[:64],
                )


def _metas(document: Document, weights: dict[str, float], signless: dict[str, float], place: Place) -> Iterator[Claim]:
    """Yield what meta tags claim; a name is known however its parts are joined: "dc.date", "DC:date", "dc_date"."""
    for name, values in document.metas.items():
        weight = weights.get(name) or signless.get(without_signs(name), 0.0)
        for value in values[:3] if weight else ():
            if stated := place.read(value):
                yield Claim(stated=stated, kind=TimeSource.META, source=f"meta {name}", weight=weight, raw=value[:64])


def _elements(document: Document, name: str, place: Place, *, modified: bool) -> Iterator[Claim]:
    own = (node for node in document.properties.get(name, ())[:40] if not (_of_another(node) or _of_reader(node)))
    for node in islice(own, 1):
        raw = node.attributes.get("content") or node.attributes.get("datetime") or plain(node.text(separator=" ") or "")
        if stated := place.read(raw):
            yield Claim(stated=stated, kind=TimeSource.MICRODATA, source=f"itemprop {name}", weight=0.7, raw=raw[:64])
    for rank, node in enumerate(document.times[:40]):
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
        named = modified or bool(_PUBLISHED_TIME.search(label)) or "pubdate" in attributes
        if changed != modified or not (named or rank < 3) or _of_another(node) or _of_reader(node):
            continue
        if named:
            yield Claim(stated=stated, kind=TimeSource.TIME_TAG, source="time", weight=0.6 - 0.01 * rank, raw=raw[:64])
        else:
            yield Claim(stated=stated, kind=TimeSource.TIME_TAG, source="time", weight=0.45 - 0.01 * rank, raw=raw[:64])


#: what holds the times of comments, of other articles, of films and events
_ANOTHER = re.compile(
    r"comment|related|teaser|recommend|sidebar|most-?(?:read|popular)|caption|\bvideo|player|\bevent\b|disqus"
)
_ANOTHER_TAGS = frozenset("aside footer nav figcaption".split())
_STEPS = 8


def _of_another(node: LexborNode) -> bool:
    """Tell whether a time stands among comments, in a list of articles, or in what is said of a film or an event."""
    for above in islice(chain([node], holders(node)), _STEPS):
        if above.tag in ("body", "main"):
            break
        if above.tag in _ANOTHER_TAGS or (above is not node and _ANOTHER.search(label(above))):
            return True
        if above.tag == "header" and _is_masthead(above):
            return True
    return False


def _is_masthead(header: LexborNode) -> bool:
    """Tell whether a header is the site's: no article's part, and without its headline."""
    is_of_article = any(above.tag in ("article", "main") for above in holders(header))
    return not is_of_article and header.css_first("h1") is None


#: what is said in these types' scopes is said of a reader's posting
_OF_READERS = re.compile(r"/(?:User)?Comments?\b|/Review\b|/Answer\b")


def _of_reader(node: LexborNode) -> bool:
    """Tell whether an item property is a comment's."""
    kinds = (kind for above in holders(node) if (kind := above.attributes.get("itemtype")))
    return _OF_READERS.search(next(kinds, "")) is not None


def _abbreviations(document: Document, place: Place) -> Iterator[Claim]:
    """Yield the time that stands in a title: hAtom's `<abbr class="published">`, else behind "2 days ago".

    Of several such titles with several days most are other articles'.
    """
    found: list[Claim] = []
    for node in document.tree.css("abbr[title], span[title], time[title], a[title], div[title], li[title]")[:40]:
        raw, label = node.attributes.get("title") or "", node.attributes.get("class") or ""
        is_own = node.tag == "abbr" and bool({"published", "dtstart"} & set(label.split()))
        is_time = is_own or _TITLED_TIME.search(label) or (node.tag in ("abbr", "time") and not label)
        if is_time and not _MODIFIED_TIME.search(label) and not _of_another(node) and (stated := place.read(raw)):
            claim = Claim(stated=stated, kind=TimeSource.MICRODATA, source="abbr", weight=0.6, raw=raw[:64])
            if is_own:
                yield claim
                return
            found.append(claim)
    if len({each.stated.day for each in found}) == 1:
        yield found[0]


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
    best = _most_agreed(possible)
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


def _most_agreed(claims: list[Claim]) -> Claim:
    """Return the heaviest claim; a meta tag's that stands alone is outvoted by two other kinds that name one day.

    Systems keep the day on which an address was first used, years before, in a tag of their own.
    """
    best = claims[0]
    if best.kind is not TimeSource.META or any(
        each.stated.day == best.stated.day for each in claims if each.source != best.source
    ):
        return best
    for claim in claims[1:]:
        kinds = {each.kind for each in claims if each.stated.day == claim.stated.day}
        if len(kinds - {TimeSource.URL}) > 1:
            return claim
    return best


def _agree(coarse: Stated, fine: Stated) -> bool:
    if coarse.clock and coarse.zone is None and fine.clock and (coarse.clock.hour, coarse.clock.minute) != (0, 0):
        return abs(coarse.clock - fine.clock) < timedelta(minutes=1)
    return coarse.day == fine.day


def _by(moment: Moment, fetched_at: datetime) -> bool:
    """Tell whether the moment is not after the page was fetched."""
    if isinstance(moment.at, datetime):
        return moment.at <= fetched_at + _AHEAD
    return moment.at <= (fetched_at + _AHEAD).astimezone(UTC).date()
