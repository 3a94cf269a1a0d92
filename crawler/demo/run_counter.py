"""The demo's own home, and in it how often the newsroom was started and which runs a crawl may have seen: one file."""

import json
import os
from pathlib import Path

from news.errors import ConfigurationError

_FILE = "demo-newsroom.json"
_FOLDER = "demo"


def demo_home(home: Path) -> Path:
    """Return the demo's own home, a folder in the user's `home`; `home` itself if it is the demo's already."""
    return home if home.name == _FOLDER and (home / _FILE).exists() else home / _FOLDER


def next_run(home: Path) -> int:
    """Count a start of the newsroom in `home` and return its number, from 1.

    The file is replaced whole, so a kill leaves the old count or the new. A run that is not ended by `finish_run` may
    have been seen in part. Raises ConfigurationError if the file was damaged.
    """
    run, seen = _read(home)
    _write(home, run + 1, sorted({*seen, run}))
    return run + 1


def seen_runs(home: Path) -> tuple[int, ...]:
    """Return the runs that a crawl may have seen before this one, for `Newsroom.expected`; 0 means: nothing."""
    return tuple(_read(home)[1])


def finish_run(home: Path, run: int) -> None:
    """Note that a crawl has seen all of `run`: the next one starts from there."""
    current, _ = _read(home)
    _write(home, current, [run])


def _read(home: Path) -> tuple[int, list[int]]:
    file = home / _FILE
    try:
        state = json.loads(file.read_text(encoding="utf-8"))
        return int(state["run"]), [int(run) for run in state["seen"]]
    except FileNotFoundError:
        return 0, []
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ConfigurationError(
            f"{file} cannot be read as the demo's count of runs; delete it to begin anew."
        ) from error


def _write(home: Path, run: int, seen: list[int]) -> None:
    home.mkdir(parents=True, exist_ok=True)
    fresh = home / f"{_FILE}.{os.getpid()}.tmp"
    with fresh.open("w", encoding="utf-8") as file:
        json.dump({"run": run, "seen": seen}, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(home / _FILE)
