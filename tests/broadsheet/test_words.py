"""The words of tests/words.toml stand nowhere: not in help, messages, keys or templates, and not in the docs."""

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from sqlalchemy.ext.asyncio import create_async_engine

from broadsheet.command import app
from index.postgresql.backend import PostgresqlIndex
from news.configuration import Configuration
from web.app import create_app

ROOT = Path(__file__).parents[2]
PACKAGES = ("news", "ledger", "index", "pipelines", "crawler", "schedules", "web", "broadsheet")
WORDS = tomllib.loads((ROOT / "tests" / "words.toml").read_text(encoding="utf-8"))
PHRASES = re.compile("|".join(rf"\b{re.escape(phrase)}\b" for phrase in WORDS["phrases"]), re.IGNORECASE)
KEYS = frozenset(WORDS["keys"])
MODULES = re.compile("|".join(rf"\b{re.escape(name)}\b" for name in WORDS["modules"]))
#: the demo's newsroom writes news; migrations name columns; the decisions of a day stay as they were written
NOT_LOOKED_AT = ("crawler/demo/", "ledger/migrations/", "docs/internals/choices.md")


def files(*patterns: str) -> list[Path]:
    found = [file for pattern in patterns for file in sorted(ROOT.glob(pattern))]
    return [file for file in found if not str(file.relative_to(ROOT)).startswith(NOT_LOOKED_AT)]


def literals(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the strings of a module with their lines, without docstrings; what is filled in is a space."""
    passed: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            passed.add(id(node.value))
        elif isinstance(node, ast.JoinedStr):
            passed.update(id(each) for each in ast.walk(node) if each is not node and isinstance(each, ast.Constant))
            yield (
                node.lineno,
                "".join(str(each.value) if isinstance(each, ast.Constant) else " " for each in node.values),
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in passed:
            yield node.lineno, node.value


def keys(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the keys of dictionaries that a module spells out, as those of JSON, the log's events, and metrics."""
    for node in ast.walk(tree):
        names: list[ast.expr | None] = []
        if isinstance(node, ast.Dict):
            names = list(node.keys)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            names = [node.args[0]] if node.func.attr in ("debug", "info", "warning", "error") else []
        elif isinstance(node, ast.Constant) and str(node.value).startswith("broadsheet_"):
            yield node.lineno, str(node.value).removeprefix("broadsheet_")
        for name in names:
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                yield name.lineno, name.value


def helps(command: object, path: str = "broadsheet") -> Iterator[tuple[str, str]]:
    """Yield each command with its help, its options' help and names in one text."""
    texts = [getattr(command, "help", "") or "", getattr(command, "epilog", "") or ""]
    for parameter in getattr(command, "params", ()):
        texts += [getattr(parameter, "help", "") or "", *(option.lstrip("-") for option in parameter.opts)]
    yield path, "\n".join(texts)
    for name, each in getattr(command, "commands", {}).items():
        yield from helps(each, f"{path} {name}")


@pytest.mark.parametrize(("verb", "help_text"), list(helps(typer.main.get_command(app))))
def test_help_is_in_plain_words(verb: str, help_text: str) -> None:
    assert not PHRASES.findall(help_text)
    assert not KEYS & {*verb.split(), *help_text.split("\n")}


@pytest.mark.parametrize("package", PACKAGES)
def test_messages_and_keys_are_in_plain_words(package: str) -> None:
    found = []
    for file in files(f"{package}/**/*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        found += [f"{file}:{line}: {text}" for line, text in literals(tree) if PHRASES.search(text)]
        if package != "ledger":  # its keys are columns
            found += [f"{file}:{line}: {key}" for line, key in keys(tree) if key in KEYS]
    assert not found


def test_templates_are_in_plain_words() -> None:
    found = [file.name for file in files("web/templates/*.html") if PHRASES.search(file.read_text(encoding="utf-8"))]
    assert not found


def test_the_description_of_the_api_is_in_plain_words(tmp_path: Path) -> None:
    nowhere = create_async_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    described = create_app(nowhere, PostgresqlIndex(nowhere), Configuration(home=tmp_path)).openapi()
    assert not PHRASES.findall(json.dumps(described, ensure_ascii=False))
    names = {name for model in described["components"]["schemas"].values() for name in model.get("properties", ())}
    for operations in described["paths"].values():
        for operation in operations.values():
            names |= {each["name"] for each in operation.get("parameters", ())}
    assert not KEYS & names


@pytest.mark.parametrize("file", files("README.md", "CONTRIBUTING.md", "docs/**/*.md"), ids=lambda file: file.name)
def test_docs_are_in_plain_words(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert not [*PHRASES.findall(" ".join(text.split())), *MODULES.findall(text)]
    assert not {name for name in re.findall(r"`\"?(?:--|broadsheet_)?([a-z_]+)\"?`", text) if name in KEYS}
