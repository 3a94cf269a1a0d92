"""What README, CONTRIBUTING and docs/ tell a reader to type and to open is there."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from broadsheet.command import app

ROOT = Path(__file__).parents[1]
DOCS = sorted((ROOT / "docs").rglob("*.md"))
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS]
#: a table that is written by a program, and a list to which decisions are appended
WITHOUT_AN_END = {ROOT / "docs" / "fields.md", ROOT / "docs" / "internals" / "choices.md"}
FENCED = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"(?<!`)`([^`]+)`(?!`)")
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def name_of(page: Path) -> str:
    """Give the page's path in the repository."""
    return str(page.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """Give the names by which a link reaches the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands(page: str, program: str) -> Iterator[list[str]]:
    """Give the words behind each mention of a program that a reader may type, in blocks and in lines."""
    blocks = FENCED.findall(page)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    for line in [*lines, *(" ".join(each.split()) for each in INLINE.findall(FENCED.sub("", page)))]:
        found = re.match(rf"(?:\$ )?(?:[A-Z_]+=\S+ )*(?:\S*/)?{program}(?: (.*))?$", line.partition(" #")[0].strip())
        if found:
            yield shlex.split(re.sub(r"[…\[\]|;&()]|\.\.\.", " ", found[1] or "").replace("'", '"'))


def complaint(words: list[str]) -> str:
    """Say what of a command line of ours does not exist: a verb, or an option of it."""
    verb: Any = typer.main.get_command(app)
    options: set[str] = set()
    rest = list(words)
    while True:
        options |= {name for each in verb.params for name in (*each.opts, *each.secondary_opts)} | {"--help"}
        if not (hasattr(verb, "commands") and rest and not rest[0].startswith("-")):
            break
        name = rest.pop(0)
        if name.isupper():  # stands for a verb
            return ""
        if name not in verb.commands:
            return f"no command {name!r} in {words}"
        verb = verb.commands[name]
    named = {word.partition("=")[0] for word in rest if re.match(r"--?[a-z]", word)}
    return f"no {sorted(named - options)} in {words}" if named - options else ""


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_in_a_page_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert [said for words in commands(text, "broadsheet") if (said := complaint(words))] == []
    assert {words[0] for words in commands(text, "make") if words} - TARGETS == set()


def test_every_address_that_curl_is_given_can_be_sent_as_it_is_printed() -> None:
    addresses = [
        address
        for page in PAGES
        for line in re.findall(r"^ *curl .+$", page.read_text(encoding="utf-8"), re.MULTILINE)
        for address in re.findall(r"""(["'])(https?://.*?)\1""", line)
    ]
    assert len(addresses) > 2
    assert [address for _, address in addresses if re.search(r"""[\s"<>{}]""", address)] == []


def test_the_readme_has_commands_to_look_at() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {"crawl", "search", "outlets"} <= {words[0] for words in commands(text, "broadsheet") if words}
    assert ["test"] in list(commands(text, "make"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("crawl tagesschau --since 2026-01-01", ""),
        ("crawl --sinc x", "--sinc"),
        ("outlets chek", "chek"),
        ("cravl x", "cravl"),
    ],
)
def test_a_command_that_does_not_exist_is_found(words: str, said: str) -> None:
    assert said in complaint(words.split())
    assert bool(said) == bool(complaint(words.split()))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_to_a_file_of_ours_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_to_a_heading_of_ours_leads_there(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)", page.read_text(encoding="utf-8"))
    found = [
        (name, heading) for name, heading in links if heading not in anchors((page.parent / name) if name else page)
    ]
    assert found == []


def test_the_index_of_the_docs_lists_every_page() -> None:
    index = ROOT / "docs" / "README.md"
    listed = re.findall(r"^\| \[([^]]+)\]\(([^)]+)\) \| \S", index.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(ROOT / "docs" / link for _, link in listed) == [page for page in DOCS if page != index]
    assert all(name == link for name, link in listed)


@pytest.mark.parametrize("page", DOCS, ids=name_of)
def test_a_page_begins_with_what_it_is_for_and_ends_with_what_comes_next(page: Path) -> None:
    title, first, *_ = (part for part in page.read_text(encoding="utf-8").split("\n\n") if part.strip())
    assert re.fullmatch(r"# \S.*", title.strip())
    assert re.match(r"[A-Z]", first), first
    last = page.read_text(encoding="utf-8").rstrip().rpartition("\n\n")[2]
    assert page in WITHOUT_AN_END or re.match(r"Next: .*\]\(", last, re.DOTALL), last


def test_every_page_of_the_docs_can_be_reached() -> None:
    reached = {
        (page.parent / link).resolve()
        for page in PAGES
        for link in re.findall(r"\]\((?!https?:)([^)#\s]+\.md)", page.read_text(encoding="utf-8"))
    }
    assert [page.name for page in PAGES[1:] if page not in reached] == []
