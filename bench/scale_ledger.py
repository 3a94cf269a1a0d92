"""A ledger and its search tables with so many articles, made in SQL: what `python -m bench.scale` measures.

The texts have the sizes of real ones (six paragraphs of sixty words), the words the frequencies of a language. No text
is anybody's: the words are made up. Article 1 is the newest, and each further one a minute older.
"""

# ruff: noqa: S608 - our own texts alone are put together

import psycopg

#: words that are found in a hundred articles, in .3 %, in 10 % and in 80 % of them
RARE, SELDOM, TENTH, MOST = "quillmark", "sandpiper", "tidewater", "lanternfish"
OUTLETS = 200
#: seconds between two articles: some 1,400 a day
APART_SECONDS = 63
#: pages of each outlet that are due now, and documents that the index lacks
DUE, PENDING = 20, 1_000
#: articles of one statement
STEP = 50_000

_PARAGRAPHS = """
CREATE TABLE scale_paragraphs AS
SELECT id, string_agg(word, ' ') || '.' AS text, to_tsvector('simple', string_agg(word, ' ')) AS words
FROM (
  SELECT id, translate(to_hex(20000 + floor(30000 * power(random(), 4))::int), '0123456789', 'ghklmnoprs') AS word
  FROM generate_series(0, 4095) AS id, generate_series(1, 60)
) AS each GROUP BY id;
ALTER TABLE scale_paragraphs ADD PRIMARY KEY (id);
CREATE FUNCTION scale_label(facet text, n bigint, many int) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT facet || '=' || facet || ' ' || floor(many * power((hashint8(n) & 65535) / 65536.0, 3)) $$;
"""

#: what an article is made of, for those from the one to the other number
_MADE = f"""
CREATE TEMP TABLE made AS
SELECT n, md5('article' || n)::uuid AS id, 'outlet' || n % {OUTLETS} AS outlet,
  'https://outlet' || n % {OUTLETS} || '.example/news/' || md5(n::text) || '-' || n AS url,
  now() - n * interval '{APART_SECONDS} seconds' AS at,
  concat_ws(E'\\n', a.text, b.text, c.text, d.text, e.text, f.text) || ' ' || marks AS body,
  setweight(to_tsvector('simple', 'headline ' || md5(n::text)), 'A') || a.words || b.words || c.words || d.words
    || e.words || f.words || to_tsvector('simple', marks) AS words
FROM (
  SELECT n, concat_ws(' ', CASE WHEN n % 100 = 0 AND n <= 10000 THEN '{RARE}' END,
    CASE WHEN (hashint8(n) & 1023) < 3 THEN '{SELDOM}' END,
    CASE WHEN (hashint8(n + 1000000007) & 1023) < 102 THEN '{TENTH}' END,
    CASE WHEN (hashint8(n + 2000000011) & 1023) < 819 THEN '{MOST}' END) AS marks
  FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
) AS numbered
JOIN scale_paragraphs AS a ON a.id = hashint8(n * 6) & 4095
JOIN scale_paragraphs AS b ON b.id = hashint8(n * 6 + 1) & 4095
JOIN scale_paragraphs AS c ON c.id = hashint8(n * 6 + 2) & 4095
JOIN scale_paragraphs AS d ON d.id = hashint8(n * 6 + 3) & 4095
JOIN scale_paragraphs AS e ON e.id = hashint8(n * 6 + 4) & 4095
JOIN scale_paragraphs AS f ON f.id = hashint8(n * 6 + 5) & 4095
"""

