"""How outlets correct themselves: of the articles first seen since a time, what was edited, corrected, withdrawn."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text

from news.edits import SUBSTANCE, EditKind
from news.outcome import READ, Outcome

#: a report covers so many days where nobody says since when
REPORT_DAYS = 90
#: most edits come within a day: an article is followed that was fetched again so often, the last time so late
FOLLOWED_TIMES, FOLLOWED_HOURS = 2, 24
#: shares are told where so many articles were followed, and at least this part of all; of edits where there are so many
LEAST_ARTICLES, LEAST_FOLLOWED, LEAST_EDITS = 20, 0.5, 10

#: each table is entered by an index, and no text is read: only what the edits were classed as
_REPORT = """
WITH cohort AS (
  SELECT id, outlet, first_seen_at, coalesce(out_by, first_seen_at) AS out_at FROM articles
  WHERE first_seen_at >= :since AND {articles}
), looks AS (
  SELECT cohort.id, count(*) AS times, max(attempts.at) AS latest FROM cohort
  JOIN attempts ON attempts.article_id = cohort.id AND attempts.at > cohort.first_seen_at
  WHERE attempts.at >= :since AND attempts.outcome = ANY(:reading) AND {attempts}
  GROUP BY cohort.id
), classed AS (
  SELECT cohort.id, cohort.outlet, versions.seen_at - cohort.out_at AS after, versions.edits->'kinds' AS kinds,
    coalesce((versions.edits->>'stealth')::boolean, false) AS silent,
    coalesce((versions.edits->>'corrected')::boolean, false) AS corrected
  FROM versions JOIN cohort ON cohort.id = versions.article_id
  WHERE versions.version > 1 AND versions.seen_at >= :since AND versions.edits IS NOT NULL
), edited AS (
  SELECT id, count(*) FILTER (WHERE jsonb_exists_any(kinds, :edits)) AS edits,
    count(*) FILTER (WHERE jsonb_exists_any(kinds, :substance)) AS substantive,
    count(*) FILTER (WHERE silent) AS silent,
    count(*) FILTER (WHERE jsonb_exists(kinds, 'unexplained')) AS unexplained,
    count(*) FILTER (WHERE jsonb_exists(kinds, 'headline')) AS headlines,
    count(*) FILTER (WHERE corrected) AS corrections,
    min(after) FILTER (WHERE corrected) AS corrected_after
  FROM classed GROUP BY id
), stones AS (
  SELECT cohort.id, bool_or(tombstones.back_at IS NOT NULL) AS returned
  FROM cohort JOIN tombstones ON tombstones.article_id = cohort.id GROUP BY cohort.id
), kinds AS (
  SELECT outlet, jsonb_object_agg(kind, times) AS kinds FROM (
    SELECT outlet, kind, count(*) AS times FROM classed, jsonb_array_elements_text(kinds) AS kind GROUP BY outlet, kind
  ) AS counted GROUP BY outlet
), each AS (
  SELECT cohort.outlet, coalesce(looks.times, 0) AS times, edited.*, stones.returned,
    coalesce(looks.times >= :followed_times
      AND looks.latest >= cohort.first_seen_at + :followed_hours * interval '1 hour', false) AS followed
  FROM cohort LEFT JOIN looks ON looks.id = cohort.id LEFT JOIN edited ON edited.id = cohort.id
  LEFT JOIN stones ON stones.id = cohort.id
)
SELECT outlet, count(*) AS articles,
  count(*) FILTER (WHERE times > 0) AS refetched,
  count(*) FILTER (WHERE followed) AS followed,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY times) AS refetches_median,
  count(*) FILTER (WHERE edits > 0) AS edited,
  count(*) FILTER (WHERE followed AND edits > 0) AS followed_edited,
  coalesce(sum(edits), 0)::bigint AS edits,
  coalesce(sum(substantive), 0)::bigint AS substantive_edits,
  coalesce(sum(silent), 0)::bigint AS silent_edits,
  coalesce(sum(unexplained), 0)::bigint AS unexplained,
  count(*) FILTER (WHERE corrections > 0) AS corrected,
  coalesce(sum(corrections), 0)::bigint AS corrections,
  extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY corrected_after))::float / 3600
    AS hours_to_correct_median,
  coalesce(sum(headlines), 0)::bigint AS headline_changes,
  count(*) FILTER (WHERE headlines > 0) AS headline_changed,
  count(*) FILTER (WHERE followed AND headlines > 0) AS followed_headline_changed,
  count(returned) AS withdrawn,
  count(*) FILTER (WHERE returned) AS returned,
  max(kinds.kinds::text)::jsonb AS kinds
