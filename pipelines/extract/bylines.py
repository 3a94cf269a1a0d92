"""Lines of names: what stands between headline and text, and the single, cleaned names in it."""

import html
import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import pairwise

from pipelines.extract.block_segmentation import Block, Outline
from pipelines.extract.comparison import letters, plain
from pipelines.extract.headline import Headlines
from pipelines.extract.human_dates import is_of_date
from pipelines.extract.language_rules import any_of, whole_words

#: news agencies and what outlets call their own desks: they sign, but they are no people
_AGENCIES = frozenset(
    "ap associatedpress theassociatedpress reuters thomsonreuters afp agencefrancepresse dpa "
    "deutschepresseagentur upi pti ani ians uni tass тасс ria riановости рианoвости interfax интерфакс "
    "xinhua 新华社 efe agenciaefe europapress ansa adnkronos lusa anp belga apa sda keystonesda keystone "
    "ntb tt ritzau stt kyodo kyodonews 共同通信 時事通信 jiji yonhap 연합뉴스 뉴시스 뉴스1 anadoluajansı "
    "anadoluagency aa dha iha antara bernama vna ttxvn bloomberg bloombergnews pa pamedia "
    "pressassociation aap canadianpress thecanadianpress cp unitednewsofindia irna isna mehr fars nan "
    "prnewswire businesswire globenewswire sid epd kna ots afptv cnnwire propublica "
    "pap ctk čtk mti agerpres hina tanjug ukrinform belta bta tasr elta leta wafa kuna".split()
)
_DESK = re.compile(
    rf"{whole_words('desks')}|記者$|\.(?:com|de|net|org|co|tv|is|it|fr|at|ch|tr|uk|se|no|dk|nl|pl|cz)\b", re.IGNORECASE
)
_BY = re.compile(
    r"^(?:view all posts by|posts by|articles by|more (?:by|from)|about)\s+(?=\S)|"
    rf"^(?:{any_of('before_by')}\s+)?{any_of('by')}(?:\s*[:：・／/＝]\s*|\s+)(?=\S)",
    re.IGNORECASE,
)
#: "and" is small, or in a line of capitals large: "Dan" is a name, "dan" is Indonesian
_SPLIT = re.compile(
    r"\s*(?:;|\||\n|/|،|、|•|·|\s+&\s+|"
    r"\s+(?:and|und|et|y|e|en|og|och|i|a|и|та|ve|dan|və|και|AND|UND|ET|OG|OCH|VE)\s+|"
    rf"\s+(?i:{any_of('interviews')})\s+)\s*"
)
_INTERVIEWS = re.compile(rf"\s+{any_of('interviews')}\s+", re.IGNORECASE)
#: who helped, or whose report was used: "Par Anne Leroy avec AFP"
_WITH = re.compile(r"\s+(?:with|avec|mit|con|com|met|med)\s+", re.IGNORECASE)
_COMMA = re.compile(r"\s*[,，]\s*")
_ROLE = re.compile(whole_words("roles"), re.IGNORECASE)
#: "our political correspondent Jane Doe"; "Jane Doe Staff Writer"
_ROLE_BEFORE = re.compile(rf"(?:[^\W\d]+\s+){{0,3}}?(?:{whole_words('roles')})\s+(?=\S)", re.IGNORECASE)
_ROLES_BEHIND = re.compile(rf"(?:\s+(?:{whole_words('roles')})){{2,}}$", re.IGNORECASE)
_MAIL = re.compile(r"\s\S*\w@\w\S*\.\w+")
_CREDENTIALS = re.compile(
    r"(?<=\w\w)(?:,?\s+(?:MD|PhD|Ph\.D\.?|M\.D\.?|MS|MPH|RD|RDN|LD|LDN|CDN|RN|JD|MBA|MSc|BSc|CPA|CFP|Esq\.?))+$"
)
_SUFFIX = re.compile(
    r"^(?:jr|sr|ii|iii|iv|md|m\.d|phd|ph\.d|rd|rdn|esq|mph|cpa|mba|ms|ma|rn|do|dds|ld|ldn|cdn|jd|"
    r"cfp|np|pa-c|cns|msc|bsc)\.?$",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"\s*(?:[(\[（].*$|\s[-–—|]\s.*$|\s+(?:for|in|at|aus|from|@)\s+.*$|@\S+.*$|\b\d{1,2}[./:-]\d.*$|<.*$|"
    rf"{any_of('published')}\b.*$)",
    re.IGNORECASE,
)
_NO_PERSON = re.compile(whole_words("not_names"), re.IGNORECASE)
_CONTRIBUTED = re.compile(rf"(?:^|[\s,])(?:{any_of('contributors')})(?!\w)\s*:?", re.IGNORECASE)
#: "John Roe (photography)"
_CONTRIBUTOR = re.compile(rf"\(\s*{any_of('contributors')}[^()]*\)", re.IGNORECASE)
#: "Story and photos by": who did both is the author
_BOTH = re.compile(rf"(?:by\s+)?{any_of('before_by')}(?:\s*(?:[,&+]|and|und|et|y|e))*", re.IGNORECASE)
#: a word of a name, in Latin letters
_WORD = re.compile(r"[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ'’]+(?:-[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ]+)?")
#: what somebody is called by a system: "jdoe_12", "jane.someone"
_ACCOUNT = re.compile(r"[a-z0-9._-]*[\d_][a-z0-9._-]*|[a-z]+\.[a-z]{4,}")
#: the place of an article, not who wrote it: "in News", "by"
_PLACED = re.compile(r"(?:in|on|at|under|from)\s+[A-Z]|.*\s(?:by|von|par|por)$")
#: beside letters and their marks
_IN_NAMES = ".'’-‘` \u200c"
#: words that begin with a capital in a headline, never in a name
_SENTENCE = re.compile(r"\b(?:The|And|With|For|From|On|In|At|To|Of|Is|Are)\b")
_SMALL = re.compile(r"^(?:de|da|do|dos|du|del|della|di|van|von|der|den|ter|la|le|el|al|bin|ibn|ben|y|e|af|av|zu|zur)$")
_KOREAN_BYLINE = re.compile(r"^[가-힣]{2,4}\s?(?:[가-힣]{0,3}기자|특파원|논설위원)")
_KOREAN_ROLE = re.compile(r"(?<=[가-힣]{2})\s*(?:기자|특파원|논설위원|선임기자|인턴기자|객원기자|위원|앵커).*$")
_JAPANESE_ROLE = re.compile(r"(?<=[\u4e00-\u9fff])\s*(?:記者|编辑|記者団)$")
_LINK = re.compile(r"https?:|www\.|facebook\.com|twitter\.com|/|@\w+\.\w+", re.IGNORECASE)
_NOT_NAME = re.compile(
    r"^[^(]*\)|"
    r"^\W*$|\d{3,}|^(?:unknown|anonymous|admin|administrator|null|none|undefined|no author|author|by|guest|user|n/?a|"
    r"default|various)$",
    re.IGNORECASE,
)
_DENSE_WORDS = re.compile("公開|更新|配信|新聞|編集|記者|取材|日時|会員|登録|新闻|编辑|来源|기자|뉴스|입력|수정|신문")
_DENSE = re.compile("[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")


