"""A page that we have, read anew by a better reader: its text takes the place of what was read in it before."""

from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.articles import plain_json
from ledger.history import in_force, locked, rewrite, texts_of, with_better
from ledger.keep import LOCK_KEYS, address_of, columns, keep, known_article, text_of
from ledger.stories import STORY_DAYS
from news.outcome import Outcome
from news.visit import Visit


async def reread(connection: AsyncConnection, visit: Visit, story_days: int = STORY_DAYS) -> Visit:
    """Put what is now read in a page in place of what was read in it before, within the transaction of `connection`.

    The page is known by its time. It makes no version and is no edit of the outlet's; the revision rises. A page from
    which no article came before is kept as if it were imported; one that brought no new text then is passed over.
    """
    await connection.execute(LOCK_KEYS, {"keys": list(visit.keys)})
    seen = await known_article(connection, visit)
    if seen is None:
        return await keep(connection, visit, story_days)
    known = await locked(connection, seen.id)
    texts = await texts_of(connection, known.id)
    told = with_better(texts, text_of(visit))
    version = in_force(told or texts, visit.fetched_at)
    kept = visit.ended(Outcome.UNCHANGED, article_id=known.id, version=version)
    if told is None:
        return kept
    is_newest = texts[-1].seen_at == visit.fetched_at
    if told == texts and not (is_newest and known.document != plain_json(visit.document)):
        return kept
    newest = None
    if is_newest:
        newest = {name: value for name, value in columns(visit).items() if name != "fetched_at"}
        newest |= address_of(visit) if known.read_from == visit.read_from else {}
    kept_at = visit.imported_at or visit.fetched_at
    await rewrite(connection, known, told, story_days=story_days, kept_at=kept_at, newest=newest)
    return kept.ended(Outcome.CHANGED)
