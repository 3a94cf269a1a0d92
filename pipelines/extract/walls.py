"""Pages that answer 200 and are not what was asked for: bot walls, consent walls, error pages."""

import re
from urllib.parse import urlsplit

from news.digest import Refusal
from news.outcome import Outcome
from pipelines.extract.document import Document

#: a page with more text of its own than this is an article that speaks of walls
_SHORT = 1_200

_BOT = re.compile(
    r"just a moment|checking your browser|attention required|access denied|access to this page has been denied|"
    r"are you a (?:robot|human)|verify(?:ing)? (?:that )?you are (?:a )?human|pardon our interruption|captcha|"
    r"ddos protection|"
    r"please enable (?:js|javascript|cookies)|enable javascript and cookies|unusual traffic|"
    r"request unsuccessful|incapsula|"
    r"security check|bot detection|forbidden",
    re.IGNORECASE,
)
_CONSENT = re.compile(
    r"before you continue|we value your privacy|your privacy choices|wir benötigen ihre zustimmung|einwilligung|"
    r"mit werbung weiterlesen|votre consentement|tu privacidad|accept all cookies|cookie consent|consent required|"
    r"privacy settings|datenschutzeinstellungen|gdpr consent|"
    r"zustimmung erforderlich|la tua privacy|uw privacy|din integritet",
    re.IGNORECASE,
)
_CONSENT_HOST = re.compile(r"(?:^|\.)(?:consent|privacy|myprivacy|guce|cmp)\.")
_ERROR = re.compile(
    r"\b(?:404|410|403|500|502|503)\b.{0,30}(?:error|not found|fehler|page)|page (?:not found|cannot be found|"
    r"doesn.t exist)|"
    r"not found|seite nicht gefunden|page introuvable|página no encontrada|pagina non trovata|pagina niet gevonden|"
    r"sayfa bulunamadı|страница не найдена|ページが見つかりません|페이지를 찾을 수 없|页面不存在|الصفحة غير موجودة|"
    r"temporarily unavailable|internal server error|bad gateway|service unavailable|under maintenance",
    re.IGNORECASE,
)


def wall(document: Document, body: str, shown: str, *, dated: bool) -> Refusal | None:
    """Return why the page is a wall, or None.

    `body` is the text that was read as the article's, `shown` all text of the page, `dated` whether it says when it was
    published: walls have no date. Only a page of little text can be
    a wall: articles about captchas are long.
    """
    host = urlsplit(document.url).hostname or ""
    if _CONSENT_HOST.search(host) and len(body) < _SHORT:
        return Refusal(outcome=Outcome.WALL, reason=f"A consent page of {host} replaces the article.")
    stated = document.article.get("headline") or document.meta("og:type").lower() == "article"
    if (stated or dated) and len(body) > 150:
        return None
    if len(body) >= _SHORT:
        return None
    title = document.title[:300]
    head = f"{title}\n{' '.join((node.text() or '')[:200] for node in document.headings[:3])}"
    little = len(shown) < 3 * _SHORT
    if _BOT.search(head) or (little and _BOT.search(shown) and not document.article):
        return Refusal(outcome=Outcome.WALL, reason=f"A bot check replaces the article (“{title[:80]}”).")
    if _CONSENT.search(head) or (little and len(body) < 400 and _CONSENT.search(shown) and not document.article):
        return Refusal(outcome=Outcome.WALL, reason=f"A consent wall replaces the article (“{title[:80]}”).")
    if _ERROR.search(head):
        return Refusal(
            outcome=Outcome.WALL, reason=f"An error page was sent as if it were the article (“{title[:80]}”)."
        )
    return None
