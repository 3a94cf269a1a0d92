"""The API's bodies and answers as pydantic models: from them /openapi.json describes each, and tests check the answers.

An answer is built as a dictionary and sent as it is: a thousand documents are not copied into models to be sent.
"""

from datetime import datetime
from typing import Annotated, Any, get_origin, get_type_hints
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool, create_model

from index.declaration import DeclaredField
from index.fields import FIELDS
from news.article import Article, Kind
from news.corrections import Correction
from news.difference import Operation
from news.edits import EditKind
from news.moment import Precision, TimeSource
from news.outcome import Outcome
from news.outlet_change import ChangeType

#: addresses in one request for recrawls
MOST_URLS = 1_000
CORRECTIONS = (
    "What new notices say was wrong and is right; `speaks_of`: the latest earlier version that held the former."
)


class ApiModel(BaseModel):
    """A JSON object with these keys and no others."""

    model_config = ConfigDict(extra="forbid")


class ErrorResponse(ApiModel):
    """Why a request got no result: a problem (RFC 9457), as `application/problem+json`."""

    type: Annotated[str, Field(description="Always about:blank: `status` says it all.", examples=["about:blank"])]
    title: Annotated[str, Field(description="The kind of error in a few words.", examples=["Not found"])]
    status: Annotated[int, Field(description="The HTTP status.", examples=[404])]
    detail: Annotated[str, Field(description="One sentence: what is wrong, and what to do.")]


# --- articles

#: what neither the index's declaration nor the article's own field says of a type
_TYPES: dict[str, Any] = {
    "sections": list[str],
    "figures": list[dict[str, Any]],
    "date_published": str,
    "date_modified": str,
    "kind": Kind,
    "edit_kinds": list[EditKind],
    "date_precision": Precision,
    "date_modified_precision": Precision,
    "date_source": TimeSource,
    "date_modified_source": TimeSource,
}
_SIMPLE = {"boolean": bool, "integer": int, "long": int, "short": int, "float": float, "double": float}


def _type_of(name: str, field: DeclaredField) -> Any:
    """Return the JSON type of a document's field, from its declaration and the article's own fields."""
    if name in _TYPES:
        return _TYPES[name]
    kind = field.type.get("type", "object")
    if kind == "nested":
        return list[dict[str, Any]]
    if kind == "date":
        return datetime
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    value: Any = dict[str, Any] if kind == "object" else str
    return list[value] if get_origin(get_type_hints(Article).get(name)) is tuple else value


ArticleDocument = create_model(
    "ArticleDocument",
    __doc__="An article as the index has it. What the page does not state is absent. docs/fields.md lists the fields.",
    __config__=ConfigDict(extra="allow"),
    **{
        name: (
            _type_of(name, field) | None,
            Field(default=None, description=f"{field.means[:1].upper()}{field.means[1:]}."),
        )
        for name, field in FIELDS.items()
    },  # type: ignore[call-overload]
)


class AttemptSummary(ApiModel):
    """One fetch of an article's page."""

    at: datetime
    url: str
    outcome: Outcome
    reason: str | None
    status: Annotated[int | None, Field(description="HTTP status; null without an answer.")]


class ArticleResponse(ArticleDocument):  # type: ignore[valid-type, misc]
    """An article's document, with its addresses and the last attempt."""

    addresses: Annotated[list[str], Field(description="Every address at which the article was found.")]
    last_attempt: AttemptSummary | None
    next_visit_at: Annotated[datetime | None, Field(description="Null: the article is not re-fetched any more.")]


# --- search


class FacetCount(ApiModel):
    """One value and how many articles have it."""

    value: Annotated[str, Field(description="To filter by.", examples=["de"])]
    label: Annotated[str, Field(description="To show to a reader.")]
    count: int


class TextRun(ApiModel):
    """A run of text; `found`: it matches the query."""

    text: str
    found: bool


