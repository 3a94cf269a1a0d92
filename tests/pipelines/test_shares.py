"""Who uses the pool next: no outlet keeps the others waiting, whatever its pages take."""

import asyncio
from collections import Counter

import pytest

from news.errors import PoolUnavailable
from pipelines.shares import HALF_LIFE_SECONDS, Shares


class Bench:
    """Runs tasks that take what it says, one after the other, and notes whose turn it was."""

    def __init__(self, places: int) -> None:
        self.at = 0.0
        self.shares = Shares(places, clock=lambda: self.at)
        self.turns: list[str] = []

    async def task(self, outlet: str, seconds: float = 1.0, *, is_lost: bool = False) -> None:
        async with self.shares.place(outlet) as use:
            self.turns.append(outlet)
            await asyncio.sleep(0)
            self.at += seconds
            use.seconds, use.is_lost = seconds, is_lost


async def holding(shares: Shares, outlet: str, held: list[str], end: asyncio.Event) -> None:
    async with shares.place(outlet):
        held.append(outlet)
        await end.wait()


@pytest.mark.parametrize("places", [1, 2, 3, 8])
async def test_an_outlet_has_a_second_task_only_while_nobody_waits_without(places: int) -> None:
    shares, held, end = Shares(places), list[str](), asyncio.Event()
    async with shares.place("first"):  # while it holds one, the others come
        tasks = [asyncio.create_task(holding(shares, name, held, end)) for name in "a" * 9 + "b" * 9]
        await asyncio.sleep(0)
    await asyncio.sleep(0.01)
    assert len(held) == places, "no place stays empty while somebody waits"
    assert Counter(held).keys() == set("ab"[:places])
    end.set()
    await asyncio.gather(*tasks)
    assert Counter(held) == {"a": 9, "b": 9}


async def test_outlets_get_the_same_time_and_not_the_same_number_of_tasks() -> None:
    bench = Bench(1)
    tasks = [bench.task("slow", 4.0) for _ in range(20)] + [bench.task("fast", 1.0) for _ in range(60)]
    await asyncio.gather(*tasks)
    turns = Counter(bench.turns[:50])
    assert turns["fast"] == pytest.approx(4 * turns["slow"], abs=4)


async def test_a_task_that_was_lost_puts_its_outlet_behind_and_not_away() -> None:
    bench = Bench(1)
    await bench.task("frozen", 10.0, is_lost=True)
    good = [bench.task("good") for _ in range(300)]
    await asyncio.gather(*good, *(bench.task("frozen", 10.0, is_lost=True) for _ in range(3)))
    first, second = [number for number, name in enumerate(bench.turns) if name == "frozen"][1:3]
    assert 50 < first < 120, "it waits until the other one took nearly ten times as much"
    assert 50 < second - first < 120


async def test_what_was_lost_long_ago_counts_no_more() -> None:
    bench = Bench(2)
    await bench.task("once", 10.0, is_lost=True)
    bench.at += 10 * HALF_LIFE_SECONDS
    held, end = list[str](), asyncio.Event()
    tasks = [asyncio.create_task(holding(bench.shares, "once", held, end)) for _ in range(2)]
    await asyncio.sleep(0.01)
    assert held == ["once", "once"]
    end.set()
    await asyncio.gather(*tasks)


@pytest.mark.parametrize(("places", "most"), [(1, 1), (2, 1), (8, 4)])
async def test_costly_outlets_have_half_of_the_places_together(places: int, most: int) -> None:
    bench = Bench(places)
    names = [f"frozen {number}" for number in range(9)]
    for name in names:
        await bench.task(name, 1.0, is_lost=True)
    held, end = list[str](), asyncio.Event()
    tasks = [asyncio.create_task(holding(bench.shares, name, held, end)) for name in names]
    await asyncio.sleep(0.01)
    assert len(held) == most
    end.set()
    await asyncio.gather(*tasks)
    assert sorted(held) == names


async def test_whoever_is_cancelled_holds_no_place() -> None:
    shares, held, end = Shares(1), list[str](), asyncio.Event()
    tasks = [asyncio.create_task(holding(shares, name, held, end)) for name in "abc"]
    await asyncio.sleep(0.01)
    tasks[1].cancel()  # it waits
    await asyncio.sleep(0)
    tasks[0].cancel()  # it holds the place, which c is given ...
    await asyncio.sleep(0)
    tasks[2].cancel()  # ... at the moment in which it is cancelled
    await asyncio.gather(*tasks, return_exceptions=True)
    end.set()
    await asyncio.wait_for(holding(shares, "d", held, end), 1)
    assert held[-1] == "d"


async def test_closing_frees_those_who_wait_and_lets_nobody_in() -> None:
    shares, held, end = Shares(1), list[str](), asyncio.Event()
    tasks = [asyncio.create_task(holding(shares, name, held, end)) for name in "abc"]
    await asyncio.sleep(0.01)
    await asyncio.to_thread(shares.close)
    for waits in tasks[1:]:
        with pytest.raises(PoolUnavailable, match="closed"):
            await asyncio.wait_for(waits, 1)
    with pytest.raises(PoolUnavailable, match="closed"):
        await asyncio.wait_for(holding(shares, "d", held, end), 1)
    end.set()
    await tasks[0]
