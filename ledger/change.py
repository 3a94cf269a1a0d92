"""What tells a text from the one before it: the outlet's edit, our own reading, or what nobody can tell."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.history import provenance_in
from ledger.raw_pages import raw_page
from ledger.schema import versions
from news.article import Article
from news.edits import EditKind, Edits, compare
from news.known_names import KnownNames
from news.page import Page
from news.provenance import Provenance, as_read_now
from news.version import fingerprint, is_cut_short, is_same_article
from news.visit import Visit

#: said of an attempt after which the text is another one by our doing alone
READ_ANEW = "extracted differently than before; the outlet changed nothing"


class ReadAgain(Exception):
    """The newest version was read with something else: its page is to be read again first. Nothing was written."""

    def __init__(self, page_hash: bytes, page: Page) -> None:
        super().__init__("the page of the newest version is to be read again")
        self.page_hash = page_hash
        self.page = page


@dataclass(frozen=True, kw_only=True)
class Change:
    """What tells the text of a visit from the article's newest version."""

    #: None: the text is another one by our doing alone, or came out from behind a wall; it makes no version
    edits: Edits | None
    #: the newest version's text as it is read now, with its provenance, where that is another than the stored one
    before: Article | None = None
    before_provenance: Provenance | None = None
    reason: str = ""


async def change_of(connection: AsyncConnection, visit: Visit, known: Row[Any], before: Article) -> Change:
    """Return what the outlet changed, as far as it was the outlet. Raises ReadAgain."""
    article, now = visit.text, visit.provenance
    was_missing = before.body_missing is not None
    if was_missing:  # that its text can be read now is no edit
        before = _unwalled(before, article)
    names = KnownNames.of(known.document, visit.digest.enrichment if visit.digest else {})
    query = select(versions.c.page_hash, versions.c.read_with, versions.c.lines)
    of_newest = (versions.c.article_id == known.id) & (versions.c.version == known.version)
    was = provenance_in((await connection.execute(query.where(of_newest))).one())
    if now is None:
        return await _compared(before, article, names)
    if was is None:
        # recorded before provenance was: the new page alone can tell that we leave out more than we did
        base = await asyncio.to_thread(as_read_now, _unwalled(before, article), None, article, now)
        if base is not None and fingerprint(base) == visit.fingerprint:
            return Change(edits=None, reason=READ_ANEW)
        return Change(edits=Edits(kinds=(EditKind.UNEXPLAINED,)))
    if was.read_with == now.read_with:
        return await _compared(before, article, names)
    if was.page_hash == now.page_hash:
        return Change(edits=None, reason=READ_ANEW)
    earlier = visit.earlier
    if earlier is None or (earlier.page_hash and earlier.page_hash != was.page_hash):
        found = await raw_page(connection, known.id)
        if found is not None and found[0] == was.page_hash:
            raise ReadAgain(*found)
        earlier = None
    again, its = (earlier.digest.article, earlier.digest.provenance) if earlier and earlier.page_hash else (None, None)
    # selectors that were made for a new template find rubbish in an old page
    if again is not None and its is not None and is_same_article(again, before) and not is_cut_short(before, again):
        base, source = again, its
    else:
        read_now = await asyncio.to_thread(as_read_now, before, was, article, now)
        if read_now is None:
            return Change(edits=Edits(kinds=(EditKind.UNEXPLAINED,)))
        base, source = read_now, replace(was, read_with=now.read_with)
    if fingerprint(base) == visit.fingerprint:
        return Change(edits=None, reason=READ_ANEW)
    change = await _compared(base, article, names)
    # a text that nobody saw then takes no place in the version
    return change if was_missing and base is not again else replace(change, before=base, before_provenance=source)


async def _compared(before: Article, after: Article, names: KnownNames) -> Change:
    unwalled = _unwalled(before, after)
    if fingerprint(unwalled) == fingerprint(after):
        return Change(edits=None, reason="the whole text is to be read now")
    # a stranger's text may take seconds: beside the loop, and before anybody waits for us
    return Change(edits=await asyncio.to_thread(compare, unwalled, after, names))


def _unwalled(before: Article, after: Article) -> Article:
    """Return `before` with the text of `after` if there was none before, or what a wall left: the rest is compared."""
    if not is_cut_short(after, before):
        return before
    text = {name: getattr(after, name) for name in ("body", "body_missing", "standfirst", "entries")}
    return replace(before, **text)
