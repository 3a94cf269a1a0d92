"""Raw pages kept as they came, in WARC files: one a day and process, each record on disk before the ledger knows it."""

import asyncio
import os
import socket
import tempfile
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path

from news.errors import ArchiveUnavailable, ConfigurationError
from news.page import Page

#: what `reprocess` looks for in the directory
PATTERN = "*.warc.gz"
#: what has room for so much takes the next pages: one is 60 KB as a rule, and 10 MiB before it is packed at most
ROOM_BYTES = 2**20


class WarcWriter:
    """The WARC files that this process writes. No file is opened twice: a killed process may have cut off its end."""

    def __init__(self, directory: Path) -> None:
        """Raise ConfigurationError if the directory cannot be made or written to."""
        self.directory = directory
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(f"BROADSHEET_ARCHIVE: {directory} cannot be made: {error.strerror}.") from error
        if not os.access(directory, os.W_OK):
            raise ConfigurationError(f"BROADSHEET_ARCHIVE: {directory} cannot be written to.")
        self._began = datetime.now(UTC)
        self._file: FileIO | None = None
        self._day = ""
        self._written = self._safe = 0
        self._writing = asyncio.Lock()
        self._syncing = asyncio.Lock()

    async def keep(self, page: Page, outlet: str) -> None:
        """Return when the page is on disk. Pages that come at once share one fsync.

        Raises ArchiveUnavailable if the disk does not take it; then nothing of it is left in the file.
        """
        # `status` asks about the directory alone, and does without the library
        from pipelines.importing.warc import packed

        record = await asyncio.to_thread(packed, page, outlet)
        try:
            await self._write(record, f"{page.fetched_at:%Y%m%d}")
        except OSError as error:
            raise ArchiveUnavailable(_sentence(self.directory, error)) from error

    async def _write(self, record: bytes, day: str) -> None:
        async with self._writing:
            file = await self._open_for(day)
            _append(file, record)
            self._written += 1
            mine = self._written
        async with self._syncing:
            if self._safe < mine:
                reached = self._written
                await asyncio.to_thread(os.fsync, file.fileno())
                self._safe = reached

    def close(self) -> None:
        """Close the file that is open."""
        if self._file is not None:
            self._file.close()
            self._file = None

    async def _open_for(self, day: str) -> FileIO:
        if self._file is None or day != self._day:
            async with self._syncing:
                if self._file is not None:
                    await asyncio.to_thread(os.fsync, self._file.fileno())
                    self._safe = self._written
                    self._file.close()
                name = f"broadsheet-{day}-{socket.gethostname()}-{self._began:%H%M%S%f}-{os.getpid()}.warc.gz"
                self.directory.mkdir(parents=True, exist_ok=True)
                # without a buffer, which would keep what the disk did not take
                self._file, self._day = await asyncio.to_thread(FileIO, self.directory / name, "ab"), day
        return self._file


def _append(file: FileIO, record: bytes) -> None:
    """Append all of the record or nothing: half of one would hide those that come after it. Raises OSError."""
    end = os.fstat(file.fileno()).st_size
    rest = memoryview(record)
    try:
        while rest:
            rest = rest[file.write(rest) :]
    except OSError:
        file.truncate(end)
        raise


def archive_fault(directory: Path | None) -> str | None:
    """Return in one sentence why no page can be kept in `directory` just now; None if one can, or none is to be.

    It is tried, with a file without a name: quotas and file systems that became read-only are no matter of free bytes.
    A directory that is not there yet would be made in the nearest one that is.
    """
    if directory is None:
        return None
    nearest = next(each for each in (directory.absolute(), *directory.absolute().parents) if each.exists())
    try:
        with tempfile.TemporaryFile(dir=nearest, buffering=0) as file:
            _append(file, bytes(ROOM_BYTES))
    except OSError as error:
        return _sentence(directory, error)
    return None


def _sentence(directory: Path, error: OSError) -> str:
    return f"The archive {directory} cannot be written: {error.strerror or error}. Pages stay due until it can."
