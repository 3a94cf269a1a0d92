"""How outlets correct: counted over what was fetched again, and silent where that was too little."""

from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from ledger import corrections
from ledger.corrections import CorrectionReport, correction_report, correction_reports
from news.article import Article
from news.edits import EditKind
from news.outcome import Outcome
from tests.ledger.readings import START, article, fail, hour, published, read

NOTICE = "Correction: an earlier version of this article had a wrong figure."
URL = "https://courier.example/a/{}"


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let shares be told of three articles and one edit."""
    monkeypatch.setattr(corrections, "LEAST_ARTICLES", 3)
    monkeypatch.setattr(corrections, "LEAST_EDITS", 1)


def flood(number: int, missing: int, **fields: object) -> Article:
    body = f"Some {missing} people are missing in valley {number} since the river rose.\nHelpers search the banks."
    return article(URL.format(number), body, **fields)


async def report(engine: AsyncEngine, outlet: str = "courier", since: float = 0) -> CorrectionReport:
    async with engine.connect() as connection:
        return await correction_report(connection, outlet, since=hour(since))


async def follow(engine: AsyncEngine, *texts: Article) -> None:
    """Record an article's texts at once, after six hours, after twelve ..., and the last one after two days again."""
    for step, each in enumerate(texts):
        await read(engine, each, hour(6 * step))
    for at in (48, 49):
        await read(engine, texts[-1], hour(at))


@pytest.mark.usefixtures("few")
async def test_edits_are_counted_by_class_and_silent_ones_among_those_of_substance(engine: AsyncEngine) -> None:
    await follow(engine, flood(1, 5), flood(1, 7))
    noticed = flood(2, 7, correction=NOTICE, date_published=published(-2))
    await follow(engine, flood(2, 5, date_published=published(-2)), noticed, replace(noticed, headline="Other words"))
    await follow(engine, flood(3, 5), replace(flood(3, 5), authors=("Ada Byron",)))
    await follow(engine, flood(4, 5))
    found = await report(engine)
    assert (found.articles, found.refetched, found.followed) == (4, 4, 4)
    assert (found.edited, found.edits, found.substantive_edits, found.silent_edits) == (3, 4, 3, 2)
    assert found.kinds == {
        EditKind.NUMBER: 2,
        EditKind.HEADLINE: 1,
        EditKind.BYLINE: 1,
        EditKind.CORRECTION_NOTICE: 1,
    }
    assert (found.corrected, found.corrections, found.hours_to_correct_median) == (1, 1, 8.0)
    assert (found.headline_changed, found.headline_changes) == (1, 1)
    assert (found.edited_ratio, found.silent_ratio, found.headline_churn_ratio) == (0.75, 0.667, 0.25)


@pytest.mark.usefixtures("few")
async def test_a_notice_that_was_there_is_no_correction_nor_is_one_that_goes(engine: AsyncEngine) -> None:
    await follow(engine, flood(1, 5, correction=NOTICE), flood(1, 7, correction=NOTICE), flood(1, 8))
    found = await report(engine)
    assert (found.corrections, found.hours_to_correct_median, found.silent_edits) == (0, None, 2)


@pytest.mark.usefixtures("few")
async def test_articles_that_were_not_fetched_again_have_no_part_in_shares(engine: AsyncEngine) -> None:
    for number in range(3):
        await follow(engine, flood(number, 5), flood(number, 7))
    for number in range(3, 6):
        await read(engine, flood(number, 5), hour(0))
    found = await report(engine)
    assert (found.articles, found.refetched, found.followed, found.refetches_median) == (6, 3, 3, 1.5)
    assert found.edited_ratio == 1.0
    # one that was looked at within an hour alone may be edited later
    await read(engine, flood(9, 5), hour(0))
    for at in (0.3, 0.6, 0.9):
        await read(engine, flood(9, 5), hour(at))
    found = await report(engine)
    assert (found.articles, found.refetched, found.followed) == (7, 4, 3)
    assert not found.is_followed
    assert (found.edited_ratio, found.silent_ratio, found.headline_churn_ratio) == (None, None, None)
    assert (found.edits, found.silent_edits) == (3, 3), "counts are told all the same"


async def test_withdrawals_and_returns_are_counted_once_an_article(engine: AsyncEngine) -> None:
    for number in range(3):
        await read(engine, flood(number, 5), hour(0))
    for number, comes_back in ((0, True), (1, False)):
        for round in range(2 if comes_back else 1):
            for at in (100 * round + 24, 100 * round + 50):
                await fail(engine, URL.format(number), Outcome.GONE, hour(at))
            if comes_back:
                await read(engine, flood(number, 5), hour(100 * round + 60))
    found = await report(engine)
    assert (found.withdrawn, found.returned) == (2, 1)


async def test_what_nobody_can_tell_is_no_edit_and_another_releases_edits_are_read(engine: AsyncEngine) -> None:
    await follow(engine, flood(1, 5), flood(1, 7), flood(1, 8))
    async with engine.begin() as connection:
        unexplained = '{"kinds": ["unexplained"], "stealth": false}'
        old = '{"kinds": ["number", "a class to come"], "stealth": true}'
        for version, edits in ((2, unexplained), (3, old)):
            await connection.execute(
                text("UPDATE versions SET edits = CAST(:edits AS jsonb) WHERE version = :version"),
                {"edits": edits, "version": version},
            )
    found = await report(engine)
    assert (found.edits, found.unexplained, found.silent_edits, found.corrections) == (1, 1, 1, 0)
    assert found.kinds == {EditKind.NUMBER: 1, EditKind.UNEXPLAINED: 1}


async def test_a_report_is_of_articles_first_seen_since_then_and_of_the_outlets_named(engine: AsyncEngine) -> None:
    await follow(engine, flood(1, 5), flood(1, 7))
    other = article("https://other.example/a", "Another text of another outlet, with little in it.")
    await read(engine, other, hour(5))
    async with engine.connect() as connection:
        every = await correction_reports(connection, since=START)
        assert [each.outlet for each in every] == ["courier", "other"]
        late = await correction_reports(connection, since=hour(1))
        assert [each.outlet for each in late] == ["other"]
    assert await report(engine, since=1) == CorrectionReport(outlet="courier")
    assert await report(engine, "'; --") == CorrectionReport(outlet="'; --")
