"""The forms of watches: add one from a search, edit one."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from index.stored_query import restored, stored
from news.errors import BadQuery, BadWatch, EditConflict
from news.watch import Trigger, Watch, hours_in
from web import render
from web.article_bundle import parse_id
from web.auth import form_mark, refusal_of_form
from web.forms import form_of
from web.search_params import SearchParams
from web.state import state_of, zone_of
from web.watch_api import add_watch, edit_watch, masked_email, masked_url, state_of_watch
from web.watches import DONE, TRIGGERS, notes_on, page_of_watch, words_of

_FIELDS = ("name", "q", "email", "digest", "timezone", "webhook_url")
_BOUNDS = {"published_from": "from", "published_until": "until"}


async def new_watch(request: Request) -> Response:
    """Answer `GET /watches/new`: the form of a new watch, for the search in the address."""
    try:
        params = SearchParams.of(request.query_params.multi_items())
        params.query()
    except BadQuery as error:
        return _new_form(request, SearchParams(), {}, 400, mistake=str(error))
    return _new_form(request, params, {"name": params.text[:100]})


async def add(request: Request) -> Response:
    """Answer `POST /watches`: keep a watch, and lead to its page. A mistake gives the form again, as it was filled."""
    # the search stands in the address, as the form was given it
    params = SearchParams.of(request.query_params.multi_items())
    form = await form_of(request)
    if refusal := refusal_of_form(request, form.get("mark", ""), form.get("token", "")):
        return _new_form(request, params, form, 403, mistake=refusal)
    try:
        if "q" in form:
            params = SearchParams.of([*params.parameters(), ("q", form["q"])])
        watch = await add_watch(
            state_of(request),
            query=stored(params.query()),
            email=form.get("email", "").strip() or None,
            webhook_url=form.get("webhook_url", "").strip() or None,
            **_stated(form),
        )
    except (BadWatch, BadQuery) as error:
        return _new_form(request, params, form, 400, mistake=str(error))
    if watch.webhook_secret is None:
        return RedirectResponse(f"/watches/{watch.id}?done=add", status_code=303)
    return await _with_secret(request, watch, " ".join([DONE["add"], *await notes_on(request, watch.id)]))


def _new_form(
    request: Request, params: SearchParams, form: Mapping[str, str], status: int = 200, *, mistake: str = ""
) -> Response:
    return _form(
        request,
        form,
        status,
        title="Add a watch",
        action=params.href().replace("/", "/watches", 1),
        search=_words_of(params),
        search_href=params.href() if params.parameters() else "",
        chosen={each for each in Trigger if f"on_{each}" in form} if "mark" in form else {Trigger.ARTICLES},
        button="Add the watch",
        mistake=mistake,
    )


def _words_of(params: SearchParams) -> str:
    try:
        return words_of(stored(params.query()))
    except BadQuery:
        return params.text


async def edit_form(request: Request) -> Response:
    """Answer `GET /watches/{id}/edit`: the form of a watch, as it is."""
    id = parse_id(request.path_params["id"], "a watch's")
    watch = (await state_of_watch(state_of(request), id)).watch
    known = {"name": watch.name, "q": watch.query["text"], "timezone": watch.timezone}
    return _edit_form(request, watch, known | {"digest": ", ".join(map(str, watch.digest_hours))})


async def edit(request: Request) -> Response:
    """Answer `POST /watches/{id}/edit`: edit a watch, and show it. A mistake gives the form again, as it was filled."""
    state, form = state_of(request), await form_of(request)
    id = parse_id(request.path_params["id"], "a watch's")
    watch = (await state_of_watch(state, id)).watch
    if refusal := refusal_of_form(request, form.get("mark", ""), form.get("token", "")):
        return _edit_form(request, watch, form, 403, mistake=refusal)
    addresses = {name: form.get(name, "").strip() for name in ("email", "webhook_url")}
    try:
        if form.get("settings") != watch.mark:
            raise EditConflict("Somebody else edited this watch meanwhile.")
        made = await edit_watch(
            state,
            watch,
            query=_edited(watch, form),
            **{
                name: None if f"no_{name}" in form else value
                for name, value in addresses.items()
                if value or f"no_{name}" in form
            },
            **_stated(form),
        )
    except EditConflict:
        # read again: the conflict may have come in between
        now = (await state_of_watch(state, id)).watch
        mistake = "Somebody else edited this watch meanwhile. Nothing was saved, and all that you typed is below."
        return _edit_form(request, now, form, 409, mistake=mistake, is_conflict=True)
    except (BadWatch, BadQuery) as error:
        return _edit_form(request, watch, form, 400, mistake=str(error))
    notes = await notes_on(request, id) if "query" in made.changed else ()
    done = " ".join(["Edited.", *made.sentences(), *notes] if made.changed else made.sentences())
    if made.has_new_secret:
        return await _with_secret(request, made.watch, done)
    return await page_of_watch(request, id, done=done)


def _edited(watch: Watch, form: Mapping[str, str]) -> dict[str, Any]:
    """Return the search with the words of the form, and with those filters and dates that are still ticked."""
    query: dict[str, Any] = {"text": form.get("q", "").strip(), "filters": {}, "timezone": watch.query["timezone"]}
    for name, value in _kept(form):
        if name in _BOUNDS:
            query[name] = value
        else:
            query["filters"].setdefault(name, []).append(value)
    return stored(restored(query))


def _parts(watch: Watch) -> list[tuple[str, str]]:
    """Return a watch's filters and dates, each as its name and value."""
    filters = [(name, value) for name, values in watch.query["filters"].items() for value in values]
    return filters + [(name, watch.query[name]) for name in _BOUNDS if name in watch.query]