class SearchHit(ApiModel):
    """One found article."""

    id: str
    score: float | None
    story_size: Annotated[int | None, Field(description="With `stories=1`: articles with the same text.")]
    highlights: Annotated[
        dict[str, list[list[TextRun]]], Field(description="Field to excerpts; with `highlight=1` only.")
    ]
    document: Annotated[ArticleDocument, Field(description="All fields, or those of the parameter `fields`.")]  # type: ignore[valid-type]


class SearchResponse(ApiModel):
    """A page of results."""

    total: int
    estimated: Annotated[bool, Field(description="Total, facets or histogram are estimates: very many were found.")]
    hits: list[SearchHit]
    facets: dict[str, list[FacetCount]]
    histogram: Annotated[list[FacetCount], Field(description="Articles by date of publication.")]
    significant_terms: list[FacetCount]
    next_cursor: Annotated[str | None, Field(description="For the parameter `cursor`; null: this page is not full.")]
    took_ms: float
    notes: Annotated[list[str], Field(description="Sentences for the reader, as that the query was cut.")]


# --- versions


class ListedEdit(ApiModel):
    """One edit: what stood there before and after."""

    kind: EditKind
    before: str
    after: str


class EditSummary(ApiModel):
    """How a version differs from the one before."""

    kinds: list[EditKind]
    stealth: Annotated[bool, Field(description="The substance changed, and the page does not disclose it.")]
    corrected: Annotated[bool, Field(description="A notice of correction is new.")]
    words_added: int
    words_removed: int
    listed: list[ListedEdit]


class VersionSummary(ApiModel):
    """One version of an article."""

    version: int
    seen_at: datetime
    edits: Annotated[EditSummary | None, Field(description="Null for the first version.")]


class TombstoneSpan(ApiModel):
    """A time in which the article's page was gone."""

    gone_at: datetime
    status: Annotated[int, Field(examples=[404, 410])]
    back_at: datetime | None


class VersionsResponse(ApiModel):
    """The history of an article, the first version first."""

    id: UUID
    versions: list[VersionSummary]
    corrections: Annotated[list[Correction], Field(description=CORRECTIONS)]
    tombstones: list[TombstoneSpan]


class VersionResponse(VersionSummary):
    """One version with its text."""

    id: UUID
    article: Annotated[dict[str, Any], Field(description="The fields of the article, as in `ArticleDocument`.")]


class DiffRun(ApiModel):
    """A run of words that stayed, came or went."""

    operation: Operation
    text: str


class FieldChange(ApiModel):
    """One field of an article, compared."""

    name: Annotated[str, Field(examples=["headline"])]
    changed: bool
    paragraphs: list[list[DiffRun]]


class DiffResponse(ApiModel):
    """How one version became another."""

    id: UUID
    before: VersionSummary
    after: VersionSummary
    edits: EditSummary
    corrections: Annotated[list[Correction], Field(description=f"{CORRECTIONS} Those that are new in `after`.")]
    fields: list[FieldChange]


class StoryArticle(ApiModel):
    """One of the articles with the same text."""

    article_id: UUID
    outlet: str
    url: str
    headline: str
    out_by: Annotated[datetime, Field(description="When the text was out for certain.")]
    first_seen_at: datetime
    copy_of: Annotated[UUID | None, Field(description="Null: this article had the text first.")]
    similarity: Annotated[float | None, Field(description="Share of the text in common with `copy_of`, 0 to 1.")]
    credited_agency: str
    role: Annotated[str, Field(description="first, copy; repeat, video: the same outlet had the text before.")]
    claim_counts: Annotated[bool, Field(description="`out_by` is the date that the page states.")]
    date_published: str | None = None
    date_precision: Precision | None = None
    date_source: TimeSource | None = None


class StoryResponse(ApiModel):
    """The articles of a story, the first one first."""

    articles: list[StoryArticle]


