"""A stand-in for Kibana on loopback: the endpoints that the installer uses, with Kibana's refusals. It shows nothing.

It stores what is imported a space at a time, wants `kbn-xsrf` for every write, a key if it was given one, and refuses
references that lead nowhere.
"""

import email.parser
import email.policy
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

_PATH = re.compile(r"(?:/s/(?P<space>[^/]+))?(?P<rest>/api/.*)")


@dataclass(kw_only=True)
class FakeKibana:
    """What the stand-in is, and what it was told."""

    version: str = "9.4.3"
    #: an encoded API key; "" lets everybody in
    key: str = ""
    spaces: tuple[str, ...] = ("default",)
    #: (space, type, id) -> what is kept
    kept: dict[tuple[str, str, str], Any] = field(default_factory=dict)
    #: method and path of each request
    asked: list[str] = field(default_factory=list)
    #: objects that it skips without an error
    skips: int = 0
    #: a path that answers with this status, by a message
    broken: dict[str, int] = field(default_factory=dict)
    url: str = ""

    def of(self, type: str, space: str = "default") -> dict[str, Any]:
        """Return what is kept of one type in one space."""
        return {id: kept for (where, kind, id), kept in self.kept.items() if (where, kind) == (space, type)}


@contextmanager
def serving(kibana: FakeKibana) -> Iterator[FakeKibana]:
    """Serve `kibana` on a free port of loopback for as long as the block lasts."""

    class Handler(_Handler):
        fake = kibana

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    kibana.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield kibana
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class _Handler(BaseHTTPRequestHandler):
    fake: FakeKibana

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = urlsplit(self.path)
        self.fake.asked.append(f"{self.command} {parts.path}")
        try:
            status, answer = 200, self._answer(parts.path, parse_qs(parts.query), body)
        except _Refused as refusal:
            status, answer = refusal.status, {"statusCode": refusal.status, "message": str(refusal)}
        sent = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def _answer(self, path: str, query: dict[str, list[str]], body: bytes) -> Any:
        found = _PATH.fullmatch(path)
        if not found:
            raise _Refused(404, "Not Found")
        space, rest = found["space"] or "default", found["rest"]
        if rest in self.fake.broken:
            raise _Refused(self.fake.broken[rest], "Something\nwent wrong")
        known = not self.fake.key or self.headers.get("Authorization") == f"ApiKey {self.fake.key}"
        if rest == "/api/status":
            # a stranger learns no more than that it is up
            return {"status": {"overall": {"level": "available"}}} | (
                {"version": {"number": self.fake.version}} if known else {}
            )
        if not known:
            raise _Refused(401, "Unauthorized")
        if self.command != "GET" and not self.headers.get("kbn-xsrf"):
            raise _Refused(400, "Request must contain a kbn-xsrf header.")
        if space not in self.fake.spaces:
            raise _Refused(404, "Not Found")
        if self.command == "GET" and rest.startswith("/api/spaces/space/"):
            if rest.removeprefix("/api/spaces/space/") not in self.fake.spaces:
                raise _Refused(404, "Not Found")
            return {"id": rest.removeprefix("/api/spaces/space/")}
        if (self.command, rest) == ("POST", "/api/saved_objects/_import"):
            return self._import(space, body, overwrite=query.get("overwrite") == ["true"])
        raise _Refused(404, "Not Found")

    def _import(self, space: str, body: bytes, *, overwrite: bool) -> Any:
        if not self.headers["Content-Type"].startswith("multipart/form-data"):
            raise _Refused(415, "Unsupported Media Type")
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        form = email.parser.BytesParser(policy=email.policy.default).parsebytes(head + body)
        (part,) = form.iter_parts()
        assert (part.get_filename() or "").endswith(".ndjson"), "Kibana goes by the file's name"
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        objects = [json.loads(line) for line in content.decode().splitlines()][self.fake.skips :]
        known = {(type, id) for where, type, id in self.fake.kept if where == space}
        known |= {(each["type"], each["id"]) for each in objects}
        errors = []
        for each in objects:
            key = (space, each["type"], each["id"])
            missing = [r for r in each["references"] if (r["type"], r["id"]) not in known]
            if missing:
                errors.append({"id": each["id"], "type": each["type"], "error": {"type": "missing_references"}})
            elif key in self.fake.kept and not overwrite:
                errors.append({"id": each["id"], "type": each["type"], "error": {"type": "conflict"}})
            else:
                self.fake.kept[key] = each
        return {"success": not errors, "successCount": len(objects) - len(errors), "errors": errors}
