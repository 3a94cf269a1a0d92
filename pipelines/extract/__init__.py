"""Page in, article out."""

from news.outlet import Outlet
from news.page import Page
from pipelines.extract.candidates import Candidate
from pipelines.extract.extracted import Extracted
from pipelines.extract.reader import read

__all__ = ["Candidate", "Extracted", "extract"]


def extract(page: Page, outlet: Outlet, chrome: frozenset[int] = frozenset(), *, explain: bool = False) -> Extracted:
    """Return the article of a page, or the refusal that says why there is none.

    `chrome` holds hashes of lines that recur over the outlet's pages (`Extracted.lines` of many of them); such lines
    are not the article's. With `explain` the candidates of each field are kept. No network, no clock: a page reads the
    same for ever. Raises PageUnreadable where the bytes defeat the parser.
    """
    return read(page, outlet, chrome, explain=explain)
