"""What a page states twice is read: where JSON-LD, meta tags and `<time>` agree, the article says the same.

The statements are read here once more, by a plain reader of its own (json, html.parser, datetime), over all real pages.
"""

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from news.outlet import Outlet
from news.page import Page
from news.url import site_of
from pipelines.extract import extract
from pipelines.extract.document import decode
from tests.pipelines.handmade import FETCHED_AT
from tests.shared_files import shared

TIMES = {"article:published_time", "datepublished"}
ARTICLE = re.compile(r"Article$|^BlogPosting$")


@dataclass
class Plain(HTMLParser):
    """The statements of one page."""

    metas: dict[str, list[str]] = field(default_factory=dict)
    scripts: list[str] = field(default_factory=list)
    times: list[str] = field(default_factory=list)
    inside: bool = False

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.inside = tag == "script" and "ld+json" in (attributes.get("type") or "")
        if self.inside:
            self.scripts.append("")
        name = attributes.get("property") or attributes.get("name") or attributes.get("itemprop")
        if tag == "meta" and name and attributes.get("content"):
            self.metas.setdefault(name.strip().lower(), []).append((attributes["content"] or "").strip())
        if tag == "time" and attributes.get("datetime"):
            self.times.append((attributes["datetime"] or "").strip())

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.scripts[-1] += data

    def handle_endtag(self, tag: str) -> None:
        self.inside = False


def articles(scripts: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the nodes of articles that stand at the top of a script or of its graph."""
    for script in scripts:
        try:
            value = json.loads(script, strict=False)
        except ValueError:
            continue
        for each in value if isinstance(value, list) else [value]:
            graph = each.get("@graph") if isinstance(each, dict) else None
            for node in graph if isinstance(graph, list) else [each]:
                kinds = node.get("@type") if isinstance(node, dict) else None
                if any(ARTICLE.search(str(kind)) for kind in (kinds if isinstance(kinds, list) else [kinds])):
                    yield node


def folded(text: str) -> str:
    return re.sub(r"[\W_]+", "", unescape(unescape(re.sub(r"<[^<>]*>", " ", text)))).casefold()


def instant(text: object) -> datetime | None:
    """Return the time of a full ISO 8601 text with a zone and seconds, None for any other."""
    if not isinstance(text, str) or not re.match(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)$", text
    ):
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.replace(microsecond=0) if (at.hour, at.minute, at.second) != (0, 0, 0) else None


def persons(node: dict[str, Any]) -> list[str]:
    listed = node.get("author")
    return [
        each["name"].strip()
        for each in (listed if isinstance(listed, list) else [listed])
        if isinstance(each, dict) and each.get("@type") == "Person" and isinstance(each.get("name"), str)
    ]


def statements(html: str) -> tuple[datetime | None, list[str], str]:
    """Return time, authors and headline where two sorts of statement agree on them; None or nothing where not."""
    page = Plain()
    page.feed(html)
    nodes = list(articles(page.scripts))
    if len(nodes) != 1:
        return None, [], ""
    node = nodes[0]
    at = instant(node.get("datePublished"))
    by_meta = {instant(value) for name in TIMES for value in page.metas.get(name, ())} - {None}
    by_time = {instant(value) for value in page.times} - {None}
    agreed = at if at and by_meta == {at} and (not by_time or at in by_time) else None
    people = persons(node)
    names = page.metas.get("author", [])
    same = {folded(name) for name in people} == {folded(name) for name in names} and len(names) == len(people)
    headline = str(node.get("headline") or "")
    social = page.metas.get("og:title", [""])[0]
    return agreed, people if same else [], headline if folded(headline) == folded(social) else ""


PLAIN_NAME = re.compile(r"[^\W\d_]+(?: [^\W\d_]+){1,2}")


def pages() -> list[tuple[Path, dict[str, Any]]]:
    found = []
    for where in ("pages", "pages_wide"):
        for file in sorted(shared(where).glob("*/truth.jsonl")):
            lines = file.read_text(encoding="utf-8").splitlines()
            found += [(file.parent, json.loads(line)) for line in lines]
    return found


def test_what_two_sorts_of_statement_agree_on_is_read_in_every_real_page() -> None:
    compared = {"time": 0, "authors": 0, "headline": 0}
    faults: list[tuple[str, str, object, object]] = []
    for folder, truth in pages():
        content = gzip.decompress((folder / f"{truth['id']}.html.gz").read_bytes())
        at, people, headline = statements(decode(content))
        if at is None and not people and not headline:
            continue
        url = truth["url"]
        found = extract(
            Page(url=url, final_url=url, status=200, content=content, fetched_at=FETCHED_AT),
            Outlet(slug="", name="", home=f"https://{site_of(url)}/"),
        ).article
        if found is None:
            continue
        if at is not None and at <= FETCHED_AT:
            compared["time"] += 1
            if found.date_published is None or found.date_published.at != at:
                faults.append((truth["id"], "time", at, found.date_published))
        if people and all(map(PLAIN_NAME.fullmatch, people)):
            compared["authors"] += 1
            # a byline may show one more
            if not set(map(folded, people)) <= set(map(folded, found.authors)):
                faults.append((truth["id"], "authors", people, found.authors))
        if headline:
            compared["headline"] += 1
            # the outlet's name behind a bar is not the headline's
            if folded(found.headline) not in (
                folded(headline),
                folded(re.split(r"\s[|-]\s(?!.*\s[|-]\s)", headline)[0]),
            ):
                faults.append((truth["id"], "headline", headline, found.headline))
    assert faults == [], "\n".join(map(str, faults))
    assert min(compared.values()) > 50, compared
