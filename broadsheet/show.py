"""An article, its versions and the difference between two, for `broadsheet article`."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from broadsheet.console import fail, out, print_json, print_table, run
from broadsheet.stores import open_ledger

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from ledger.attempts import LastAttempt
    from ledger.stories import StoryEntry
    from news.version import Version


def article(url_or_id: str, *, as_json: bool) -> None:
    """Print the article as the index would get it, with the last attempt at it and who carries its text, too."""
    document, attempt, story = run(_article(url_or_id))
    if as_json:
        print_json(document | (attempt.as_json() if attempt else {"last_attempt": None, "next_visit_at": None}))
        return
    from rich.text import Text

    from news.article import WITHOUT_TEXT

    out.print(Text(document["headline"], style="bold"))
    if document.get("standfirst"):
        out.print(Text(document["standfirst"], style="italic"))
    said = document.get("date_published")
    published = f"{said} ({document['date_precision']}, from {document['date_source']})" if said else "undated"
    byline = ", ".join([*document["authors"], *document["agencies"]])
    out.print(Text(" · ".join(filter(None, [document.get("outlet_name", ""), byline, published])), style="dim"))
    out.print(Text(f"{document['url']}\n", style="blue"))
    if missing := WITHOUT_TEXT.get(document.get("body_missing") or ""):
        out.print(Text(missing, style="italic"))
    out.print(Text(document["body"]))
    for name in ("places", "people", "organisations"):
        names = ", ".join(each["name"] for each in document.get(name, ()))
        if names:
            out.print(Text(f"\n{name.capitalize()}: {names}", style="dim"), end="")
    out.print(
        Text(f"\nVersion {document['version']}, first seen {document['first_seen_at']}, {document['id']}", style="dim")
    )
    if attempt:
        out.print(Text(_sentence(attempt), style="dim"))
    for member in story:
        out.print(Text(_place(member, is_this=str(member.article_id) == document["id"]), style="dim"))


def history(url_or_id: str, *, as_json: bool) -> None:
    """Print the versions, a line each, and the last attempt."""
    from rich.text import Text

    from news.edits import CANNOT_TELL

    versions, attempt = run(_history(url_or_id))
    if as_json:
        print_json([_version(version) for version in versions])
        return
    rows = []
    for version in versions:
        kinds = ", ".join(version.edits.kinds).replace("_", " ") if version.edits else "first seen"
        silent = " (silent)" if version.edits and version.edits.stealth else ""
        why = f" ({CANNOT_TELL})" if version.edits and version.edits.is_unexplained else ""
        at = version.seen_at.strftime("%Y-%m-%d %H:%M:%SZ")
        rows.append((str(version.number), at, kinds + silent + why, version.article.headline[:80]))
    print_table(("version", "seen at", "changes", "headline"), rows)
    _print_corrections(versions, of=range(1, len(versions) + 1))
    if attempt:
        out.print(Text(_sentence(attempt)))


def story(url_or_id: str, *, as_json: bool) -> None:
    """Print who carries the article's text, who had it first before the others, and why that is said."""
    members = run(_members(url_or_id))
    if as_json:
        print_json([member.as_json() for member in members])
        return
    if not members:
        out.print("No other article that is known carries this text, or it is too short to tell.")
        return
    from rich.text import Text

    from web.precedence import reason

    for number, member in enumerate(members, 1):
        alike = f", {member.similarity:.0%} of the text" if member.similarity is not None else ""
        out.print(Text(f"{number}. {member.outlet} ({member.role}{alike}): {reason(member, 'UTC')}."))
        out.print(Text(f"   {member.url}", style="blue"))
        if member.credited_agency:
            out.print(Text(f"   names the agency {member.credited_agency}", style="dim"))


async def _members(url_or_id: str) -> list["StoryEntry"]:
    from ledger.articles import documents, find

    async with open_ledger() as connection:
        found = await find(connection, url_or_id)
        document = (await documents(connection, [found]))[found]
        return await _story(connection, UUID(document["story_id"]))


def diff(url_or_id: str, wanted: str, *, as_json: bool) -> None:
    """Print what was changed between versions `A..B`, by words."""
    first, dots, second = wanted.partition("..")
    if not dots or not first.isdecimal() or not second.isdecimal():
        fail(f"--diff takes two versions, such as 1..2, not '{wanted}'.")
    versions = {version.number: version for version in run(_versions(url_or_id))}
    for number in (int(first), int(second)):
        if number not in versions:
            fail(f"There is no version {number}; the article has 1 to {max(versions)}.", code=1)
    from news.corrections import corrections
    from news.version_diff import compare_versions

    compared = compare_versions(versions[int(first)], versions[int(second)], list(versions.values()))
    if as_json:
        print_json(
            {
                "before": {"version": compared.before.number, "seen_at": compared.before.seen_at},
                "after": {"version": compared.after.number, "seen_at": compared.after.seen_at},
                "edits": compared.edits.as_json(),
                "corrections": [
                    each.as_json()
                    for each in corrections(list(versions.values()))
                    if int(first) < each.version <= int(second)
                ],
                "fields": [field.as_json() for field in compared.fields],
            }
        )
        return
    from rich.text import Text

    from broadsheet.differences import print_changes
    from news.edits import CANNOT_TELL

    edits = compared.edits
    if edits.is_unexplained:
        out.print(Text(f"Unexplained: {CANNOT_TELL}.", style="dim"))
    else:
        kinds = ", ".join(edits.kinds).replace("_", " ") or "nothing"
        words = f"+{edits.words_added} -{edits.words_removed} words"
        silent = ", silent: the page does not disclose it" if edits.stealth else ""
        at = f"{first} ({_minute(compared.before.seen_at)}) to {second} ({_minute(compared.after.seen_at)})"
        out.print(Text(f"Version {at}: {kinds}, {words}{silent}", style="dim"))
    print_changes(compared)
    _print_corrections(list(versions.values()), of=range(int(first) + 1, int(second) + 1))


