"""Notifications as e-mail: composed the same on each try, sent by SMTP, with a way to end them (RFC 8058)."""

import asyncio
import smtplib
from collections.abc import Sequence
from email.headerregistry import Address, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from html import escape
from typing import Any

from ledger.deliveries import Delivery
from news.configuration import Configuration
from news.errors import DeliveryFailed
from news.printable import one_line
from news.watch import Notification, Watch
from schedules.watching.webhook import trust
from schedules.watching.wording import counted, cut, html_of, text_of, title_of

#: what a server may take for one answer
SMTP_SECONDS = 30.0
#: connections at once
MOST_SESSIONS = 4
_PORTS = {"starttls": 587, "tls": 465, "none": 25}
#: characters of a subject: what clients show of it, and more
MOST_SUBJECT = 200
_PAGE = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>{title}</title></head>
<body style="max-width:38em;margin:1em auto;padding:0 1em;font:16px/1.5 Georgia,serif">
{parts}
<p style="margin:2em 0 0;padding:.6em 0;border-top:1px solid;font-size:.85em">
Watch: <a href="{watch}"><bdi>{name}</bdi></a> · <a href="{ends}">End these e-mails</a></p>
</body></html>
"""


class _WholeHeader(UnstructuredHeader):
    """A header in one line: the library would cut a long address into encoded words, which are no address."""

    def fold(self, *, policy: Any) -> str:
        """Return the header's line."""
        return f"{self.name}: {self}{policy.linesep}"  # type: ignore[attr-defined]


_HEADERS = HeaderRegistry()
for _name in ("list-unsubscribe", "message-id", "list-id"):
    _HEADERS.map_to_type(_name, _WholeHeader)  # type: ignore[arg-type]  # it is mixed with BaseHeader there
_POLICY = SMTP.clone(header_factory=_HEADERS)


def compose(
    watch: Watch, notifications: Sequence[Notification], delivery: Delivery, configuration: Configuration
) -> EmailMessage:
    """Return the message of a delivery: as text, and the same as HTML."""
    assert watch.email is not None, "there is a receiver"
    assert configuration.smtp_from is not None, "there is a sender"
    name, sender = parseaddr(configuration.smtp_from)
    domain = sender.rpartition("@")[2]
    message = EmailMessage(policy=_POLICY)
    message["From"] = Address(display_name=name or "Broadsheet", addr_spec=sender)
    message["To"] = Address(addr_spec=watch.email)
    message["Subject"] = subject = _subject(watch, notifications)
    message["Date"] = format_datetime(delivery.created_at)
    message["Message-ID"] = f"<{delivery.id}@{domain}>"
    ends = unsubscribe_address(watch, configuration)
    message["List-Id"] = f"<{watch.id}.watches.{domain}>"
    message["List-Unsubscribe"] = f"<{ends}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Auto-Submitted"] = "auto-generated"
    base, page = configuration.public_url, f"{configuration.public_url}/watches/{watch.id}"
    foot = f"-- \nWatch: {watch.name}\n{page}\nEnd these e-mails: {ends}\n"
    # every server takes seven bits
    text = "\n\n".join([*(text_of(watch, each, base) for each in notifications), foot])
    message.set_content(text, cte="quoted-printable")
    html = _PAGE.format(
        title=escape(subject),
        parts="\n".join(html_of(watch, each, base) for each in notifications),
        watch=escape(page),
        name=escape(watch.name),
        ends=escape(ends),
    )
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    message.set_boundary(f"=={delivery.id.hex}==")  # the same on each try
    return message


def unsubscribe_address(watch: Watch, configuration: Configuration) -> str:
    """Return the address that ends a watch's e-mails."""
    return f"{configuration.public_url}/watches/unsubscribe/{watch.unsubscribe_token}"


def _subject(watch: Watch, notifications: Sequence[Notification]) -> str:
    about = title_of(notifications[0]) if len(notifications) == 1 else counted(notifications)
    return cut(one_line(f"{watch.name}: {about}"), MOST_SUBJECT)


class Mailer:
    """Connections to the mail server, used again for the next message while they are good."""

    def __init__(self, configuration: Configuration) -> None:
        """Open nothing yet."""
        self.configuration = configuration
        self._turns = asyncio.Semaphore(MOST_SESSIONS)
        self._idle: list[smtplib.SMTP] = []

    async def send(self, message: EmailMessage) -> None:
        """Send one message. Raises DeliveryFailed where the server does not take it."""
        if self.configuration.smtp_host is None:
            raise DeliveryFailed("BROADSHEET_SMTP_HOST is not set, so no e-mail can be sent.")
        async with self._turns:
            await asyncio.shield(asyncio.to_thread(self._send, message))

    def _send(self, message: EmailMessage) -> None:
        session: smtplib.SMTP | None = None
        try:
            session = self._session()
            session.send_message(message)
        except smtplib.SMTPResponseException as error:
            self._close(session)
            raise DeliveryFailed(f"The mail server answered {error.smtp_code}.") from error
        except smtplib.SMTPRecipientsRefused as error:
            self._close(session)
            codes = ", ".join(str(code) for code, _ in error.recipients.values())
            raise DeliveryFailed(f"The mail server rejected the address ({codes}).") from error
        except (OSError, smtplib.SMTPException, ValueError) as error:
            self._close(session)
            raise DeliveryFailed(f"The mail server cannot be reached or used ({type(error).__name__}).") from error
        self._idle.append(session)

    def _session(self) -> smtplib.SMTP:
        """Return a connection that answers: one that lay idle, or a new one."""
        while self._idle:
            session = self._idle.pop()
            try:
                if session.rset()[0] == 250:  # every server knows it, and what an earlier message left is gone
                    return session
            except (OSError, smtplib.SMTPException):
                pass  # the server has ended it, as it may
            self._close(session)
        settings = self.configuration
        security = settings.smtp_security
        host, port = settings.smtp_host or "", settings.smtp_port or _PORTS[security]
        context = trust() if security != "none" else None
        if security == "tls":
            session = smtplib.SMTP_SSL(host, port, timeout=SMTP_SECONDS, context=context)
        else:
            session = smtplib.SMTP(host, port, timeout=SMTP_SECONDS)
        try:
            if security == "starttls":
                session.starttls(context=context)
            if settings.smtp_user and settings.smtp_password:
                session.login(settings.smtp_user, settings.smtp_password)
        except BaseException:
            self._close(session)
            raise
        return session

    @staticmethod
    def _close(session: smtplib.SMTP | None) -> None:
        if session is not None:
            session.close()

    def close(self) -> None:
        """End the connections that lie idle."""
        while self._idle:
            session = self._idle.pop()
            try:
                session.quit()
            except (OSError, smtplib.SMTPException):
                session.close()
