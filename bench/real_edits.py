"""Real edits: paragraphs of Debian's documentation in two releases, as labelled in tests/labels/edits_debian.toml.

The texts are under the GPL and stay out of the repository. `python -m bench.edits --debian FOLDER` reads
FOLDER/old/<package> and FOLDER/new/<package>: what `dpkg-deb -x` unpacks of the packages that `apt-get download` gets
with Debian 12 and with Debian 13 as its source.
"""

import hashlib
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from lxml import html

LABELS = Path(__file__).parents[1] / "tests" / "labels" / "edits_debian.toml"
#: shorter paragraphs were not looked at
LEAST_CHARACTERS = 60


def real_edits(folder: Path) -> Iterator[tuple[str, str, str, str]]:
    """Yield language, paragraph before and after, and the classes that are right, alternatives parted by `|`.

    Raises FileNotFoundError where the folder lacks a paragraph that is labelled: these are other releases.
    """
    for language, package, before, after, classes in tomllib.loads(LABELS.read_text(encoding="utf-8"))["edits"]:
        old, new = paragraphs(folder / "old" / package), paragraphs(folder / "new" / package)
        if before not in old or after not in new:
            raise FileNotFoundError(f"{folder} has not the labelled releases of {package}. {__doc__}")
        yield language, old[before], new[after], classes


@cache
def paragraphs(folder: Path) -> dict[str, str]:
    """Return the paragraphs of all pages below a folder, by 16 digits of their SHA-256."""
    found = {}
    for page in sorted(folder.rglob("*.html")):
        if page.is_symlink() or not page.is_file():
            continue
        # lxml refuses a text that declares an encoding
        tree = html.fromstring(page.read_text(encoding="utf-8").split("?>", 1)[-1])
        for node in tree.iter("p"):
            text = " ".join(node.text_content().replace("¶", "").split())
            if len(text) > LEAST_CHARACTERS:
                found[hashlib.sha256(text.encode()).hexdigest()[:16]] = text
    return found