def names(values: Iterable[str], whole: Collection[str] = ()) -> list[str]:
    """Return the single, cleaned names in the values, each once, in order.

    `whole` holds folded names that are one though they have an "and": the outlet's, and organisations'. Who
    photographed, styled or edited is no author.

    >>> names(["By JANE DOE and John Roe, Senior Editor", "https://facebook.com/x"])
    ['Jane Doe', 'John Roe']
    """
    found: dict[str, str] = {}
    for value in values:
        text = plain(value)[:2_000]
        for name in [text.strip()] if letters(text) in whole else _single(text):
            if key := letters(name):
                found.setdefault(key, name)
    return list(found.values())[:100]


def _single(value: str) -> Iterable[str]:
    value = _MAIL.sub("", _BY.sub("", value.strip()))
    if _LINK.search(value) and " " not in value and not _DENSE.search(value) and value.count("/") != 1:
        return  # a profile's address
    for part in _parts(value):
        pieces = _COMMA.split(part.strip())
        if len(pieces) > 1 and (_DESK.search(pieces[0]) or is_news_agency(pieces[0])):
            pieces = pieces[:1]  # "example.org, Springfield, USA": what follows a desk is where it is
        if _is_inverted(pieces):
            pieces = [" ".join(reversed(pair)) for pair in zip(pieces[::2], pieces[1::2], strict=True)]
        # "Jane Doe, senior editor, Example Corp" is one name, "Jane Doe, John Roe" are two
        placed = False
        for at, piece in enumerate(pieces):
            name = clean(piece)
            if at and (
                _SUFFIX.match(name) or _only_role(piece) or (placed and (not is_person(name) or _DESK.search(name)))
            ):
                placed = placed or not _SUFFIX.match(name)
                continue
            if name:
                yield name


