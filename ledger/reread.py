"""A page that we have, read anew by a better reader: its text takes the place of what was read in it before."""

import json
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.history import in_force, locked, rewrite, texts_of, with_better
from ledger.keep import LOCK_KEYS, Kept, Reading, address_of, columns, keep, known_article, text_of
from news.outcome import Outcome


async def reread(connection: AsyncConnection, reading: Reading) -> Kept:
    """Put what is now read in a page in place of what was read in it before, within the transaction of `connection`.

    The page is known by its time. It makes no version and is no edit of the outlet's; the revision rises. A page from
    which no article came before is kept as if it were imported; one that brought no new text then is passed over.
    """
    await connection.execute(LOCK_KEYS, {"keys": sorted(reading.keys)})
    seen = await known_article(connection, reading)
    if seen is None:
        return await keep(connection, reading)
    known = await locked(connection, seen.id)
    texts = await texts_of(connection, known.id)
    told = with_better(texts, text_of(reading))
    kept = Kept(outcome=Outcome.UNCHANGED, article_id=known.id, version=in_force(told or texts, reading.at))
    if told is None:
        return kept
    is_newest = texts[-1].seen_at == reading.at
    # as the table gives it back: its lists are no tuples
    document = json.loads(json.dumps(dict(reading.document)))
    if told == texts and not (is_newest and known.document != document):
        return kept
    newest = None
    if is_newest:
        newest = {name: value for name, value in columns(reading).items() if name != "fetched_at"}
        newest |= address_of(reading) if known.read_from == reading.read_from else {}
    kept_at = reading.kept_at or reading.at
    await rewrite(connection, known, told, story_days=reading.story_days, kept_at=kept_at, newest=newest)
    return replace(kept, outcome=Outcome.CHANGED)
