"""What must come of each address of one outlet: derived from its texts, as the pages are."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from crawler.demo.rendering import answers
from crawler.demo.text import DemoOutlet, DemoText, demo_outlet, texts
from crawler.demo.truth import ExpectedVisit, Truth
from news.article import Kind
from news.moment import Precision
from news.outcome import Outcome

_Origin = Callable[[str], str]


@dataclass(frozen=True, kw_only=True)
class _Scene:
    """One outlet in one run, and the runs that the crawler may have seen."""

    name: str
    origin: _Origin
    run: int
    seen: Sequence[int]
    site: DemoOutlet

    @property
    def url(self) -> str:
        return self.origin(self.name)

    def content(self, path: str, run: int) -> bytes | None:
        found = answers(self.name, self.url, run).get(path) if run else None
        return found.content if found else None

    def text(self, path: str, run: int) -> DemoText | None:
        return next((text for text in texts(self.name, run) if text.path == path), None) if run else None


def expect(name: str, origin: _Origin, run: int, seen: Sequence[int]) -> Iterator[ExpectedVisit]:
    """Yield what must come of each address of the outlet in folder `name`.

    `seen` is as in `Newsroom.expected`, but never empty.
    """
    scene = _Scene(name=name, origin=origin, run=run, seen=seen, site=demo_outlet(name))
    for text in texts(name, run):
        yield from _of_article(scene, text)
    for path in scene.site.sections.values():
        yield _of_other(scene, path, "a section: a list of articles, itself none")
    for notice in scene.site.notices:
        yield _of_other(scene, str(notice["path"]), "a page that is not an article")
    yield _of_other(scene, "/", "the front page", listed=False)
    yield _of_other(scene, "/videos", "a list of videos", listed=False)
    for path in scene.site.missing:
        yield ExpectedVisit(
            url=scene.url + path,
            outlet=scene.site.slug,
            outcomes=frozenset({Outcome.GONE}),
            announced=not any(seen),
            why="linked, but there is nothing: 404",
        )


def _of_other(scene: _Scene, path: str, why: str, *, listed: bool = True) -> ExpectedVisit:
    outcomes = {Outcome.NOT_AN_ARTICLE}
    if any(scene.content(path, run) == scene.content(path, scene.run) for run in scene.seen):
        outcomes.add(Outcome.NOT_MODIFIED)
    return ExpectedVisit(
        url=scene.url + path,
        outlet=scene.site.slug,
        outcomes=frozenset(outcomes),
        listed=listed,
        announced=listed and not any(scene.seen),
        why=why,
    )


def _of_article(scene: _Scene, text: DemoText) -> Iterator[ExpectedVisit]:
    """Yield the article's own address and those that lead to the same article."""
    if text.path.startswith(scene.site.disallow):
        forbidden = frozenset({Outcome.ROBOTS})
        yield ExpectedVisit(
            url=scene.url + text.path,
            outlet=scene.site.slug,
            outcomes=forbidden,
            announced=not any(scene.seen),
            why="robots.txt forbids it, though front page and sitemap name it",
        )
        return
    if text.withdrawn is not None and scene.run >= text.withdrawn:
        yield ExpectedVisit(
            url=scene.url + text.path,
            outlet=scene.site.slug,
            outcomes=frozenset({Outcome.GONE}),
            announced=all(run < text.withdrawn for run in scene.seen),
            why=f"withdrawn in run {text.withdrawn}: 410",
        )
        return
    truth = _truth(scene, text)
    doubled = bool(text.old_path or (text.amp and text.feed_link == "amp"))
    outcomes: set[Outcome] = set()
    announced = []
    for run in scene.seen:
        before = scene.text(text.path, run)
        outcomes |= _outcomes(scene, text, before, run, doubled=doubled)
        announced.append(before is None or before.changed_at < text.changed_at)
    yield ExpectedVisit(
        url=truth.canonical_url,
        outlet=scene.site.slug,
        outcomes=frozenset(outcomes),
        truth=truth,
        announced=all(announced),
        why=_why(text),
    )
    for path, final, listed, why in (
        (text.amp, "", text.feed_link == "amp", "the AMP address of an article: its rel=canonical is honest"),
        (text.print, "", False, "the print view of an article: its rel=canonical is honest"),
        (text.old_path, truth.canonical_url, True, "an old address: 301 to the article"),
    ):
        if path:
            more = outcomes | {Outcome.UNCHANGED} | ({Outcome.NOT_MODIFIED} if any(scene.seen) else set())
            yield ExpectedVisit(
                url=scene.url + path,
                outlet=scene.site.slug,
                outcomes=frozenset(more),
                truth=truth,
                final_url=final,
                listed=listed,
                announced=listed and not any(scene.seen),
                why=why,
            )