_STORED = (
    """
ALTER TABLE made ADD COLUMN document jsonb;
UPDATE made SET document = jsonb_build_object('id', id, 'url', url, 'outlet', outlet, 'headline', 'Headline ' || n,
  'body', body, 'kind', 'article', 'in_language', 'en', 'first_seen_at', to_jsonb(at), 'revision', 1, 'version', 1,
  'outlet_name', outlet, 'authors', jsonb_build_array('Author ' || n % 3000), 'word_count', 360)
""",
    """
INSERT INTO articles (id, outlet, url, read_from, version, revision, fingerprint, document, first_seen_at, changed_at,
  fetched_at, published_at, out_by, story_id)
SELECT id, outlet, url, url, 1, 1, md5(body), document, at, at, at, at, at, id FROM made
""",
    "INSERT INTO addresses SELECT url, id FROM made",
    """
INSERT INTO versions (article_id, version, seen_at, article, page_hash, read_with, lines)
SELECT id, 1, at, convert_to(left(body, 1500), 'UTF8'), decode(md5(url), 'hex'), decode(md5('reader'), 'hex'),
  decode(repeat(md5(body), 16), 'hex') FROM made
""",
    # by which copies are found, for fourteen days (ledger.stories.STORY_DAYS)
    """
INSERT INTO signatures
SELECT id, 1, at, at, decode((SELECT string_agg(md5(n || '-' || k), '') FROM generate_series(1, 35) AS k), 'hex')
    || decode(left(md5(n::text), 24), 'hex'),
  ARRAY(SELECT hashint8extended(n * 20 + k, 7)::bit(32)::int FROM generate_series(1, 20) AS k)
FROM made WHERE at > now() - interval '14 days'
""",
    # an article is visited for thirty days
    f"""
INSERT INTO pages (url, outlet, found_in, found_at, due_at, visited_at, outcome, article_id, etag)
SELECT url, outlet, 'feed', at, CASE WHEN n <= {OUTLETS * DUE} THEN now() - interval '1 minute'
    WHEN at > now() - interval '30 days' THEN now() + (n % 100) * interval '10 minutes' END,
  at, 'new', id, md5(url) FROM made
""",
    "INSERT INTO attempts (at, outlet, url, outcome, status, latency_ms, article_id)"
    " SELECT at, outlet, url, 'new', 200, 90, id FROM made",
    f"""
INSERT INTO outbox (stream, id, revision, pending_since)
SELECT 'articles', id, 1, now() - n * interval '1 millisecond' FROM made WHERE n <= {PENDING}
""",
    """
INSERT INTO search.articles (id, revision, document, words, labels, sorted_at, published_at, published_day, story_key)
SELECT id::text, 1, document, words, ARRAY['outlet=' || outlet, 'in_language=en', 'country=c' || n % 30,
    'kind=article', scale_label('sections', n * 31, 12), scale_label('authors', n * 37, 3000),
    scale_label('agencies', n * 41, 6), scale_label('places', n * 43, 2000), scale_label('places', n * 43 + 1, 2000),
    scale_label('places', n * 43 + 2, 2000), scale_label('people', n * 47, 5000),
    scale_label('people', n * 47 + 1, 5000), scale_label('people', n * 47 + 2, 5000),
    scale_label('organisations', n * 53, 3000), scale_label('organisations', n * 53 + 1, 3000),
    scale_label('keywords', n * 59, 4000), scale_label('keywords', n * 59 + 1, 4000),
    scale_label('keywords', n * 59 + 2, 4000), scale_label('about_country', n * 61, 80),
    scale_label('genre', n * 67, 5), 'story_id=' || id, 'stealth=false', 'gone=false'],
  at, at, false, id::text FROM made
""",
    "DROP TABLE made",
)
#: indexes that are quicker made anew than kept up
_HEAVY = ("search.articles_words", "search.articles_labels", "public.ix_signatures_bands")


def fill(connection: psycopg.Connection, wanted: int) -> None:
    """Put so many articles into an empty ledger and its search tables. The connection commits by itself."""
    connection.execute("SET maintenance_work_mem = '1GB'")
    connection.execute("SET work_mem = '64MB'")
    for statement in _PARAGRAPHS.split(";\n"):
        connection.execute(statement)
    made_of = [connection.execute("SELECT pg_get_indexdef(%s::regclass)", [name]).fetchone() for name in _HEAVY]
    for name in _HEAVY:
        connection.execute(f"DROP INDEX {name}")
    for first in range(1, wanted + 1, STEP):
        # psycopg writes the values in: no statement takes parameters that makes a table
        last = min(first + STEP - 1, wanted)
        connection.execute(_MADE.replace("%(first)s", str(first)).replace("%(last)s", str(last)))
        for statement in _STORED:
            for each in statement.split(";\n"):
                connection.execute(each)
    for definition in made_of:
        assert definition is not None
        connection.execute(definition[0])
    connection.execute("VACUUM (ANALYZE)")