def _kept(form: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the filters and dates that are ticked in a form: each stands in its box's name."""
    pairs = (name.removeprefix("keep_").partition("=") for name in form if name.startswith("keep_"))
    return [(name, value) for name, _, value in pairs]


def _in_words(part: tuple[str, str]) -> str:
    name, value = part
    return f"{_BOUNDS.get(name, name)}: {value}"


def _differing(watch: Watch, form: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return what a filled form has otherwise than the watch: what it is called, how it is now, what was typed."""

    def receiver(name: str, masked: str | None) -> tuple[str, str]:
        typed = "" if f"no_{name}" in form else form.get(name, "").strip() or masked or ""
        return masked or "", typed

    reported = [words.partition(":")[0] for each, words in TRIGGERS.items() if f"on_{each}" in form]
    now_and_typed = {
        "Search for": (watch.query["text"], form.get("q", "").strip()),
        "Only": ("; ".join(map(_in_words, _parts(watch))), "; ".join(map(_in_words, _kept(form)))),
        "Name": (watch.name, form.get("name", "").strip()),
        "Report": (
            ", ".join(words.partition(":")[0] for each, words in TRIGGERS.items() if each in watch.triggers),
            ", ".join(reported),
        ),
        "E-mail to": receiver("email", masked_email(watch.email)),
        "gathered at the hours": (hours := ", ".join(map(str, watch.digest_hours)), form.get("digest", hours)),
        "of": (watch.timezone, form.get("timezone", watch.timezone)),
        "Webhook": receiver("webhook_url", masked_url(watch.webhook_url)),
    }
    return [(name, now, typed) for name, (now, typed) in now_and_typed.items() if now != typed]


def _edit_form(
    request: Request,
    watch: Watch,
    form: Mapping[str, str],
    status: int = 200,
    *,
    mistake: str = "",
    is_conflict: bool = False,
) -> Response:
    """Return the form as it was filled, else as the watch is; in a conflict, beside what the watch is meanwhile."""
    filled = "mark" in form
    parts = list(dict.fromkeys([*_parts(watch), *_kept(form)]))
    return _form(
        request,
        form,
        status,
        title=f"Edit {watch.name}",
        back=f"/watches/{watch.id}",
        action=f"/watches/{watch.id}/edit",
        # after a mistake it is still an edit of what was read; after a conflict its reader has seen what is now
        settings=form.get("settings") or watch.mark if mistake and not is_conflict else watch.mark,
        # one that was not in the form that was filled was not unticked there
        parts=[
            (token, _in_words(part), f"keep_{token}" in form or f"had_{token}" not in form)
            for part in parts
            for token in ["=".join(part)]
        ],
        differing=_differing(watch, form) if is_conflict else (),
        email=masked_email(watch.email) or "",
        webhook=masked_url(watch.webhook_url) or "",
        chosen={each for each in Trigger if f"on_{each}" in form} if filled else set(watch.triggers),
        button="Save",
        mistake=mistake,
    )


def _stated(form: Mapping[str, str]) -> dict[str, Any]:
    """Return what a form states of a watch beside its search and its addresses. Raises BadWatch."""
    hours = hours_in(form.get("digest", ""))
    if hours is None:
        raise BadWatch("The hours of a digest are numbers from 0 to 23, such as 7, 18.")
    return {
        "name": form.get("name", "").strip(),
        "triggers": tuple(each for each in Trigger if f"on_{each}" in form),
        # where no e-mail can be sent the form does not ask for these
        **({"digest_hours": () if "no_email" in form else hours} if "digest" in form else {}),
        **({"timezone": form["timezone"].strip() or "UTC"} if "timezone" in form else {}),
    }


def _form(request: Request, form: Mapping[str, str], status: int, *, chosen: set[Trigger], **more: Any) -> Response:
    state = state_of(request)
    known = {"search": "", "search_href": "", "back": "", "settings": "", "parts": [], "differing": ()}
    known |= {"email": "", "webhook": ""}
    return render.page(
        "watch_form.html",
        status,
        form={name: form.get(name, "") for name in _FIELDS},
        triggers=[(str(each), words, each in chosen) for each, words in TRIGGERS.items()],
        has_mail=bool(state.configuration and state.configuration.smtp_host),
        zone=zone_of(request),
        mark=form_mark(request),
        token=bool(state.token),
        **known | more,
    )


async def _with_secret(request: Request, watch: Watch, done: str) -> Response:
    """Return a watch's page with its webhook's secret: it is shown once, and stands in no address."""
    response = await page_of_watch(request, watch.id, done=done, secret=watch.webhook_secret or "")
    response.headers["Cache-Control"] = "no-store"
    return response
