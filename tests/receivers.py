"""Receivers of notifications: a web server and a mail server on loopback, real ones, that note all they are sent.

`python -m tests.receivers PORT FOLDER` is the mail server, Twisted's, in a process of its own.
"""

import email
import email.policy
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.ports import free_port


@dataclass
class Hook:
    """A webhook: what it was sent, and what it answers from now on."""

    url: str = ""
    status: int = 204
    #: seconds before an answer
    slow_seconds: float = 0.0
    #: (path, headers in lower case, body, time.time() when it had come whole)
    requests: list[tuple[str, dict[str, str], bytes, float]] = field(default_factory=list)
    more_headers: dict[str, str] = field(default_factory=dict)

    def ids(self, path: str | None = None) -> list[str]:
        """Return the event ids in the order in which they came."""
        return [headers["webhook-id"] for at, headers, *_ in list(self.requests) if path in (None, at)]

    def bodies(self) -> list[dict[str, Any]]:
        """Return what was sent."""
        return [json.loads(body) for _, _, body, _ in list(self.requests)]


@contextmanager
def hook() -> Iterator[Hook]:
    """Serve a webhook within the block."""
    made = Hook()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # a connection is used again

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            made.requests.append((self.path, headers, body, time.time()))
            time.sleep(made.slow_seconds)
            self.send_response(made.status)
            for name, value in made.more_headers.items():
                self.send_header(name, value)
            if made.status != 204:
                self.send_header("Content-Length", "0")
            self.end_headers()

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:
                return  # the sender was killed

        def log_message(self, *_: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    server = Server(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()


@dataclass(frozen=True)
class Mailbox:
    """A mail server."""

    port: int
    folder: Path

    def refuse(self, code: int | None) -> None:
        """Answer each message with this code from now on; None: take it."""
        (self.folder / "code").write_text(str(code or ""))

    def slow(self, seconds: float) -> None:
        """Answer each message only after so many seconds from now on, though it is kept at once."""
        (self.folder / "slow").write_text(str(seconds))

    def received(self) -> list[tuple[str, EmailMessage, float]]:
        """Return the messages that were taken: address of the envelope, message, time.time()."""
        file = self.folder / "messages.jsonl"
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        found = []
        for line in lines:
            kept = json.loads(line)
            message = email.message_from_string(kept["message"], policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            found.append((kept["to"], message, kept["at"]))
        return found

    def ids(self) -> list[str]:
        """Return the Message-IDs in the order in which they came."""
        return [str(message["Message-ID"]) for _, message, _ in self.received()]

    def settings(self) -> dict[str, str]:
        """Return the settings by which Broadsheet sends to it."""
        return {
            "smtp_host": "127.0.0.1",
            "smtp_port": str(self.port),
            "smtp_security": "none",
            "smtp_from": "Broadsheet <news@broadsheet.example>",
        }


@contextmanager
def mailbox(folder: Path) -> Iterator[Mailbox]:
    """Run a mail server within the block."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.receivers", str(port), str(folder)], stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()  # it listens
        yield Mailbox(port, folder)
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def serve_mail(port: int, folder: Path) -> None:
    """Serve until killed."""
    from twisted.internet import defer, task

    # Twisted's types are of classes that it mixes itself
    reactor: Any = import_module("twisted.internet.reactor")
    smtp: Any = import_module("twisted.mail.smtp")

    def stated(name: str) -> str:
        file = folder / name
        return file.read_text() if file.exists() else ""

    @smtp.implementer(smtp.IMessage)
    class Message:
        def __init__(self, to: str) -> None:
            self.to = to
            self.lines: list[bytes] = []

        def lineReceived(self, line: bytes) -> None:
            self.lines.append(line)

        def eomReceived(self) -> Any:
            if code := stated("code"):
                return defer.fail(smtp.SMTPServerError(int(code), b"not now"))
            kept = {"to": self.to, "message": b"\n".join(self.lines).decode("ascii"), "at": time.time()}
            with (folder / "messages.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(kept) + "\n")
            return task.deferLater(reactor, float(stated("slow") or 0.0), lambda: None)

        def connectionLost(self) -> None:
            return

    @smtp.implementer(smtp.IMessageDelivery)
    class Delivery:
        def receivedHeader(self, *_: object) -> bytes:
            return b"Received: by a test"

        def validateFrom(self, helo: object, origin: Any) -> Any:
            return origin

        def validateTo(self, user: Any) -> Any:
            return lambda: Message(str(user.dest))

    class Factory(smtp.SMTPFactory):  # type: ignore[misc]
        def buildProtocol(self, address: object) -> Any:
            made = smtp.ESMTP()
            made.factory, made.delivery = self, Delivery()
            return made

    reactor.listenTCP(port, Factory(), interface="127.0.0.1")
    reactor.callWhenRunning(lambda: print("listens", flush=True))  # noqa: T201
    reactor.run()


if __name__ == "__main__":
    serve_mail(int(sys.argv[1]), Path(sys.argv[2]))
