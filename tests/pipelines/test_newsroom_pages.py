"""Every page of the demo newsroom, in two of its runs, read as the newsroom itself says it should be."""

from datetime import UTC, datetime

import pytest

from crawler.demo import ExpectedVisit, Newsroom, judge
from news.outcome import READ, Outcome
from news.page import Page
from pipelines.digest import digest


def readable(run: int) -> list[tuple[Newsroom, ExpectedVisit]]:
    """Return the addresses of a run that answer with a page."""
    newsroom = Newsroom(8101, run)
    return [(newsroom, each) for each in newsroom.expected() if each.outcomes & {*READ, Outcome.NOT_AN_ARTICLE}]


@pytest.mark.parametrize(
    ("newsroom", "expected"),
    [pytest.param(*pair, id=f"run {pair[0].run}: {pair[1].url}") for run in (1, 2) for pair in readable(run)],
)
def test_a_page_of_the_newsroom_is_read_as_it_says(newsroom: Newsroom, expected: ExpectedVisit) -> None:
    address = expected.final_url or expected.url
    name, outlet = next(
        (name, outlet)
        for (name, _), outlet in zip(newsroom.ports().items(), newsroom.outlets(), strict=True)
        if outlet.slug == expected.outlet
    )
    answer = newsroom.answer(name, address.removeprefix(newsroom.origin(name)))
    assert answer is not None
    page = Page(
        url=expected.url,
        final_url=address,
        status=200,
        headers={"content-type": answer.content_type},
        content=answer.content,
        fetched_at=datetime.now(UTC),
    )
    read = digest(page, outlet)
    outcome = read.refusal.outcome if read.refusal else next(iter(expected.outcomes & READ), Outcome.NEW)
    assert judge(expected, outcome, read.article) == ()
