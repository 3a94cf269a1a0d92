"""Who may change something over the web: this machine, or whoever has the token; never a page of somebody else's."""

import hmac
import secrets
from hashlib import sha256
from ipaddress import ip_address
from typing import Annotated

from fastapi import HTTPException, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from web.security_headers import host_of
from web.state import state_of

#: forms that were given out are good until the process ends
_SECRET = secrets.token_bytes(32)
_REMOTE = "Remote write requests need a token: set BROADSHEET_TOKEN"


def form_mark(request: Request) -> str:
    """Return the mark in Broadsheet's forms. Other sites cannot read it: only requests to its own host are answered."""
    return hmac.new(_SECRET, request.headers.get("host", "").encode(), sha256).hexdigest()


def refusal_of_program(request: Request) -> str:
    """Return why a program may not change anything, "" if it may.

    With BROADSHEET_TOKEN it must send `Authorization: Bearer TOKEN`, wherever it runs. Without, it must run on this
    machine, and send JSON: no browser does that for a page of another site without a preflight request.
    """
    token = state_of(request).token
    kind, _, sent = request.headers.get("authorization", "").partition(" ")
    if token:
        if kind.lower() == "bearer" and _same(sent.strip(), token):
            return ""
        return "Write requests need a token: send BROADSHEET_TOKEN as Authorization: Bearer …"
    if not _is_here(request):
        return f"{_REMOTE} and send it."
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return "Send JSON, as Content-Type: application/json."
    return "" if _is_ours(request) else "Pages of other sites may not send write requests."


async def require_write_access(
    request: Request,
    # for the description: `refusal_of_program` reads the header itself
    _: Annotated[
        HTTPAuthorizationCredentials | None, Security(HTTPBearer(auto_error=False, description="BROADSHEET_TOKEN"))
    ],
) -> None:
    """Let a program's write request through. Raises HTTPException (403) with the reason."""
    if refusal := refusal_of_program(request):
        raise HTTPException(403, refusal)


def refusal_of_form(request: Request, mark: str, sent: str) -> str:
    """Return why a form may not change anything, "" if it may; `sent` is the token that a person typed."""
    if not _same(mark, form_mark(request)) or not _is_ours(request):
        return "This form has expired; open the page again."
    token = state_of(request).token
    if token:
        return "" if _same(sent, token) else "The token differs from BROADSHEET_TOKEN."
    return "" if _is_here(request) else f"{_REMOTE}."


def _is_here(request: Request) -> bool:
    """Say whether a program or browser of this machine asks, and no proxy of this machine for somebody elsewhere."""
    if any(name == "forwarded" or name.startswith("x-forwarded-") for name in request.headers):
        return False
    if host_of(request.headers.get("host", "")) in state_of(request).public_hosts:
        return False
    try:
        return request.client is not None and ip_address(request.client.host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _is_ours(request: Request) -> bool:
    """Say whether the request is not one that a page elsewhere makes a browser send."""
    if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return False
    origin = request.headers.get("origin")
    if origin is None or origin == "null":
        # browsers send null for Broadsheet's own forms, since its Referrer-Policy is no-referrer; the mark decides
        return True
    return origin.partition("://")[2] == request.headers.get("host", "") and bool(host_of(origin.partition("://")[2]))


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
