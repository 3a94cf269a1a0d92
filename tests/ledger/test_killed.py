"""Recorders that are killed with -9 lose nothing and store nothing twice."""

from bench.recorder import check, kill_again_and_again


async def test_killed_recorders_leave_each_text_in_one_story_and_each_version_once(engine, fresh_database):
    texts = 40
    assert kill_again_and_again(fresh_database, texts, kills=6) > 0
    assert set((await check(fresh_database, texts)).values()) == {0}
