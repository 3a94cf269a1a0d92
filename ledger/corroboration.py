"""When an article's text was out: by what its page states, where that is plausible or something else says so, too."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from ledger.pipeline import Pipeline
from ledger.statements import STATED_ELSEWHERE
from news.moment import Moment
from news.story import contradicts, is_corroborated, out_by

#: addresses of an article that are looked at: of some, outlets make endless variants
_MOST_PAGES = 50


async def out_by_of(
    pipeline: Pipeline,
    published: Moment | None,
    first_seen_at: datetime,
    story_days: int,
    *,
    article_id: UUID,
    urls: Iterable[str],
    known: datetime | None = None,
) -> datetime:
    """Return the time by which the article's text was out for certain; news/story.py has the rules.

    `urls` are the addresses of the article that the caller knows, `known` is what this returned before: a time that
    was corroborated once stays so, though its source names a later change now. The ledger is asked only where the
    stated time is older than our first sight by more than the story window.
    """
    window = timedelta(days=story_days)
    if published is None or not contradicts(published, first_seen_at, window):
        return out_by(published, first_seen_at, window=window, corroborated=False)
    claimed = out_by(published, first_seen_at, window=window, corroborated=True)
    corroborated = known == claimed or is_corroborated(published, urls, ())
    if not corroborated:
        corroborated = is_corroborated(published, *await _stated_elsewhere(pipeline, article_id, urls))
    return out_by(published, first_seen_at, window=window, corroborated=corroborated)


async def _stated_elsewhere(
    pipeline: Pipeline, article_id: UUID, urls: Iterable[str]
) -> tuple[list[str], list[datetime]]:
    """Return the article's addresses, and when feeds and sitemaps say that it was changed."""
    urls = sorted(set(urls))
    rows = await pipeline.rows(STATED_ELSEWHERE, article_id=article_id, most=_MOST_PAGES, urls=urls)
    return [row.url for row in rows], [row.lastmod for row in rows if row.lastmod is not None]
