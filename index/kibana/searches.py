"""The saved searches: articles and attempts as rows, each with its links."""

from index.kibana.panels import Condition, SavedSearch
from index.kibana.views import ARTICLES, CHANGES, EVENTS, WITHDRAWALS
from news.outcome import READ, Outcome

#: attempts after which no article is there: by a wall, an error, a refusal, or because the page is none
FAILED = Condition(field="outcome", values=tuple(sorted(set(Outcome) - READ)))

LATEST = SavedSearch(
    id="broadsheet-latest-articles",
    title="Broadsheet: latest articles",
    description="Every article, the latest first, with links to the page, its history and a new fetch.",
    view=ARTICLES,
    columns=("headline", "outlet_name", "in_language", "sections", "url", "history", "recrawl"),
    sort="sorted_at",
)
CHANGED = SavedSearch(
    id="broadsheet-changed-articles",
    title="Broadsheet: changed articles",
    description="Articles whose text was changed after it was first seen, with a link to what changed.",
    view=CHANGES,
    columns=("headline", "outlet_name", "edit_kinds", "stealth", "version", "last_change", "recrawl"),
    sort="changed_at",
    where=Condition(field="edit_kinds"),
)
STEALTH = SavedSearch(
    id="broadsheet-stealth-edits",
    title="Broadsheet: stealth edits",
    description="Articles changed in substance without a correction notice or a newer modified time.",
    view=CHANGES,
    columns=("headline", "outlet_name", "edit_kinds", "version", "last_change", "recrawl"),
    sort="changed_at",
    where=Condition(field="stealth", values=("true",)),
)
WITHDRAWN = SavedSearch(
    id="broadsheet-withdrawn-articles",
    title="Broadsheet: withdrawn articles",
    description="Articles whose page is gone; every version that was seen is in the history.",
    view=WITHDRAWALS,
    columns=("headline", "outlet_name", "gone_reason", "first_seen_at", "url", "history"),
    sort="gone_at",
)
FAILURES = SavedSearch(
    id="broadsheet-failed-attempts",
    title="Broadsheet: failed attempts",
    description="Fetches after which no article was there, with the reason.",
    view=EVENTS,
    columns=("outlet", "outcome", "reason", "status", "latency_ms", "url", "recrawl"),
    sort="at",
    where=FAILED,
)

SEARCHES = (LATEST, CHANGED, STEALTH, WITHDRAWN, FAILURES)
