"""Notifications reach their receivers: signed, mailed, gathered, sent again under the same id, and never to a place inside."""

import asyncio
import base64
import hmac
import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from ledger.deliveries import MOST_TRIES, Delivery
from ledger.schema import deliveries, delivery_pauses, watches
from ledger.watches import all_watches, pause, resume, states, unsubscribe
from news.clock import now
from news.configuration import Configuration
from news.errors import BadWatch, DeliveryFailed
from news.printable import one_line, printable
from news.watch import Channel, Notification, NotificationType, Trigger, Watch, check_webhook
from schedules.watching import delivery, webhook
from schedules.watching.delivery import AT_ONE_HOST, OF_EACH, Sender
from schedules.watching.mail import compose
from schedules.watching.webhook import Webhooks
from tests.ledger import readings
from tests.ledger.readings import article, read
from tests.receivers import Hook, Mailbox
from tests.schedules.processes import PATIENCE_SECONDS
from tests.schedules.watching.conftest import Add, Run

URL = "https://courier.example/2026/flood"
EMAIL = "reader@newsroom.example"


def words(message: EmailMessage, kind: str = "plain") -> str:
    """Return a message as its reader has it, as text or as HTML."""
    part = message.get_body([kind])
    assert part is not None
    content: str = part.get_content()
    return content


async def happen(engine: AsyncEngine, number: int, headline: str = "Flood in Kassel") -> None:
    await read(engine, article(f"{URL}-{number}", readings.text(number), headline=headline), now())


async def is_due_again(engine: AsyncEngine) -> None:
    """Let the pauses after failures be over."""
    async with engine.begin() as connection:
        await connection.execute(delivery_pauses.delete())
        await connection.execute(update(deliveries).values(due_at=now() - timedelta(seconds=1)))


