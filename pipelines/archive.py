"""Raw pages kept as they came, in WARC files: one a day and process, each record on disk before the ledger knows it."""

import asyncio
import os
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from news.errors import ConfigurationError
from news.page import Page
from pipelines.warc import packed

#: what `reread` looks for in the directory
PATTERN = "*.warc.gz"


class Archive:
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
        self._file: BinaryIO | None = None
        self._day = ""
        self._written = self._safe = 0
        self._writing = asyncio.Lock()
        self._syncing = asyncio.Lock()

    async def keep(self, page: Page, outlet: str) -> None:
        """Return when the page is on disk. Pages that come at once share one fsync. Raises OSError."""
        record = await asyncio.to_thread(packed, page, outlet)
        async with self._writing:
            file = await self._open_for(f"{page.fetched_at:%Y%m%d}")
            file.write(record)
            file.flush()
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

    async def _open_for(self, day: str) -> BinaryIO:
        if self._file is None or day != self._day:
            async with self._syncing:
                if self._file is not None:
                    await asyncio.to_thread(os.fsync, self._file.fileno())
                    self._safe = self._written
                    self._file.close()
                name = f"broadsheet-{day}-{socket.gethostname()}-{self._began:%H%M%S%f}-{os.getpid()}.warc.gz"
                self._file, self._day = await asyncio.to_thread((self.directory / name).open, "ab"), day
        return self._file
