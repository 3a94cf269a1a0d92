"""An article that was read is stored: as a new article, as a new version, or as what we had."""

from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.articles import pack
from ledger.change import Change, change_of
from ledger.corroboration import out_by_of
from ledger.history import (
    MOST_EDITS,
    StoredText,
    in_force,
    locked,
    provenance_columns,
    rewrite,
    summary,
    texts_of,
    with_earlier,
)
from ledger.outbox import add_article
from ledger.pipeline import Pipeline, json_text
from ledger.schema import articles, versions
from ledger.statements import (
    ADD_ARTICLE,
    ADD_KEYS,
    ADD_VERSION,
    KNOWN_ARTICLES,
    LOCK_KEYS,
    NOTE_NEWS,
    SEE_ARTICLE,
    SET_PROVENANCE,
)
from ledger.stories import STORY_DAYS, find_copies, join, lock_stories, remember
from ledger.tombstones import meet
from news.article import Article
from news.identity import identity, is_hint
from news.moment import Moment
from news.outcome import Outcome
from news.provenance import Provenance
from news.url import article_id
from news.version import is_cut_short, is_same_article
from news.visit import Visit
from news.watch import NotificationType

#: the last rank of what leads to an article
_HINT = 2


async def store(connection: AsyncConnection, visit: Visit, story_days: int = STORY_DAYS) -> Visit:
    """Store the article of a visit as `store_article` does, all of it sent when this returns."""
    pipeline = Pipeline(connection)
    stored = await store_article(pipeline, visit, story_days)
    await pipeline.send()
    return stored


async def store_article(pipeline: Pipeline, visit: Visit, story_days: int = STORY_DAYS) -> Visit:
    """Store the article of a visit within the transaction of `pipeline`; return the visit with what became of it.

    The outcome is NEW, CHANGED, UNCHANGED, or WALL, which is not stored. Two workers that read one article at once wait
    for each other: the second finds what the first stored; so do two that read copies of one text, which become one
    story. A view of an article that we have from its canonical address (AMP, print) never makes a version, nor does
    what a wall left of it, nor what we read otherwise than before. `story_days` is how far apart two copies of a text
    may be seen. Raises ReadAgain where that has to be found out first.
    """
    known = await known_article(pipeline, visit)
    if known is None:
        # nobody else can give these keys to an article before we let go of them
        lock_stories(pipeline)
        stored = await _store_new(pipeline, visit, story_days)
    elif _is_view(visit, known):
        stored = visit.ended(
            Outcome.UNCHANGED, f"a view of {known.url}", article_id=known.id, version=known.version, is_view=True
        )
    elif visit.fetched_at < known.fetched_at and visit.is_imported:
        pipeline.apart()
        stored = await _store_earlier(pipeline.connection, visit, known, story_days)
    elif visit.fingerprint == known.fingerprint and not (visit.text.body_missing and known.document.get("body")):
        stored = await _store_unchanged(pipeline, visit, known, story_days)
    else:
        pipeline.apart()
        stored = await _store_changed(pipeline, visit, known, story_days)
    pipeline.add(ADD_KEYS, keys=list(visit.keys), article_id=stored.article_id)
    return stored


async def known_article(pipeline: Pipeline, visit: Visit) -> Any | None:
    """Lock the visit's keys and return the row of the article that it is of, if we have it.

    An outlet's number counts only if the texts agree.
    """
    keys = list(visit.keys)
    pipeline.add(LOCK_KEYS, keys=keys)
    rows = await pipeline.rows(KNOWN_ARTICLES, keys=keys, id=article_id(visit.text.url))
    for row in sorted(rows, key=lambda row: (_rank(row.key), row.first_seen_at, row.id.bytes)):
        if _rank(row.key) < _HINT or is_same_article(Article.from_json(row.document), visit.text):
            pipeline.claim(row.id)
            return row
    return None


def _rank(key: str | None) -> int:
    # a key that is no hint, the id alone, a hint
    return 1 if key is None else _HINT * is_hint(key)


async def _store_new(pipeline: Pipeline, visit: Visit, story_days: int) -> Visit:
    article, at = visit.text, visit.fetched_at
    new_id = UUID(article_id(article.url))
    signature = visit.signature
    copies = await find_copies(pipeline, new_id, visit.outlet.slug, signature, at, story_days)
    if copies:
        pipeline.apart()
    out_by = await out_by_visit(pipeline, visit, new_id, at, story_days)
    pipeline.add(
        ADD_ARTICLE,
        id=new_id,
        outlet=visit.outlet.slug,
        out_by=out_by,
        story_id=new_id if signature and not copies else None,
        **address_of(visit),
        **columns(visit) | {"document": visit.prepared.document.decode()},
    )
    _add_version(pipeline, new_id, 1, text_of(visit), visit.prepared.article)
    await remember(pipeline, new_id, 1, signature, at, story_days, visit.imported_at)
    if copies:
        await pipeline.send()
        await join(pipeline.connection, new_id, copies)
    add_article(pipeline, new_id, 1)
    if not visit.is_imported:  # what was loaded from an archive is no news
        pipeline.add(NOTE_NEWS, article_id=new_id, type=str(NotificationType.ARTICLE), version=1, at=at)
    return visit.ended(Outcome.NEW, article_id=new_id, version=1)