def _outcomes(scene: _Scene, text: DemoText, before: DemoText | None, run: int, *, doubled: bool) -> set[Outcome]:
    """Return the right outcomes of an article's own address for a crawler that saw `before` in `run`."""
    if before is None:
        outcome = {Outcome.NEW}
    elif _reader_sees(before) != _reader_sees(text):
        outcome = {Outcome.CHANGED}
    elif scene.content(text.path, run) != scene.content(text.path, scene.run):
        outcome = {Outcome.UNCHANGED}
    else:
        outcome = {Outcome.NOT_MODIFIED, Outcome.UNCHANGED}
    return outcome | {Outcome.UNCHANGED} if doubled else outcome


def _reader_sees(text: DemoText) -> tuple[object, ...]:
    return text.headline, text.standfirst, text.lines, text.authors, text.agency, text.correction


def _truth(scene: _Scene, text: DemoText) -> Truth:
    """Return what a reader finds. A page in the seed's shape shows a byline only where its markup has one."""
    says_more = text.markup != "text" or scene.site.template != "seed.html"
    original, _, path = text.copy_of.partition(":")
    return Truth(
        canonical_url=scene.url + text.path,
        kind=Kind.LIVE_BLOG if text.updates else Kind.ARTICLE,
        headline=text.headline,
        standfirst=text.standfirst,
        paragraphs=text.lines,
        authors=text.authors if says_more else (),
        agencies=(text.agency,) if text.agency else (),
        date_published=_iso(text),
        date_precision=_precision(text),
        in_language=text.language,
        is_accessible_for_free=text.free if text.markup == "json-ld" else None,
        correction=text.correction,
        copy_of=scene.origin(original) + path if original else "",
    )


def _iso(text: DemoText) -> str:
    if isinstance(text.published, datetime):
        return text.published.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return text.published.isoformat()


def _precision(text: DemoText) -> Precision:
    if not isinstance(text.published, datetime):
        return Precision.DAY
    return Precision.MINUTE if text.markup == "text" else Precision.INSTANT


def _why(text: DemoText) -> str:
    """Return in a few words what is special about an article."""
    marks = [
        ("a live blog", bool(text.updates)),
        ("shown in part, and says so", not text.free),
        ("JSON-LD that does not parse", text.markup == "broken-json-ld"),
        ("metadata in OpenGraph and meta tags alone", text.markup == "opengraph"),
        ("metadata in microdata alone", text.markup == "microdata"),
        ("a date without a time", not isinstance(text.published, datetime)),
        ("only visible text", text.markup == "text"),
        ("in windows-1252, unsaid by the header", text.encoding != "utf-8"),
        ("another outlet's text too", bool(text.copy_of)),
        ("new in a later run", text.appears > 1),
        ("corrected", bool(text.correction)),
        ("its rel=canonical is the front page, which is no article", text.claims == "/"),
        ("in the shape of the seed", bool(text.headline_again)),
    ]
    return ", ".join(mark for mark, there in marks if there) or "an article"