def _parts(value: str) -> Iterable[str]:
    """Yield what a line names between its signs and its "and", without those who did something else than write."""
    for at, group in enumerate(re.split(r"[;|\n•·]", value)):
        if at and _only_role(group.strip()):
            continue
        if contributed := _CONTRIBUTED.search(group):
            before = group[: contributed.start()].strip()
            group = group[contributed.end() :] if _BOTH.fullmatch(before) else before
        whole = group.strip()
        if "&" in whole and _DESK.search(whole) and not all(map(is_person, re.split(r"\s*&\s*", whole))):
            yield whole  # "The Evening Courier & Times"
        else:
            for part in _SPLIT.split(group):
                if not _CONTRIBUTOR.search(part):
                    helped = _WITH.split(part)
                    yield from helped if len(helped) == 2 and is_person(clean(helped[0])) else [part]


def _is_inverted(pieces: list[str]) -> bool:
    """Tell whether it is "Doe, Jane", or several such: words alone, in pairs, in Latin letters."""
    return len(pieces) in (2, 4, 6) and all(
        _WORD.fullmatch(piece) and not _SUFFIX.match(piece) and not _only_role(piece) and not is_news_agency(piece)
        for piece in pieces
    )


def clean(value: str) -> str:
    """Return one name without "By", roles, places, addresses; an empty text if no name is left."""
    value = _BY.sub("", html.unescape(value).strip(' \t,;:·•|–—-*"“”'))
    if _LINK.search(value) and not re.search(r"\s", value.strip()):
        return ""
    if _ACCOUNT.fullmatch(value) or all(map(_NO_PERSON.fullmatch, value.split())) or _PLACED.match(value):
        return ""
    value = _CREDENTIALS.sub("", value)
    # "Jane Doe Staff Writer", not "Courier Staff Writer"
    value = bare if is_person(bare := _ROLES_BEHIND.sub("", value)) else value
    if (role := _ROLE_BEFORE.match(value)) and is_person(value[role.end() :]):
        value = value[role.end() :]
    value = _JAPANESE_ROLE.sub("", _KOREAN_ROLE.sub("", _TAIL.sub("", value)))
    value = " ".join(value.split()).strip(" ,;:·•|–—-*.") if not re.search(r"\b(?:Jr|Sr)\.$", value) else value.strip()
    if _NOT_NAME.search(value) or len(value) > 80 or len(value.split()) > 7 or value.startswith("@"):
        return ""
    if len(value) < 2 or (value.isascii() and len(value) < 3 and not value.isupper()):
        return ""
    if value.isascii() and (value.isupper() or value.islower()) and " " in value:
        value = " ".join(word.capitalize() if len(word) > 2 or not word.isupper() else word for word in value.split())
    return value


def is_person(name: str) -> bool:
    """Tell whether a text that a page shows is nothing but a person's name.

    >>> is_person("Ludwig van Beethoven"), is_person("松岡大地"), is_person("Rain in the north"), is_person("Monday")
    (True, True, False, False)
    """
    if _DENSE.search(name):
        bare = name.replace(" ", "").replace("\u3000", "").replace("・", "")
        return 2 <= len(bare) <= 6 and bare.isalpha() and not _DENSE_WORDS.search(bare)
    words = name.split()
    if _ROLE.search(name) or _NO_PERSON.search(name):
        return False
    if not 2 <= len(words) <= 5 or len(name) > 50 or not words[0][0].isalpha():
        return False
    if any(unicodedata.category(char)[0] not in "LM" and char not in _IN_NAMES for char in name):
        return False
    return all(not word[0].islower() or _SMALL.match(word) for word in words) and not _SENTENCE.search(name)


def _only_role(name: str) -> bool:
    return bool(_ROLE.search(name)) and len(name.split()) <= 5


def is_byline(line: str) -> bool:
    """Tell whether a line begins with "By" in one of the languages of news, or ends with a reporter's title.

    >>> is_byline("Von Anna Berg"), is_byline("김하늘 기자"), is_byline("Byzantium fell")
    (True, True, False)
    """
    return bool(_BY.match(line) or _KOREAN_BYLINE.match(line))


def is_news_agency(name: str) -> bool:
    """Tell whether the name is that of a news agency, which signs beside people.

    >>> is_news_agency("AFP"), is_news_agency("Sports Desk")
    (True, False)
    """
    return letters(name) in _AGENCIES


