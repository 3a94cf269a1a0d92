"""The standfirst: the sentence or two between headline and text that say what it is about."""

import re
from collections.abc import Collection

from pipelines.extract import json_ld
from pipelines.extract.block_segmentation import Block, Outline
from pipelines.extract.comparison import Candidate, letters, line_hash, plain
from pipelines.extract.document import Document

_LABEL = re.compile(
    r"standfirst|stand-first|subtitle|sub-title|subhead|sub-head|\bdek\b|[-_]dek\b|\blead\b|[-_]lead\b|lede|"
    r"\blead[-_]|leadtext|"
    r"chapo|chapeau|summary|synopsis|excerpt|intro|vorspann|teasertext|anrei[sß]er|\bspot\b|sapo|deck\b|"
    r"tagline|abstract|"
    r"bajada|entradilla|sottotitolo|occhiello|ingress|manchet|perex|underrubrik|description"
)
_HEADINGS = frozenset("h2 h3 h4 h5".split())
#: a heading of this length right below the headline is no subheading
_SENTENCE = 60
#: nodes that describe the outlet, not the article
_SITES = frozenset("WebSite Organization NewsMediaOrganization CollectionPage".split())
#: shorter is a label, longer a paragraph
_LEAST, _MOST = 25, 700


def descriptions(document: Document) -> tuple[str, ...]:
    """Return what the page says of itself; over many pages the description of the site recurs."""
    stated = (
        _plain(document.article.get("description")),
        document.meta("og:description"),
        document.meta("description"),
    )
    return tuple(text for text in stated if text)


def standfirst(
    document: Document, page: Outline, body: list[Block], headline: str, chrome: Collection[int] = ()
) -> tuple[str, tuple[Candidate, ...], frozenset[int]]:
    """Return the standfirst, what was weighed, and the places of the body's blocks that repeat it.

    The page's description counts where it is shown apart from the text, or not shown at all; where it only repeats the
    beginning of the text, the article has no standfirst. What the page says of its site, and what recurs over the
    outlet's pages (`chrome`), is none.
    """
    sites = {letters(_plain(node.get("description"))) for node in document.nodes if json_ld.types(node) & _SITES}
    described = [
        Candidate(value=text, source=source, weight=weight)
        for source, weight, text in (
            ("json-ld description", 0.8, _plain(document.article.get("description"))),
            ("og:description", 0.6, document.meta("og:description")),
            ("meta description", 0.5, document.meta("description", "twitter:description", "dc.description")),
            ("json-ld abstract", 0.5, _plain(document.article.get("abstract"))),
        )
        if len(text) >= _LEAST and letters(text) not in {letters(headline), *sites} and line_hash(text) not in chrome
    ]
    first = {letters(block.text): at for at, block in enumerate(body[:6])}
    told = {letters(each.value): each for each in described}
    shown = _shown(page, body, headline, told)
    if shown:
        why = "it is shown between headline and text"
        found = Candidate(value=shown, source="page", weight=1.0, chosen=True, why=why)
        repeated = frozenset(at for key, at in first.items() if key == letters(shown))
        return shown, (found, *described), repeated
    opening = letters(" ".join(block.text for block in body[:8]))
    for each in described:
        stem = letters(each.value.rstrip(".… ").removesuffix("[").rstrip("[…] "))
        if stem and stem not in opening and stem[:60] not in opening:
            chosen = Candidate(
                value=each.value, source=each.source, weight=each.weight, chosen=True, why="the text does not repeat it"
            )
            return each.value, tuple(chosen if other is each else other for other in described), frozenset()
    return "", tuple(described), frozenset()


def _plain(value: object) -> str:
    return plain(value) if isinstance(value, str) else ""


def _shown(page: Outline, body: list[Block], headline: str, told: Collection[str]) -> str:
    """Return the text between headline and body that is labelled as a standfirst or repeats a description."""
    key = letters(headline)
    start = next((at for at, each in enumerate(page.keys()) if each == key), None)
    first = body[0] if body else None
    stop = next((at for at, block in enumerate(page.blocks) if block is first), len(page.blocks))
    if start is None or start > stop:
        start = max(-1, stop - 12)
    for block in page.blocks[start + 1 : stop + 3]:
        if not _LEAST <= block.size <= _MOST or block.linked > len(block.text) / 2:
            continue
        said = letters(block.text)
        labels = " ".join(page.boxes[at].label for at in page.above(block.box)[:2])
        in_body = any(block is each for each in body)
        if said != key and (
            (
                said in told
                and (
                    not in_body
                    or block.tag in ("h2", "h3", "h4")
                    or _LABEL.search(labels)
                    or block.strong > 0.8 * len(block.text)
                )
            )
            or (_LABEL.search(labels) and not in_body)
            or (_LABEL.search(page.boxes[block.box].label) and in_body and block is first)
            or (block.tag in _HEADINGS and block.size >= _SENTENCE and _follows(page, block, key))
        ):
            return block.text
    return ""


def _follows(page: Outline, block: Block, headline: str) -> bool:
    """Tell whether the block follows the headline (folded) with at most one line between."""
    before: list[str] = []
    for each in page.blocks:
        if each is block:
            return headline in before[-2:]
        before.append(letters(each.text))
    return False
