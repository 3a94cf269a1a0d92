"""A request that we do not send, with the outcome that its page gets."""

from datetime import datetime

from scrapy.exceptions import IgnoreRequest

from news.outcome import Outcome


class Refused(IgnoreRequest):
    """Raised by a middleware; the spider records it as the end of the attempt.

    With `until` the whole site is left alone until then, and what is due stays due.
    """

    def __init__(self, outcome: Outcome, reason: str, *, until: datetime | None = None) -> None:
        super().__init__(reason)
        self.outcome = outcome
        self.until = until
