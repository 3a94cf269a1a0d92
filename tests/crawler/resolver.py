"""The test resolver: every host name is this machine."""

from collections.abc import Sequence

from twisted.internet.defer import Deferred, succeed

from crawler.resolver import PublicResolver


class ToLoopback(PublicResolver):
    """Real pages are served under their own host names, or canonical addresses and politeness would mean nothing."""

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:
        return succeed("127.0.0.1").addCallback(self._checked, name)
