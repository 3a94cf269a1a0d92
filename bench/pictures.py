"""The pictures of the README, docs/images/*.png: the demo's search page and a silent edit, taken by Chromium.

`python bench/pictures.py [--chromium PROGRAM] [DIRECTORY]` starts the demo twice in a home that is gone afterwards, so
that some pages have changed, and asks a headless Chromium (Debian: `apt install chromium`) for screenshots.
"""

import argparse
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import httpx

if not __package__:
    sys.path[0] = str(Path(__file__).parent.parent)

from bench.daemon import end
from tests.ports import free_port
from tests.schedules.processes import environment, until

#: four outlets listen on ports that follow each other
NEWSROOM_PORT = 18_101
WIDTH = 1_000
#: name of the picture -> address behind the search page's, height in pixels
SEARCH = ("search", "/?q=harbour", 640)
EDIT = ("silent-edit", "/articles/{id}/versions/1..2", 700)
#: a picture larger than this makes the README slow to open
LIMIT_BYTES = 150_000


@contextmanager
def demo() -> Iterator[str]:
    """Give the address of the search page of the demo's second run."""
    home = Path(tempfile.mkdtemp(prefix="broadsheet-pictures-"))
    home.chmod(0o755)  # as root, PostgreSQL's user has to pass
    port, log = free_port(), home / "log"
    command = [sys.executable, "-m", "broadsheet", "demo", "--newsroom-port", str(NEWSROOM_PORT)]
    environ = environment(home)
    try:
        subprocess.run([*command, "--once"], env=environ, stdout=subprocess.DEVNULL, check=True)
        with log.open("wb") as said:
            served = subprocess.Popen([*command, "--port", str(port)], env=environ, stdout=said, stderr=said)
        try:
            until(lambda: "Search page:" in log.read_text(), "the search page is served", log)
            yield f"http://127.0.0.1:{port}"
        finally:
            end([served])
    finally:
        shutil.rmtree(home, ignore_errors=True)


def shoot(chromium: str, address: str, height: int, file: Path) -> None:
    """Write a screenshot of the upper part of a page."""
    with tempfile.TemporaryDirectory(prefix="broadsheet-chromium-", ignore_cleanup_errors=True) as profile:
        root = ["--no-sandbox"] if os.geteuid() == 0 else []
        options = ["--headless", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={profile}", *root]
        options += [f"--window-size={WIDTH},{height}", f"--screenshot={file}"]
        subprocess.run([chromium, *options, address], check=True, capture_output=True, timeout=120)


def shrink(picture: bytes) -> bytes:
    """Return a PNG of true colours, as Chromium writes it, with the 256 most frequent colours: a third of its bytes."""
    width, height, _, kind = struct.unpack(">IIBB", picture[16:26])
    channels = {2: 3, 6: 4}[kind]
    chunks: dict[bytes, bytes] = {}
    at = 8
    while at < len(picture):
        length, name = struct.unpack(">I4s", picture[at : at + 8])
        chunks[name] = chunks.get(name, b"") + picture[at + 8 : at + 8 + length]
        at += length + 12
    rows = list(_rows(zlib.decompress(chunks[b"IDAT"]), width * channels, channels))
    pixels = [[bytes(row[at : at + 3]) for at in range(0, len(row), channels)] for row in rows]
    palette = [colour for colour, _ in Counter(pixel for row in pixels for pixel in row).most_common(256)]
    places = {colour: number for number, colour in enumerate(palette)}

    @cache
    def place(colour: bytes) -> int:
        if colour in places:
            return places[colour]
        return min(
            range(len(palette)), key=lambda each: sum((a - b) ** 2 for a, b in zip(palette[each], colour, strict=True))
        )

    lines = b"".join(b"\0" + bytes(map(place, row)) for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = ((b"IHDR", header), (b"PLTE", b"".join(palette)), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return picture[:8] + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    )


def _rows(raw: bytes, length: int, channels: int) -> Iterator[bytearray]:
    """Give the rows of a picture without their filters (PNG, 9.2)."""
    above = bytearray(length)
    for start in range(0, len(raw), length + 1):
        kind, row = raw[start], bytearray(raw[start + 1 : start + 1 + length])
        for at in range(length):
            left = row[at - channels] if at >= channels else 0
            corner = above[at - channels] if at >= channels else 0
            guess = left + above[at] - corner
            nearest = min((left, above[at], corner), key=lambda each: abs(guess - each))
            row[at] = (row[at] + (0, left, above[at], (left + above[at]) // 2, nearest)[kind]) % 256
        yield row
        above = row


def main() -> int:
    """Take the pictures; return 1 if one is too large."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("google-chrome") or "chromium")
    parser.add_argument("directory", nargs="?", type=Path, default=Path(__file__).parent.parent / "docs" / "images")
    arguments = parser.parse_args()
    arguments.directory.mkdir(parents=True, exist_ok=True)
    large = False
    with demo() as page:
        found = httpx.get(f"{page}/api/search", params={"stealth": "true", "size": 1}).raise_for_status().json()
        for name, address, height in (SEARCH, EDIT):
            file = arguments.directory.resolve() / f"{name}.png"
            shoot(arguments.chromium, page + address.format(id=found["hits"][0]["id"]), height, file)
            file.write_bytes(shrink(file.read_bytes()))
            large |= file.stat().st_size > LIMIT_BYTES
            print(f"{file}: {file.stat().st_size:,} bytes")
    return int(large)


if __name__ == "__main__":
    sys.exit(main())
