"""Chromium on this machine: where it is, and how it is started without a network and not as root."""

import os
import pwd
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from news.configuration import read
from news.errors import ConfigurationError
from news.log import Log

if TYPE_CHECKING:
    from playwright.async_api import Browser as Chromium
    from playwright.async_api import Playwright

#: our own names for programs that speak the same protocol, the one that Debian has first
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
#: of each page's memory for scripts, in MiB
HEAP_MIB = 256
#: runs the browser where we are root, whom its sandbox does not serve
NOBODY = "nobody"

_ARGUMENTS = (
    # the discard port, where nothing listens: what is not handed to the browser by us, it cannot have
    "--proxy-server=http://127.0.0.1:9",
    "--proxy-bypass-list=<-loopback>",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--disable-quic",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    f"--js-flags=--max-old-space-size={HEAP_MIB}",
)
_WRAPPER = """#!/bin/sh
for each; do case $each in --user-data-dir=*) chown -R {user} "${{each#*=}}";; esac; done
exec {setpriv} --reuid={user} --regid={group} --clear-groups {program} "$@"
"""
log = Log()


async def launch(playwright: "Playwright", folder: Path) -> "Chromium":
    """Return a Chromium that has no network, with what it needs in `folder`. Raises ConfigurationError if it fails."""
    from playwright.async_api import Error

    program = program_of()
    try:
        started = await playwright.chromium.launch(
            executable_path=_as_another_user(program, folder),
            args=list(_ARGUMENTS),
            chromium_sandbox=True,
            handle_sigint=False,
            handle_sigterm=False,
            handle_sighup=False,
            env={"PATH": os.environ.get("PATH", os.defpath), "HOME": tempfile.gettempdir()},
        )
    except Error as error:
        raise ConfigurationError(f"The browser {program} does not start: {first_line(error)}.") from error
    log.info("browser_started", program=program, version=started.version)
    return started


def check_browser() -> None:
    """Do nothing where a browser can be had. Raises ConfigurationError, which says what is missing."""
    try:
        import playwright.async_api  # noqa: F401
    except ImportError as error:
        raise ConfigurationError(
            "An outlet with `render = true` needs a browser: pip install 'broadsheet[browser]', and Chromium "
            "(Debian: apt install chromium)."
        ) from error
    program_of()


def program_of() -> str:
    """Return the path of Chromium: BROADSHEET_CHROMIUM, or the first of PROGRAMS that is there.

    Raises ConfigurationError where there is none.
    """
    stated = read().chromium
    found = shutil.which(stated) if stated else next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is None:
        what = f"BROADSHEET_CHROMIUM: no program {stated}" if stated else "no Chromium is installed"
        raise ConfigurationError(
            f"An outlet has `render = true`, and {what}. Install it (Debian: apt install chromium), or name it in "
            "BROADSHEET_CHROMIUM."
        )
    return found


def _as_another_user(program: str, folder: Path) -> str:
    """Return what starts the browser: the program, or where we are root a script that becomes another user first."""
    if os.geteuid() != 0:
        return program
    setpriv = shutil.which("setpriv")
    try:
        account = pwd.getpwnam(NOBODY)
    except KeyError:
        account = None
    if setpriv is None or account is None:
        raise ConfigurationError(
            "Chromium's sandbox needs a user other than root: run Broadsheet as an ordinary user, or install setpriv "
            f"(Debian: util-linux) for the user '{NOBODY}'."
        )
    script = folder / "chromium"
    script.write_text(
        _WRAPPER.format(user=account.pw_uid, group=account.pw_gid, setpriv=setpriv, program=program), encoding="utf-8"
    )
    script.chmod(0o700)
    return str(script)


def first_line(error: Exception) -> str:
    """Return what an error of Playwright says before it shows its log."""
    return str(error).strip().partition("\n")[0][:200]
