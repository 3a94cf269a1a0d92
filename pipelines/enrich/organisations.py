"""Which bodies a text names, one entity for all the forms of its name."""

from collections import Counter
from typing import Any

from pipelines.enrich.companies import all_organisations
from pipelines.enrich.reading import Reading
from pipelines.enrich.runs import written

#: most that are listed
MOST = 60


def organisations(reading: Reading) -> dict[str, Any]:
    """Return `organisations`: name (the gazetteer's, else as written), display as first written, mentions."""
    mentions = reading.once(all_organisations)
    counts = Counter(mention.name for mention in mentions)
    shown: dict[str, str] = {}
    for mention in mentions:
        shown.setdefault(mention.name, mention.display or written(reading, mention.first, mention.end))
    rows = [{"name": name, "display": shown[name], "mentions": count} for name, count in counts.most_common(MOST)]
    return {"organisations": rows} if rows else {}
