"""Where readers and versions meet: what changed by our doing is never called the outlet's edit."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ledger.articles import documents, history
from ledger.pipeline import Pipeline
from ledger.raw_pages import prune_raw, raw_page
from ledger.schema import articles, outbox, pages, raw_pages, versions
from ledger.store_article import refresh, store
from ledger.store_reprocessed import reprocess_archived
from ledger.visit_transaction import RAW_BYTES, Terms, record
from news.article import BodyMissing
from news.outcome import Outcome
from news.outlet import Outlet
from news.page import Page
from news.visit import Visit
from pipelines.digest import digest, packed
from pipelines.extract.comparison import line_hash
from pipelines.pool import Pool
from pipelines.record import record_visit, with_earlier_page

COURIER = Outlet(slug="courier", name="The Courier", home="https://courier.example/", country="gb", languages=("en",))
URL = "https://courier.example/2026/11/20/council-votes-for-night-buses"
START = datetime(2026, 11, 20, 8, tzinfo=UTC)
STANDING = "The Courier has covered the town and its harbour every single day since the spring of 1931."
BODY = [
    "The council of the harbour town voted on Monday for buses that run all night, after a debate of three hours.",
    "Twelve members were in favour and nine were against; the mayor had left the hall before the vote was taken.",
    "The first bus leaves the old station at midnight on the first of May, and one follows each hour until six.",
    "A ticket costs 3 euros, half of what the members of the opposition had asked for in their own motion.",
]
#: with it our reader leaves the standing sentence out
CHROME = frozenset({line_hash(STANDING)})


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    pool = Pool(1)
    yield pool
    pool.close()


def html(body: list[str] = BODY, headline: str = "Council votes for night buses", **meta: str) -> bytes:
    metas = "".join(f'<meta name="{name}" content="{value}">' for name, value in meta.items())
    text = "".join(f"<p>{line}</p>" for line in body)
    return (
        f'<html lang="en"><head><title>{headline} - The Courier</title><meta property="og:type" content="article">'
        f'<meta property="article:published_time" content="2026-11-20T07:00:00Z">{metas}</head><body><main><article>'
        f"<h1>{headline}</h1>{text}<p>{STANDING}</p></article></main><footer>Imprint</footer></body></html>"
    ).encode()


def without_text() -> bytes:
    """Return the same page as it is before its script puts the text into it."""
    before, _, rest = html().decode().partition("<main>")
    return f'{before}<h1>Council votes for night buses</h1><div id="root"></div>{rest.partition("</main>")[2]}'.encode()


class Newsroom:
    """An outlet of one page, fetched again and again."""

    def __init__(self, engine: AsyncEngine, pool: Pool) -> None:
        self.engine, self.pool, self.hours = engine, pool, 0

    async def fetch(
        self, content: bytes, chrome: frozenset[int] = frozenset(), terms: Terms | None = None, *, pool: bool = True
    ) -> Visit:
        visit = self.visit(content, chrome, self.hours)
        self.hours += 1
        return await record_visit(self.engine, visit, self.pool if pool else None, terms or Terms(revisit_days=3_650))

    def visit(self, content: bytes, chrome: frozenset[int], hours: int) -> Visit:
        """Return the visit of a page that was fetched so many hours after the start, read."""
        at = START + timedelta(hours=hours)
        page = Page(url=URL, final_url=URL, status=200, content=content, fetched_at=at)
        visit = Visit(outlet=COURIER, url=URL, fetched_at=at, status=200, page=page, chrome=chrome)
        return visit.read(digest(page, COURIER, chrome))

    async def from_archive(
        self,
        content: bytes,
        chrome: frozenset[int],
        hours: int,
        write: Callable[[AsyncConnection, Visit], Awaitable[Visit]] = store,
    ) -> Visit:
        """Import an archived page, or let `write` do something else with it."""
        visit = replace(self.visit(content, chrome, hours), imported_at=datetime.now(UTC))

        async def kept(visit: Visit) -> Visit:
            async with self.engine.begin() as connection:
                return await write(connection, visit)

        return await with_earlier_page(kept, visit, self.pool)

    async def forget_provenance(self) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(update(versions).values(page_hash=None, read_with=None, lines=None))

    async def versions(self, of: Visit) -> list[tuple[str, list[str], bool]]:
        """Return of each version its body, the classes of its edits and whether they are silent."""
        assert of.article_id is not None
        async with self.engine.connect() as connection:
            found = await history(connection, of.article_id)
        return [
            (
                each.article.body,
                [str(kind) for kind in each.edits.kinds] if each.edits else [],
                bool(each.edits and each.edits.stealth),
            )
            for each in found
        ]

    async def forget_pages(self) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(delete(raw_pages))


@pytest.fixture
def newsroom(engine: AsyncEngine, pool: Pool) -> Newsroom:
    return Newsroom(engine, pool)


@pytest.mark.parametrize("has_page", [True, False])
async def test_an_unchanged_page_is_no_edit_after_its_chrome_was_learned(newsroom: Newsroom, has_page: bool) -> None:
    first = await newsroom.fetch(html())
    assert STANDING in (await newsroom.versions(first))[0][0]
    if not has_page:
        await newsroom.forget_pages()
    again = await newsroom.fetch(html(generator="other bytes, the same text"), CHROME)
    assert (again.outcome, again.version, again.article_id) == (Outcome.UNCHANGED, 1, first.article_id)
    assert await newsroom.versions(first) == [("\n".join(BODY), [], False)]
    # and back: the reader takes in again what it left out
    await newsroom.fetch(html(generator="third"))
    assert await newsroom.versions(first) == [("\n".join([*BODY, STANDING]), [], False)]


async def test_the_same_bytes_read_otherwise_are_no_edit(newsroom: Newsroom) -> None:
    first = await newsroom.fetch(html())
    await newsroom.forget_pages()
    await newsroom.fetch(html(), CHROME)
    assert await newsroom.versions(first) == [("\n".join(BODY), [], False)]


@pytest.mark.parametrize("has_page", [True, False])
async def test_an_edit_is_classed_as_without_the_change_of_reader(newsroom: Newsroom, has_page: bool) -> None:
    edited = [line.replace("3 euros", "4 euros") for line in BODY]
    first = await newsroom.fetch(html())
    if not has_page:
        await newsroom.forget_pages()
    changed = await newsroom.fetch(html(edited), CHROME)
    assert (changed.outcome, changed.version) == (Outcome.CHANGED, 2)
    told = await newsroom.versions(first)
    # the first text is the one that is read now, so that a comparison shows the outlet's edit alone
    assert told == [("\n".join(BODY), [], False), ("\n".join(edited), ["number"], True)]


async def test_what_cannot_be_told_is_unexplained_and_never_silent(newsroom: Newsroom) -> None:
    first = await newsroom.fetch(html())
    await newsroom.forget_provenance()
    await newsroom.fetch(html([line.replace("3 euros", "4 euros") for line in BODY]), CHROME)
    assert [(kinds, silent) for _, kinds, silent in await newsroom.versions(first)] == [
        ([], False),
        (["unexplained"], False),
    ]


async def test_of_what_was_recorded_before_provenance_the_new_page_tells_that_we_leave_out_more(
    newsroom: Newsroom,
) -> None:
    first = await newsroom.fetch(html())
    await newsroom.forget_provenance()
    await newsroom.fetch(html(generator="other bytes"), CHROME)
    assert await newsroom.versions(first) == [("\n".join(BODY), [], False)]


async def test_what_was_recorded_before_provenance_was_gets_one_and_no_version(newsroom: Newsroom) -> None:
    first = await newsroom.fetch(html())
    await newsroom.forget_provenance()
    await newsroom.fetch(html())
    async with newsroom.engine.connect() as connection:
        assert (await connection.execute(select(versions.c.page_hash))).scalar_one() is not None
    await newsroom.fetch(html(), CHROME)
    assert len(await newsroom.versions(first)) == 1


async def test_a_page_that_the_new_reader_refuses_leaves_it_to_the_lines(newsroom: Newsroom) -> None:
    first = await newsroom.fetch(html())
    async with newsroom.engine.begin() as connection:
        # as if it were binary data: the hash still says that it is the version's
        await connection.execute(update(raw_pages).values(content=packed(b"%PDF-1.7")))
    changed = await newsroom.fetch(html([*BODY, "Trams will follow in the autumn, said the mayor on Tuesday."]), CHROME)
    assert changed.version == 2
    assert (await newsroom.versions(first))[1][1] == ["update", "paragraphs_added"]


async def test_dates_keywords_and_enrichment_are_fresh_without_a_version(newsroom: Newsroom) -> None:
    first = await newsroom.fetch(html(keywords="buses"))
    assert first.article_id is not None
    async with newsroom.engine.begin() as connection:
        await connection.execute(delete(outbox))
    page = html(keywords="buses, night").replace(b"T07:00:00Z", b"T06:30:00Z")
    again = await newsroom.fetch(page)
    async with newsroom.engine.connect() as connection:
        document = (await documents(connection, [first.article_id]))[first.article_id]
        owed = (await connection.execute(select(outbox.c.revision))).scalar_one()
        published = (await connection.execute(select(articles.c.published_at))).scalar_one()
    assert (again.outcome, again.version) == (Outcome.UNCHANGED, 1)
    assert document["keywords"] == ["buses", "night"]
    assert document["date_published"] == "2026-11-20T06:30:00Z"
    assert published == datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
    assert (document["version"], document["revision"], owed) == (1, 2, 2)
    assert len(await newsroom.versions(first)) == 1


async def test_the_same_page_again_owes_the_index_nothing(newsroom: Newsroom) -> None:
    await newsroom.fetch(html())
    async with newsroom.engine.begin() as connection:
        await connection.execute(delete(outbox))
    await newsroom.fetch(html())
    async with newsroom.engine.connect() as connection:
        assert (await connection.execute(select(func.count()).select_from(outbox))).scalar_one() == 0


async def test_the_newest_page_is_kept_as_it_came(newsroom: Newsroom) -> None:
    first = await newsroom.fetch(html())
    await newsroom.fetch(html(generator="newer"))
    assert first.article_id is not None
    async with newsroom.engine.connect() as connection:
        found = await raw_page(connection, first.article_id)
    assert found is not None
    assert found[1].content == html(generator="newer")


async def test_no_page_is_kept_of_an_article_that_is_fetched_no_more(newsroom: Newsroom) -> None:
    first = await newsroom.fetch(html())
    await newsroom.fetch(html(), terms=Terms(revisit_days=0))
    assert first.article_id is not None
    async with newsroom.engine.connect() as connection:
        assert (await connection.execute(select(pages.c.due_at))).scalar_one() is None
        assert await raw_page(connection, first.article_id) is None


async def test_no_page_is_kept_where_there_is_to_be_no_room(newsroom: Newsroom) -> None:
    first = await newsroom.fetch(html(), terms=Terms(revisit_days=3_650, raw_bytes=0))
    assert first.article_id is not None
    async with newsroom.engine.connect() as connection:
        assert await raw_page(connection, first.article_id) is None


async def test_the_oldest_pages_go_first(newsroom: Newsroom) -> None:
    first = await newsroom.fetch(html())
    async with newsroom.engine.begin() as connection:
        row = (await connection.execute(select(raw_pages))).one()._mapping
        assert await prune_raw(connection, RAW_BYTES) == 0
        assert await prune_raw(connection, 1_000_000_000, most_days=3_650) == 0
        assert await prune_raw(connection, row["content_bytes"] - 1) == 1
        assert first.article_id is not None
        assert await raw_page(connection, first.article_id) is None


async def test_a_page_without_text_leaves_the_text_we_have_and_is_looked_at_again(newsroom: Newsroom) -> None:
    first = await newsroom.fetch(html())
    empty = await newsroom.fetch(b"<html><body><article></article></body></html>")
    assert empty.outcome in (Outcome.EMPTY, Outcome.NOT_AN_ARTICLE)
    assert empty.article_id == first.article_id
    assert "the stored text stays" in empty.reason
    async with newsroom.engine.connect() as connection:
        assert (await connection.execute(select(pages.c.due_at))).scalar_one() is not None
    assert len(await newsroom.versions(first)) == 1


async def test_a_page_that_gets_its_text_by_script_makes_no_version_of_the_text_we_have(newsroom: Newsroom) -> None:
    first = await newsroom.fetch(html())
    before = await newsroom.versions(first)
    lost = await newsroom.fetch(without_text())
    assert (lost.outcome, lost.article_id, "stays" in lost.reason) == (Outcome.WALL, first.article_id, True)
    assert lost.article is not None
    assert lost.article.body_missing is BodyMissing.SCRIPT
    assert await newsroom.versions(first) == before
    # nor does it where it is read with something else than the text was
    await newsroom.fetch(without_text(), CHROME)
    assert await newsroom.versions(first) == before
    assert (await newsroom.fetch(html(generator="newer"))).outcome is Outcome.UNCHANGED


@pytest.mark.parametrize("chrome", [frozenset(), CHROME])
async def test_a_text_that_a_page_sends_at_last_takes_the_place_of_none(
    newsroom: Newsroom, chrome: frozenset[int]
) -> None:
    first = await newsroom.fetch(without_text())
    assert first.outcome is Outcome.NEW
    whole = await newsroom.fetch(html(), chrome)
    assert (whole.outcome, whole.version) == (Outcome.UNCHANGED, 1)
    [(body, edits, _)] = await newsroom.versions(first)
    assert (body.splitlines()[: len(BODY)], edits) == (BODY, [])


async def test_without_a_pool_the_lines_tell(newsroom: Newsroom) -> None:
    first = await newsroom.fetch(html())
    await newsroom.fetch(html(generator="other bytes"), CHROME, pool=False)
    assert await newsroom.versions(first) == [("\n".join(BODY), [], False)]


async def test_an_article_that_another_worker_changed_meanwhile_is_looked_at_anew(newsroom: Newsroom) -> None:
    first = await newsroom.fetch(html())
    other = await newsroom.fetch(html([*BODY, "Trams will follow in the autumn, said the mayor on Tuesday."]))
    assert other.version == 2
    back = await newsroom.fetch(html(), CHROME)
    assert back.version == 3
    assert [kinds for _, kinds, _ in await newsroom.versions(first)] == [
        [],
        ["update", "paragraphs_added"],
        ["paragraphs_removed"],
    ]


def test_an_outlets_settings_and_its_chrome_are_part_of_what_a_page_is_read_with() -> None:
    page = Page(url=URL, final_url=URL, status=200, content=html(), fetched_at=START)
    known = [
        digest(page, outlet, chrome).provenance
        for outlet in (COURIER, replace(COURIER, timezone="Europe/London"))
        for chrome in (frozenset[int](), CHROME)
    ]
    assert len({each.read_with for each in known if each}) == 4
    assert len({each.page_hash for each in known if each}) == 1


EDITED = [line.replace("3 euros", "4 euros") for line in BODY]
WALLED = b'<script type="application/ld+json">{"@type": "NewsArticle", "isAccessibleForFree": false}</script></head>'


@pytest.mark.parametrize("has_page", [True, False])
async def test_an_edit_that_the_outlet_dates_is_not_silent_whatever_we_read_otherwise(
    newsroom: Newsroom, has_page: bool
) -> None:
    def dated(body: list[str], hour: int) -> bytes:
        stated = f'<meta property="article:modified_time" content="2026-11-20T{hour:02}:00:00Z"></head>'
        return html(body).replace(b"</head>", stated.encode())

    first = await newsroom.fetch(dated(BODY, 7))
    if not has_page:
        await newsroom.forget_pages()
    await newsroom.fetch(dated(EDITED, 9), CHROME)
    assert [told[1:] for told in await newsroom.versions(first)] == [([], False), (["number"], False)]


@pytest.mark.parametrize("has_provenance", [True, False])
async def test_a_wall_that_falls_while_we_read_otherwise_is_no_edit(newsroom: Newsroom, has_provenance: bool) -> None:
    first = await newsroom.fetch(html(BODY[:1]).replace(b"</head>", WALLED).replace(STANDING.encode(), b""))
    await newsroom.forget_pages()
    if not has_provenance:
        await newsroom.forget_provenance()
    await newsroom.fetch(html(), CHROME)
    assert await newsroom.versions(first) == [("\n".join(BODY), [], False)]


async def test_an_archived_page_of_the_newest_text_moves_its_time_and_the_text_stays(newsroom: Newsroom) -> None:
    first = await newsroom.fetch(html())
    newsroom.hours = 10
    await newsroom.fetch(html(EDITED))
    await newsroom.from_archive(html(EDITED, generator="an archive's"), CHROME, 5)
    async with newsroom.engine.connect() as connection:
        seen = (await connection.execute(select(versions.c.seen_at).order_by(versions.c.version))).scalars().all()
    assert seen == [START, START + timedelta(hours=5)]
    # the article's row and its newest version tell of one text: nothing is compared with what it was not read from
    await newsroom.fetch(html(EDITED, generator="a third"), CHROME)
    assert [told[1:] for told in await newsroom.versions(first)] == [([], False), (["number"], True)]


async def test_a_version_stays_while_an_archive_is_read_again_page_by_page(newsroom: Newsroom) -> None:
    # the paragraph went, and the page's description still has it: by lines alone it cannot be told who left it out
    pages_of = [html(BODY, description=BODY[3]), html(BODY[:3], description=BODY[3])]
    first = await newsroom.fetch(pages_of[0])
    newsroom.hours = 10
    await newsroom.fetch(pages_of[1])
    before = [told[1:] for told in await newsroom.versions(first)]
    assert len(before) == 2
    for content, hours in zip(pages_of, (0, 10), strict=True):
        await newsroom.from_archive(content, CHROME, hours, reprocess_archived)
        assert [told[1:] for told in await newsroom.versions(first)] == before
    assert all(STANDING not in told[0] for told in await newsroom.versions(first))


async def test_an_archived_page_is_compared_with_no_text_from_before_provenance(newsroom: Newsroom) -> None:
    first = await newsroom.fetch(html())
    newsroom.hours = 10
    await newsroom.fetch(html(EDITED))
    await newsroom.forget_provenance()
    before = await newsroom.versions(first)
    # that we leave out more now can be told
    await newsroom.from_archive(html(generator="an archive's"), CHROME, 5)
    assert await newsroom.versions(first) == before
    # what the outlet changed cannot
    await newsroom.from_archive(html([*BODY, "Trams will follow in the autumn."]), CHROME, 6)
    assert [told[1:] for told in await newsroom.versions(first)] == [
        ([], False),
        (["unexplained"], False),
        (["unexplained"], False),
    ]


async def test_a_last_answer_that_nothing_changed_drops_the_page(newsroom: Newsroom) -> None:
    await newsroom.fetch(html())
    last = Visit(
        outlet=COURIER, url=URL, fetched_at=START + timedelta(days=40), status=304, outcome=Outcome.NOT_MODIFIED
    )
    await record(newsroom.engine, last)
    async with newsroom.engine.connect() as connection:
        assert (await connection.execute(select(pages.c.due_at))).scalar_one() is None
        assert (await connection.execute(select(func.count()).select_from(raw_pages))).scalar_one() == 0


async def test_a_slower_workers_older_page_does_not_replace_the_newest_texts(newsroom: Newsroom) -> None:
    newsroom.hours = 5
    first = await newsroom.fetch(html(EDITED))
    newsroom.hours = 2
    await newsroom.fetch(html())
    assert first.article_id is not None
    async with newsroom.engine.connect() as connection:
        found = await raw_page(connection, first.article_id)
    assert found is not None
    assert found[1].content == html(EDITED)


async def test_what_is_new_beside_a_text_is_kept_though_its_story_changed_meanwhile(newsroom: Newsroom) -> None:
    await newsroom.fetch(html(keywords="buses"))
    visit = newsroom.visit(html(keywords="buses, night"), frozenset(), 1)
    async with newsroom.engine.begin() as connection:
        peeked = (await connection.execute(select(articles))).one()
        await connection.execute(update(articles).values(revision=articles.c.revision + 1))
        pipeline = Pipeline(connection)
        assert await refresh(pipeline, peeked, visit, 14)
        await pipeline.send()
        row = (await connection.execute(select(articles))).one()
    assert (row.document["keywords"], row.revision) == (["buses", "night"], 3)
