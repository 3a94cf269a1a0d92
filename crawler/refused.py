"""A request that we do not send, with the outcome that its page gets."""

from scrapy.exceptions import IgnoreRequest

from news.outcome import Outcome


class Refused(IgnoreRequest):
    """Raised by a middleware; the spider records it as the end of the attempt."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome = outcome