async def _store_unchanged(pipeline: Pipeline, visit: Visit, known: Any, story_days: int) -> Visit:
    """Store what is new beside the text: dates, keywords, pictures, rights, enrichment. It makes no version."""
    if known.missed_at is not None:
        pipeline.apart()
        lock_stories(pipeline)
        await pipeline.send()
        await meet(pipeline.connection, known.id, visit.fetched_at)
        of_this = articles.c.id == known.id
        known = (await pipeline.connection.execute(select(articles).where(of_this))).one()
    await refresh(pipeline, known, visit, story_days)
    if visit.provenance:
        provenance = provenance_columns(visit.provenance)
        pipeline.add(SET_PROVENANCE, id=known.id, version=known.version, **provenance)
    return visit.ended(Outcome.UNCHANGED, article_id=known.id, version=known.version)


async def refresh(pipeline: Pipeline, known: Any, visit: Visit, story_days: int) -> bool:
    """Write what the index gets of the article where it is another than in `known`, and that it was seen in any case.

    `known` is the article's row. Return whether the document changed; then it is enqueued.
    """
    seen: dict[str, Any] = {"fetched_at": visit.fetched_at} | address_of(visit)
    document = visit.document
    of_this = articles.c.id == known.id
    out_by = await out_by_visit(pipeline, visit, known.id, known.first_seen_at, story_days, known.out_by)
    if document == known.document and out_by == known.out_by:
        pipeline.add(SEE_ARTICLE, id=known.id, **seen)
        return False
    new = {
        "document": document,
        "published_at": order_of(visit.text.date_published),
        "out_by": out_by,
        "revision": articles.c.revision + 1,
    }
    moves = out_by != known.out_by and known.story_id is not None
    if moves:
        pipeline.apart()
        lock_stories(pipeline)
    await pipeline.send()
    connection = pipeline.connection
    unseen = (articles.c.revision == known.revision) & of_this
    statement = update(articles).where(unseen).values(seen | new)
    revision = (await connection.execute(statement.returning(articles.c.revision))).scalar()
    if revision is None:
        meanwhile = (await connection.execute(select(articles).where(of_this))).one()
        if meanwhile.fingerprint == known.fingerprint and meanwhile.fetched_at <= visit.fetched_at:
            # its place in a story is another one, or it was enriched: what this page says is no less new for it
            return await refresh(pipeline, meanwhile, visit, story_days)
        # whoever has changed the article under another of its addresses meanwhile knows it better
        pipeline.add(SEE_ARTICLE, id=known.id, **seen)
        return False
    if moves:
        await join(connection, known.id, [])
    add_article(pipeline, known.id, revision)
    return True


async def _store_changed(pipeline: Pipeline, visit: Visit, known: Any, story_days: int) -> Visit:
    connection = pipeline.connection
    stored = visit.ended(Outcome.UNCHANGED, article_id=known.id, version=known.version)
    article, at = visit.text, visit.fetched_at
    if at < known.changed_at:
        return stored.ended(Outcome.UNCHANGED, "older than the stored text")
    before = Article.from_json(known.document)
    if before.body and not article.body:
        why = f" ({article.body_missing})" if article.body_missing else ""
        return stored.ended(Outcome.WALL, f"the page has no text now{why}; the stored text stays")
    if is_cut_short(before, article):
        return stored.ended(Outcome.WALL, "a paywall or consent wall shows less than the stored text")
    # what we had came from a view of the article and now the article itself is here: no edit of the outlet's
    of_view = known.read_from != known.url and visit.read_from == known.url
    change = Change(edits=None) if of_view else await change_of(connection, visit, known, before)
    lock_stories(pipeline)
    await pipeline.send()
    of_this = articles.c.id == known.id
    peeked, known = known, (await connection.execute(select(articles).where(of_this).with_for_update())).one()
    if known.fingerprint != peeked.fingerprint:
        # somebody has changed the article under another of its addresses meanwhile; now nobody can any more
        store_known = _store_unchanged if known.fingerprint == visit.fingerprint else _store_changed
        return await store_known(pipeline, visit, known, story_days)
    if known.missed_at is not None:
        await meet(connection, known.id, at)
    is_version = change.edits is not None
    version = known.version + is_version
    if is_version and change.before is not None and change.before_provenance is not None:
        await _replace_text(connection, known.id, known.version, change.before, change.before_provenance)
    out_by = await out_by_visit(pipeline, visit, known.id, known.first_seen_at, story_days, known.out_by)
    result = await connection.execute(
        update(articles)
        .where(of_this)
        .values(
            version=version,
            revision=articles.c.revision + 1,
            changed_at=at if is_version else known.changed_at,
            out_by=out_by,
            edits=(known.edits + summary(change.edits, version, at))[-MOST_EDITS:],
            **address_of(visit),
            **columns(visit),
        )
        .returning(articles.c.revision)
    )
    revision = result.scalar_one()
    _add_version(pipeline, known.id, version, replace(text_of(visit), edits=change.edits), visit.prepared.article)
    signature = visit.signature
    copies = await find_copies(pipeline, known.id, visit.outlet.slug, signature, at, story_days)
    await remember(pipeline, known.id, version, signature, at, story_days, visit.imported_at)
    await pipeline.send()
    if copies or signature or known.story_id:
        await join(connection, known.id, copies)
    add_article(pipeline, known.id, revision)
    if not visit.is_imported:
        # without a version it is no edit; but a watch may find the article by the text that is to be read only now
        news = {"type": str(NotificationType.CHANGE), "version": version if is_version else None}
        pipeline.add(NOTE_NEWS, article_id=known.id, at=at, **news)
    # what we had of the article itself is another text to those who read it in a view
    is_changed = is_version or of_view
    return stored.ended(
        Outcome.CHANGED if is_changed else Outcome.UNCHANGED, change.reason, article_id=known.id, version=version
    )


