"""One outlet's answers in one run: every address it knows, with status, headers and bytes."""

import gzip
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from email.utils import format_datetime as rfc822
from functools import cache
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

import jinja2
from babel.dates import format_date, format_datetime

from crawler.demo.markup import iso, json_ld
from crawler.demo.text import DemoOutlet, DemoText, demo_outlet, texts

_JINJA = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_JINJA.filters |= {"iso": iso, "rfc822": rfc822}

HTML = "text/html; charset=utf-8"
XML = "application/xml; charset=utf-8"
#: how many articles a feed holds
FEED_LENGTH = 8


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What an address answers to a plain GET."""

    status: int = 200
    content_type: str = HTML
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def etag(self) -> str:
        """A weak validator: the same bytes may be sent packed or plain."""
        return f'W/"{sha256(self.content).hexdigest()[:20]}"'


@cache
def answers(outlet: str, origin: str, run: int) -> Mapping[str, Answer]:
    """Return path -> answer for all that `outlet` serves at `origin` (scheme, host and port) in `run`."""
    site, known = demo_outlet(outlet), texts(outlet, run)
    shown = [text for text in known if text.withdrawn is None or run < text.withdrawn]

    def page(template: str, **values: object) -> str:
        return _JINJA.get_template(template).render(site=site, words=site.words, origin=origin, **values)

    found = {path: Answer(content=page(template, **values).encode()) for path, template, values in _lists(site, shown)}
    for text in known:
        found |= _article(page, text, text in shown, site, origin, _related(outlet, text))
    front = [text for text in shown if text.appears <= run]
    found["/"] = Answer(content=page("front.html", texts=front, path="/").encode())
    found["/style.css"] = Answer(content_type="text/css; charset=utf-8", content=page("style.css").encode())
    found["/robots.txt"] = Answer(content_type="text/plain; charset=utf-8", content=page("robots.txt").encode())
    feed = page(f"{site.feed_format}.xml", texts=known[:FEED_LENGTH]).encode()
    found[site.feed] = Answer(content_type=f"application/{site.feed_format}+xml; charset=utf-8", content=feed)
    suffix = ".gz" if site.packed_sitemaps else ""
    news = max(text.changed_at for text in known)
    found["/sitemap-index.xml"] = Answer(
        content_type=XML, content=page("sitemap-index.xml", suffix=suffix, changed_at=news).encode()
    )
    for name in ("sitemap-news.xml", "sitemap-pages.xml"):
        found[f"/{name}{suffix}"] = _sitemap(page(name, texts=known), packed=site.packed_sitemaps)
    return found


def _lists(site: DemoOutlet, shown: Sequence[DemoText]) -> list[tuple[str, str, dict[str, object]]]:
    """Return path, template and values of the pages that are no articles."""
    lists: list[tuple[str, str, dict[str, object]]] = [
        (path, "section.html", {"title": name, "texts": [t for t in shown if t.section == name], "path": path})
        for name, path in site.sections.items()
    ]
    lists.append(("/videos", "section.html", {"title": site.words["videos"], "texts": shown[:3], "path": "/videos"}))
    return lists + [(str(n["path"]), "notice.html", {"notice": n, "path": n["path"]}) for n in site.notices]


def _article(
    page: Callable[..., str], text: DemoText, shown: bool, site: DemoOutlet, origin: str, related: Sequence[DemoText]
) -> dict[str, Answer]:
    """Return the answers of all addresses of one article: its own, AMP, print, picture, and the one it moved from."""
    if not shown:
        gone = page("notice.html", notice={"headline": site.words["gone"], "paragraphs": []}, path=text.path)
        return {text.path: Answer(status=410, content=gone.encode()), picture(text): _picture(text)}
    values = {
        "text": text,
        "path": text.path,
        "related": related,
        "published": visible(text.published, site),
        "modified": visible(text.modified, site) if text.modified else "",
        "json_ld": json_ld(text, site, origin),
        "picture": picture(text),
    }
    rendered = page(site.template, **values).encode(text.encoding, "xmlcharrefreplace")
    plain = text.encoding == "utf-8"
    found = {
        text.path: Answer(content_type=HTML if plain else "text/html", content=rendered),
        picture(text): _picture(text),
    }
    if text.amp:
        found[text.amp] = Answer(content=page("amp.html", **values).encode())
    if text.print:
        found[text.print] = Answer(content=page("print.html", **values).encode())
    if text.old_path:
        moved = page("notice.html", notice={"headline": text.headline, "paragraphs": []}, path=text.path)
        found[text.old_path] = Answer(status=301, content=moved.encode(), headers={"Location": origin + text.path})
    return found


def _related(outlet: str, text: DemoText) -> list[DemoText]:
    """Return three other articles, always as they were in the first run: a page changes only with its own text."""
    forbidden = demo_outlet(outlet).disallow
    lasting = [t for t in texts(outlet, 1) if t.withdrawn is None and not t.path.startswith(forbidden)]
    first = [t for t in lasting if t.path != text.path]
    start = sha256(text.path.encode()).digest()[0] % len(first)
    return (first[start:] + first[:start])[:3]


def _sitemap(document: str, *, packed: bool) -> Answer:
    if packed:
        return Answer(content_type="application/gzip", content=gzip.compress(document.encode(), mtime=0))
    return Answer(content_type=XML, content=document.encode())


def picture(text: DemoText) -> str:
    """Return the path of an article's picture."""
    return f"/pictures/{sha256(text.path.encode()).hexdigest()[:8]}.svg"


def _picture(text: DemoText) -> Answer:
    hue = sha256(text.path.encode()).digest()[1] * 360 // 256
    drawn = _JINJA.get_template("picture.svg").render(hue=hue)
    return Answer(content_type="image/svg+xml", content=drawn.encode())


def visible(at: datetime | date, site: DemoOutlet) -> str:
    """Return a time as the outlet shows it to readers, in its zone and language."""
    if isinstance(at, datetime):
        return format_datetime(at, site.date_pattern, tzinfo=ZoneInfo(site.timezone), locale=site.locale)
    return format_date(at, "long", locale=site.locale)


def seed_shaped(
    *,
    site_name: str,
    headline: str,
    headline_again: str,
    standfirst: str,
    published: str,
    paragraphs: Sequence[str],
    origin: str = "http://127.0.0.1:8104",
    path: str = "/world/a-page",
) -> bytes:
    """Return a page in the seed's shape with the given lines; `published` is the visible line as it stands."""
    site = demo_outlet("newsable")
    text = DemoText(
        path=path,
        headline=headline,
        headline_again=headline_again,
        standfirst=standfirst,
        paragraphs=tuple(paragraphs),
        published=date(2024, 2, 8),
        section=next(iter(site.sections)),
        language="en",
        markup="text",
    )
    return (
        _JINJA.get_template("seed.html")
        .render(
            site=site,
            words=site.words,
            origin=origin,
            path=path,
            site_name=site_name,
            text=text,
            published=published,
            modified="",
            related=[],
            json_ld="",
            picture=picture(text),
        )
        .encode()
    )
