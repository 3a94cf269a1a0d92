"""The status page: what is due, pending and rejected, and how long things take, as they are."""

from datetime import timedelta

import httpx
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncEngine

from ledger.schema import attempts, pages, quarantine
from news.clock import now
from tests.web.conftest import Keep
from tests.web.reader import page, texts
from tests.web.test_article_page import FIRST


async def test_what_waits_and_what_was_rejected_stands_there_with_its_reason(
    client: httpx.AsyncClient, engine: AsyncEngine, keep_versions: Keep
) -> None:
    id = await keep_versions(FIRST)
    at = now()
    async with engine.begin() as connection:
        for number in range(3):
            await connection.execute(
                insert(pages).values(
                    url=f"https://x.example/{number}",
                    outlet="x",
                    found_in="feed",
                    found_at=at,
                    due_at=at - timedelta(hours=number),
                )
            )
        await connection.execute(
            insert(quarantine).values(
                stream="articles", id=id, revision=1, reason="field [x] is <too> long", document={"headline": "H <b>"}
            )
        )
    html = page(await client.get("/status"))
    said = " ".join(html.text().split())
    assert "3 pages are due" in said
    assert "1 document is pending indexing" in said
    assert "1 rejected" in said
    assert texts(html, "[aria-label='Rejected documents'] td")[0] == "field [x] is <too> long"
    assert texts(html, "[aria-label='Outlets with pages due'] td")[0] == "3"
    assert "Nothing was fetched in the last 24 hours." in said


async def test_how_long_things_take_is_counted_of_the_last_day(
    client: httpx.AsyncClient, engine: AsyncEngine, keep_versions: Keep
) -> None:
    await keep_versions(FIRST)
    at = now()
    rows = [{"at": at, "latency_ms": 100 * number} for number in range(1, 22)]
    rows += [{"at": at - timedelta(days=2), "latency_ms": 90_000}]
    async with engine.begin() as connection:
        for row in rows:
            await connection.execute(insert(attempts).values(outlet="x", url="u", outcome="new", **row))
        # out for an hour when it was first seen; then one that states a day alone
        await connection.execute(
            text("UPDATE articles SET first_seen_at = :at, published_at = :out"),
            {"at": at, "out": at - timedelta(hours=1)},
        )
    html = page(await client.get("/status"))
    rows_shown = dict(
        zip(
            texts(html, "[aria-label='How long things take'] tbody th"),
            [
                [cell.text() for cell in row.css("td")]
                for row in html.css("[aria-label='How long things take'] tbody tr")
            ],
            strict=True,
        )
    )
    assert rows_shown["A site’s answer"] == ["1.10 s", "2.00 s", "21"]
    assert rows_shown["From an article’s publication to its first fetch"][0] == "1 h"
    async with engine.begin() as connection:
        await connection.execute(
            text("UPDATE articles SET document = jsonb_set(document, '{date_precision}', '\"day\"')")
        )
    assert "publication" not in (await client.get("/status")).text


async def test_what_does_not_work_is_named(lonely: httpx.AsyncClient) -> None:
    assert (await lonely.get("/status")).status_code == 503
