"""What a clone lacks is skipped in one place, and only that."""

import ast
from pathlib import Path

import pytest

from tests import shared_files


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
