"""The statements that run for every page, in SQL: what ledger/pipeline.py prepares once and sends.

Each value comes as text, and the statement says what it is: so it stays one statement, prepared once, whatever is NULL
or how large a number is. Tables and columns are those of ledger/schema/; tests/ledger/test_statements.py has PostgreSQL
plan each of them over a full ledger.
"""

#: two workers that want the same keys never hold one each, for the keys are sorted. Whoever locks goes by keys alone
#: until the transaction's end: no plan that is made in it may read a whole table, though it be empty today
LOCK_KEYS = """
SELECT pg_advisory_xact_lock(hashtextextended(key, 0)), set_config('enable_seqscan', 'off', true)
FROM unnest(CAST(%(keys)s AS text[])) AS key
"""

#: for a page without an article, which locks no keys
BY_KEYS_ALONE = "SELECT set_config('enable_seqscan', 'off', true)"

#: by its keys, and by the id that it would be given: keys may be made otherwise than when it was stored
KNOWN_ARTICLES = """
SELECT articles.*, addresses.key
FROM addresses JOIN articles ON articles.id = addresses.article_id
WHERE addresses.key = ANY(CAST(%(keys)s AS text[]))
UNION ALL
SELECT articles.*, NULL FROM articles WHERE id = CAST(%(id)s AS uuid)
"""

ADD_KEYS = """
INSERT INTO addresses (key, article_id)
SELECT key, CAST(%(article_id)s AS uuid) FROM unnest(CAST(%(keys)s AS text[])) AS key
ON CONFLICT DO NOTHING
"""

#: PostgreSQL cannot know how seldom bands meet: it expects 1 row of 200 for each, and would read the whole table. What
#: else such a transaction does goes by keys, so that the setting may stay until its end
LOCK_STORIES = """
SELECT pg_advisory_xact_lock(CAST(%(lock)s AS bigint)),
  set_config('enable_seqscan', 'off', true) AS enable_seqscan, set_config('jit', 'off', true) AS jit
"""

FIND_COPIES = """
WITH met AS MATERIALIZED (
  SELECT article_id, seen_at, signature FROM signatures WHERE bands && CAST(%(bands)s AS integer[])
)
SELECT met.signature, articles.story_id, articles.outlet
FROM met JOIN articles ON articles.id = met.article_id
WHERE met.seen_at BETWEEN CAST(%(since)s AS timestamptz) AND CAST(%(until)s AS timestamptz)
  AND met.article_id <> CAST(%(article_id)s AS uuid)
LIMIT CAST(%(most)s AS integer)
"""

ADD_ARTICLE = """
INSERT INTO articles (id, outlet, url, read_from, version, revision, fingerprint, document,
  first_seen_at, changed_at, fetched_at, published_at, out_by, story_id)
VALUES (CAST(%(id)s AS uuid), %(outlet)s, %(url)s, %(read_from)s, 1, 1, %(fingerprint)s, CAST(%(document)s AS jsonb),
  CAST(%(fetched_at)s AS timestamptz), CAST(%(fetched_at)s AS timestamptz), CAST(%(fetched_at)s AS timestamptz),
  CAST(%(published_at)s AS timestamptz), CAST(%(out_by)s AS timestamptz), CAST(%(story_id)s AS uuid))
"""

#: an article whose page says what it said
SEE_ARTICLE = """
UPDATE articles SET fetched_at = CAST(%(fetched_at)s AS timestamptz), url = %(url)s, read_from = %(read_from)s
WHERE id = CAST(%(id)s AS uuid)
"""

