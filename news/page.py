"""What came over the wire. Never changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType


@dataclass(frozen=True, kw_only=True)
class Page:
    """One answer to one request: `url` as asked, `final_url` after redirects."""

    url: str
    final_url: str
    status: int
    #: lower-case names; several values of one name are joined by ", "
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    content: bytes = b""
    #: aware UTC
    fetched_at: datetime

    def __reduce__(self) -> tuple[object, ...]:
        """Cross into the process pool: a mappingproxy cannot be pickled, so a plain dict goes."""
        return _restore, (self.url, self.final_url, self.status, dict(self.headers), self.content, self.fetched_at)


def _restore(url: str, final_url: str, status: int, headers: dict[str, str], content: bytes, at: datetime) -> Page:
    return Page(url=url, final_url=final_url, status=status, headers=headers, content=content, fetched_at=at)
