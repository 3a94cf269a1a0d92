"""The test resolvers: host names of our own lead to this machine."""

from collections.abc import Sequence

from twisted.internet.defer import Deferred, succeed

from crawler.resolver import PublicResolver


class ToLoopback(PublicResolver):
    """Real pages are served under their own host names, or canonical addresses and politeness would mean nothing."""

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:
        return succeed("127.0.0.1").addCallback(self._checked, name)


class Named(PublicResolver):
    """Takes the names of `public` for addresses of the Internet and dials loopback; all others go their usual way.

    `answers` is what the name server says of further names, to be checked like any other address.
    """

    public: set[str] = set()  # noqa: RUF012 - shared, as the reactor's resolver is
    answers: dict[str, str] = {}  # noqa: RUF012

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:
        if name in self.public:
            return succeed("127.0.0.1")
        if name in self.answers:
            return succeed(self.answers[name]).addCallback(self._checked, name)
        return super().getHostByName(name, timeout)