#: a text that was read otherwise takes the place of what was read before; its time and edits stay
ADD_VERSION = """
INSERT INTO versions (article_id, version, seen_at, article, edits, candidates, page_hash, read_with, lines)
VALUES (CAST(%(article_id)s AS uuid), CAST(%(version)s AS integer), CAST(%(seen_at)s AS timestamptz),
  CAST(%(article)s AS bytea), CAST(%(edits)s AS jsonb), CAST(%(candidates)s AS bytea),
  CAST(%(page_hash)s AS bytea), CAST(%(read_with)s AS bytea), CAST(%(lines)s AS bytea))
ON CONFLICT (article_id, version) DO UPDATE SET article = excluded.article, candidates = excluded.candidates,
  page_hash = excluded.page_hash, read_with = excluded.read_with, lines = excluded.lines
"""

SET_PROVENANCE = """
UPDATE versions SET page_hash = CAST(%(page_hash)s AS bytea), read_with = CAST(%(read_with)s AS bytea),
  lines = CAST(%(lines)s AS bytea)
WHERE article_id = CAST(%(id)s AS uuid) AND version = CAST(%(version)s AS integer)
  AND (page_hash, read_with) IS DISTINCT FROM (CAST(%(page_hash)s AS bytea), CAST(%(read_with)s AS bytea))
"""

ADD_SIGNATURE = """
INSERT INTO signatures (article_id, version, seen_at, kept_at, signature, bands)
VALUES (CAST(%(article_id)s AS uuid), CAST(%(version)s AS integer), CAST(%(seen_at)s AS timestamptz),
  CAST(%(kept_at)s AS timestamptz), CAST(%(signature)s AS bytea), CAST(%(bands)s AS integer[]))
ON CONFLICT (article_id, version) DO UPDATE SET signature = excluded.signature, bands = excluded.bands,
  seen_at = excluded.seen_at, kept_at = excluded.kept_at
"""

#: an older revision that comes late changes nothing
ENQUEUE = """
INSERT INTO outbox (stream, id, revision, document)
VALUES (%(stream)s, %(id)s, CAST(%(revision)s AS bigint), CAST(%(document)s AS jsonb))
ON CONFLICT (stream, id) DO UPDATE SET revision = excluded.revision, document = excluded.document
WHERE excluded.revision > outbox.revision
"""

#: while there are watches; one that is created later is not meant
NOTE_NEWS = """
INSERT INTO watch_news (article_id, type, version, at)
SELECT CAST(%(article_id)s AS uuid), %(type)s, CAST(%(version)s AS integer), CAST(%(at)s AS timestamptz)
WHERE EXISTS (SELECT FROM watches WHERE NOT paused)
"""

LOCK_PAGES = """
SELECT url, outlet, failures, outcome, article_id FROM pages WHERE url = ANY(CAST(%(urls)s AS text[]))
ORDER BY url FOR UPDATE
"""

#: before its first recording no page leads to the article
STATED_ELSEWHERE = """
(SELECT url, lastmod FROM pages WHERE article_id = CAST(%(article_id)s AS uuid) LIMIT CAST(%(most)s AS integer))
UNION SELECT url, lastmod FROM pages WHERE url = ANY(CAST(%(urls)s AS text[]))
"""

#: a page that says it comes out in a hundred years would be visited each hour until then
LIFE = """
SELECT least(published_at, first_seen_at) AS born_at, first_seen_at, changed_at, version AS versions,
  coalesce(document->>'kind' = 'live_blog', false) AS is_live
FROM articles WHERE id = CAST(%(id)s AS uuid)
"""

#: what makes a request conditional stays where no page came (`came` is false)
SET_PAGE = """
INSERT INTO pages (url, outlet, found_in, visited_at, failures, outcome, reason, article_id, priority, due_at,
  etag, last_modified)
VALUES (%(url)s, %(outlet)s, 'redirect', CAST(%(visited_at)s AS timestamptz), CAST(%(failures)s AS integer),
  %(outcome)s, %(reason)s, CAST(%(article_id)s AS uuid), 0, CAST(%(due_at)s AS timestamptz),
  %(etag)s, %(last_modified)s)
ON CONFLICT (url) DO UPDATE SET visited_at = excluded.visited_at, failures = excluded.failures,
  outcome = excluded.outcome, reason = excluded.reason, article_id = excluded.article_id, priority = 0,
  due_at = excluded.due_at,
  etag = CASE WHEN CAST(%(came)s AS boolean) THEN excluded.etag ELSE pages.etag END,
  last_modified = CASE WHEN CAST(%(came)s AS boolean) THEN excluded.last_modified ELSE pages.last_modified END
"""

