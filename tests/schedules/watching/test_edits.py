"""What an edit does to a watch: its search, its receivers, and what already waits for them."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from index.protocol import Index
from index.query import Query
from index.stored_query import stored
from ledger.schema import deliveries, watch_hours
from ledger.watch_settings import WatchEdit
from ledger.watches import mute, remove, reported, states, unsubscribe, watch_of
from news.clock import now
from news.configuration import Configuration
from news.errors import BadWatch, EditConflict, NotFound
from news.watch import HOUR, Trigger, Watch
from schedules.watching import matching
from schedules.watching.create import edit
from schedules.watching.matching import match
from tests.ledger import readings
from tests.ledger.readings import article, read
from tests.receivers import Hook, Mailbox
from tests.schedules.watching.conftest import Add, Run

URL = "https://courier.example/2026/"
Edit = Callable[..., Awaitable[WatchEdit]]


@pytest.fixture
def edit_watch(engine: AsyncEngine, index: Index, configuration: Configuration) -> Edit:
    """Give a function that edits a watch as it is now."""

    async def edit_watch(watch: Watch, **fields: Any) -> WatchEdit:
        return await edit(engine, index, configuration, await now_of(engine, watch), **fields)

    return edit_watch


async def now_of(engine: AsyncEngine, watch: Watch) -> Watch:
    async with engine.connect() as connection:
        return await watch_of(connection, str(watch.id))


async def happen(engine: AsyncEngine, name: str, headline: str) -> None:
    await read(engine, article(URL + name, readings.text(sum(name.encode())), headline=headline), now())


async def found(engine: AsyncEngine, watch: Watch) -> list[str]:
    async with engine.connect() as connection:
        notifications = await reported(connection, watch.id, 100)
    return [each.content["article"]["url"].removeprefix(URL) for each in notifications[::-1]]


async def pending(engine: AsyncEngine, watch: Watch) -> int:
    async with engine.connect() as connection:
        return (await states(connection, [watch.id]))[0].pending


def query(text: str) -> dict[str, Any]:
    return stored(Query(text=text))


async def test_an_edited_search_is_that_of_what_comes_and_of_what_waits_for_the_index(
    engine: AsyncEngine, add_watch: Add, match_all: Run, edit_watch: Edit
) -> None:
    watch = await add_watch("kassel")
    await happen(engine, "old", "Fulda floods")
    await happen(engine, "reported", "Kassel and Fulda")
    await match_all()
    await happen(engine, "waits", "Fulda dries")
    await happen(engine, "waits-too", "Kassel dries")
    made = await edit_watch(watch, query=query("fulda"))
    assert made.changed == ("query",)
    await happen(engine, "new", "Fulda again")
    await happen(engine, "old", "Fulda floods once more")  # known before, though not to the watch
    await happen(engine, "reported", "Fulda and Kassel")
    await match_all()
    assert await found(engine, watch) == ["reported", "waits", "new"]


async def test_a_search_that_is_edited_while_the_index_is_asked_misses_nothing(
    engine: AsyncEngine, index: Index, add_watch: Add, match_all: Run, edit_watch: Edit, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = await add_watch("kassel")
    await happen(engine, "fulda", "Fulda floods")
    real = matching._matches

    async def slow(*arguments: Any) -> Any:
        answer = await real(*arguments)
        monkeypatch.setattr(matching, "_matches", real)
        await edit_watch(watch, query=query("fulda"))
        return answer

    monkeypatch.setattr(matching, "_matches", slow)
    await match_all()
    assert await found(engine, watch) == ["fulda"]


async def test_what_waits_goes_to_the_new_address_under_its_id_and_by_a_new_secret(
    engine: AsyncEngine, add_watch: Add, match_all: Run, send_all: Run, edit_watch: Edit, receiver: Hook
) -> None:
    watch = await add_watch("kassel", webhook_url=receiver.url + "/old")
    receiver.status = 500
    await happen(engine, "a", "Kassel floods")
    await match_all()
    await send_all()  # fails, and is left alone for a while
    [first] = receiver.ids("/old")
    receiver.status = 204
    made = await edit_watch(watch, webhook_url=receiver.url + "/new")
    assert (made.has_new_secret, made.waiting, made.unsent) == (True, 1, 0)
    assert made.watch.webhook_secret not in (None, watch.webhook_secret)
    await send_all()
    assert receiver.ids("/new") == [first]
    assert await pending(engine, watch) == 0


async def test_what_waits_for_an_address_that_is_taken_away_is_not_sent(
    engine: AsyncEngine, add_watch: Add, match_all: Run, send_all: Run, edit_watch: Edit, receiver: Hook, mail: Mailbox
) -> None:
    watch = await add_watch("kassel", email="a@reader.example", digest_hours=((now().hour + 2) % 24,))
    for name in "ab":
        await happen(engine, name, "Kassel floods")
    await match_all()
    assert await pending(engine, watch) == 4
    made = await edit_watch(watch, webhook_url=None)
    assert (made.unsent, made.waiting, made.watch.webhook_secret) == (2, 2, None)
    made = await edit_watch(watch, email=None)
    assert (made.unsent, made.waiting, made.watch.digest_hours) == (2, 0, ())
    await send_all()
    assert (receiver.requests, mail.received()) == ([], [])
    # they are in its feed all the same
    assert len(await found(engine, watch)) == 2


async def test_what_was_gathered_is_sent_by_the_new_hours_or_at_once(
    engine: AsyncEngine, add_watch: Add, match_all: Run, send_all: Run, edit_watch: Edit, mail: Mailbox
) -> None:
    later, soon = ((now().hour + 3) % 24,), ((now().hour + 1) % 24,)
    watch = await add_watch("kassel", webhook_url=None, email="a@reader.example", digest_hours=later)
    for name in "abc":
        await happen(engine, name, "Kassel floods")
    await match_all()
    made = await edit_watch(watch, digest_hours=soon)
    assert made.watch.digest_at
    assert made.watch.digest_at - now() <= HOUR
    await send_all()
    assert mail.received() == []
    made = await edit_watch(watch, digest_hours=())
    assert (made.watch.digest_at, made.waiting) == (None, 3)
    await send_all()
    assert len(mail.received()) == 1
    await happen(engine, "d", "Kassel floods")
    await match_all()
    await send_all()
    assert len(mail.received()) == 2


async def test_e_mails_that_their_reader_ended_begin_again_with_another_link(
    engine: AsyncEngine, add_watch: Add, edit_watch: Edit
) -> None:
    watch = await add_watch("kassel", email="a@reader.example")
    async with engine.begin() as connection:
        await unsubscribe(connection, watch.unsubscribe_token)
    made = await edit_watch(watch, email="b@reader.example")
    assert (made.watch.email, made.watch.unsubscribed_at) == ("b@reader.example", None)
    async with engine.begin() as connection:
        with pytest.raises(NotFound):
            await unsubscribe(connection, watch.unsubscribe_token)


async def test_a_name_and_a_pause_are_the_watchs_own(engine: AsyncEngine, add_watch: Add, edit_watch: Edit) -> None:
    watch, other = await add_watch("kassel", name="Kassel"), await add_watch("fulda", name="Fulda")
    async with engine.begin() as connection:
        await mute(connection, watch.id, now() + HOUR)
    made = await edit_watch(watch, name="Nordhessen")
    assert (made.watch.name, made.watch.is_muted(now())) == ("Nordhessen", True)
    assert made.watch.active_since == watch.active_since
    with pytest.raises(BadWatch, match="There is a watch 'Fulda' already"):
        await edit_watch(watch, name="Fulda")
    assert (await edit_watch(other)).changed == ()
    assert (await edit_watch(other, name="Fulda")).sentences() == ["Nothing differs."]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": ""}, "A watch needs a name"),
        ({"triggers": ()}, "A watch needs something to report"),
        ({"email": "x"}, "is not an e-mail address"),
        ({"digest_hours": (7,)}, "A digest is sent by e-mail"),
        ({"webhook_url": "http://169.254.169.254/"}, "is not a public address"),
    ],
)
async def test_an_edit_that_cannot_be_meant_changes_nothing(
    engine: AsyncEngine, add_watch: Add, edit_watch: Edit, fields: dict[str, Any], sentence: str
) -> None:
    watch = await add_watch("kassel")
    with pytest.raises(BadWatch, match=sentence):
        await edit_watch(watch, query=query("fulda"), **fields)
    assert await now_of(engine, watch) == watch


async def test_of_two_edits_at_once_one_is_told_of_the_other(
    engine: AsyncEngine, index: Index, configuration: Configuration, add_watch: Add
) -> None:
    watch = await add_watch("kassel")
    await edit(engine, index, configuration, watch, name="First")
    with pytest.raises(EditConflict, match="was edited meanwhile"):
        await edit(engine, index, configuration, watch, name="Second")
    async with engine.begin() as connection:
        await remove(connection, watch.id)
    with pytest.raises(NotFound):
        await edit(engine, index, configuration, watch, name="Third")


async def test_the_usual_level_is_that_of_the_new_search(
    engine: AsyncEngine, add_watch: Add, match_all: Run, edit_watch: Edit
) -> None:
    watch = await add_watch("kassel", Trigger.SPIKES)
    async with engine.begin() as connection:
        await connection.execute(
            watch_hours.insert().values(watch_id=watch.id, hour=now() - timedelta(hours=5), found=900)
        )
    published = replace(readings.published(0), at=now() - timedelta(hours=3))
    await read(engine, article(URL + "f", readings.text(1), headline="Fulda", date_published=published), now())
    await match_all()

    async def level() -> list[int]:
        async with engine.connect() as connection:
            rows = await connection.execute(watch_hours.select().where(watch_hours.c.watch_id == watch.id))
            return sorted(row.found for row in rows)

    await edit_watch(watch, name="Another")
    assert 900 in await level()
    await edit_watch(watch, query=query("fulda"))
    assert await level() == [1]


async def test_an_edit_leaves_what_waits_elsewhere(
    engine: AsyncEngine, index: Index, add_watch: Add, match_all: Run, edit_watch: Edit
) -> None:
    watch, other = await add_watch("kassel"), await add_watch("kassel")
    await happen(engine, "a", "Kassel floods")
    await match_all()
    await edit_watch(watch, webhook_url=None)
    assert (await pending(engine, watch), await pending(engine, other)) == (0, 1)
    assert await match(engine, index) is False
    async with engine.connect() as connection:
        assert len((await connection.execute(deliveries.select())).all()) == 1
