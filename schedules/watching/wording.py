"""A notification in, its words for a reader out: a title, text, HTML."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from news.printable import one_line, printable
from news.watch import Notification, NotificationType, Watch
from schedules.watching.webhook import page_of

#: edits of a change that a message lists, and characters of each side
MOST_EDITS, MOST_CHARACTERS = 5, 200
_TITLES = {
    NotificationType.CHANGE: "Changed: ",
    NotificationType.WITHDRAWAL: "Withdrawn: ",
    NotificationType.RETURN: "Back again: ",
}
#: one and several of a type
_COUNTED = {
    NotificationType.ARTICLE: ("new story", "new stories"),
    NotificationType.CHANGE: ("change", "changes"),
    NotificationType.WITHDRAWAL: ("withdrawal", "withdrawals"),
    NotificationType.RETURN: ("return", "returns"),
    NotificationType.SPIKE: ("spike", "spikes"),
}
_SECRETLY = "The outlet does not disclose it."
_SMALL = "margin:.2em 0;font-size:.85em;opacity:.75"
_DEL, _INS = "background:#f6d5d2;color:#5c1510", "background:#d3ecd6;color:#0d4019;text-decoration:none"


def title_of(notification: Notification) -> str:
    """Return a notification in a few words."""
    return _mark(notification) + _headline(notification)


def _headline(notification: Notification) -> str:
    if notification.type is NotificationType.SPIKE:
        found = notification.content["spike"]
        return f"{found['found']} stories in an hour, {found['usual']:g} are usual"
    headline = notification.content["article"].get("headline") or ""
    return _clean(headline).strip() or "No headline"


def counted(notifications: Sequence[Notification]) -> str:
    """Return how many there are of each type, the most frequent first.

    >>> counted([])
    'nothing'
    """
    parts = Counter(each.type for each in notifications).most_common()
    return ", ".join(f"{count} {_COUNTED[type][count != 1]}" for type, count in parts) or "nothing"


def edits_of(notification: Notification) -> list[str]:
    """Return a change's edits, a line each, as `number: [-5-]{+7+}`."""
    lines = [_SECRETLY] if _is_silent(notification) else []
    for kind, before, after in _edits(notification):
        words = (f"[-{before}-]" if before else "") + (f"{{+{after}+}}" if after else "")
        lines.append(f"{kind}: {words}")
    return lines


def text_of(watch: Watch, notification: Notification, public_url: str) -> str:
    """Return a notification as lines of text, its two addresses last."""
    article = _article(notification)
    lines = [title_of(notification), about(watch, notification), *edits_of(notification), _summary(notification)]
    lines += [public_url + page_of(watch, notification), article.get("url", "")]
    return "\n".join(_clean(line) for line in lines if line)


def html_of(watch: Watch, notification: Notification, public_url: str) -> str:
    """Return a notification as HTML, in the direction and the language of its headline."""
    article = _article(notification)
    language = article.get("in_language") or "und"
    kicker = " · ".join(filter(None, [_mark(notification).removesuffix(": "), about(watch, notification)]))
    lines = [f'<p style="{_SMALL}">{_html(kicker)}</p>']
    headline = _html(_headline(notification))
    tag = "" if language == "und" else f' lang="{escape(language)}"'
    page = escape(public_url + page_of(watch, notification))
    lines.append(
        f'<h2 style="margin:0;font-size:1.2em;line-height:1.25" dir="auto"{tag}><a href="{page}">{headline}</a></h2>'
    )
    if _is_silent(notification):
        lines.append(f'<p style="margin:.3em 0"><strong>{_SECRETLY}</strong></p>')
    for kind, before, after in _edits(notification):
        removed = f'<del style="{_DEL}">{_html(before)}</del> ' if before else ""
        added = f'<ins style="{_INS}">{_html(after)}</ins>' if after else ""
        lines.append(f'<p style="margin:.3em 0"{tag}>{_html(kind)}: <bdi>{removed}{added}</bdi></p>')
    if summary := _summary(notification):
        lines.append(f'<p style="margin:.3em 0" dir="auto"{tag}>{_html(summary)}</p>')
    if (url := article.get("url", "")).startswith(("http://", "https://")):
        outlet = article.get("outlet_name") or article.get("outlet") or "the outlet"
        lines.append(
            f'<p style="{_SMALL}"><a href="{escape(_clean(url))}">Read it at <bdi>{_html(outlet)}</bdi></a></p>'
        )
    return '<div style="margin:0 0 1.6em">\n' + "\n".join(lines) + "\n</div>"


def about(watch: Watch, notification: Notification) -> str:
    """Return in a line whose an article is and when it was published, or when what happened was seen."""
    article = _article(notification)
    outlet = article.get("outlet_name") or article.get("outlet") or ""
    published = _in_words(article.get("date_published"), watch.timezone)
    if notification.type is NotificationType.ARTICLE:
        at = published or f"first seen {_in_words(article.get('first_seen_at'), watch.timezone)}"
    else:
        at = f"seen {_in_words(notification.at.isoformat(), watch.timezone)}"
    return " · ".join(filter(None, [outlet, at]))


def _in_words(stated: Any, zone: str) -> str:
    """Return a day or an instant in words; "" for none, and what nobody can read as it is."""
    text = str(stated or "")
    try:
        at: date = date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
        if isinstance(at, datetime):
            at = (at if at.utcoffset() is not None else at.replace(tzinfo=UTC)).astimezone(ZoneInfo(zone))
            return f"{at.day} {at:%B %Y, %H:%M} {at.tzname()}"
    except (ValueError, OverflowError):
        return text
    return f"{at.day} {at:%B %Y}"


def _article(notification: Notification) -> Mapping[str, Any]:
    return notification.content.get("article") or {}


def _summary(notification: Notification) -> str:
    return str(_article(notification).get("summary") or "") if notification.type is NotificationType.ARTICLE else ""


def _mark(notification: Notification) -> str:
    return "Silent edit: " if _is_silent(notification) else _TITLES.get(notification.type, "")


def _is_silent(notification: Notification) -> bool:
    return bool((notification.content.get("edits") or {}).get("stealth"))


def _edits(notification: Notification) -> list[tuple[str, str, str]]:
    """Return the first edits of a change: kind, what was there, what is there now."""
    listed = (notification.content.get("edits") or {}).get("listed", ())[:MOST_EDITS]
    return [
        (str(each["kind"]).replace("_", " "), cut(one_line(each["before"])), cut(one_line(each["after"])))
        for each in listed
    ]


def cut(text: str, most: int = MOST_CHARACTERS) -> str:
    """Return at most so many characters of a text, cut behind a word.

    >>> cut("The bridge is closed", 12), cut("The bridge", 12)
    ('The bridge…', 'The bridge')
    """
    return text if len(text) <= most else f"{text[:most].rpartition(' ')[0] or text[:most]}…"


def _clean(line: str) -> str:
    """Return a stranger's text without what would command a terminal."""
    return one_line(printable(line))


def _html(text: str) -> str:
    return escape(_clean(text), quote=False)