#: the same bytes again
SEE_RAW = """
UPDATE raw_pages SET fetched_at = CAST(%(fetched_at)s AS timestamptz)
WHERE article_id = CAST(%(article_id)s AS uuid) AND page_hash = CAST(%(page_hash)s AS bytea)
"""

#: a slower worker's older page never takes the place of the one that the newest version was read from; what is later
#: than the clock was written by one that was ahead, and is not believed
SET_RAW = """
INSERT INTO raw_pages (article_id, page_hash, url, final_url, status, headers, content, content_bytes, fetched_at)
VALUES (CAST(%(article_id)s AS uuid), CAST(%(page_hash)s AS bytea), %(url)s, %(final_url)s,
  CAST(%(status)s AS integer), CAST(%(headers)s AS jsonb), CAST(%(content)s AS bytea),
  CAST(%(content_bytes)s AS integer), CAST(%(fetched_at)s AS timestamptz))
ON CONFLICT (article_id) DO UPDATE SET page_hash = excluded.page_hash, url = excluded.url,
  final_url = excluded.final_url, status = excluded.status, headers = excluded.headers, content = excluded.content,
  content_bytes = excluded.content_bytes, fetched_at = excluded.fetched_at
WHERE raw_pages.fetched_at NOT BETWEEN excluded.fetched_at AND clock_timestamp() + interval '1 minute'
"""

DROP_RAW = "DELETE FROM raw_pages WHERE article_id = CAST(%(article_id)s AS uuid)"

ADD_ATTEMPT = """
INSERT INTO attempts (at, outlet, url, final_url, outcome, reason, status, latency_ms, content_bytes, article_id,
  recrawl_id)
VALUES (CAST(%(at)s AS timestamptz), %(outlet)s, %(url)s, %(final_url)s, %(outcome)s, %(reason)s,
  CAST(%(status)s AS integer), CAST(%(latency_ms)s AS integer), CAST(%(content_bytes)s AS integer),
  CAST(%(article_id)s AS uuid), CAST(%(recrawl_id)s AS uuid))
RETURNING id
"""

#: an attempt that is shown as a crawl event, too: the event has its number
ADD_ATTEMPT_AND_EVENT = f"""
WITH attempt AS ({ADD_ATTEMPT})
INSERT INTO outbox (stream, id, revision, document) SELECT 'events', id, 1, CAST(%(document)s AS jsonb) FROM attempt
"""  # noqa: S608 - made of the statement above alone

#: a page of somebody else's archive is not made due, and what our own fetch recorded of it stays
LINK_PAGE = """
INSERT INTO pages (url, outlet, found_in, found_at, visited_at, outcome, reason, article_id)
VALUES (%(url)s, %(outlet)s, 'import', CAST(%(visited_at)s AS timestamptz), CAST(%(visited_at)s AS timestamptz),
  %(outcome)s, %(reason)s, CAST(%(article_id)s AS uuid))
ON CONFLICT (url) DO UPDATE SET article_id = coalesce(pages.article_id, excluded.article_id)
"""

#: an earlier request than is known changes nothing
NOTE_REQUEST = """
INSERT INTO sites (site, requested_at) VALUES (%(site)s, CAST(%(at)s AS timestamptz))
ON CONFLICT (site) DO UPDATE SET requested_at = CASE
  WHEN sites.requested_at BETWEEN excluded.requested_at AND clock_timestamp() + interval '1 minute'
  THEN sites.requested_at ELSE excluded.requested_at END
"""
