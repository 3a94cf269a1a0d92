"""Procrastinate's tables: asked by one module, which was checked with one release."""

from importlib.metadata import version
from pathlib import Path

import ledger
from ledger.job_queue import CHECKED_WITH

ROOT = Path(ledger.__file__).parents[1]

TO_CHECK = f"""
ledger/job_queue.py was checked with Procrastinate {CHECKED_WITH}. With another release look at its
sql/schema.sql and the migrations since, then set CHECKED_WITH:
- procrastinate_jobs: id, queue_name, task_name, args, lock, queueing_lock, priority, status, scheduled_at, worker_id;
- its statuses: todo, doing, failed; a job that runs has a worker_id, one that waits for its time a scheduled_at;
- procrastinate_workers: id, last_heartbeat; a worker writes it every 10 s;
- procrastinate_events: job_id, type 'started', at;
- new ledgers get its whole schema (0001_first_schema.py): its migrations since become a revision of ours, too.
"""


def test_the_installed_procrastinate_is_the_one_that_its_tables_were_checked_with() -> None:
    assert version("procrastinate").split(".")[:2] == CHECKED_WITH.split("."), TO_CHECK


def test_no_other_module_asks_the_tables_of_procrastinate() -> None:
    packages = ("broadsheet", "web", "schedules", "crawler", "pipelines", "index", "ledger", "news")
    files = [path for package in packages for path in (ROOT / package).rglob("*.py")]
    asking = [str(path.relative_to(ROOT)) for path in files if "procrastinate_" in path.read_text(encoding="utf-8")]
    assert asking == ["ledger/job_queue.py"]