async def waiting(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        query = select(func.count()).select_from(deliveries).where(deliveries.c.given_up_at.is_(None))
        return int((await connection.execute(query)).scalar_one())


async def test_a_webhook_is_sent_each_notification_once_signed_as_standard_webhooks_has_it(
    engine: AsyncEngine, add_watch: Add, match_all: Run, send_all: Run, receiver: Hook
) -> None:
    watch = await add_watch("kassel", Trigger.ARTICLES, Trigger.CHANGES)
    await happen(engine, 1)
    await happen(engine, 1, headline="Flood in Kassel ebbs")
    await match_all()
    await send_all()
    await send_all()
    assert [body["type"] for body in receiver.bodies()] == ["watch.article", "watch.change"]
    path, headers, body, _ = receiver.requests[1]
    assert path == "/hook"
    assert watch.webhook_secret is not None
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(watch.webhook_secret.removeprefix("whsec_"))
    assert 24 <= len(key) <= 64
    assert headers["webhook-signature"] == "v1," + base64.b64encode(hmac.digest(key, signed, sha256)).decode()
    data = receiver.bodies()[1]["data"]
    assert headers["webhook-id"] == data["id"]
    assert data["watch"] == {"id": str(watch.id), "name": watch.name}
    assert data["page"].startswith("https://news.example/broadsheet/articles/")
    assert data["page"].endswith("/versions/1..2")
    assert data["edits"]["kinds"] == ["headline"]


async def test_what_a_receiver_does_not_take_is_sent_again_under_its_id_and_the_others_go_on(
    engine: AsyncEngine, add_watch: Add, match_all: Run, send_all: Run, receiver: Hook
) -> None:
    await add_watch("kassel")
    other = await add_watch("kassel", webhook_url=None, email=EMAIL)
    await happen(engine, 1)
    await match_all()
    for status in (500, 302, 404):
        receiver.status, receiver.more_headers = status, {"Location": receiver.url + "/elsewhere"}
        await is_due_again(engine)
        await send_all()
    assert len(receiver.requests) == 3  # and no redirect is followed
    assert await waiting(engine) == 1
    async with engine.connect() as connection:
        found = {each.watch.id: each for each in await states(connection)}
    assert found[other.id].pending == 0
    [failing] = [each for each in found.values() if each.failing]
    assert failing.failing == {"webhook": "The webhook answered 404."}
    receiver.status = 200
    await send_all()  # it is left alone for some seconds
    assert len(receiver.requests) == 3
    await is_due_again(engine)
    await send_all()
    assert len(set(receiver.ids())) == 1
    assert await waiting(engine) == 0


async def test_one_message_that_is_never_taken_stops_no_other_is_given_up_and_tried_again_by_hand(
    engine: AsyncEngine, add_watch: Add, match_all: Run, send_all: Run, receiver: Hook
) -> None:
    watch = await add_watch("kassel")
    await happen(engine, 1)
    await match_all()
    receiver.status = 422
    for _ in range(MOST_TRIES):
        await is_due_again(engine)
        await send_all()
    receiver.status = 200
    await happen(engine, 2)
    await match_all()
    await is_due_again(engine)
    await send_all()
    assert len(receiver.requests) == MOST_TRIES + 1
    async with engine.begin() as connection:
        [state] = await states(connection)
        assert (state.pending, state.given_up) == (0, 1)
        await resume(connection, watch.id)
    await send_all()
    assert receiver.ids()[-1] == receiver.ids()[0]
    assert await waiting(engine) == 0


async def test_an_e_mail_can_be_ended_by_its_headers_and_its_link(
    engine: AsyncEngine, add_watch: Add, match_all: Run, send_all: Run, mail: Mailbox
) -> None:
    watch = await add_watch("kassel", Trigger.ARTICLES, Trigger.CHANGES, webhook_url=None, email=EMAIL)
    await happen(engine, 1, headline="Hochwasser in Kassel: 5 Tote, größter Schaden")
    await happen(engine, 1, headline="Hochwasser in Kassel: 7 Tote, größter Schaden")
    await match_all()
    await send_all()
    (to, first, _), (_, second, _) = mail.received()
    assert to == EMAIL
    assert first["Subject"] == f"{watch.name}: Hochwasser in Kassel: 7 Tote, größter Schaden"
    assert second["Subject"].startswith(f"{watch.name}: Silent edit: ")
    assert "number: [-" in words(second)
    link = f"https://news.example/broadsheet/watches/unsubscribe/{watch.unsubscribe_token}"
    assert first["List-Unsubscribe"] == f"<{link}>"
    assert first["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert first["Auto-Submitted"] == "auto-generated"
    assert link in words(first)
    assert link in words(first, "html")
    assert len(watch.unsubscribe_token) >= 43  # 256 bits
    assert URL in words(first)

    await happen(engine, 2)
    await match_all()
    async with engine.begin() as connection:
        await unsubscribe(connection, watch.unsubscribe_token)
    await happen(engine, 3)
    await match_all()
    await send_all()
    assert len(mail.received()) == 2
    assert await waiting(engine) == 0


async def test_a_mail_that_was_refused_has_the_same_message_id_and_text_when_it_comes(
    engine: AsyncEngine, add_watch: Add, match_all: Run, send_all: Run, mail: Mailbox
) -> None:
    await add_watch("kassel", webhook_url=None, email=EMAIL)
    await happen(engine, 1)
    await match_all()
    async with engine.connect() as connection:
        id = (await connection.execute(select(deliveries.c.id))).scalar_one()
    for code in (451, 550):
        mail.refuse(code)
        await is_due_again(engine)
        await send_all()
    mail.refuse(None)
    await is_due_again(engine)
    await send_all()
    assert mail.ids() == [f"<{id}@broadsheet.example>"]


async def test_many_at_once_are_one_mail(
    engine: AsyncEngine, add_watch: Add, match_all: Run, send_all: Run, mail: Mailbox
) -> None:
    watch = await add_watch("kassel", webhook_url=None, email=EMAIL)
    for number in range(25):
        await happen(engine, number, headline=f"Flood in Kassel, day {number}.")
    await match_all()
    await send_all()
    [(_, message, _)] = mail.received()
    assert message["Subject"] == f"{watch.name}: 25 new stories"
    for kind in ("plain", "html"):
        assert all(f"day {number}." in words(message, kind) for number in range(25))


async def test_a_digest_gathers_what_was_found_and_comes_at_its_hour_once(
    engine: AsyncEngine, add_watch: Add, match_all: Run, send_all: Run, mail: Mailbox
) -> None:
    watch = await add_watch("kassel", webhook_url=None, email=EMAIL, digest_hours=(7, 18), timezone="Europe/Berlin")
    for number in range(3):
        await happen(engine, number)
        await match_all()
    await send_all()
    assert mail.received() == []
    async with engine.begin() as connection:
        [state] = await states(connection)
        assert state.pending == 3
        assert state.watch.digest_at == watch.digest_at
        await connection.execute(update(watches).values(digest_at=now() - timedelta(hours=1)))
    await send_all()
    await send_all()
    [(_, message, _)] = mail.received()
    assert message["Subject"] == f"{watch.name}: 3 new stories"
    async with engine.begin() as connection:
        [state] = await states(connection)
        assert state.pending == 0
        assert state.watch.digest_at is not None
        assert state.watch.digest_at > now()
        # an hour without news brings no mail
        await connection.execute(update(watches).values(digest_at=now() - timedelta(hours=1)))
    await send_all()
    assert len(mail.received()) == 1


async def test_a_watch_that_cannot_be_meant_any_more_holds_up_no_other(
    engine: AsyncEngine, add_watch: Add, match_all: Run, send_all: Run, receiver: Hook, mail: Mailbox
) -> None:
    broken = await add_watch("kassel", webhook_url=None, email=EMAIL, digest_hours=(7,))
    await add_watch("kassel")
    gone = {"timezone": "Atlantis/Capital", "digest_at": now() - timedelta(hours=1), "triggers": ["of_another_release"]}
    async with engine.begin() as connection:
        await connection.execute(update(watches).where(watches.c.id == broken.id).values(gone))
    await happen(engine, 1)
    await match_all()
    await send_all()
    assert len(receiver.requests) == 1
    assert mail.received() == []


async def test_a_paused_watch_keeps_what_waits(
    engine: AsyncEngine, add_watch: Add, match_all: Run, send_all: Run, receiver: Hook
) -> None:
    watch = await add_watch("kassel")
    await happen(engine, 1)
    await match_all()
    for change, sent in ((pause, 0), (resume, 1)):
        async with engine.begin() as connection:
            await change(connection, watch.id)
        await send_all()
        assert len(receiver.requests) == sent


async def test_a_busy_watch_does_not_hold_up_the_others(
    engine: AsyncEngine,
    add_watch: Add,
    match_all: Run,
    receiver: Hook,
    configuration: Configuration,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(delivery, "ROUND_SECONDS", PATIENCE_SECONDS)
    await add_watch("kassel", webhook_url=receiver.url + "/busy")
    for number in range(OF_EACH + 10):
        await happen(engine, number)
    await match_all()
    await add_watch("kassel", webhook_url=receiver.url + "/other")
    await happen(engine, 1_000)
    await match_all()
    sender = Sender(engine, configuration)
    assert await sender.send_due()
    assert len(receiver.ids("/busy")) == OF_EACH
    assert len(receiver.ids("/other")) == 1
    await sender.close()


async def test_receivers_that_do_not_answer_hold_up_no_other(
    engine: AsyncEngine,
    add_watch: Add,
    match_all: Run,
    receiver: Hook,
    mail: Mailbox,
    configuration: Configuration,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(webhook, "MOST_SECONDS", PATIENCE_SECONDS)
    answers, came = asyncio.Event(), 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal came
        await reader.readuntil(b"\r\n\r\n")
        came += 1
        await answers.wait()
        writer.write(b"HTTP/1.0 204 No Content\r\n\r\n")
        writer.close()

    silent = await asyncio.start_server(serve, "127.0.0.1", 0)
    for number in range(AT_ONE_HOST + 3):
        await add_watch("kassel", webhook_url=f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}/{number}")
    await add_watch("kassel")
    await add_watch("kassel", webhook_url=None, email=EMAIL)
    sender = Sender(engine, configuration)
    async with asyncio.timeout(PATIENCE_SECONDS):
        for number in range(3):
            await happen(engine, number)
            await match_all()
            while len(receiver.requests) <= number or len(mail.received()) <= number:
                assert await sender.send_due()
        assert came == AT_ONE_HOST
        answers.set()
        while await sender.send_due():
            pass
    assert came == 3 * (AT_ONE_HOST + 3)
    await sender.close()
    silent.close()
    assert await waiting(engine) == 0


async def test_who_stops_the_daemon_waits_for_what_is_being_sent(
    engine: AsyncEngine, add_watch: Add, match_all: Run, receiver: Hook, configuration: Configuration
) -> None:
    receiver.slow_seconds = 1.5
    for number in range(3):
        await add_watch("kassel", webhook_url=f"{receiver.url}/{number}")
    for number in range(2):
        await happen(engine, number)
    await match_all()
    sender = Sender(engine, configuration)
    assert await sender.send_due()
    await sender.close()
    # the first one of each receiver, or more where this machine is slow: each is noted
    assert len(set(receiver.ids())) == len(receiver.requests) >= 3
    assert await waiting(engine) == 6 - len(receiver.requests)


async def test_what_cannot_be_noted_as_taken_is_sent_again_under_its_id(
    engine: AsyncEngine,
    add_watch: Add,
    match_all: Run,
    send_all: Run,
    receiver: Hook,
    configuration: Configuration,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number in range(3):
        await add_watch("kassel", webhook_url=f"{receiver.url}/{number}")
    await happen(engine, 1)
    await match_all()

    async def away(*_: Any, **__: Any) -> None:
        raise OperationalError("", {}, Exception())

    sender = Sender(engine, configuration)
    with monkeypatch.context() as patched:
        patched.setattr(delivery, "note_delivered", away)
        with pytest.raises(OperationalError):
            await sender.send_due()
        await sender.close()
    assert len(receiver.requests) == 3
    await send_all()
    assert len(receiver.requests) == 6
    assert len(set(receiver.ids())) == 3
    assert await waiting(engine) == 0


ANSWERS = [
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n" + b"x" * 200_000,
    b"HTTP/1.0 200 OK\r\n\r\nok",
    b"HTTP/1.1 202 Accepted\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
]


@pytest.mark.parametrize("hangs_up", [False, True])
@pytest.mark.parametrize("answer", ANSWERS)
async def test_each_message_comes_once_whatever_a_receiver_does_with_its_connections(
    add_watch: Add, configuration: Configuration, monkeypatch: pytest.MonkeyPatch, answer: bytes, *, hangs_up: bool
) -> None:
    monkeypatch.setattr(webhook, "IDLE_SECONDS", PATIENCE_SECONDS)
    came: list[bytes] = []
    opened = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal opened
        opened += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
                await reader.readexactly(length)
                came.append(head)
                writer.write(answer)
                await writer.drain()
                if hangs_up or b"HTTP/1.0" in answer:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    watch = await add_watch("kassel", webhook_url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    webhooks = Webhooks(configuration)
    for _ in range(5):
        await webhooks.send(watch, spiked(watch), now())
        await asyncio.sleep(0)
    webhooks.close()
    server.close()
    assert len(came) == 5
    assert opened == (1 if answer in ANSWERS[:3] and not hangs_up else 5)


async def test_a_connection_that_is_not_used_again_is_ended(
    add_watch: Add, configuration: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "IDLE_SECONDS", 0.2)
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWERS[0])
        while await reader.read(65_536):
            pass
        ended.set()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    watch = await add_watch("kassel", webhook_url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    webhooks = Webhooks(configuration)
    await webhooks.send(watch, spiked(watch), now())
    assert await asyncio.wait_for(ended.wait(), PATIENCE_SECONDS)
    server.close()


PRIVATE = ["127.0.0.1", "10.1.2.3", "169.254.169.254", "192.168.0.1", "[::1]", "[::ffff:10.0.0.1]", "0.0.0.0", "2130706433", "localhost", "a.localhost", "0x7f.1"]  # fmt: skip


@pytest.mark.parametrize("host", PRIVATE)
def test_a_webhook_inside_a_private_network_is_refused_at_once(configuration: Configuration, host: str) -> None:
    strict = replace(configuration, allow_loopback=False)
    with pytest.raises(BadWatch, match="not a public address"):
        webhook.check_public(f"http://{host}/hook", strict)


@pytest.mark.parametrize(
    ("host", "is_allowed"),
    [("127.0.0.1", True), ("10.1.2.3", True), ("192.168.0.1", True), ("169.254.169.254", False), ("0.0.0.0", False)],
)
def test_private_networks_are_allowed_by_a_setting_but_not_a_clouds_own(
    configuration: Configuration, host: str, is_allowed: bool
) -> None:
    permissive = replace(configuration, allow_loopback=False, private_webhooks=True)
    if is_allowed:
        webhook.check_public(f"http://{host}/hook", permissive)
    else:
        with pytest.raises(BadWatch):
            webhook.check_public(f"http://{host}/hook", permissive)


async def test_a_name_that_leads_inside_is_not_dialled(
    add_watch: Add, receiver: Hook, configuration: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = receiver.url.rpartition(":")[2]
    watch = await add_watch("kassel", webhook_url=f"http://hooks.example:{port}/hook")
    asked: list[Any] = []

    def resolver(*addresses: str) -> Callable[..., Any]:
        def found(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
            asked.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses]

        return found

    notification = spiked(watch)
    monkeypatch.setattr(socket, "getaddrinfo", resolver("127.0.0.1", "10.0.0.1"))
    with pytest.raises(DeliveryFailed, match="not a public address"):
        await Webhooks(replace(configuration, allow_loopback=False)).send(watch, notification, now())
    assert asked == ["hooks.example"]
    assert receiver.requests == []
    webhooks = Webhooks(configuration)
    await webhooks.send(watch, notification, now())
    webhooks.close()
    assert receiver.requests[0][1]["host"] == f"hooks.example:{port}"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example/",
        "https://",
        "https://user:pa55@a.example/",
        "https://a.example/\r\nX: y",
        "https://a.example:0/",
        "https://a.example:99999/",
        "https://a.example/ü",
        "https://a.example/a b",
        "https://a.example/" + "x" * 2_000,
        "",
    ],
)
def test_what_is_no_address_of_a_webhook_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(BadWatch) as refused:
        check_webhook(url)
    assert "pa55" not in str(refused.value)


@pytest.mark.parametrize("answer", [b"", b"\0" * 100, b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 100_000, b"220 mail\r\n"])
async def test_a_receiver_that_speaks_no_http_is_a_failure(
    add_watch: Add, configuration: Configuration, answer: bytes
) -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    watch = await add_watch("kassel", webhook_url=f"http://127.0.0.1:{port}/")
    with pytest.raises(DeliveryFailed):
        await Webhooks(configuration).send(watch, spiked(watch), now())
    server.close()


def spiked(watch: Watch) -> Notification:
    return Notification(
        watch_id=watch.id,
        key="spike:now",
        type=NotificationType.SPIKE,
        at=now(),
        article_id=None,
        content={"spike": {"hour": "2026-11-29T10:00:00Z", "found": 12, "usual": 1.5}},
    )


@given(headline=st.text(max_size=300), name=st.text(min_size=1, max_size=80), path=st.text("abc", max_size=400))
def test_no_text_breaks_out_of_a_message(headline: str, name: str, path: str) -> None:
    watch = Watch(id=uuid4(), name=name, query={}, email=EMAIL, unsubscribe_token="t" * 43)
    try:
        watch.check()
    except BadWatch:
        return
    found = Notification(
        watch_id=watch.id,
        key="k",
        type=NotificationType.ARTICLE,
        at=now(),
        article_id=uuid4(),
        content={"article": {"headline": headline, "url": f"https://a.example/{path}", "summary": headline}},
    )
    delivery = Delivery(
        id=uuid4(), watch_id=watch.id, channel=Channel.EMAIL, notifications=(found.id,), created_at=now(), failures=0
    )
    settings = Configuration(home=Path(), smtp_from="news@b.example", public_url=f"https://b.example/{path}")
    message = compose(watch, [found], delivery, settings)
    sent = message.as_bytes()
    head, _, _ = sent.partition(b"\r\n\r\n")
    names = [line.split(b":")[0] for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert len(names) == len(set(names)) == 11
    assert f"<https://b.example/{path}/watches/unsubscribe/{'t' * 43}>".encode() in head
    assert sent == compose(watch, [found], delivery, settings).as_bytes()
    html = LexborHTMLParser(words(message, "html"))
    assert {each.tag for each in html.css("body *")} <= {"div", "p", "h2", "a", "bdi"}
    assert html.css_first("h2").text() == (one_line(printable(headline)).strip() or "No headline")
    assert {each.attributes["href"].split("/")[2] for each in html.css("a")} == {"a.example", "b.example"}


def test_a_message_is_read_by_people_in_any_direction_language_and_length() -> None:
    watch = Watch(id=uuid4(), name="Brücken", query={}, email=EMAIL, unsubscribe_token="t", timezone="Asia/Kolkata")

    def found(type: NotificationType, headline: str, **content: Any) -> Notification:
        article = {"headline": headline, "url": "https://a.example/x", "outlet_name": "الميناء", "in_language": "ar"}
        article |= {"date_published": "2026-11-29T20:00:00.000123Z", "summary": "فتح الجسر صباح الأحد."}
        known = {"watch_id": watch.id, "key": headline, "type": type, "article_id": uuid4()}
        at = datetime(2026, 11, 29, 22, tzinfo=UTC)
        return Notification(at=at, content={"article": article} | content, **known)

    listed = [{"kind": "number", "before": "5 <b>", "after": "7"}, {"kind": "added_text", "before": "", "after": "x"}]
    bridge, long = "الجسر القديم يفتح من جديد", ("Donaudampfschifffahrt & mehr " * 20).strip()
    three = [
        found(NotificationType.ARTICLE, bridge),
        found(NotificationType.CHANGE, long, version=2, edits={"stealth": True, "listed": listed}),
        found(NotificationType.WITHDRAWAL, bridge),
    ]
    settings = Configuration(home=Path(), smtp_from="news@b.example", public_url="https://b.example")

    def sent(*notifications: Notification) -> EmailMessage:
        ids = tuple(each.id for each in notifications)
        known = {"channel": Channel.EMAIL, "notifications": ids, "created_at": now(), "failures": 0}
        composed = compose(watch, notifications, Delivery(id=uuid4(), watch_id=watch.id, **known), settings).as_bytes()
        assert composed.isascii()
        assert max(map(len, composed.split(b"\r\n"))) <= 998  # RFC 5322
        message = message_from_bytes(composed, policy=policy.default)
        assert isinstance(message, EmailMessage)
        return message

    message = sent(*three)
    assert message["Subject"] == "Brücken: 1 new story, 1 change, 1 withdrawal"
    assert message.get_content_type() == "multipart/alternative"
    text, html = words(message), LexborHTMLParser(words(message, "html"))
    for said in (
        bridge,
        "الميناء · 30 November 2026, 01:30 IST",
        "seen 30 November 2026, 03:30 IST",
        "number: [-5 <b>-]{+7+}",
    ):
        assert said in text
    headlines = html.css("h2")
    assert [each.text() for each in headlines] == [bridge, long, bridge]
    assert {(each.attributes["dir"], each.attributes["lang"]) for each in headlines} == {("auto", "ar")}
    assert [each.text() for each in html.css("del")] == ["5 <b>"]
    assert [each.text() for each in html.css("ins")] == ["7", "x"]
    assert "Silent edit · الميناء" in html.text()
    assert text.count("The outlet does not disclose it.") == html.text().count("The outlet does not disclose it.") == 1
    for body in (text, html.text()):
        assert "2026-11-29T" not in body
    subject = sent(three[1])["Subject"]
    assert subject.startswith("Brücken: Silent edit: Donaudampfschifffahrt & mehr")
    assert len(subject) <= 201
    assert subject.endswith("mehr…")


async def test_what_happens_to_a_ledger_meanwhile_is_no_error(
    engine: AsyncEngine, add_watch: Add, match_all: Run, send_all: Run, receiver: Hook
) -> None:
    await add_watch("kassel")
    await happen(engine, 1)
    await match_all()
    async with engine.begin() as connection:
        await connection.execute(text("DELETE FROM articles"))
    await send_all()
    assert len(receiver.requests) == 1
    async with engine.connect() as connection:
        assert len(await all_watches(connection)) == 1
