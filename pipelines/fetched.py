"""The item that goes through Scrapy's pipelines: an attempt, the page that came of it, what was read in the page."""

from dataclasses import dataclass, field

from ledger.record import Attempt, Recorded
from news.digest import Digest
from news.outlet import Outlet
from news.page import Page


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """One attempt on its way through the house; each step fills in its part."""

    outlet: Outlet = field(repr=False)
    attempt: Attempt
    #: None where nothing came that could be read; a log line about the item carries its attempt alone
    page: Page | None = field(default=None, repr=False)
    digest: Digest | None = field(default=None, repr=False)
    recorded: Recorded | None = field(default=None, repr=False)