def is_agency(name: str, sites: Collection[str]) -> bool:
    """Tell whether the name is an agency's, a desk's or the outlet's own.

    `sites` are the outlet's folded names.

    >>> is_agency("dpa", ()), is_agency("Sports Desk", ()), is_agency("Anna Press", ())
    (True, True, True)
    """
    key = letters(name)
    return key in _AGENCIES or key in sites or bool(_DESK.search(name)) or f"the{key}" in sites


_LABEL = re.compile(
    r"by-?line|author|autor|auteur|writer|penulis|yazar|verfasser|redakt|journalist|reporter|contributor"
)
_NOT_LABEL = re.compile(r"author-?(?:bio|desc|about|box)|autoren-?info|comment")
_AUTHOR = re.compile(rf"^{any_of('author')}\s*[:：]?\s+(?=\S)", re.IGNORECASE)
_PUBLISHED = re.compile(rf"\b{any_of('published')}\b", re.IGNORECASE)
_UPDATED = re.compile(any_of("updated"), re.IGNORECASE)
_ANOTHER = re.compile(r"caption|\bvideo|player|\bclip|\bevent\b|event-(?:date|time|info)|calendar")
_INNER = re.compile(rf"(?<!\w){any_of('by')}\s*[:：]\s*([\u3040-\u30ff\u4e00-\u9fff·]{{2,6}})(?![\u3040-\u9fff])")
_LABEL_ALONE = re.compile(
    rf"{any_of('author')}\s*[:：]|(?:{any_of('before_by')}\s+)?{any_of('by')}\s*[:：]?", re.IGNORECASE
)
#: where a style sheet parts what the markup does not
_GLUED = re.compile(r"(.{2,}?)([A-Z][a-z]{2,8})")
_SIGNS = ".,-–—•·:"
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_FIRST_SIGN = re.compile(r"\s*[,|·•]\s*|\s[-–—]\s")
#: lines before and after the headline, and into the text, among which date and byline stand
_BEFORE, _INTO, _AFTER, _BELOW = 6, 4, 8, 3
_BYLINE_LIMIT = 120
#: in the text itself, and in titles, a line is a date line only if it is hardly more than a date
_DATE_LIMIT = 50


@dataclass(frozen=True, kw_only=True)
class NearbyLines:
    """Lines near the headline that may name people, and lines that may hold dates."""

    names: tuple[str, ...] = ()
    #: those of the names that follow a "By"
    by: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    #: those of the dates that stand above the headline, outside of any article's element: the day of the visit, perhaps
    above: frozenset[str] = frozenset()
    #: lines anywhere on the page that say "Author" and a name
    labelled: tuple[str, ...] = ()
    #: lines right below the headline that are a name alone
    unmarked: tuple[str, ...] = ()


def bylines(page: Outline, body: list[Block], tops: Headlines, titles: Iterable[str] = ()) -> NearbyLines:
    """Return the lines around headline and beginning of the text that may be byline or date line.

    `titles` are the parts behind the headline in the page's title; some outlets put the date there.
    """
    keys = {letters(each) for each in (tops.headline, *tops.alternatives)}
    places = {id(block): at for at, block in enumerate(page.blocks)}
    first = places.get(id(body[0]), 0) if body else 0
    heads = [at for at, key in enumerate(page.keys()[: first + 3]) if key in keys]
    start = heads[-1] if heads else max(0, first - 12)
    last = places.get(id(body[-1]), first) if body else first
    told = {id(block) for block in body}
    found: list[str] = []
    titled = [part for part in titles if len(part) <= _DATE_LIMIT]
    dates: list[tuple[int, str]] = []
    above: set[str] = set()
    begin, end = max(0, start - _BEFORE), max(first, start) + _INTO
    for at, block in enumerate(page.blocks[begin:end], begin):
        if len(block.text) <= _BYLINE_LIMIT and at != start:
            dated = id(block) not in told or len(block.text) <= _DATE_LIMIT or _states_dates(block.text)
            if dated and not _of_another(page, block):
                # above the headline stands the day of the visit, too
                dates.append((0 if _PUBLISHED.search(block.text) else 1 if at > start else 2, block.text))
                tags = (page.boxes[each].tag for each in page.above(block.box))
                if at < start and not any(tag in ("article", "main") for tag in tags):
                    above.add(block.text)
            if at > start - 3 and (is_byline(block.text) or _labelled(page, block)):
                found.append(_undated(block.text))
            elif name := _dated_name(block.text) or _inner_name(block.text) or _interview(block.text):
                found.append(name)
    for block in page.blocks[last : last + 4]:
        if not found and len(block.text) <= _BYLINE_LIMIT and _labelled(page, block):
            found.append(block.text)
    labelled = [
        _AUTHOR.sub("", block.text) for block in page.blocks if len(block.text) < 60 and _AUTHOR.match(block.text)
    ]
    labelled += _under_labels(page.blocks[begin:end]) + _under_labels(page.blocks[max(last, end) : last + _AFTER])
    unmarked = [block.text for block in page.blocks[start + 1 : start + 1 + _BELOW] if _is_unmarked(block)]
    return NearbyLines(
        names=tuple(found[:6]),
        by=tuple(filter(is_byline, found))[:1],  # later ones are of pictures and other articles
        dates=(*titled, *(line for _, line in sorted(dates, key=lambda each: each[0]))),
        above=frozenset(above),
        labelled=tuple(labelled[:3]),
        unmarked=tuple(unmarked[:1]),
    )


