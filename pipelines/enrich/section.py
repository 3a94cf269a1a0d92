"""Which of a few fixed sections an article stands in, from the outlet's own section name or the address."""

import re
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import unquote, urlsplit

from pipelines.enrich.reading import Reading
from pipelines.enrich.words import key

#: the fixed set; `other` where nothing says which
SECTIONS = (
    "politics", "world", "nation", "local", "business", "technology", "science", "health", "environment", "sport",
    "culture", "entertainment", "lifestyle", "travel", "education", "crime", "opinion", "weather", "cars", "other",
)  # fmt: skip


_WHERE = frozenset({"world", "nation", "local"})


def section(reading: Reading) -> dict[str, Any]:
    """Return `section`, one of SECTIONS: by the page's section name, its address, its keywords, else `other`."""
    article = reading.article
    for name in re.split(r"[,;|/>»·:]", f"{article.article_section}|{article.kicker}"):
        if found := known().get(key(name)):
            return {"section": found}
    parts = urlsplit(article.canonical_url or article.url)
    *folders, last = [part for part in unquote(parts.path).split("/") if part] or [""]
    hosts = (parts.hostname or "").split(".")[:-2]
    # BBC: /news/world-europe-50473792
    page = re.sub(r"-\d+$", "", last).split("-")[:1] if re.fullmatch(r"[a-z]+(-[a-z]+){0,2}-\d+", last) else []
    told = [*folders[:4], *hosts, *page]
    candidates = [known()[form] for form in map(key, told) if form in known()]
    # /world/sport/...: the last folder is the narrower; but "world" or "local" say where, not what
    narrow = [each for each in candidates if each not in _WHERE]
    if not candidates:
        candidates = [known()[form] for form in map(key, article.keywords[:10]) if form in known()][:1]
    return {"section": (narrow or candidates or ["other"])[-1]}


@cache
def known() -> dict[str, str]:
    """Return the section each outlet's name for one leads to: data/sections.txt, `section: name, name, ...` a line."""
    lines = (files("pipelines.enrich") / "data" / "sections.txt").read_text(encoding="utf-8").splitlines()
    names: dict[str, str] = {}
    for line in lines:
        if line and not line.startswith("#"):
            target, _, rest = line.partition(":")
            names |= {key(name): target for name in [target, *rest.split(",")] if key(name)}
    return names
