"""What a command costs: the CPU time of all its processes, sampled: getrusage does not see a fork server's children."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

#: seconds between two looks: what a process does after the last one is not seen
LOOK_SECONDS = 0.1
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(kw_only=True)
class Cost:
    """CPU seconds of a tree of processes, and how it ended."""

    #: process -> its seconds, as last seen
    seconds: dict[tuple[int, int], float] = field(default_factory=dict)
    main: tuple[int, int] = (0, 0)
    wall_seconds: float = 0.0
    code: int = 0
    said: str = ""

    @property
    def all_seconds(self) -> float:
        """CPU seconds of all the processes."""
        return sum(self.seconds.values())

    @property
    def main_share(self) -> float:
        """The share of the first process in them."""
        return self.seconds.get(self.main, 0.0) / (self.all_seconds or 1.0)


def run(arguments: Sequence[str | Path], environ: Mapping[str, str], folder: Path, log: Path) -> Cost:
    """Run a command to its end, and return what it cost with what it printed; errors go to the log."""
    with log.open("ab") as errors:
        began_at = time.monotonic()
        process = subprocess.Popen(
            [str(each) for each in arguments], env=dict(environ), cwd=folder, stdout=subprocess.PIPE, stderr=errors
        )
        with Watch(process.pid) as watch:
            said, _ = process.communicate()
        watch.cost.wall_seconds = time.monotonic() - began_at
    watch.cost.code, watch.cost.said = process.returncode, said.decode(errors="replace")
    return watch.cost


class Watch:
    """Looks at a process and all that descend from it, for as long as the block lasts."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.cost = Cost()
        self._before: dict[tuple[int, int], float] = {}
        self._ended = Event()
        self._thread = Thread(target=self._go_on, daemon=True)

    def __enter__(self) -> "Watch":
        self.look()
        # what was used before the block is none of its costs
        self._before = dict(self.cost.seconds)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self.look()

    def _go_on(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            self.look()

    def look(self) -> None:
        """Note what each process of the tree has used."""
        parents: dict[int, int] = {}
        used: dict[int, tuple[int, float]] = {}
        for entry in os.scandir("/proc"):
            if entry.name.isdigit() and (found := _stat(entry.name)):
                parent, started, seconds = found
                parents[int(entry.name)], used[int(entry.name)] = parent, (started, seconds)
        tree = {self.pid} & used.keys()
        while more := {pid for pid, parent in parents.items() if parent in tree} - tree:
            tree |= more
        for pid in tree:
            started, seconds = used[pid]
            if pid == self.pid:
                self.cost.main = (pid, started)
            self.cost.seconds[pid, started] = seconds - self._before.get((pid, started), 0.0)


def _stat(pid: str) -> tuple[int, int, float] | None:
    """Return a process's parent, start in ticks and CPU seconds (proc(5), /proc/PID/stat); None if it is gone."""
    try:
        fields = Path("/proc", pid, "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[1]), int(fields[19]), (int(fields[11]) + int(fields[12])) / _TICK


def pss_bytes(pids: Sequence[int]) -> int:
    """Return the proportional set size of some processes: what they share is counted once."""
    found = 0
    for pid in pids:
        for line in Path("/proc", str(pid), "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                found += int(line.split()[1]) * 1024
    return found