def _print_corrections(versions: list["Version"], *, of: range) -> None:
    """Print what new notices in these versions say was wrong and is right, a line each."""
    from rich.text import Text

    from news.corrections import corrections

    for each in corrections(versions):
        if each.version in of and each.wrong:
            right = f"; it is: {each.right}" if each.right else ""
            about = f" (version {each.speaks_of})" if each.speaks_of else ""
            out.print(Text(f"Version {each.version} corrects{about}: {each.wrong}{right}", style="dim"))


def version(url_or_id: str, number: int | None, *, cite: str | None, as_json: bool) -> None:
    """Print the text of one version (None: the newest), or with `cite` how it is cited: plain, bibtex or csl."""
    from news.version_diff import find_version
    from web.citation import CitationFormat, bibtex, citation, csl, plain

    if cite is not None and cite not in set(CitationFormat):
        fail(f"--cite takes {', '.join(CitationFormat)}, not '{cite}'.")
    versions, document = run(_versions_and_document(url_or_id))
    wanted = find_version(versions, number if number is not None else len(versions))
    if cite is None and as_json:
        print_json(_version(wanted))
        return
    if cite is not None:
        made = citation(document, wanted)
        if as_json or cite == CitationFormat.CSL:
            print_json(csl(made))
        else:
            out.print(bibtex(made) if cite == CitationFormat.BIBTEX else plain(made))
        return
    from rich.text import Text

    from news.version import reading_text

    out.print(Text(reading_text(wanted.article)))
    out.print(Text(f"\nVersion {wanted.number} of {len(versions)}, first seen {_minute(wanted.seen_at)}", style="dim"))


def explain(url_or_id: str, *, as_json: bool) -> None:
    """Print what was weighed for each field of the newest text, the chosen one marked."""
    candidates = run(_explanation(url_or_id))
    if as_json:
        print_json(candidates)
        return
    if not candidates:
        out.print("No candidates are stored: the article was extracted by an older version of Broadsheet.")
        return
    rows = [
        (name, "*" if each["chosen"] else "", f"{each['weight']:.2f}", each["source"], each["value"][:80], each["why"])
        for name, weighed in candidates.items()
        for each in weighed
    ]
    print_table(("field", "chosen", "weight", "source", "value", "why"), rows)


async def _explanation(url_or_id: str) -> dict[str, list[dict[str, Any]]]:
    from ledger.articles import explanation, find

    async with open_ledger() as connection:
        return await explanation(connection, await find(connection, url_or_id))


async def _article(url_or_id: str) -> tuple[dict[str, Any], "LastAttempt | None", list["StoryEntry"]]:
    from ledger.articles import documents, find
    from ledger.attempts import last_attempt

    async with open_ledger() as connection:
        found = await find(connection, url_or_id)
        document = (await documents(connection, [found]))[found]
        return document, await last_attempt(connection, found), await _story(connection, UUID(document["story_id"]))


async def _story(connection: "AsyncConnection", id: UUID) -> list["StoryEntry"]:
    """Return who carries the article's text; nothing where it is the only one."""
    from ledger.stories import members_of
    from news.errors import NotFound

    try:
        story = await members_of(connection, id)
    except NotFound:  # its text is too short to be a copy
        return []
    return story if len(story) > 1 else []


async def _history(url_or_id: str) -> tuple[list["Version"], "LastAttempt | None"]:
    from ledger.articles import find, history
    from ledger.attempts import last_attempt

    async with open_ledger() as connection:
        found = await find(connection, url_or_id)
        return await history(connection, found), await last_attempt(connection, found)


async def _versions(url_or_id: str) -> list["Version"]:
    from ledger.articles import find, history

    async with open_ledger() as connection:
        return await history(connection, await find(connection, url_or_id))


async def _versions_and_document(url_or_id: str) -> tuple[list["Version"], dict[str, Any]]:
    from ledger.articles import documents, find, history

    async with open_ledger() as connection:
        found = await find(connection, url_or_id)
        return await history(connection, found), (await documents(connection, [found]))[found]


def _sentence(attempt: "LastAttempt") -> str:
    ends = f"next fetch {_minute(attempt.next_visit_at)}" if attempt.next_visit_at else "not re-fetched any more"
    return f"Last attempt {_minute(attempt.at)} at {attempt.url}: {attempt.result}; {ends}"


def _place(member: "StoryEntry", *, is_this: bool) -> str:
    """Return a line on a member of a story."""
    from web.precedence import when_out

    who = "this article" if is_this else f"{member.outlet}, {member.url}"
    return f"{member.role.capitalize()}: {who}: {when_out(member, 'UTC')}"


def _minute(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _version(version: "Version") -> dict[str, Any]:
    return {
        "version": version.number,
        "seen_at": version.seen_at.isoformat().replace("+00:00", "Z"),
        "edits": version.edits.as_json() if version.edits else None,
        "article": version.article.as_json(),
    }
