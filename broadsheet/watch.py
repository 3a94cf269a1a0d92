"""`watch add|list|show|test|edit|pause|resume|mute|remove`: searches with a name, and what they report."""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from broadsheet.console import fail, out, plain_words, print_json, print_table, run
from broadsheet.logs import quiet_logs
from broadsheet.search import TIMES, SearchCommand, bound_of, filters_of, text_of
from broadsheet.stores import ledger_and_index, with_ledger

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.watch_settings import WatchEdit
    from ledger.watches import WatchState
    from news.watch import Notification, Trigger, Watch

HELP = """Watches: searches with a name that report what is new, changed, withdrawn or suddenly frequent.

A watch reports by webhook, by e-mail and in a feed (/feeds/watches/ID.atom): a story once, however many outlets copy
it. The daemon (`broadsheet up` or `broadsheet worker`) sends; what cannot be sent now is sent later.

Begin: broadsheet watch add Kassel kassel --email you@example.org, then broadsheet watch test Kassel.
"""
app = typer.Typer(help=HELP, no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The watch's name or id.")]

_ON = (
    "What to report, separated by commas: articles (new stories), changes (every edit), corrections, silent (edits of "
    "substance without a notice), withdrawals, spikes (many more stories in an hour than usual)."
)
#: hours that a trial looks back
_TRIAL_HOURS = 24


@app.command(cls=SearchCommand)
def add(
    name: Annotated[str, typer.Argument(help="A name of your own, such as Kassel.")],
    query: Annotated[
        list[str] | None,
        typer.Argument(help='What to search for, as in `broadsheet search`: words, "phrases", a OR b, field:value.'),
    ] = None,
    outlet: Annotated[list[str] | None, typer.Option(help="Only this outlet; may be given several times.")] = None,
    language: Annotated[list[str] | None, typer.Option(help="Only this language, such as en.")] = None,
    country: Annotated[list[str] | None, typer.Option(help="Only outlets of this country, such as de.")] = None,
    where: Annotated[list[str] | None, typer.Option(help="Filter by facet: FACET=VALUE, such as places=Iraq.")] = None,
    on: Annotated[str, typer.Option(help=_ON)] = "articles",
    email: Annotated[str | None, typer.Option(help="Send e-mail to this address; needs BROADSHEET_SMTP_HOST.")] = None,
    digest: Annotated[
        str, typer.Option(metavar="HOURS", help="Gather e-mails, and send them at these hours, such as 7,18.")
    ] = "",
    timezone: Annotated[str, typer.Option(help="IANA time zone of those hours.")] = "UTC",
    webhook: Annotated[
        str | None, typer.Option(metavar="URL", help="POST to this address, signed as Standard Webhooks has it.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Add a watch. What happens from now on is reported.

    Examples:

    broadsheet watch add Kassel kassel --email you@example.org

    broadsheet watch add "Silent edits" --outlet tagesschau --on silent,withdrawals --webhook https://example.org/hook

    broadsheet watch add Iraq --where places=Iraq --email you@example.org --digest 7,18 --timezone Europe/Berlin
    """
    from index.query import Query
    from index.stored_query import stored

    quiet_logs()
    filters = filters_of(outlet, language, country, where)
    fields = {
        "name": name,
        "query": stored(Query(text=text_of(query), filters=filters)),
        "triggers": _triggers(on),
        "email": email,
        "digest_hours": _hours(digest),
        "timezone": timezone,
        "webhook_url": webhook,
    }
    watch, notes = run(_add(fields))
    if as_json:
        print_json(watch.as_json(secrets=True) | {"notes": notes})
        return
    out.print(f"Added the watch {watch.name}. It reports what happens from now on.")
    if watch.webhook_secret:
        out.print(f"The webhook's secret, by which it verifies signatures: {watch.webhook_secret}")
    if not watch.channels:
        out.print(
            f"It has neither e-mail nor webhook: follow its feed, /feeds/watches/{watch.id}.atom on the search page."
        )
    for note in notes:
        out.print(note)
    out.print(f'What it would have reported since yesterday: broadsheet watch test "{watch.name}"')


async def _add(fields: dict[str, Any]) -> "tuple[Watch, tuple[str, ...]]":
    from news.configuration import read
    from schedules.watching.create import create, not_yet_found

    async with ledger_and_index() as (engine, index):
        watch = await create(engine, index, read(), **fields)
        return watch, await not_yet_found(index, watch)


@app.command(cls=SearchCommand)
def edit(
    name: Name,
    query: Annotated[
        list[str] | None, typer.Argument(help='Words to search for instead; "" for none. Without any they stay.')
    ] = None,
    rename: Annotated[str | None, typer.Option(metavar="NAME", help="A new name.")] = None,
    outlet: Annotated[list[str] | None, typer.Option(help="Only this outlet; may be given several times.")] = None,
    language: Annotated[list[str] | None, typer.Option(help="Only this language, such as en.")] = None,
    country: Annotated[list[str] | None, typer.Option(help="Only outlets of this country, such as de.")] = None,
    where: Annotated[list[str] | None, typer.Option(help="Filter by facet: FACET=VALUE, such as places=Iraq.")] = None,
    no_filters: Annotated[
        bool, typer.Option("--no-filters", help="Without the filters that it has, and its range of dates.")
    ] = False,
    on: Annotated[str | None, typer.Option(help=_ON)] = None,
    email: Annotated[str | None, typer.Option(help="Send e-mail to this address.")] = None,
    no_email: Annotated[bool, typer.Option("--no-email", help="Send no e-mail.")] = False,
    digest: Annotated[
        str | None, typer.Option(metavar="HOURS", help='Send e-mails at these hours, such as 7,18; "": each at once.')
    ] = None,
    timezone: Annotated[str | None, typer.Option(help="IANA time zone of those hours.")] = None,
    webhook: Annotated[str | None, typer.Option(metavar="URL", help="POST to this address, by a new secret.")] = None,
    no_webhook: Annotated[bool, typer.Option("--no-webhook", help="POST nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Edit a watch: what is given replaces what it has, and all else stays. A filter replaces that of the same facet.

    What already waits to be sent goes to the new address; what waits for an address that is taken away is not sent.

    Examples:

    broadsheet watch edit Kassel "kassel -film" --country de

    broadsheet watch edit Kassel --digest 7,18 --timezone Europe/Berlin
    """
    from index.query import Query
    from index.stored_query import restored, stored

    quiet_logs()
    if (email and no_email) or (webhook and no_webhook):
        fail("An address is given and taken away at once. Use one of both options.")
    filters = filters_of(outlet, language, country, where)

    def fields_of(old: "Watch") -> dict[str, Any]:
        given: dict[str, Any] = {"name": rename, "timezone": timezone, "email": email, "webhook_url": webhook}
        given |= {"triggers": None if on is None else _triggers(on)}
        given |= {"digest_hours": None if digest is None else _hours(digest)}
        known = {field: value for field, value in given.items() if value is not None}
        known |= {field: None for field, gone in (("email", no_email), ("webhook_url", no_webhook)) if gone}
        if query is not None or filters or no_filters:
            before = restored(old.query)
            text = before.text if query is None else text_of(query)
            before = Query() if no_filters else before
            merged = {**before.filters, **Query(filters=filters).filters}
            known["query"] = stored(replace(before, text=text, filters=merged, languages=()))
        return known

    made, notes = run(_edit(name, fields_of))
    if as_json:
        told = {"changed": made.changed, "unsent": made.unsent, "notes": notes}
        print_json(made.watch.as_json(secrets=made.has_new_secret) | told)
        return
    watch = made.watch
    sent_to = _sent_to(watch) if watch.channels else "its feed"
    out.print(f"The watch {watch.name} searches for {watch.words() or 'every article'} and reports to {sent_to}.")
    for sentence in [*made.sentences(), *notes]:
        out.print(sentence)
    if made.has_new_secret:
        out.print(f"The webhook's new secret, by which it verifies signatures: {watch.webhook_secret}")


async def _edit(name: str, fields_of: "Callable[[Watch], dict[str, Any]]") -> "tuple[WatchEdit, tuple[str, ...]]":
    from ledger.watches import watch_of
    from news.configuration import read
    from schedules.watching.create import edit, not_yet_found

    async with ledger_and_index() as (engine, index):
        async with engine.connect() as connection:
            watch = await watch_of(connection, name)
        made = await edit(engine, index, read(), watch, **fields_of(watch))
        return made, await not_yet_found(index, made.watch) if "query" in made.changed else ()


def _triggers(on: str) -> "tuple[Trigger, ...]":
    from news.watch import Trigger

    known = {str(each): each for each in Trigger}
    stated = [each.strip() for each in on.split(",") if each.strip()]
    for each in stated:
        if each not in known:
            fail(f"--on takes one or more of {', '.join(known)}, not '{each}'.")
    return tuple(dict.fromkeys(known[each] for each in stated))


def _hours(digest: str) -> tuple[int, ...]:
    from news.watch import hours_in

    hours = hours_in(digest)
    if hours is None:
        fail(f"--digest takes hours from 0 to 23, such as 7,18, not '{digest}'.")
    return hours


@app.command("list")
def list_watches(as_json: Json = False) -> None:
    """List the watches: what they search for and report, and what waits to be sent."""
    from ledger.watches import states

    quiet_logs()
    found = run(with_ledger(states))
    if as_json:
        print_json([_plain(each) for each in found])
        return
    if not found:
        out.print("There is no watch yet. `broadsheet watch add --help` shows how to add one.")
        return
    rows = [
        (each.watch.name, each.watch.words(), ", ".join(each.watch.triggers), _sent_to(each.watch), _how(each))
        for each in found
    ]
    print_table(("name", "search", "reports", "to", "state"), rows)


@app.command()
def show(name: Name, as_json: Json = False) -> None:
    """Show a watch with its latest notifications."""
    from ledger.watches import reported, states, watch_of

    quiet_logs()

    async def asked(connection: Any) -> "tuple[WatchState, list[Notification]]":
        watch = await watch_of(connection, name)
        return (await states(connection, [watch.id]))[0], await reported(connection, watch.id, 20)

    state, notifications = run(with_ledger(asked))
    if as_json:
        print_json(_plain(state) | {"notifications": [each.as_json() for each in notifications]})
        return
    for field, value in _plain(state).items():
        shown = state.watch.words() if field == "query" else plain_words(value)
        out.print(f"{field:<17} {shown}")
    _print(notifications)


@app.command("test")
def try_out(
    name: Name,
    hours: Annotated[
        int | None, typer.Option(min=1, max=24 * 31, help="Look back so many hours; 24 unless --since is given.")
    ] = None,
    since: Annotated[str | None, typer.Option(help=f"Look back to then: {TIMES}.")] = None,
    as_json: Json = False,
) -> None:
    """Show what a watch would have reported since yesterday. Nothing is sent or written. Spikes are not tested."""
    from ledger.watches import watch_of
    from news.clock import now
    from schedules.watching.matching import trial

    quiet_logs()
    begin = bound_of(since, "--since")

    async def tried() -> "list[Notification]":
        async with ledger_and_index() as (engine, index):
            async with engine.connect() as connection:
                watch = await watch_of(connection, name)
            at = now()
            return await trial(engine, index, watch, begin or at - timedelta(hours=hours or _TRIAL_HOURS), at)

    found = run(tried())
    if as_json:
        print_json([each.as_json() for each in found])
        return
    _print(found)
    out.print(f"{len(found)} notification{'s' if len(found) != 1 else ''} would have been sent.")


@app.command()
def pause(name: Name, as_json: Json = False) -> None:
    """Pause a watch: it sends nothing until it is resumed. What happens meanwhile is not reported, then or later."""
    from ledger.watches import pause

    _change(name, pause, "Paused {name}.", as_json=as_json)


@app.command()
def resume(name: Name, as_json: Json = False) -> None:
    """Resume a watch, unmute it, and try again now what could not be sent."""
    from ledger.watches import resume

    _change(name, resume, "Resumed {name}. It reports what happens from now on.", as_json=as_json)


@app.command()
def mute(
    name: Name,
    hours: Annotated[int, typer.Option(min=1, max=24 * 366, help="For so many hours.")] = 24,
    as_json: Json = False,
) -> None:
    """Mute a watch for a time: what it finds until then is never sent. It ends by itself; `resume` ends it at once."""
    from ledger import watches
    from news.clock import now

    until = now() + timedelta(hours=hours)

    async def muted(connection: Any, id: Any) -> None:
        await watches.mute(connection, id, until)

    _change(name, muted, f"Muted {{name}} until {until:%Y-%m-%d %H:%M} UTC.", as_json=as_json)


@app.command()
def remove(name: Name, as_json: Json = False) -> None:
    """Remove a watch, with what it still has to send."""
    from ledger.watches import remove

    _change(name, remove, "Removed {name}.", as_json=as_json)


def _change(name: str, change: Any, sentence: str, *, as_json: bool) -> None:
    from ledger.watches import watch_of

    quiet_logs()

    async def changed(connection: Any) -> "Watch":
        watch = await watch_of(connection, name)
        await change(connection, watch.id)
        return watch

    watch = run(with_ledger(changed))
    if as_json:
        print_json({"id": str(watch.id), "name": watch.name})
    else:
        out.print(sentence.format(name=watch.name))


def _sent_to(watch: "Watch") -> str:
    hours = ",".join(map(str, watch.digest_hours))
    digest = f" at {hours} h {watch.timezone}" if hours else ""
    return ", ".join(filter(None, [watch.email and watch.email + digest, watch.webhook_url])) or "feed"


def _how(state: "WatchState") -> str:
    from news.clock import now

    watch = state.watch
    parts = ["paused"] if watch.paused else []
    parts += [f"muted until {watch.muted_until:%Y-%m-%d %H:%M}Z"] if watch.muted_until and watch.is_muted(now()) else []
    parts += ["e-mails ended by their reader"] if watch.unsubscribed_at else []
    parts += [watch.problem] if watch.problem else []
    parts += [f"{state.pending} pending"] if state.pending else []
    parts += [f"{state.given_up} given up (resume tries again)"] if state.given_up else []
    parts += [f"{channel}: {reason}" for channel, reason in state.failing.items()]
    return "; ".join(parts)


def _plain(state: "WatchState") -> dict[str, Any]:
    return state.watch.as_json() | {
        "pending": state.pending,
        "given_up": state.given_up,
        "last_found_at": state.last_found_at,
        "failing": dict(state.failing),
    }


def _print(notifications: "list[Notification]") -> None:
    from rich.text import Text

    from schedules.watching.wording import edits_of, title_of

    for each in notifications:
        article = each.content.get("article") or {}
        out.print(Text(title_of(each), style="bold"))
        out.print(
            Text(" · ".join(filter(None, [f"{each.at:%Y-%m-%d %H:%M} UTC", article.get("outlet_name")])), style="dim")
        )
        for line in edits_of(each):
            out.print(f"  {line}")
        if article:
            out.print(Text(article["url"], style="blue"))
        out.print()
