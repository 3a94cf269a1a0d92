"""What it costs to find copies in the ledger, as the window fills with signatures."""

import asyncio
import random
import statistics
import time
from uuid import UUID, uuid5

import psutil
import psycopg
from sqlalchemy import make_url, text

from ledger.database import engine_for
from ledger.pipeline import Pipeline
from ledger.stories import STORY_DAYS, find_copies, join, lock_stories, remember
from news.signature import (
    BANDS,
    FACT_KEYS,
    FACTS_FOLLOW,
    FIGURES,
    KEY_ANCHORS,
    NAMES,
    OF_QUOTATION,
    PERMUTATIONS,
    Signature,
    bands,
    packed,
)
from tests.ledger import readings

SPACE = UUID(int=7)
#: look-ups of one measurement: half of texts that are there, half of new ones
LOOKUPS = 400
#: a text of 800 words has so many anchors, quotations and figures: with the bands that makes the keys of a signature
TEXT_ANCHORS, TEXT_QUOTATIONS = 80, 2
TEXT_FIGURES = 9
KEYS = BANDS + TEXT_ANCHORS // KEY_ANCHORS + TEXT_QUOTATIONS + FACT_KEYS


def generated(number: int) -> Signature:
    """Return a signature that is like no other's."""
    chance = random.Random(number)  # noqa: S311 - the same signature for the same number
    figures = sorted(chance.getrandbits(32) | 1 for _ in range(TEXT_FIGURES)) + [0] * (FIGURES - TEXT_FIGURES)
    behind = [chance.getrandbits(32) | 1 for _ in range(TEXT_ANCHORS)]
    names = [2 * chance.getrandbits(30) + 2 for _ in range(NAMES)]
    quotations = [chance.getrandbits(32) | 1 for _ in range(TEXT_QUOTATIONS * OF_QUOTATION)]
    minhash = (chance.getrandbits(32) for _ in range(PERMUTATIONS))
    return (800, *figures, *minhash, *behind, FACTS_FOLLOW, *names, *quotations)


