"""The real pages and the article that started the project: their publishers' own, so they lie beside the repository or nowhere."""

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared"
ABSENT = "the real pages are their publishers': no ../shared lies beside this repository"


def shared(path: str) -> Path:
    """Return a file or folder of them, or skip the test, also in CI: a clone has none of them.

    The summary says so once, with the number of tests (tests/conftest.py). Where the folder is there, what is missing inside it
    fails the test that reads it.
    """
    folder = SHARED / path.partition("/")[0]
    if not folder.is_dir():
        pytest.skip(ABSENT)
    return SHARED / path
