"""Where a text came from: its page, what it was read with, and whether a difference is the outlet's doing or ours."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import blake2b
from struct import pack
from zlib import crc32

from news.article import Article
from news.version import plain_text

#: bytes of a line's hash. A page has some 400 lines: of 40,000 foreign lines one is taken for one of them
LINE_BYTES = 3
#: lines of a page that are remembered; what has more is a list
MOST_LINES = 3_000
#: hashes that are kept of a page (of 396 real ones 6,000 at most): of 2,000 foreign lines one is taken for its own
MOST_HASHES = 8_000
#: a line of at most so many words may name people; each run of up to four of them is remembered, too
SHORT_WORDS, NAME_WORDS = 10, 4
#: signs that stand between names
_BETWEEN = re.compile(r"[,;:|/·•()\[\]&]")


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What a version was read from and with."""

    #: BLAKE2b, 16 bytes, of the page as it came
    page_hash: bytes
    #: the same of all that the reader was given beside the page: its code, its data, the outlet's chrome and settings
    read_with: bytes
    #: hashes of all lines of text that stood anywhere in the page, and of short lines' runs of words: sorted,
    #: LINE_BYTES each
    lines: bytes

    def has(self, line: str) -> bool:
        """Say whether this line stood in the page, by itself."""
        wanted = _line_hash(plain_text(line)).to_bytes(LINE_BYTES, "big")
        low, high = 0, len(self.lines) // LINE_BYTES
        while low < high:
            middle = (low + high) // 2
            found = self.lines[middle * LINE_BYTES : (middle + 1) * LINE_BYTES]
            if found == wanted:
                return True
            low, high = (middle + 1, high) if found < wanted else (low, middle)
        return False

    def names(self, person: str) -> bool:
        """Say whether a short line of the page named this person, among others or by himself, in capitals or not."""
        return self.has(_of_name(person))


def hash_of(content: bytes) -> bytes:
    """Return the 16 bytes by which `content` is known."""
    return blake2b(content, digest_size=16).digest()


def pack_lines(lines: Iterable[str]) -> bytes:
    """Return the hashes of a page's lines, as `Provenance.lines` has them.

    Of a page with more than MOST_LINES none: by a part of them, what stands behind it would be called new.
    """
    # one pass over all of them: line by line, preparing the text would cost ten times as much
    kept = list(dict.fromkeys(plain_text("\n".join(lines), keep_lines=True).split("\n")))
    if len(kept) > MOST_LINES:
        return b""
    hashes = set(map(_line_hash, kept))
    short = [line for line in kept if line.count(" ") < SHORT_WORDS]
    for line in _BETWEEN.sub(" ", "\n".join(short)).casefold().encode("utf-8", "surrogatepass").split(b"\n"):
        words = line.split()
        if len(hashes) > MOST_HASHES:
            return b""
        following = [b" " + word for word in words]
        for start, word in enumerate(words):
            # a run's checksum goes on from that of the run which is a word shorter
            run = crc32(word)
            hashes.add(run & 0xFFFFFF)
            for other in following[start + 1 : start + NAME_WORDS]:
                run = crc32(other, run)
                hashes.add(run & 0xFFFFFF)
    hashes.discard(_line_hash(""))
    packed = bytearray(LINE_BYTES * len(hashes))
    numbers = pack(f">{len(hashes)}I", *sorted(hashes))
    for place in range(LINE_BYTES):  # all but the first of each four bytes
        packed[place::LINE_BYTES] = numbers[4 - LINE_BYTES + place :: 4]
    return bytes(packed)


def _of_name(text: str) -> str:
    """Return a text as names are compared: without case and without the signs that stand between names."""
    return " ".join(plain_text(_BETWEEN.sub(" ", text)).casefold().split())


def _line_hash(line: str) -> int:
    return crc32(line.encode("utf-8", "surrogatepass")) & 0xFFFFFF


def as_read_now(before: Article, was: Provenance | None, after: Article, now: Provenance) -> Article | None:
    """Return `before` as it would have been read with what `after` was read with; None where that cannot be told.

    `was` and `now` are the provenances of the two; without `was` only that we leave out more now can be told. A line of
    one text that stood in the other's page as well was left out or taken in by our reader; one that did not is the
    outlet's doing. Where a text has a line that did not even stand in its own page by itself (it was put together of
    several), the answer is None.
    """
    judge = _Judge(was, now)
    body = judge.body(before.body, after.body)
    headline, standfirst, correction = (
        judge.field(getattr(before, name), getattr(after, name)) for name in ("headline", "standfirst", "correction")
    )
    authors = judge.names(before.authors, after.authors)
    # an agency stands within a sentence, too, where no line tells of it: then it is as we read it now
    agencies = judge.names(before.agencies, after.agencies)
    if body is None or headline is None or standfirst is None or correction is None or authors is None:
        return None
    if before.entries != after.entries:
        return None
    return replace(
        after,
        body=body,
        headline=headline,
        standfirst=standfirst,
        correction=correction,
        authors=authors,
        agencies=after.agencies if agencies is None else agencies,
        date_modified=before.date_modified,
        is_accessible_for_free=before.is_accessible_for_free,
    )


class _Judge:
    """Tells line by line who did it."""

    def __init__(self, was: Provenance | None, now: Provenance) -> None:
        self.was, self.now = was, now

    def _stood(self, line: str) -> bool:
        return self.was is not None and self.was.has(line)

    def _named(self, person: str) -> bool:
        return self.was is not None and self.was.names(person)

    def field(self, before: str, after: str) -> str | None:
        """Return what would have been read as this field before; None where that cannot be told."""
        if plain_text(before) == plain_text(after):
            return after
        stood_already = not after or self._stood(after)
        stands_still = not before or self.now.has(before)
        if stood_already and stands_still:
            return after
        if self.was is None or (after and not self.now.has(after)) or (before and not self._stood(before)):
            return None
        return before

    def names(self, before: tuple[str, ...], after: tuple[str, ...]) -> tuple[str, ...] | None:
        """Return whom would have been read as authors before; None where that cannot be told."""
        come, gone = [each for each in after if each not in before], [each for each in before if each not in after]
        if all(map(self._named, come)) and all(map(self.now.names, gone)):
            return after
        if self.was is None or not all(map(self.now.names, come)) or not all(map(self._named, gone)):
            return None
        return before

    def body(self, before: str, after: str) -> str | None:
        """Return the lines of the old page that would have been read as its body; None where that cannot be told."""
        old = [(line, plain_text(line)) for line in before.split("\n")]
        new = [(line, plain_text(line)) for line in after.split("\n")]
        old_keys, new_keys = {key for _, key in old}, {key for _, key in new}
        kept: list[tuple[str, str]] = []
        for line, key in new:
            if key in old_keys or self._stood(line):
                kept.append((line, key))
            elif self.was is None or not self.now.has(line):
                return None
        removed: dict[str, list[tuple[str, str]]] = {}
        anchor = ""
        present = {key for _, key in kept}
        for line, key in old:
            if key in present:
                anchor = key
            elif key not in new_keys and not self.now.has(line):
                if not self._stood(line):
                    return None
                removed.setdefault(anchor, []).append((line, key))
        lines = [line for line, _ in removed.pop("", [])]
        for line, key in kept:
            lines += [line, *(gone for gone, _ in removed.pop(key, []))]
        return "\n".join(lines)
