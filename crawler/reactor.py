"""Twisted's reactor on the process's asyncio loop, without its signal handlers, with our resolver."""

import asyncio
import gc
import signal
import sys
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from scrapy.settings import Settings
from scrapy.utils.misc import load_object

from news.stopping import note_stop, was_stopped

T = TypeVar("T")

#: a cancellation may get lost (Python 3.11's `wait_for`, gh-86296): what has not ended is cancelled again
AGAIN_SECONDS = 10.0
#: new objects before the garbage collector looks at the young ones, and its rounds before it looks at older ones. Each
#: answer makes some thousand; at Python's own 700 it took a tenth of this process's CPU (bench/speed.py), now a third
#: of that. What is caught in a circle waits for some ten pages more
GARBAGE = (10_000, 20, 20)


@dataclass(frozen=True)
class _WithSettings:
    """What a resolver's `from_crawler` looks at."""

    settings: Settings


def run(main: Coroutine[Any, Any, T], settings: Settings) -> T:
    """Run `main` to its end in a new event loop on which Scrapy can crawl, and return its result.

    SIGINT and SIGTERM cancel `main`, which may clean up; then KeyboardInterrupt is raised. Once a process: a reactor
    cannot be installed twice.
    """
    gc.freeze()  # what was imported stays, and need not be looked at
    gc.set_threshold(*GARBAGE)
    loop_factory = asyncio.SelectorEventLoop if sys.platform == "win32" else asyncio.new_event_loop
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        from twisted.internet import asyncioreactor

        asyncioreactor.install(runner.get_loop())  # type: ignore[no-untyped-call]
        return runner.run(_with_reactor(main, settings))


def start(settings: Settings) -> Any:
    """Start the reactor that is installed on the running loop, with the resolver of `settings`, and return it."""
    from twisted.internet import reactor as installed

    reactor: Any = installed
    reactor.startRunning(installSignalHandlers=False)
    # AsyncCrawlerRunner, unlike `scrapy crawl`, leaves the resolver alone: without this, private addresses are dialled
    resolver = load_object(settings["TWISTED_DNS_RESOLVER"])
    resolver.from_crawler(_WithSettings(settings), reactor).install_on_reactor()
    return reactor


async def _with_reactor(main: Coroutine[Any, Any, T], settings: Settings) -> T:
    reactor = start(settings)
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(main)
    stopped = False

    def cancel() -> None:
        if not task.done():
            task.cancel()
            loop.call_later(AGAIN_SECONDS, cancel)

    def stop(number: int, frame: object) -> None:
        nonlocal stopped
        stopped = True
        note_stop(number)
        loop.call_soon_threadsafe(cancel)

    # not the loop's own handlers: when it is closed they leave SIGTERM to end the process at once
    # one that is ignored stays so: a shell's background does not hear its terminal
    heard = [each for each in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(each) is not signal.SIG_IGN]
    before = {number: signal.signal(number, stop) for number in heard}
    try:
        if was_stopped():  # while modules were imported, where an exception may get lost
            cancel()
            stopped = True
        return await task
    except asyncio.CancelledError:
        if stopped:
            raise KeyboardInterrupt from None
        raise
    finally:
        reactor.getThreadPool().stop()
        for number, handler in before.items():
            signal.signal(number, handler)
