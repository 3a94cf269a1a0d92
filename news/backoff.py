"""How long to wait after failures: longer each time, up to a bound, and not all at once."""

import random
from dataclasses import dataclass
from math import inf


@dataclass(frozen=True, kw_only=True)
class Backoff:
    """The pauses between tries of what fails."""

    #: after the first failure
    first_seconds: float
    most_seconds: float = inf
    #: each pause is so many times as long as the one before
    factor: float = 2.0
    #: each is made longer or shorter by a number between these, so that what failed together is not tried together
    jitter: tuple[float, float] = (1.0, 1.0)

    def pause_seconds(self, failures: int) -> float:
        """Return how long to wait after so many failures in a row, 1 or more of them.

        >>> again = Backoff(first_seconds=1.0, most_seconds=10.0)
        >>> [again.pause_seconds(failures) for failures in (1, 2, 3, 4, 5, 100_000)]
        [1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
        """
        try:
            seconds = min(self.first_seconds * self.factor ** (failures - 1), self.most_seconds)
        except OverflowError:
            seconds = self.most_seconds
        return seconds * random.uniform(*self.jitter)  # noqa: S311 - no secret
