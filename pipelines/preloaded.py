"""What each worker would read for itself, read once in the fork server, whose memory all of them share.

Importing it reads one page of our own, by which every list, table and profile is loaded. A worker then starts in a
hundredth of a second instead of a fifth, and has some tens of megabytes less of its own; so it costs little to let an
idle pool go. Nothing in it starts a thread, which a fork would lose.
"""

import gc
from datetime import UTC, datetime

from news.outlet import Outlet
from news.page import Page
from pipelines.digest import digest

_SENTENCE = "President Anna Berg of the Department of Boats told reporters in Berlin, Germany that the harbour opens. "
_HTML = (
    '<!doctype html><html lang="en"><head><title>Harbour opens again</title></head><body><article>'
    f"<h1>Harbour opens again</h1>{f'<p>{_SENTENCE * 2}</p>' * 8}</article></body></html>"
)
_URL = "https://example.org/2026/harbour-opens-again"

digest(
    Page(url=_URL, final_url=_URL, status=200, content=_HTML.encode(), fetched_at=datetime(2026, 1, 1, tzinfo=UTC)),
    Outlet(slug="preloaded", name="preloaded", home="https://example.org/"),
)
# a collection in a worker would write into every object, and each page of memory that it writes is shared no more
gc.collect()
gc.freeze()
