"""Lines that are none of the article's: what pages put between paragraphs, and text that a paywall made unreadable."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import accumulate, islice, takewhile
from math import log

from pipelines.extract.block_segmentation import HEADINGS, Block, Outline
from pipelines.extract.human_dates import all_months
from pipelines.extract.language_rules import any_of, first_letters

#: a line longer than this is not judged by its first words
SHORT = 260

_LINE = re.compile(
    "^(?:"
    + "|".join(map(any_of, ("advertisement", "share", "read_more", "sign_up", "page_labels")))
    + r"|loading\.*|>>.{0,120}|(?:©|\(c\)|copyright)\s.{0,200}|a[-+])$",
    re.IGNORECASE,
)


class _Worded:
    """Patterns by a word that stands in all that they match: only where it does they are tried.

    Few lines have any of the words, and to look for all patterns at each character costs a hundred times as much.
    """

    def __init__(self, patterns: Mapping[str, str]) -> None:
        """Compile them; the words are in small letters."""
        self._patterns = {word: re.compile(each, re.IGNORECASE) for word, each in patterns.items()}

    def finds(self, line: str, small: str) -> bool:
        """Tell whether one of the patterns is found in a line; `small` is the line in small letters."""
        return any(word in small and each.search(line) for word, each in self._patterns.items())


_CONSENT = _Worded(
    {
        "cookie": r"\bcookies?\b.{0,120}(?:browser|website|experience|consent|preferences|settings|policy|partners|"
        r"improve|device)|(?:uses?|store|accept|manage) cookies\b|verwende[nt] .{0,40}cookies|cookie-einstellungen|"
        r"utilis(?:e|ons) des cookies|utiliza(?:mos)? cookies|utilizza i? ?cookie",
        "out of the sale": r"opt[- ]?out of the sale",
        "sale of your": r"sale of your personal information",
        "einwilligung": r"widerrufliche einwilligung",
        "inhalte": r"eingebettete inhalte anzuzeigen|externe[rn]? inhalte? (?:angezeigt|anzeigen|geladen)",
        "inhalt ": r"externe[rn]? inhalt (?:angezeigt|anzeigen|geladen)",
        **{
            f"by {done}": rf"by {done}\b.{{0,80}}(?:agree|accept|consent|terms)"
            for done in ("clicking", "signing up", "subscribing", "submitting", "providing")
        },
        "javascript": r"enable javascript|javascript (?:is|to be) (?:disabled|enabled)",
        "this browser": r"this browser (?:is not|does not|doesn)",
    }
)
_SIGN_UP = _Worded(
    {
        **{
            asked: rf"{asked}.{{0,80}}(?:newsletter|inbox|updates|alerts|channel|podcast)"
            for asked in ("sign up", "subscribe", "signing up")
        },
        "newsletter": r"free (?:daily |weekly )?newsletter|newsletter.{0,60}(?:inbox|sign up|delivered|subscribe)|"
        r"(?:zum|unseren|täglichen|kostenlosen|der|ein) [\w-]*newsletter\b",
        "your inbox": r"delivered (?:straight |directly )?to your inbox|meet your inbox",
        "download": r"download (?:our|the) .{0,30}\bapp\b",
        "join our": r"join our (?:whatsapp|telegram|facebook|discord)",
        "whatsapp": r"whatsapp[- ](?:kanal|channel|community)",
        "news-app": r"news-app\b",
        "through your": r"through your letterbox",
        "become a": r"become a (?:member|subscriber)",
        "journalism": r"support (?:our|independent) journalism",
        "sie uns": r"unterstützen sie uns .{0,60}spende",
        "get alerts": r"get alerts on",
        "send us": r"send us your",
        "button": r"\[/?button\b",
    }
)
#: who sells pictures, as a line names them
_SELLERS = (
    "getty image", "shutterstock", "istock", "alamy", "picture alliance", "imago", "afp", "reuters", "ap photo", "epa",
    "associated press", "via ap", "newscom", "unsplash", "wireimage", "filmmagic", "bloomberg", "zuma", "rex features",
    "usa today sports", "imagn",
)  # fmt: skip
_CREDIT = re.compile(
    r"^(?:[\w.'’ -]{2,60}\s*[/|]\s*)?[\w.'’ &/-]{0,60}\b(?:getty images?|istock(?:photo)?|"
    + "|".join(name for name in _SELLERS if name not in ("getty image", "istock"))
    + r")\b[\w.,'’ /&()-]{0,60}$",
    re.IGNORECASE,
)
#: a sentence about an agency: two words in small letters that no credit has, and a full stop
_STATED = re.compile(
    r"(?:\b(?!(?:by|for|via|of|the|courtesy|photo|photos|image|images|from|and|file|von|par)\b)[a-z]{2,}\b.*){2}[.!?][”\"’']?$"
)
_PHOTO = re.compile(
    r"^\W*(?:photos?|foto|fotos|image|bild|bilder|picture|photograph|illustration|credit|"
    r"screenshot|graphic|grafik|quelle|(?:main|featured|cover|header|lead) image|bildquelle|bildnachweis|titelbild|"
    r"credits|crédits?(?: photos?| images?)?|créditos?|crediti?|"
    r"source|ảnh|фото|fotoğraf|写真|사진)\s*(?:credit|by|von|:|©|/|courtesy)",
    re.IGNORECASE,
)
#: two words of a name: "(Jane Doe/AFP)" is a credit, "(dpa/AFP)" says whose the news is
_NAMED = (
    r"(?-i:[A-ZÀ-ÖØ-Þ](?:[.'’-]?[^\W\d])*\.?(?: [^\W\d][\w.'’-]*){0,3} (?!AP|AFP|APA|SDA|Reuters)[A-ZÀ-ÖØ-Þ][\w.'’-]*)"
)
#: behind a caption of any length: "(AP Photo/Jane Doe)", "(Photo by Jane Doe/Getty Images)"
_CAPTIONED = re.compile(
    r"[(\[](?:(?:[^()\[\]]{0,60}(?:[/|,;:–-]|\b(?:via|by|courtesy of)\b)\s*|[\w-]+ )?"
    r"(?:(?:ap|afp|epa|reuters|dpa) (?:photo|foto|image)\b|getty images?\b|shutterstock|"
    rf"(?:photos?|images?|pictures?|fotos?|bild)(?: by| von|:)\s*(?-i:[A-ZÀ-ÖØ-Þ©])|afp\b/{_NAMED})|"
    rf"(?:[^()\[\]]{{0,60}}[\s/])?{_NAMED}/\s?(?:ap|afp|epa|reuters|dpa)\b)[^()\[\]]{{0,80}}[)\]]\W*$",
    re.IGNORECASE,
)
_CAPTION_LIMIT = 800
#: the kind of such a line
CAPTION = "a caption with its credit"
_SIGNED_OFF = re.compile(
    r"^\W*(?:(?:additional |with )?(?:reporting|report|writing|editing|additional reporting|"
    r"compiled|translated|edited|reported|"
    r"written|research)(?: and \w+)? (?:by|from)\b|contributing:|contact .{2,60}@|email .{2,60}@|"
    r"e-mail .{2,60}@|write to .{2,60}@|"
    r"follow (?:him|her|them|the) .{0,60}(?:twitter|x|instagram|@)|.{2,80} (?:can be reached|"
    r"reported from|contributed)\b.{0,160}$|"
    r"(?:the )?(?:associated press|ap|reuters).{0,60}contributed|includes information from|"
    r"mit (?:material|informationen) von|mit dpa|"
    r"editor ?: .{2,40}|redaktion: .{2,60}|our standards:|have a tip\b|got a (?:tip|story)\b)",
    re.IGNORECASE,
)
#: what a script's source says, and the share of its signs from which on a line with such words is one
_SOURCE = re.compile(
    r"\bfunction\b[^(){}]{0,40}\([\w\s,]*\)\s*\{|\b(?:var|let|const)\s+[\w$]+\s*=|\bdocument\.\w+\(|\bwindow\.\w+\s*=|"
    r"^\s*[\w$.]+\([^()]*\)\s*;"
)
_SIGNS, _MOST_SIGNS = "(){}[];=", 0.04
_TIME = re.compile(r"^(?:\d{1,2}[:.]\d{2}(?:\s?(?:am|pm|uhr|h))?)\b.{0,30}$", re.IGNORECASE)


def boilerplate(line: str) -> str:
    """Return what kind of page furniture the line's words make it, or an empty text.

    >>> boilerplate("Lesen Sie auch: Was nun?"), boilerplate("The council met on Monday.")
    ('a label of the page', '')
    """
    if len(line) <= SHORT and _LINE.match(line.strip(" :»›→▶►•|-–—✓★")):
        return "a label of the page"
    small = line.lower()
    if len(line) < 1_500 and _CONSENT.finds(line, small):
        return "consent"
    if len(line) < 280 and _SIGN_UP.finds(line, small):
        return "a promotion"
    if len(line) < 120:
        is_sold = any(name in small for name in _SELLERS) and _CREDIT.match(line) and not _STATED.search(line)
        if is_sold or _PHOTO.match(line):
            return "a picture's credit"
    if line.endswith((")", "]", ").")) and len(line) < _CAPTION_LIMIT and _CAPTIONED.search(line[-160:]):
        return CAPTION
    if _TIME.match(line):
        return "a time"
    if sum(map(line.count, _SIGNS)) > _MOST_SIGNS * len(line) and _SOURCE.search(line):
        return "a script's source"
    return ""


def signed_off(line: str) -> bool:
    """Tell whether the line says who reported, edited or can be written to, as the last lines of articles do."""
    return len(line) < 420 and bool(_SIGNED_OFF.match(line))


#: lines of prose of an article below which readers may write; above a heading that says so fewer are enough
OWN_PROSE, _PROSE_ABOVE_HEADING = 3, 2
#: a line of so many letters is prose, and one of so many counts twice
_PROSE, _LONG = 80, 200
_COMMENTS_LABEL = 160
_COMMENTS = re.compile(rf"\W*(?:\d[\d.,]*\W*)?{any_of('comments')}(?:\W*\d[\d.,]*)?\W*", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]{2}")
_COMMENTS_BEGIN = first_letters("comments")


def prose_of(block: Block) -> int:
    """Return 1 for a line of a text, 2 for a long one, 0 for what is short or mostly linked."""
    return 0 if block.size < _PROSE or block.linked >= 0.4 * len(block.text) else 1 + (block.size >= _LONG)


def comments_at(page: Outline, headline: str) -> int:
    """Return the place of the line above what readers wrote: the first such label below an article's prose.

    Prose above the `headline` (folded) is not the article's. The number of blocks where there is no such line. A link
    to the comments is no label, unless it is a heading; nor is a line without a number in a text that goes on.
    """
    blocks, keys = page.blocks, page.keys()
    prose = 0
    holders: set[int] = set()
    for at in range(keys.index(headline) if headline in keys else 0, len(blocks)):
        block = blocks[at]
        if size := prose_of(block):
            prose += size
            holders.add(page.boxes[block.box].parent)
        is_linked = block.linked >= 0.9 * len(block.text) and block.tag not in HEADINGS
        least = _PROSE_ABOVE_HEADING if block.tag in HEADINGS else OWN_PROSE
        if prose >= least and not is_linked and _is_comments_label(block.text) and not _goes_on(page, at, holders):
            return at
    return len(blocks)


def _goes_on(page: Outline, at: int, holders: set[int]) -> bool:
    """Tell whether one of the boxes that hold the paragraphs above a label holds those right below it, too.

    What readers wrote may stand there as well: then names and dates do so between. A heading with a number is theirs.
    """
    label = page.blocks[at]
    if label.tag in HEADINGS and not label.linked and any(map(str.isdigit, label.text)):
        return False
    below = takewhile(prose_of, islice(page.blocks, at + 1, None))
    told = accumulate(prose_of(block) for block in below if page.boxes[block.box].parent in holders)
    return any(size >= OWN_PROSE for size in told)


def _is_comments_label(line: str) -> bool:
    first = _LETTERS.search(line) if len(line) < _COMMENTS_LABEL else None
    return first is not None and first[0].lower() in _COMMENTS_BEGIN and _COMMENTS.fullmatch(line) is not None


#: a text that is printed more often than this, and has so many characters, is a notice and no part of an article
_TIMES, _NOTICE = 2, 100


def repeated_notices(page: Outline) -> set[int]:
    """Return the ids of the blocks of a text that is printed again and again, and of the lines that head each.

    Among other paragraphs it is a refrain, unless the same line heads it each time.
    """
    keys = page.keys()
    times = Counter(key for key, block in zip(keys, page.blocks, strict=True) if block.size >= _NOTICE)
    again = {at for at, key in enumerate(keys) if times[key] > _TIMES}
    if not again or 2 * len({keys[at] for at in again}) > len(times):
        return set()  # or copies of a whole text
    holders = [page.boxes[block.box].parent for block in page.blocks]
    beside = [at for at in again if at and holders[at - 1] == holders[at] and page.blocks[at - 1].tag != "h1"]
    heads = Counter((keys[at - 1], keys[at]) for at in beside)
    headed = {at for at in beside if heads[keys[at - 1], keys[at]] > _TIMES}
    prose = {holders[at] for at, block in enumerate(page.blocks) if prose_of(block) and at not in again}
    notices = headed | {at for at in again if holders[at] not in prose}
    heading = {at - 1 for at in headed}
    return {id(page.blocks[at]) for at in notices | heading}


_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
#: what may stand beside a date: that it is when something was published or changed
_WHEN = re.compile(f"{any_of('published')}|{any_of('updated')}", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{4,}")
_DENSE_WORD = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
_DENSE_DATE = "年月日時分时"
#: characters of a line of dates; other words in it, and other characters of a dense script
_DATES_LIMIT, _OTHER_WORDS, _OTHER_CHARACTERS = 120, 1, 6
#: digits of a year and a day
_DATE_DIGITS = 5


def is_date_line(line: str) -> bool:
    """Tell whether the line says when the article was published or changed, and hardly anything else.

    >>> is_date_line("Publié le 3 novembre 2026 à 08h15, mis à jour le 4 novembre"), is_date_line("In 2026 it rained.")
    (True, False)
    """
    if len(line) > _DATES_LIMIT or not _YEAR.search(line) or line.endswith((".", "!", "?", "。")):
        return False
    rest = _WHEN.sub(" ", line.lower())
    others = [word for word in _WORD.findall(rest) if word not in all_months() and not _DENSE_WORD.search(word)]
    dense = [each for each in _DENSE_WORD.findall(rest) if each not in _DENSE_DATE]
    days = sum(map(str.isdigit, rest)) >= _DATE_DIGITS
    return days and len(others) <= _OTHER_WORDS and len(dense) <= _OTHER_CHARACTERS


#: of fewer letters the frequencies say little
_LEAST_LETTERS = 80
_LEAST_CLEAR = 300
#: by so many places letters are moved; 13 places on, each alphabet of 26 letters is read backwards and forwards alike
_MOVES = (1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 13, -13)
#: nats a letter by which the text moved back must be likelier than as it stands; chosen on our own sentences in the
#: Latin, Greek, Cyrillic and Arabic scripts (tests/pipelines/extract/test_ciphertext.py), which stay apart by it
_LEAST_GAIN = 0.4
#: characters of a block that are looked at
_SAMPLE = 1_200


def ciphertext(blocks: list[Block], shown: Iterable[Block]) -> set[int]:
    """Return the places in `blocks` of those whose letters were moved; `shown` is all that the page shows.

    The page's short lines (its menus, headings and links) say how often each letter stands in its language. Headings
    below the first such block go with it, for they head nothing. Where the longest block is clear, or the page has too
    few short lines, the answer is the empty set.
    """
    longest = max(blocks, key=lambda block: len(block.text), default=None)
    if longest is None or len(longest.text) < _LEAST_LETTERS:
        return set()
    clear = _letters("".join(block.text for block in shown if len(block.text) < _LEAST_LETTERS)[: 4 * _SAMPLE])
    if clear.total() < _LEAST_CLEAR or not _moved(longest.text, clear):
        return set()
    found = {at for at, block in enumerate(blocks) if len(block.text) >= _LEAST_LETTERS and _moved(block.text, clear)}
    first = min(found)
    return found | {at for at, block in enumerate(blocks) if at > first and block.tag in ("h2", "h3", "h4", "h5", "h6")}


def _letters(text: str) -> Counter[str]:
    signs = Counter(text.lower())
    return Counter({sign: times for sign, times in signs.items() if sign.isalpha()})


def _moved(text: str, clear: Counter[str]) -> bool:
    text = text[:_SAMPLE]
    size = clear.total() + 0.5 * len(clear)

    def likelihood(letters: Counter[str]) -> float:
        return sum(times * log((clear[letter] + 0.5) / size) for letter, times in letters.items()) / letters.total()

    as_it_stands = _letters(text)
    if as_it_stands.total() < _LEAST_LETTERS // 2:
        return False
    usual = likelihood(clear)
    found = likelihood(as_it_stands)
    if found > usual - _LEAST_GAIN:
        return False  # as likely as the page's own lines
    for places in _MOVES:
        back = _letters("".join(chr(max(ord(character) - places, 0)) if character > " " else " " for character in text))
        if back.total() >= _LEAST_LETTERS // 2 and likelihood(back) > found + _LEAST_GAIN:
            return True
    return False
