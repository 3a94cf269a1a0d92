"""The archive's disk is full: nothing is lost, and everybody who asks is told."""

import json
import random
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from news.errors import ArchiveUnavailable
from news.page import Page
from pipelines.importing.import_files import ImportKind, Position, read_chunk
from pipelines.warc_writer import WarcWriter, archive_fault
from tests import warm
from tests.schedules.processes import PATIENCE_SECONDS, asked
from tests.schedules.site import Site, article, write_outlet

#: letters that do not pack: a page of more than a small disk's room
NOISE = random.Random(1).randbytes(300_000).hex()
#: what `ulimit -f` counts in, with POSIX
BLOCK_BYTES = 512


@contextmanager
def full_disk(file_bytes: int) -> Iterator[None]:
    """Let no file of this process grow larger: what a full disk does, without a disk of our own to fill."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def broadsheet(environ: dict[str, str], *arguments: str, full: bool = False) -> subprocess.CompletedProcess[str]:
    if not full:
        return warm.run(arguments, environ)
    command = [sys.executable, "-m", "broadsheet", *arguments]
    command = ["sh", "-c", f'ulimit -f {200_000 // BLOCK_BYTES} && exec "$@"', "sh", *command]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)


def page(name: str, body: str = "little") -> Page:
    return Page(
        url=f"https://harbour.example/{name}",
        final_url=f"https://harbour.example/{name}",
        status=200,
        headers={"content-type": "text/html"},
        content=body.encode(),
        fetched_at=datetime(2024, 2, 8, 4, tzinfo=UTC),
    )


async def test_what_the_disk_did_not_take_leaves_no_half_and_the_next_page_is_kept(tmp_path: Path) -> None:
    archive = WarcWriter(tmp_path)
    await archive.keep(page("one"), "harbour")
    with full_disk(100_000):
        with pytest.raises(ArchiveUnavailable, match=f"The archive {tmp_path} cannot be written: File too large"):
            await archive.keep(page("two", NOISE), "harbour")
        assert "File too large" in (archive_fault(tmp_path) or "")
    await archive.keep(page("three"), "harbour")
    archive.close()
    assert archive_fault(tmp_path) is None
    assert _kept(tmp_path) == ["https://harbour.example/one", "https://harbour.example/three"]


def _kept(directory: Path) -> list[str]:
    """Return the addresses of all that the only file of the archive has; a damaged record fails the test."""
    [file] = directory.iterdir()
    items = read_chunk(file, ImportKind.WARC, Position()).items
    return [item.page.url if item.page else f"skipped: {item}" for item in items]


def test_an_archive_that_is_not_made_yet_is_at_no_fault_and_is_not_made_by_asking(tmp_path: Path) -> None:
    assert archive_fault(tmp_path / "a" / "b") is None
    assert archive_fault(None) is None
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "a").write_text("no directory")
    assert "Not a directory" in (archive_fault(tmp_path / "a") or "")


def test_a_page_that_cannot_be_kept_stays_due_and_the_person_and_the_log_are_told_why_in_a_line(
    tmp_path: Path, environ: dict[str, str], site: Site, fresh_database: str
) -> None:
    environ["BROADSHEET_ARCHIVE"] = str(tmp_path / "archive")
    write_outlet(tmp_path, "harbour", site)
    url = site.has("/2024/boats-of-the-day", f"<!-- {NOISE} -->{article('Boats')}")
    why = f"The archive {tmp_path / 'archive'} cannot be written: File too large."

    told = broadsheet(environ, "recrawl", url, full=True)
    assert f"{url}: not stored yet; it stays queued. {why}" in told.stdout
    [line] = [line for line in told.stderr.splitlines() if "archive_unavailable" in line]
    assert why in line
    assert len(line) < 500
    assert "Traceback" not in told.stderr
    assert "Fetched(" not in told.stderr
    assert why in broadsheet(environ, "status", full=True).stdout
    # it waits to be tried again, which is no failure
    assert json.loads(broadsheet(environ, "status", "--json").stdout)["jobs"] | {"workers": 0} == {
        "waiting": 1,
        "running": 0,
        "failed": 0,
        "workers": 0,
    }
    assert asked(fresh_database, "SELECT count(*) FROM attempts") == [(0,)]

    # a minute later, when the disk has room
    assert asked(fresh_database, "UPDATE procrastinate_jobs SET scheduled_at = now() RETURNING status::text") == [
        ("todo",)
    ]
    assert "new" in broadsheet(environ, "recrawl", url).stdout
    ended = broadsheet(environ, "status")
    assert "cannot be written" not in ended.stdout
    assert "0 failed" in ended.stdout