FROM each LEFT JOIN kinds USING (outlet) GROUP BY outlet ORDER BY outlet
"""


@dataclass(frozen=True, kw_only=True)
class CorrectionReport:
    """What became of an outlet's articles that were first seen in a time. Shares are None where too little is known."""

    outlet: str
    articles: int = 0
    #: fetched again at least once
    refetched: int = 0
    #: fetched again FOLLOWED_TIMES or more, the last time FOLLOWED_HOURS or more after the first sight: shares of
    #: articles are shares of these
    followed: int = 0
    #: how often half of the articles were fetched again at least
    refetches_median: float = 0.0
    #: articles with an edit of any class but cosmetic and unexplained
    edited: int = 0
    followed_edited: int = 0
    #: versions with such an edit, those of substance, those of them that the page does not disclose
    edits: int = 0
    substantive_edits: int = 0
    silent_edits: int = 0
    #: versions of which nobody can tell what the outlet changed
    unexplained: int = 0
    #: class -> versions
    kinds: Mapping[EditKind, int] = field(default_factory=dict)
    #: articles, and versions, that a new notice of correction came with
    corrected: int = 0
    corrections: int = 0
    #: from when the text was out for certain until its first notice was seen
    hours_to_correct_median: float | None = None
    headline_changes: int = 0
    headline_changed: int = 0
    followed_headline_changed: int = 0
    #: articles whose page was gone, and those of them that came back
    withdrawn: int = 0
    returned: int = 0

    @property
    def is_followed(self) -> bool:
        """Whether enough of the articles were fetched again often enough for shares of them."""
        return self.followed >= LEAST_ARTICLES and self.followed >= LEAST_FOLLOWED * self.articles

    @property
    def edited_ratio(self) -> float | None:
        """Share of the followed articles that were edited."""
        return round(self.followed_edited / self.followed, 3) if self.is_followed else None

    @property
    def silent_ratio(self) -> float | None:
        """Share of the edits of substance that the page does not disclose."""
        enough = self.is_followed and self.substantive_edits >= LEAST_EDITS
        return round(self.silent_edits / self.substantive_edits, 3) if enough else None

    @property
    def headline_churn_ratio(self) -> float | None:
        """Share of the followed articles whose headline became another."""
        return round(self.followed_headline_changed / self.followed, 3) if self.is_followed else None

    def as_json(self) -> dict[str, Any]:
        """Return the report in JSON's types."""
        counted = asdict(self) | {"kinds": {str(kind): times for kind, times in self.kinds.items()}}
        ratios = ("is_followed", "edited_ratio", "silent_ratio", "headline_churn_ratio")
        return counted | {name: getattr(self, name) for name in ratios}


async def correction_reports(
    connection: AsyncConnection, *, since: datetime, outlets: Collection[str] = ()
) -> list[CorrectionReport]:
    """Return a report of each outlet (of these, if any are named) that has articles first seen since then, by slug.

    Everything counted is of these articles. What was not fetched again is counted as such and has no part in shares.
    """
    named = " = ANY(:outlets)" if outlets else " IS NOT NULL"
    statement = text(_REPORT.format(articles=f"outlet{named}", attempts=f"attempts.outlet{named}"))
    values: dict[str, Any] = {
        "since": since,
        "reading": [str(outcome) for outcome in sorted(READ - {Outcome.NEW})],
        "edits": [str(kind) for kind in EditKind if kind not in (EditKind.COSMETIC, EditKind.UNEXPLAINED)],
        "substance": [str(kind) for kind in EditKind if kind in SUBSTANCE],
        "followed_times": FOLLOWED_TIMES,
        "followed_hours": FOLLOWED_HOURS,
    } | ({"outlets": list(outlets)} if outlets else {})
    lists = [name for name, value in values.items() if isinstance(value, list)]
    rows = await connection.execute(
        statement.bindparams(*(bindparam(name, type_=ARRAY(Text)) for name in lists)), values
    )
    return [_report(row._mapping) for row in rows]


async def correction_report(connection: AsyncConnection, outlet: str, *, since: datetime) -> CorrectionReport:
    """Return the report of one outlet, with zeros where it has no article first seen since then."""
    found = await correction_reports(connection, since=since, outlets=(outlet,))
    return found[0] if found else CorrectionReport(outlet=outlet)


def _report(row: Mapping[Any, Any]) -> CorrectionReport:
    times = row["kinds"] or {}
    hours = row["hours_to_correct_median"]
    return CorrectionReport(
        **dict(row)
        | {
            "kinds": {kind: times[kind] for kind in EditKind if times.get(kind)},
            "hours_to_correct_median": None if hours is None else round(hours, 1),
        }
    )