def _states_dates(line: str) -> bool:
    """Tell whether a line begins with "Published", or names two dates and what they are the dates of."""
    twice = len(_YEAR.findall(line)) > 1 and _UPDATED.search(line)
    return bool(_PUBLISHED.search(line) if twice else _PUBLISHED.match(line))


def _is_unmarked(block: Block) -> bool:
    """Tell whether the line is an agency or a name of two or three words, perhaps with what that person is.

    In a dense script any short line might be a name.
    """
    name, sign, rest = (each.strip() for each in _FIRST_SIGN.sub("\0", block.text, 1).partition("\0"))
    name = _ROLES_BEHIND.sub("", name)
    told = not sign or (len(rest) <= 50 and (_ROLE.search(rest) or is_news_agency(rest)))
    return is_news_agency(block.text) or bool(
        told and len(name.split()) in (2, 3) and not _DENSE.search(name) and is_person(name)
    )


def _inner_name(line: str) -> str:
    """Return the name behind a label within a line of a dense script: "2024-02-08 来源：某社 作者：王小明"."""
    match = _INNER.search(line)
    return match[1] if match and is_person(match[1]) else ""


def _interview(line: str) -> str:
    """Return the line if it is two names alone, of who answers and of who asks."""
    two = _INTERVIEWS.split(line)
    return line if len(two) == 2 and all(map(is_person, two)) else ""


def _under_labels(blocks: list[Block]) -> list[str]:
    """Return the names in the lines that follow a line of a label alone: "Author:", "By"."""
    found: list[str] = []
    for label, below in pairwise(blocks):
        if len(label.text) < 30 and len(below.text) < 60 and _LABEL_ALONE.fullmatch(label.text):
            found += [name for name in names([below.text]) if is_person(name)]
    return found


def _of_another(page: Outline, block: Block) -> bool:
    """Tell whether the line stands in what is said of a picture, a film or an event: its date is not the article's."""
    boxes = [page.boxes[at] for at in page.above(block.box)[:3]]
    return any(box.tag == "figcaption" or _ANOTHER.search(box.label) for box in boxes)


def _dated_name(line: str) -> str:
    """Return the name in a line of name and date, as "Jane Doe - May 4, 2024" or "Jane Doe 4 May 2024"."""
    if not _YEAR.search(line) or len(line) > 80:
        return ""
    name = _undated(line)
    return name if is_person(name) else ""


def _undated(line: str) -> str:
    """Return what stands before the date or time in a line of names; a line without one as it is.

    >>> _undated("By Jane Doe December 2, 2025"), _undated("By JANE DOEMarch 2, 2025"), _undated("By Jane Doe")
    ('By Jane Doe', 'By JANE DOE', 'By Jane Doe')
    >>> _undated("Von Anna Berg vor 5 Stunden"), _undated("By Jane Doe Monday, May 4")
    ('Von Anna Berg', 'By Jane Doe')
    """
    if (number := re.search(r"\d", line)) is None:
        return line
    words = line[: number.start()].replace("|", " ").split()
    # "il y a 5 heures", "hace 3 horas": what stands small before a number is no name
    while words and (not (last := words[-1].strip(_SIGNS)) or last.islower() or is_of_date(last)):
        words.pop()
    if words and (glued := _GLUED.fullmatch(words[-1])) and is_of_date(glued[2]):
        words[-1] = glued[1]
    return " ".join(words).strip(" ,-–—•·:") or line


def _labelled(page: Outline, block: Block) -> bool:
    labels = " ".join(page.boxes[at].label for at in page.above(block.box)[:2])
    return bool(_LABEL.search(labels)) and not _NOT_LABEL.search(labels)
