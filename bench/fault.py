"""A fault that a running system can have, and one that a command meets at its start."""

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from bench.stage import Stage

#: the ways in which an operator hears of a fault
CHANNELS = ("readyz", "status", "log")

Begun = Callable[[Stage], AbstractAsyncContextManager[None]]


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
