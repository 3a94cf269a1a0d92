"""What can go wrong, said so that a person knows what to do next."""

from collections.abc import Iterable
from difflib import get_close_matches

from news.outcome import Outcome


class BroadsheetError(Exception):
    """Base of all errors that a user can mend. Its text is one sentence that names the thing and the way out."""


def hint(name: str, known: Iterable[str], others: Iterable[str] = (), *, cutoff: float = 0.7) -> str:
    """Return a sentence with the nearest of the names `known` and of `others`, else with all `known`.

    `cutoff` is how alike two names have to be, 0 to 1 (difflib.get_close_matches); one that begins with what was
    written is near, too.

    >>> hint("langauge", ["language", "outlet"]), hint("x", ["language", "outlet"])
    ("Did you mean 'language'?", 'Use one of: language, outlet.')
    >>> hint("delay", ["name", "delay_seconds"])
    "Did you mean 'delay_seconds'?"
    """
    known, others = list(known), list(others)
    near = get_close_matches(name[:50], [*known, *others], n=1, cutoff=cutoff)
    near = near or [each for each in [*known, *others] if len(name) > 2 and each.startswith(name)]
    return f"Did you mean '{near[0]}'?" if near else f"Use one of: {', '.join(known)}."


class ConfigurationError(BroadsheetError):
    """A setting, an environment variable or a file that a person wrote is wrong."""


class UnknownOutlet(BroadsheetError):
    """No outlet has this name.

    >>> str(UnknownOutlet("ap_nws", ["ap_news", "afp"]))
    "No outlet 'ap_nws'. Did you mean 'ap_news'?"
    """

    def __init__(self, name: str, known: Iterable[str]) -> None:
        near = get_close_matches(name, list(known), n=1)
        hint = f" Did you mean '{near[0]}'?" if near else " `broadsheet outlets list` lists them all."
        super().__init__(f"No outlet '{name}'.{hint}")


class DatabaseUnavailable(BroadsheetError):
    """PostgreSQL cannot be reached, started or used."""


class PoolUnavailable(BroadsheetError):
    """The process pool takes no work: a fault of ours, and none of the page's that waits for it."""


class ArchiveUnavailable(BroadsheetError):
    """Raw pages are to be kept, and cannot be: the disk is full, or the directory is closed. They stay due."""


class IndexUnavailable(BroadsheetError):
    """The search index cannot be reached or rejects us; documents pending indexing wait in the outbox."""


class KibanaUnavailable(BroadsheetError):
    """Kibana cannot be reached, refuses us or is too old."""


class BadQuery(BroadsheetError):
    """A search asks for a field, a date or a page that cannot be."""


class NotFound(BroadsheetError):
    """Neither the ledger nor the index knows this URL or id."""


class NoAddress(NotFound):
    """What was asked for is neither an address nor an id, so that nothing can ever be found under it."""


class PageUnreadable(BroadsheetError):
    """A page that no article can be read from: its bytes are broken, too deep or too costly. `outcome` says which."""

    def __init__(self, reason: str, outcome: Outcome = Outcome.UNREADABLE) -> None:
        super().__init__(reason)
        self.outcome = outcome

    def __reduce__(self) -> tuple[object, ...]:
        """Cross out of the process pool with the outcome."""
        return type(self), (str(self), self.outcome)


class SourceUnreadable(BroadsheetError):
    """A feed, sitemap or front page that lists nothing because it is broken or something else."""


class CrawlInterrupted(BroadsheetError):
    """A crawl was stopped from outside; what it had not fetched is still due."""


class BadWatch(BroadsheetError):
    """A watch cannot be as it is stated."""


class EditConflict(BroadsheetError):
    """What is to be edited was changed since it was read."""


class DeliveryFailed(BroadsheetError):
    """A receiver did not take a notification: it is sent again."""


class BadAddress(BroadsheetError):
    """An address that is none of the web, or that belongs to no outlet."""


class PartEnded(BroadsheetError):
    """A part of the daemon ended or failed, and with it the daemon: whoever watches it starts it again."""
