"""Limits of HTTP connections: idle ones are closed in time, and first where a client holds too many."""

import asyncio
from time import monotonic
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

#: more at once than a reader's browsers ask
MOST_CONNECTIONS = 256
#: of them one address may hold so many: no single one keeps the others out
MOST_OF_ADDRESS = 128
#: a request, with its body, has arrived whole after so long; Broadsheet's are a few hundred bytes
REQUEST_SECONDS = 10.0
#: who has got an answer keeps the connection for so long, and is asked nothing
KEEP_ALIVE_SECONDS = 5
#: who reads nothing of an answer for so long does not want it
STALLED_SECONDS = 30.0


class LimitedConnection(H11Protocol):
    """uvicorn's connection with limits that it lacks: time for a request, time for reading, connections an address.

    One too many does not shut out the new one: of those that ask for nothing the longest silent is closed. Only if
    each has a request under way the new one is closed.
    """

    _late: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None
    _moved_at = 0.0

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._moved_at = monotonic()
        self._wait_for_request()
        address = self.client and self.client[0]
        self._give_way([each for each in self._others() if each.client and each.client[0] == address], MOST_OF_ADDRESS)
        self._give_way(self._others(), MOST_CONNECTIONS)

    def data_received(self, data: bytes) -> None:
        """Take in a part of a request."""
        self._moved_at = monotonic()
        super().data_received(data)
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._request_came()
        elif self._late is None:
            self._wait_for_request()

    def on_response_complete(self) -> None:
        """Keep the connection for a moment."""
        self._moved_at = monotonic()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Wait for a client that does not read."""
        super().pause_writing()
        if self._stalled is None:
            self._stalled = self.loop.call_later(STALLED_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on: the client has read."""
        self._reads_again()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of the timers."""
        self._request_came()
        self._reads_again()
        super().connection_lost(exc)
        self._reads_again()

    def is_silent(self) -> bool:
        """Say whether no answer is under way."""
        return self.cycle is None or bool(self.cycle.response_complete)

    def _others(self) -> "list[LimitedConnection]":
        return [
            each
            for each in self.connections
            if isinstance(each, LimitedConnection) and each is not self and not each.transport.is_closing()
        ]

    def _give_way(self, others: "list[LimitedConnection]", most: int) -> None:
        if len(others) < most or self.transport.is_closing():
            return
        silent = [each for each in others if each.is_silent()]
        longest = min(silent, key=lambda each: each._moved_at, default=self)
        longest.transport.close()

    def _wait_for_request(self) -> None:
        self._late = self.loop.call_later(REQUEST_SECONDS, self._too_late)

    def _request_came(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _reads_again(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _too_late(self) -> None:
        self._late = None
        self.transport.close()
