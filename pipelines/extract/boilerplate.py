"""Lines that news pages put between paragraphs: what they say gives them away."""

import re

from pipelines.extract.language_rules import any_of

#: a line longer than this is not judged by its first words
SHORT = 260

_LINE = re.compile(
    "^(?:"
    + "|".join(map(any_of, ("advertisement", "share", "read_more", "sign_up", "page_labels")))
    + r"|loading\.*|>>.{0,120}|(?:©|\(c\)|copyright)\s.{0,200}|a[-+])$",
    re.IGNORECASE,
)
_CONSENT = re.compile(
    r"\bcookies?\b.{0,120}(?:browser|website|experience|consent|preferences|settings|policy|"
    r"partners|improve|device)|"
    r"(?:uses?|store|accept|manage) cookies\b|opt[- ]?out of the sale|sale of your personal information|"
    r"verwende[nt] .{0,40}cookies|cookie-einstellungen|widerrufliche einwilligung|eingebettete inhalte anzuzeigen|"
    r"externe[rn]? inhalte? (?:angezeigt|anzeigen|geladen)|utilis(?:e|ons) des cookies|"
    r"utiliza(?:mos)? cookies|utilizza i? ?cookie|"
    r"by (?:clicking|signing up|subscribing|submitting|providing)\b.{0,80}(?:agree|accept|consent|terms)|"
    r"enable javascript|javascript (?:is|to be) (?:disabled|enabled)|this browser (?:is not|does not|doesn)",
    re.IGNORECASE,
)
_SIGN_UP = re.compile(
    r"(?:sign up|subscribe|signing up).{0,80}(?:newsletter|inbox|updates|alerts|channel|podcast)|"
    r"free (?:daily |weekly )?newsletter|"
    r"newsletter.{0,60}(?:inbox|sign up|delivered|subscribe)|delivered (?:straight |"
    r"directly )?to your inbox|meet your inbox|"
    r"download (?:our|the) .{0,30}\bapp\b|join our (?:whatsapp|telegram|facebook|discord)|"
    r"whatsapp[- ](?:kanal|channel|community)|"
    r"(?:zum|unseren|täglichen|kostenlosen|der|ein) [\w-]*newsletter\b|news-app\b|"
    r"through your letterbox|become a (?:member|subscriber)|support (?:our|"
    r"independent) journalism|unterstützen sie uns .{0,60}spende|"
    r"get alerts on|send us your|\[/?button\b",
    re.IGNORECASE,
)
_CREDIT = re.compile(
    r"^(?:[\w.'’ -]{2,60}\s*[/|]\s*)?[\w.'’ &/-]{0,60}\b(?:getty images?|shutterstock|"
    r"istock(?:photo)?|alamy|picture alliance|imago|"
    r"afp|reuters|ap photo|epa|associated press|via ap|newscom|unsplash|wireimage|filmmagic|"
    r"bloomberg|zuma|rex features|"
    r"usa today sports|imagn)\b[\w.,'’ /&()-]{0,60}$",
    re.IGNORECASE,
)
_PHOTO = re.compile(
    r"^\W*(?:photos?|foto|fotos|image|bild|bilder|picture|photograph|illustration|credit|"
    r"screenshot|graphic|grafik|quelle|"
    r"source|ảnh|фото|fotoğraf|写真|사진)\s*(?:credit|by|von|:|©|/|courtesy)",
    re.IGNORECASE,
)
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
_TIME = re.compile(r"^(?:\d{1,2}[:.]\d{2}(?:\s?(?:am|pm|uhr|h))?)\b.{0,30}$", re.IGNORECASE)


def boilerplate(line: str) -> str:
    """Return what kind of page furniture the line's words make it, or an empty text.

    >>> boilerplate("Lesen Sie auch: Was nun?"), boilerplate("The council met on Monday.")
    ('a label of the page', '')
    """
    if len(line) <= SHORT and _LINE.match(line.strip(" :»›→▶►•|-–—✓★")):
        return "a label of the page"
    if len(line) < 1_500 and _CONSENT.search(line):
        return "consent"
    if len(line) < 280 and _SIGN_UP.search(line):
        return "a promotion"
    if len(line) < 120 and (_CREDIT.match(line) or _PHOTO.match(line)):
        return "a picture's credit"
    if _TIME.match(line):
        return "a time"
    return ""


def signed_off(line: str) -> bool:
    """Tell whether the line says who reported, edited or can be written to, as the last lines of articles do."""
    return len(line) < 420 and bool(_SIGNED_OFF.match(line))