async def _store_earlier(connection: AsyncConnection, visit: Visit, seen: Row[Any], story_days: int) -> Visit:
    """Store what was fetched before the newest text that we have: at most a version in the article's past."""
    known = await locked(connection, seen.id)
    texts = await texts_of(connection, known.id)
    after = with_earlier(texts, text_of(visit), known.fetched_at)
    if after != texts:
        kept_at = visit.imported_at or visit.fetched_at
        # the newest one had no text, or what a wall left of it
        is_newest = after[-1].article is visit.text
        newest = {name: value for name, value in columns(visit).items() if name != "fetched_at"} if is_newest else None
        await rewrite(connection, known, after, story_days=story_days, kept_at=kept_at, newest=newest)
    outcome = Outcome.UNCHANGED if len(after) == len(texts) else Outcome.CHANGED
    return visit.ended(outcome, article_id=known.id, version=in_force(after, visit.fetched_at))


def _is_view(visit: Visit, known: Any) -> bool:
    """Say whether the page is another view of an article that we have, and not the article at a new address.

    It is at a new address if the known one redirects there, or if the page names itself as the article's own address
    and is more than a variant of the known one.
    """
    if {visit.read_from, visit.url} & {known.read_from, known.url}:
        return False
    names_itself = visit.read_from == visit.text.url
    return not names_itself or identity(visit.read_from) == identity(known.url)


async def out_by_visit(
    pipeline: Pipeline,
    visit: Visit,
    of: UUID,
    first_seen_at: datetime,
    story_days: int,
    known: datetime | None = None,
) -> datetime:
    """Return when the text of a visit was out; `known` is what was thought before."""
    urls = (visit.url, visit.read_from, visit.text.url)
    published = visit.text.date_published
    return await out_by_of(pipeline, published, first_seen_at, story_days, article_id=of, urls=urls, known=known)


def text_of(visit: Visit) -> StoredText:
    """Return the visit's text as it is to stand in the article's history."""
    assert visit.digest is not None, "a text was read"
    return StoredText(
        seen_at=visit.fetched_at,
        article=visit.text,
        signature=visit.digest.signature,
        candidates=visit.prepared.candidates,
        provenance=visit.digest.provenance,
    )


def address_of(visit: Visit) -> dict[str, str]:
    """Return where the article is to be found now; its id stays that of the first address."""
    return {"url": visit.text.url, "read_from": visit.read_from}


def columns(visit: Visit) -> dict[str, Any]:
    """Return the columns of `articles` that come of the newest reading."""
    return {
        "fingerprint": visit.fingerprint,
        "document": visit.document,
        "fetched_at": visit.fetched_at,
        "published_at": order_of(visit.text.date_published),
    }


def _add_version(pipeline: Pipeline, of: UUID, version: int, found: StoredText, packed: bytes) -> None:
    """Add the version, or put its text in place of the one that was read otherwise; its time and edits stay then."""
    pipeline.add(
        ADD_VERSION,
        article_id=of,
        version=version,
        seen_at=found.seen_at,
        article=packed,
        edits=json_text(found.edits.as_json()) if found.edits else None,
        candidates=found.candidates,
        **provenance_columns(found.provenance),
    )


async def _replace_text(
    connection: AsyncConnection, of: UUID, version: int, article: Article, provenance: Provenance
) -> None:
    """Put a version's text as it is read now in place of the one that was read otherwise."""
    this = tuple_(versions.c.article_id, versions.c.version) == (of, version)
    await connection.execute(
        update(versions).where(this).values(article=pack(article), **provenance_columns(provenance))
    )


def order_of(moment: Moment | None) -> datetime | None:
    """Return the instant that stands for `moment` where articles are put in order; it is never shown.

    A day stands at its first instant in UTC: before all that is known to have come out on it.
    """
    if moment is None:
        return None
    return moment.at if isinstance(moment.at, datetime) else datetime.combine(moment.at, time(), UTC)
