"""How late the event loop is, and how long one callback of ours kept it: measured, exported, and said in the log."""

import asyncio
from time import monotonic, thread_time

from prometheus_client import Counter, Gauge, Histogram

from news.log import Log

log = Log()

#: seconds between two looks: while the loop works, and while next to nothing happens
BEAT_SECONDS, QUIET_BEAT_SECONDS = 0.05, 0.2
#: a loop whose thread uses less of its time between two looks is quiet
QUIET_RATIO = 0.1
#: what one callback of ours may take of the loop's CPU at most
MOST_CPU_SECONDS = 0.25
#: at the start modules are imported and pools made; that is told from what happens later
START_SECONDS = 5.0

LAG = Histogram(
    "broadsheet_loop_lag_seconds",
    "How late the event loop woke up.",
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0),
)
HELD = Gauge("broadsheet_loop_held_cpu_seconds_max", "Longest CPU time that the loop was held without a break.")
TOO_LONG = Counter("broadsheet_loop_held_too_long", "Times that the loop was held for more than 0.25 s of CPU.")


class Longest:
    """The longest that the loop was held, after the start."""

    def __init__(self) -> None:
        self.cpu_seconds = 0.0

    def note(self, late_seconds: float, cpu_seconds: float, *, starting: bool) -> None:
        """Take in one look: how late it was, and the CPU that the loop's thread used since the one before.

        The loop was held for the lesser of both at most: other processes make us late without our CPU, and many short
        callbacks use CPU without making us late.
        """
        LAG.observe(late_seconds)
        held = min(late_seconds, cpu_seconds)
        if starting or held <= self.cpu_seconds:
            return
        self.cpu_seconds = held
        HELD.set(held)


async def watch_loop(longest: Longest | None = None) -> None:
    """Measure the loop for as long as the task lives."""
    longest = longest or Longest()
    began_at = monotonic()
    beat = BEAT_SECONDS
    while True:
        due_at, cpu_before = monotonic() + beat, thread_time()
        await asyncio.sleep(beat)
        late, cpu = max(0.0, monotonic() - due_at), thread_time() - cpu_before
        starting = monotonic() - began_at < START_SECONDS
        longest.note(late, cpu, starting=starting)
        beat = QUIET_BEAT_SECONDS if cpu < QUIET_RATIO * beat else BEAT_SECONDS
        if min(late, cpu) > MOST_CPU_SECONDS and not starting:
            TOO_LONG.inc()
            log.warning("loop_held", cpu_seconds=round(min(late, cpu), 3), late_seconds=round(late, 3))
