"""A fault that a running system can have, and one that a command meets at its start."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.stage import FILLER, Stage, fill

#: the ways in which an operator hears of a fault
CHANNELS = ("readyz", "status", "log")

Begun = Callable[[Stage], AbstractAsyncContextManager[None]]
#: what it returns is no matter
Done = Callable[[Stage], object]


def done(begin: Done, end: Done = lambda stage: None) -> Begun:
    """Return the fault that `begin` does, in a thread, and `end` undoes."""

    @asynccontextmanager
    async def block(stage: Stage) -> AsyncIterator[None]:
        await asyncio.to_thread(begin, stage)
        try:
            yield
        finally:
            await asyncio.to_thread(end, stage)

    return block


def full(disk: Callable[[Stage], Path]) -> Begun:
    """Return the fault of a disk without a byte left."""
    return done(lambda stage: fill(disk(stage)), lambda stage: (disk(stage) / FILLER).unlink())


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault of a running system."""

    name: str
    #: does it, and undoes it at the end of its block
    begin: Begun
    #: what names it, as a pattern; where a channel has a pattern of its own, that
    says: str
    also: Mapping[str, str] = field(default_factory=dict)
    #: who must name it
    channels: tuple[str, ...] = CHANNELS
    #: it belongs to the short form
    short: bool = False
    #: it mends itself, so it is only waited for until everything is whole again
    heals: bool = False

    def pattern(self, channel: str) -> re.Pattern[str]:
        """Return what names the fault in a channel."""
        return re.compile(self.also.get(channel, self.says))


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A fault that a command meets when it opens its servers: it ends with 2 and one sentence."""

    name: str
    begin: Begun
    says: str
    settings: Mapping[str, str] = field(default_factory=dict)