class OutletChangeItem(ApiModel):
    """One edit, withdrawal or return of an article."""

    type: ChangeType
    at: Annotated[datetime, Field(description="When the new text was first fetched, or the answer that settled it.")]
    article_id: UUID
    outlet: str
    url: str
    headline: str
    in_language: str
    href: Annotated[str, Field(description="The difference, or the history, in the API.")]
    version: Annotated[int | None, Field(description="Of an edit: the new text's number.")] = None
    edits: EditSummary | None = None
    status: Annotated[int | None, Field(description="Of a withdrawal or a missing page: 404 or 410.")] = None


class ChangesResponse(ApiModel):
    """A page of changes, the newest first."""

    changes: list[OutletChangeItem]
    next_cursor: Annotated[str | None, Field(description="For the parameter `cursor`; null: this page is the last.")]


# --- recrawls


class RecrawlRequest(ApiModel):
    """Addresses to be fetched now."""

    urls: Annotated[list[str], Field(min_length=1, max_length=MOST_URLS, examples=[["https://example.org/2024/storm"]])]
    force: Annotated[StrictBool, Field(description="Ignore caching headers (unconditional request).")] = False


class AcceptedRecrawl(ApiModel):
    """An address that will be fetched."""

    id: UUID
    url: str
    outlet: str
    joined: Annotated[bool, Field(description="The address was queued already.")]
    href: Annotated[str, Field(description="Where the result will be.", examples=["/api/recrawls/…"])]


class RejectedAddress(ApiModel):
    """An address that will not be fetched."""

    url: str
    message: str


class RecrawlsResponse(ApiModel):
    """What was accepted and what was not."""

    recrawls: list[AcceptedRecrawl]
    rejected: list[RejectedAddress]


class RecrawlResponse(ApiModel):
    """The state or the result of a recrawl."""

    id: UUID
    url: str
    outlet: str
    asked_at: datetime
    state: Annotated[str, Field(description="queued or ended", json_schema_extra={"enum": ["queued", "ended"]})]
    attempt_id: int | None
    outcome: Outcome | None
    message: Annotated[str, Field(description="The result in one sentence.")]
    ended_at: datetime | None = None
    reason: str | None = None
    status: int | None = None
    article_id: UUID | None = None
    version: int | None = None
    edits: EditSummary | None = None
    changes: Annotated[list[FieldChange] | None, Field(description="Of a change: the fields that changed.")] = None


# --- state


class AliveResponse(ApiModel):
    """The process lives."""

    alive: bool


class PartState(ApiModel):
    """One part of the system."""

    ready: bool
    reason: str | None


class ReadyResponse(ApiModel):
    """Whether a page could be fetched, recorded and indexed now."""

    ready: bool
    missing: Annotated[list[str], Field(description="The reasons, each once.")]
    parts: dict[str, PartState]
    notes: list[str]


class IndexState(ApiModel):
    """The search index. While it cannot be reached, only `backend`, `available` and `notes` are there."""

    backend: str
    available: bool
    schema_version: int | None = None
    documents: Annotated[dict[str, int] | None, Field(description="Searchable documents by stream.")] = None
    size_bytes: int | None = None
    missing: Annotated[int | None, Field(description="Articles that the index should have and does not.")] = None
    difference: str | None = None
    notes: list[str]


class OutboxState(ApiModel):
    """Documents pending indexing, and rejected ones."""

    pending: int
    pending_since: datetime | None
    rejected: int


class OutletSummary(ApiModel):
    """One outlet."""

    slug: str
    outlet_name: str
    enabled: Annotated[bool | None, Field(description="Null: as its file says.")]
    crawled_at: datetime | None
    problem: Annotated[str | None, Field(description="Null: healthy.")]
    pages: int
    due: int
    unrecordable: int
    articles: int


class StatusResponse(ApiModel):
    """The state of the index, the outbox and each outlet."""

    index: IndexState
    outbox: OutboxState
    outlets: list[OutletSummary]
