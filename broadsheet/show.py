"""An article, its versions and the difference between two, for `broadsheet article`."""

from typing import TYPE_CHECKING, Any

from broadsheet.console import fail, out, print_json, run, table
from broadsheet.opened import open_ledger

if TYPE_CHECKING:
    from news.version import Version


def article(url_or_id: str, *, as_json: bool) -> None:
    """Print the article as the index would get it."""
    document = run(_document(url_or_id))
    if as_json:
        print_json(document)
        return
    from rich.text import Text

    out.print(Text(document["headline"], style="bold"))
    if document.get("standfirst"):
        out.print(Text(document["standfirst"], style="italic"))
    said = document.get("date_published")
    published = f"{said} ({document['date_precision']}, from {document['date_source']})" if said else "undated"
    byline = ", ".join([*document["authors"], *document["agencies"]])
    out.print(Text(" · ".join(filter(None, [document.get("outlet_name", ""), byline, published])), style="dim"))
    out.print(Text(f"{document['url']}\n", style="blue"))
    out.print(Text(document["body"]))
    for name in ("places", "people", "organisations"):
        names = ", ".join(each["name"] for each in document.get(name, ()))
        if names:
            out.print(Text(f"\n{name.capitalize()}: {names}", style="dim"), end="")
    out.print(
        Text(f"\nVersion {document['version']}, first seen {document['first_seen_at']}, {document['id']}", style="dim")
    )


def history(url_or_id: str, *, as_json: bool) -> None:
    """Print the versions, a line each."""
    versions = run(_versions(url_or_id))
    if as_json:
        print_json([_version(version) for version in versions])
        return
    shown = table("version", "seen at", "changes", "headline")
    for version in versions:
        kinds = ", ".join(version.edits.kinds).replace("_", " ") if version.edits else "first seen"
        stealth = " (stealth)" if version.edits and version.edits.stealth else ""
        at = version.seen_at.strftime("%Y-%m-%d %H:%M:%SZ")
        shown.add_row(str(version.number), at, kinds + stealth, version.article.headline[:80])
    out.print(shown)


def diff(url_or_id: str, wanted: str, *, as_json: bool) -> None:
    """Print what was changed between versions `A..B`, by words."""
    first, dots, second = wanted.partition("..")
    if not dots or not first.isdecimal() or not second.isdecimal():
        fail(f"--diff takes two versions, such as 1..2, not '{wanted}'.")
    versions = {version.number: version for version in run(_versions(url_or_id))}
    for number in (int(first), int(second)):
        if number not in versions:
            fail(f"There is no version {number}; the article has 1 to {max(versions)}.")
    from news.difference import Operation, difference
    from news.version import reading_text

    before, after = (versions[int(number)].article for number in (first, second))
    pieces = difference(reading_text(before), reading_text(after))
    if as_json:
        print_json([{"operation": str(operation), "text": text} for operation, text in pieces])
        return
    from rich.text import Text

    styles = {Operation.DELETE: "red strike", Operation.INSERT: "green underline", Operation.EQUAL: ""}
    line = Text()
    for operation, text in pieces:
        line.append(text, style=styles[operation])
    out.print(line)


def explain(url_or_id: str, *, as_json: bool) -> None:
    """Print what was weighed for each field of the newest text, the chosen one marked."""
    candidates = run(_explanation(url_or_id))
    if as_json:
        print_json(candidates)
        return
    shown = table("field", "", "weight", "source", "value", "why")
    for name, weighed in candidates.items():
        for each in weighed:
            mark = "*" if each["chosen"] else ""
            shown.add_row(name, mark, f"{each['weight']:.2f}", each["source"], each["value"][:80], each["why"])
    out.print(shown if candidates else "This article was read before candidates were kept.")


async def _explanation(url_or_id: str) -> dict[str, list[dict[str, Any]]]:
    from ledger.articles import explanation, find

    async with open_ledger() as connection:
        return await explanation(connection, await find(connection, url_or_id))


async def _document(url_or_id: str) -> dict[str, Any]:
    from ledger.articles import documents, find

    async with open_ledger() as connection:
        found = await find(connection, url_or_id)
        return (await documents(connection, [found]))[found]


async def _versions(url_or_id: str) -> list["Version"]:
    from ledger.articles import find, history

    async with open_ledger() as connection:
        return await history(connection, await find(connection, url_or_id))


def _version(version: "Version") -> dict[str, Any]:
    return {
        "version": version.number,
        "seen_at": version.seen_at.isoformat().replace("+00:00", "Z"),
        "edits": version.edits.as_json() if version.edits else None,
        "article": version.article.as_json(),
    }
