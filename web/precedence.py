"""A member of a story in, when its text was out and why that is said out: the same words on pages and command line."""

from datetime import datetime

from ledger.stories import StoryEntry
from news.moment import Precision
from news.story import claimed_at
from web import times


def when_out(member: StoryEntry, zone: str) -> str:
    """Return when a member had the text: its stated time, and the first sight of it where that decides."""
    claimed, seen = member.claimed, f"first seen {times.instant(member.first_seen_at, zone)}"
    if claimed is None:
        return seen
    stated = times.said(claimed.at, zone)
    return f"published {stated}" if member.claim_counts else f"states {stated}, {seen}"


def reason(member: StoryEntry, zone: str) -> str:
    """Return why a member's text counts as out by its time: the page's own statement, or the first sight of it."""
    claimed, seen = member.claimed, times.instant(member.first_seen_at, zone)
    if claimed is None:
        return f"its page states no time, and it was first seen {seen}"
    alone = "" if isinstance(claimed.at, datetime) else "the day alone, "
    said = f"its page states {alone}{times.said(claimed.at, zone)}"
    where = f", in {times.source(claimed.source)}"
    if member.claim_counts:
        ends = "; a day counts from its end anywhere on earth" if claimed.precision is Precision.DAY else ""
        return f"{said}{where}{ends}"
    if claimed_at(claimed) > member.first_seen_at:
        return f"it was first seen {seen}, before the time that its page states is over ({said}{where})"
    return f"it was first seen {seen}; {said}{where}, so much earlier that it would need another witness"
