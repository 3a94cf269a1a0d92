"""What an element's own name says of it, before any of its text is read: page furniture, or not."""

import re
from collections.abc import Mapping
from functools import lru_cache

#: words of a class or id that name something beside the article
_WORDS = frozenset(
    "related relatedlinks promo promos promotion promobox newsletter newsletters newslettersignup share "
    "sharing sharebar "
    "sharetools sharedaddy social socials sociallinks socialshare addtoany comment comments disqus respond caption "
    "captions imagecaption wpcaption byline bylines breadcrumb breadcrumbs tags taglist taboola outbrain "
    "advert adverts "
    "advertisement advertising ad ads adv adslot adunit adbox dfp sponsor sponsored sponsors "
    "cookie cookies consent "
    "subscribe subscription signup signin login recommend recommended recommendation "
    "recommendations recirc trending "
    "popular mostread mostpopular readmore readnext readalso seealso sidebar rail widget widgets footer nav navbar "
    "navigation menu toolbar copyright credit credits timestamp datetime pubdate postdate publishdate modal "
    "popup overlay "
    "carousel slider slideshow player jwplayer poll quiz bio authorbio authorbox feedback donate donation "
    "donations paywall piano offscreen screenreader sronly visuallyhidden visually-hidden hide "
    "hidden teaser teasers "
    "teaserlist morefrom morestories moreon upnext cta callout inlinead mpu billboard leaderboard toc tooltip "
    "skiplink print printonly appbanner appdownload download follow followus whatsapp telegram facebook "
    "pagination pager prevnext postnav masthead topbar copy-link copylink ticker onetrust gdpr "
    "ccpa infobox factbox recirc postrecirc "
    "jobs horoscope weather rating ratings".split()
)
#: neighbouring words that mean nothing alone
_PAIRS = frozenset(
    "read-more read-also read-next see-also most-read most-popular most-viewed more-from more-stories "
    "more-on more-news "
    "up-next next-up sign-up log-in skip-link screen-reader sr-only visually-hidden author-bio "
    "author-box author-info "
    "author-card author-name author-details about-author article-author article-meta article-date "
    "article-info article-tags article-header "
    "post-meta post-date post-author post-tags entry-meta entry-footer entry-header meta-info story-meta "
    "news-date date-time time-stamp "
    "publish-date published-date pub-date image-credit photo-credit img-caption image-caption "
    "wp-caption media-caption "
    "fig-caption picture-caption "
    "related-articles related-posts related-links related-content link-list link-box latest-news top-stories "
    "also-read also-like you-may might-like around-web from-web story-card news-card article-card "
    "follow-us app-banner download-app get-app external-embed instagram-media "
    "fb-post tiktok-embed info-box embed-placeholder oembed-placeholder ad-placeholder end-note "
    "article-footer story-footer reader-comments editors-picks editor-picks "
    "in-brief key-facts fact-box".split()
)
#: names of parts of a byline, which may stand inside of a line
SIGNED = frozenset("byline bylines author-name author-details author-info article-author post-author timestamp".split())
_SPLIT = re.compile(r"[^a-z0-9]+")
_ROLES = frozenset(
    "navigation banner contentinfo complementary search dialog alert menu menubar toolbar tooltip".split()
)
#: what a part of a table is called says what it shows ("player", "rating"), not that it is furniture
_TABLE = frozenset("tr td th tbody thead".split())
#: a paragraph of this class stands behind the paywall, a box of it is the notice
_LINES = frozenset("p h2 h3 h4 li ul ol blockquote".split())
_TAGS = frozenset("nav footer aside figcaption address".split())
#: a label that names the article's own text is not furniture for another word that stands in it
_PROSE = re.compile(
    r"article[-_]?_*(?:body|content|text)|story[-_]?_*(?:body|content|text)|post[-_]?_*(?:body|content)|"
    r"entry[-_]?content|"
    r"body[-_]?(?:text|copy|content)|content[-_]?body|main[-_]?content"
)


_BEFORE_LAYOUT = frozenset("has with no without is not js page a".split())
_AFTER_LAYOUT = frozenset(
    "grid layout page none off disabled enabled open visible left right content main body".split()
)


def furniture(tag: str, label: str, attributes: Mapping[str, str | None]) -> str:
    """Return the word that marks an element as furniture, or an empty text.

    `label` is its class and id in lower case.

    >>> furniture("div", "c-related-links", {}), furniture("div", "article-body", {})
    ('related', '')
    """
    if tag in _TAGS:
        return tag
    if (role := attributes.get("role")) and role in _ROLES:
        return role
    word = _named(label) if len(label) > 1 and tag not in _TABLE else ""
    return "" if word == "paywall" and tag in _LINES else word


@lru_cache(8192)
def _named(label: str) -> str:
    if _PROSE.search(label):
        return ""
    for name in label.split():
        words = [word for word in _SPLIT.split(name) if word]
        for at, word in enumerate(words):
            if word in _WORDS and not _layout(words, at):
                return word
            if at and f"{words[at - 1]}-{word}" in _PAIRS:
                return f"{words[at - 1]}-{word}"
    return ""


def _layout(words: list[str], at: int) -> bool:
    """Tell whether the word only says how a page is laid out: "has-sidebar", "sidebar-grid"."""
    return (at > 0 and words[at - 1] in _BEFORE_LAYOUT) or (at + 1 < len(words) and words[at + 1] in _AFTER_LAYOUT)
