"""The pool in which strangers' bytes are read: nothing that is read takes it, or the loop, along."""

import asyncio
import contextlib
import multiprocessing.forkserver
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import psutil
import pytest
from lxml import etree
from pebble.pool.base_pool import PoolStatus

from news.errors import PageUnreadable, PoolUnavailable, SourceUnreadable
from news.outcome import Outcome
from pipelines.pool import FIRST_SECONDS, Pool, _guarded

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    made = Pool(2, cpu_seconds=1.0, wall_seconds=60.0, worker_bytes=2 * 2**30)
    yield made
    made.close()


# what the workers are given


def add(one: int, other: int = 0) -> int:
    return one + other


def worker() -> int:
    return os.getpid()


def has_read(module: str) -> bool:
    return module in sys.modules


def sleep(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def spin() -> None:
    while True:
        pass


def match_forever() -> None:
    """Burn CPU in C, where no signal handler of Python's runs and the GIL is held."""
    re.match(r"(a+)+$", "a" * 64 + "!")


def select_forever() -> None:
    tree = etree.fromstring(b"<a>" + b"<b/>" * 30_000 + b"</a>")
    tree.xpath("count(//b[count(preceding-sibling::b) = count(//b[count(following-sibling::b) = 9])])")


def spend(seconds: float) -> float:
    """Use so much CPU time, however long that takes."""
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return seconds


def eat() -> int:
    eaten = []
    while True:
        eaten.append(bytes(2**26))


def die(signal_: int, marker: str, times: int) -> str:
    """Kill the own process, the first `times` times."""
    died = Path(marker)
    before = len(died.read_text()) if died.exists() else 0
    if before < times:
        died.write_text("x" * (before + 1))
        os.kill(os.getpid(), signal_)
        time.sleep(1)
    return "alive"


def refuse() -> None:
    raise SourceUnreadable("it is not a feed")


def refuse_page() -> None:
    raise PageUnreadable("too deep", Outcome.TOO_DEEP)


def parse_badly() -> None:
    etree.fromstring(b"<a><b></a>")


def recurse() -> None:
    recurse()


def say(words: str) -> None:
    raise KeyError(words)


def niceness() -> int:
    return os.nice(0)


async def test_a_task_of_a_worker_gives_its_result(pool: Pool) -> None:
    assert await pool.run("a", add, 1, other=2) == 3
    assert await pool.run("a", worker) != os.getpid()


@pytest.mark.parametrize(
    "function",
    [
        spin,
        match_forever,
        select_forever,
    ],
    ids=["in Python", "in C, re", "in C, lxml"],
)
async def test_a_frozen_task_ends_at_the_limit_and_the_pool_goes_on(pool: Pool, function: Callable[[], None]) -> None:
    with pytest.raises(PageUnreadable, match="more than 1 s of CPU") as late:
        await pool.run("a", function)
    assert late.value.outcome is Outcome.TOO_SLOW
    assert await pool.run("a", add, 1) == 1


async def test_a_task_that_waits_instead_of_working_ends_by_the_clock() -> None:
    pool = Pool(1, wall_seconds=2.0)
    try:
        with pytest.raises(PageUnreadable, match="longer than 2 s") as late:
            await pool.run("a", sleep, 99.0)
        assert late.value.outcome is Outcome.TOO_SLOW
        assert await pool.run("a", add, 1) == 1
    finally:
        await asyncio.to_thread(pool.close)


async def test_a_task_that_eats_memory_is_too_fat_and_the_pool_goes_on(pool: Pool) -> None:
    with pytest.raises(PageUnreadable, match="more than 2 GiB") as fat:
        await pool.run("a", eat)
    assert fat.value.outcome is Outcome.TOO_FAT
    assert await pool.run("a", add, 1) == 1


async def test_a_task_whose_worker_is_killed_is_done_by_another(pool: Pool, tmp_path: Path) -> None:
    assert await pool.run("a", die, signal.SIGKILL, str(tmp_path / "died"), 1) == "alive"


@pytest.mark.parametrize("signal_", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
async def test_a_page_that_kills_its_readers_is_unreadable(pool: Pool, tmp_path: Path, signal_: int) -> None:
    with pytest.raises(PageUnreadable, match="the process that read it died") as dead:
        await pool.run("a", die, signal_, str(tmp_path / "died"), 9)
    assert dead.value.outcome is Outcome.UNREADABLE
    assert (tmp_path / "died").read_text() == "xxx", "tried three times"


async def test_what_a_function_says_comes_through(pool: Pool) -> None:
    with pytest.raises(SourceUnreadable, match="it is not a feed"):
        await pool.run("a", refuse)
    with pytest.raises(PageUnreadable) as deep:
        await pool.run("a", refuse_page)
    assert deep.value.outcome is Outcome.TOO_DEEP


@pytest.mark.parametrize(
    ("function", "arguments", "reason"),
    [(parse_badly, (), "XMLSyntaxError in "), (recurse, (), "RecursionError in "), (say, ("\x00",), "KeyError in test_pool")],
)  # fmt: skip
async def test_an_error_that_nobody_foresaw_is_the_pages_and_says_where(
    pool: Pool, function: object, arguments: tuple[str, ...], reason: str
) -> None:
    with pytest.raises(PageUnreadable, match=f"reading it failed: {reason}") as failed:
        await pool.run("a", function, *arguments)  # type: ignore[arg-type]
    assert failed.value.outcome is Outcome.UNREADABLE
    assert "\x00" not in str(failed.value)


def test_errors_of_our_own_pass_the_guard_as_they_are() -> None:
    assert isinstance(_guarded(timedelta(0), 9.0, refuse).error, SourceUnreadable)


async def test_a_full_pool_makes_the_crawl_wait(pool: Pool) -> None:
    times = 12
    assert await asyncio.gather(*(pool.run("a", sleep, 0.05) for _ in range(times))) == [0.05] * times


async def test_a_task_on_a_busy_machine_is_not_blamed_for_the_clock() -> None:
    pool = Pool(4 * (os.cpu_count() or 1), cpu_seconds=1.0)
    try:
        began_at = time.monotonic()
        tasks = [pool.run(f"outlet {number}", spend, 0.5) for number in range(pool.workers)]
        assert await asyncio.gather(*tasks) == [0.5] * pool.workers
        assert time.monotonic() - began_at > 1.0, "each took longer by the clock than its CPU time may be"
    finally:
        await asyncio.to_thread(pool.close)


async def test_a_task_that_takes_longer_than_real_pages_do_is_begun_anew_and_done() -> None:
    pool = Pool(1)
    try:
        assert await pool.run("a", spend, FIRST_SECONDS + 0.5) == FIRST_SECONDS + 0.5
    finally:
        await asyncio.to_thread(pool.close)


async def test_outlets_that_freeze_their_reader_leave_the_others_a_worker(pool: Pool) -> None:
    frozen = [asyncio.create_task(pool.run(f"frozen {number}", spin)) for number in range(3) for _ in range(3)]
    try:
        # which pages freeze is known of each outlet after its first one
        await asyncio.gather(*frozen[::3], return_exceptions=True)
        took = []
        for _ in range(21):
            began_at = time.monotonic()
            await pool.run("good", add, 1)
            took.append(time.monotonic() - began_at)
            await asyncio.sleep(0.05)
        assert sorted(took)[10] < 0.5, "a frozen page holds its worker for a second"
        assert not all(task.done() for task in frozen), "they were there all the time"
    finally:
        for task in frozen:
            task.cancel()
        await asyncio.gather(*frozen, return_exceptions=True)


async def test_an_idle_pool_lets_its_workers_go_and_a_task_brings_others() -> None:
    pool = Pool(1, idle_seconds=0.2)
    try:
        first = await pool.run("one", worker)
        async with asyncio.timeout(30):
            while psutil.pid_exists(first):  # noqa: ASYNC110 - its end is the system's
                await asyncio.sleep(0.05)
        assert await pool.run("one", worker) != first
        # a task that takes longer than that keeps them
        assert await pool.run("one", sleep, 0.6) == 0.6
        assert pool.replaced == 0
    finally:
        pool.close()


async def test_workers_share_what_the_fork_server_has_read(pool: Pool) -> None:
    assert await pool.run("one", has_read, "pipelines.preloaded")


async def test_closing_a_pool_frees_those_who_wait() -> None:
    pool = Pool(1)
    tasks = [asyncio.create_task(pool.run(name, sleep, 30.0)) for name in "aabb"]
    await asyncio.sleep(0.5)
    await asyncio.to_thread(pool.close)
    ends = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 10)
    assert [type(end) for end in ends] == [PoolUnavailable] * 4


async def test_a_cancelled_task_frees_its_worker(pool: Pool) -> None:
    tasks = [asyncio.create_task(pool.run("a", sleep, 1.4)) for _ in range(2)]
    await asyncio.sleep(0.3)
    for task in tasks:
        task.cancel()
    assert [type(end) for end in await asyncio.gather(*tasks, return_exceptions=True)] == [asyncio.CancelledError] * 2
    assert await pool.run("a", add, 1) == 1


async def test_ctrl_c_does_not_reach_the_workers(pool: Pool) -> None:
    pid = await pool.run("a", worker)
    task = asyncio.create_task(pool.run("a", sleep, 0.4))
    await asyncio.sleep(0.1)
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # one of another test's may end meanwhile
            if "forkserver" in " ".join(child.cmdline()):
                child.send_signal(signal.SIGINT)
    assert await task == 0.4
    assert psutil.pid_exists(pid)


async def test_workers_give_way_to_the_loop(pool: Pool) -> None:
    assert await pool.run("a", niceness) >= min(19, os.nice(0) + 10)


async def test_a_pool_whose_workers_all_expired_is_replaced_and_blames_no_page() -> None:
    broken = Pool(1)
    try:
        await broken.run("a", worker)
        waits = asyncio.create_task(broken.run("a", sleep, 0.6))
        await asyncio.sleep(0.2)
        broken._pool._pool_manager.handle_broken_pool(BrokenProcessPool("All workers expired"))
        assert await waits == 0.6
        assert broken.replaced == 1
    finally:
        broken.close()


async def test_a_pool_that_was_closed_takes_no_task_and_blames_no_page() -> None:
    broken = Pool(1)
    await broken.run("a", worker)
    broken.close()
    with pytest.raises(PoolUnavailable, match="closed"):
        await broken.run("a", worker)


async def test_a_closed_pool_leaves_no_worker() -> None:
    short = Pool(1)
    pid = await short.run("a", worker)
    short.close()
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


async def test_a_fork_server_that_is_killed_under_load_costs_no_page_and_no_width() -> None:
    pool = Pool(2)
    answers: list[int] = []
    stopped = asyncio.Event()

    async def load() -> None:
        number = 0
        while not stopped.is_set():
            number += 1
            answers.append(await pool.run("a", add, number, -number))

    async def width() -> None:
        """Wait until all workers answer."""
        seen: set[int] = set()
        while len(seen) < pool.workers:
            seen.update(await asyncio.gather(*(pool.run("a", worker) for _ in range(2 * pool.workers))))

    loads = [asyncio.create_task(load()) for _ in range(6)]
    try:
        await width()
        for _ in range(20):
            server = multiprocessing.forkserver._forkserver._forkserver_pid  # type: ignore[attr-defined]
            if server is not None:  # for a moment there is none: one has died, and the next has not begun
                with contextlib.suppress(ProcessLookupError):
                    os.kill(server, signal.SIGKILL)
            before = len(answers)
            await asyncio.wait_for(width(), 10)
            assert len(answers) > before
    finally:
        stopped.set()
        await asyncio.gather(*loads)
        await asyncio.to_thread(pool.close)
    assert set(answers) == {0}


async def test_a_pool_that_broke_is_replaced_and_its_tasks_run_again() -> None:
    pool = Pool(1)
    try:
        assert await pool.run("a", add, 1, 2) == 3
        broken = pool._pool
        coming = asyncio.create_task(pool.run("a", sleep, 1.0))
        await asyncio.sleep(0.3)
        broken._context.status = PoolStatus.ERROR
        assert await coming == 1.0
        assert await pool.run("a", add, 2, 2) == 4
        assert (pool.replaced, pool._pool is broken) == (1, False)
    finally:
        await asyncio.to_thread(pool.close)


def test_a_broken_pool_can_be_closed() -> None:
    pool = Pool(1)
    pool._pool.schedule(add, args=[1]).result(20)
    pool._pool._context.status = PoolStatus.ERROR
    began = time.monotonic()
    pool.close()
    assert time.monotonic() - began < 15


def test_what_is_named_for_the_workers_alone_is_there() -> None:
    places = {
        place
        for package in ("crawler", "pipelines", "schedules")
        for file in (ROOT / package).rglob("*.py")
        for place in re.findall(r'\bthere, "([^"]+)"', file.read_text("utf-8"))
    }
    assert "pipelines.digest:digest" in places
    for module, _, name in (place.partition(":") for place in places):
        assert callable(getattr(import_module(module), name))
