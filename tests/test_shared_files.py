"""What a clone lacks is skipped in one place, and only that."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import shared_files

#: a test that asks for itself, and one whose fixture does
TWO = """
from pathlib import Path
import pytest
from tests import shared_files
shared_files.SHARED = Path("/nonexistent")

@pytest.fixture
def pages():
    return shared_files.shared("pages")

def test_one(pages):
    assert pages

def test_another():
    assert shared_files.shared("seed")
"""


def test_without_the_folder_the_test_is_skipped_also_in_ci(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_files, "SHARED", tmp_path / "shared")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.skip.Exception, match=r"no \.\./shared"):
        shared_files.shared("pages/fundus/truth.jsonl")


def test_what_is_missing_inside_the_folder_is_no_reason_to_skip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pages").mkdir()
    monkeypatch.setattr(shared_files, "SHARED", tmp_path)
    assert shared_files.shared("pages/fundus/truth.jsonl") == tmp_path / "pages/fundus/truth.jsonl"


def test_no_other_test_looks_for_the_folder_itself() -> None:
    tests = Path(__file__).parent
    looking = {
        path.relative_to(tests).as_posix()
        for path in tests.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value == "shared"
    }
    assert looking == {"shared_files.py", Path(__file__).name}


def test_the_summary_says_it_once_for_tests_and_fixtures(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("from tests.conftest import pytest_runtest_makereport\n")
    (tmp_path / "test_two.py").write_text(TWO)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-rs",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
        str(tmp_path),
    ]
    root = Path(__file__).parents[1]
    environment = os.environ | {"PYTHONPATH": str(root)}
    ran = subprocess.run(
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    said = [line for line in ran.stdout.splitlines() if shared_files.ABSENT in line]
    assert [line.partition("]")[0] for line in said] == ["SKIPPED [2"], ran.stdout + ran.stderr