def fill(url: str, start: int, end: int) -> None:
    """Put the articles `start` to `end` and their signatures into the ledger, by COPY, and index them.

    Of one in a thousand the signature is real, so that it can be looked up; the bands of the others are random
    numbers, made by PostgreSQL: they meet as seldom, and a million are there in minutes.
    """
    with psycopg.connect(
        make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    ) as connection:
        connection.execute("DROP INDEX ix_signatures_bands")
        connection.execute(
            """INSERT INTO articles (id, outlet, url, read_from, version, revision, fingerprint, document,
                                     first_seen_at, changed_at, fetched_at, out_by, story_id)
               SELECT id, 'generated', id::text, id::text, 1, 1, '', '{}', %(at)s, %(at)s, %(at)s, %(at)s, id
               FROM (SELECT lpad(to_hex(n), 32, '0')::uuid AS id
                     FROM generate_series(%(start)s::int, %(end)s - 1) n) made""",
            {"start": start, "end": end, "at": readings.START},
        )
        connection.execute(
            """INSERT INTO signatures (article_id, version, seen_at, kept_at, signature, bands)
               SELECT lpad(to_hex(n), 32, '0')::uuid, 1, %(at)s, %(at)s, %(signature)s,
                      (SELECT array_agg((random() * 4294967295 - 2147483648)::bigint::int)
                       FROM generate_series(1, %(bands)s + 0 * n))
               FROM generate_series(%(start)s::int, %(end)s - 1) n WHERE n %% 1000 <> 0""",
            {
                "start": start,
                "end": end,
                "at": readings.START,
                "signature": packed(generated(0)),
                "bands": KEYS,
            },
        )
        copying = "COPY signatures (article_id, version, seen_at, kept_at, signature, bands) FROM STDIN"
        with connection.cursor() as cursor, cursor.copy(copying) as copy:
            for number in range(-(-start // 1000) * 1000, end, 1000):
                signature = generated(number)
                copy.write_row(
                    (UUID(int=number), 1, readings.START, readings.START, packed(signature), list(bands(signature)))
                )
        connection.execute("SET maintenance_work_mem = '512MB'")
        connection.execute("CREATE INDEX ix_signatures_bands ON signatures USING gin (bands) WITH (fastupdate = off)")
    with psycopg.connect(
        make_url(url).set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True
    ) as connection:
        connection.execute("VACUUM ANALYZE articles")
        connection.execute("VACUUM ANALYZE signatures")


async def measure(url: str, size: int) -> dict[str, float]:
    """Return the milliseconds of a look-up and of joining, and the index's size, with `size` articles in the window."""
    engine = engine_for(url)
    chance = random.Random(size)  # noqa: S311
    known = [generated(chance.randrange(0, size, 1000)) for _ in range(LOOKUPS // 2)]
    new = [generated(2**40 + chance.getrandbits(30)) for _ in range(LOOKUPS // 2)]
    async with engine.connect() as connection:
        pipeline = Pipeline(connection)
        lock_stories(pipeline)
        for each in known[:20]:
            await look(pipeline, each)
        backend = psutil.Process((await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one())
        before = _cpu_seconds(backend)
        taken = [await look(pipeline, each) for each in [*known, *new]]
        used = _cpu_seconds(backend) - before
        joined = []
        for number, each in enumerate(new[:100]):
            article_id = uuid5(SPACE, f"{size}-{number}")
            await connection.execute(
                text(
                    "INSERT INTO articles (id, outlet, url, read_from, version, revision, fingerprint, document,"
                    " first_seen_at, changed_at, fetched_at, out_by)"
                    " VALUES (:id, 'x', 'x', 'x', 1, 1, '', '{}', :at, :at, :at, :at)"
                ),
                {"id": article_id, "at": readings.START},
            )
            started = time.perf_counter()
            copies = await find_copies(pipeline, article_id, "x", each, readings.START, STORY_DAYS)
            await remember(pipeline, article_id, 1, each, readings.START, STORY_DAYS)
            await pipeline.send()
            await join(connection, article_id, copies)
            joined.append((time.perf_counter() - started) * 1_000)
        await connection.rollback()
        index_bytes = (await connection.execute(text("SELECT pg_relation_size('ix_signatures_bands')"))).scalar_one()
        table_bytes = (await connection.execute(text("SELECT pg_total_relation_size('signatures')"))).scalar_one()
    await engine.dispose()
    return {
        f"lookup_cpu_ms_{size}": round(used * 1_000 / len(taken), 2),
        f"lookup_ms_p50_{size}": round(statistics.median(taken), 2),
        f"lookup_ms_p95_{size}": round(statistics.quantiles(taken, n=20)[-1], 2),
        f"join_ms_p50_{size}": round(statistics.median(joined), 2),
        f"index_mb_{size}": round(index_bytes / 1e6),
        f"signatures_mb_{size}": round(table_bytes / 1e6),
    }


def _cpu_seconds(backend: psutil.Process) -> float:
    """Return the CPU time of this process and of the server's process that works for it."""
    return time.process_time() + sum(backend.cpu_times()[:2])


async def look(pipeline: Pipeline, signature: Signature) -> float:
    """Look one signature up and return the milliseconds that it took."""
    started = time.perf_counter()
    await find_copies(pipeline, UUID(int=2**100), "x", signature, readings.START, STORY_DAYS)
    return (time.perf_counter() - started) * 1_000


def growth(url: str, largest: int) -> dict[str, float]:
    """Measure from 10,000 articles to `largest`, ten times as many each time."""
    figures: dict[str, float] = {}
    filled, size = 0, 10_000
    while size <= largest:
        fill(url, filled, size)
        figures |= asyncio.run(measure(url, size))
        filled, size = size, size * 10
    return figures
