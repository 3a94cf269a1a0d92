"""Lines that news pages put between paragraphs, and notices of correction: what they say gives them away."""

import re

from pipelines.extract.block_segmentation import Block, Outline
from pipelines.extract.language_rules import any_of

#: a line longer than this is not judged by its first words
SHORT = 260

_LINE = re.compile(
    r"^(?:advertisement|advertising|anzeige|werbung|publicité|publicidad|pubblicità|reklam[ae]?|"
    r"iklan|реклама|広告|광고|إعلان|quảng cáo|"
    r"advert|sponsored(?: content| link)?|loading\.*|story continues below.*|article continues (?:below|after).*|"
    r"continue reading.*|scroll (?:down )?to continue.*|swipe to scroll.*|skip advert\w*|"
    r"(?:click|tap) here (?:to|for)\b.*|"
    r"share(?: this)?(?: article| story| on .*)?|teilen|partager|compartir|condividi|paylaş|"
    r"bagikan|поделиться|シェア|공유|"
    r"(?:like this story\? )?share it with (?:a friend|your friends).*|"
    r"follow (?:us|me)\b.*|follow .{2,60} on (?:x|twitter|facebook|instagram|threads|google|linkedin|tiktok)\b.*|"
    r"folgen sie uns.*|suivez[- ]nous.*|síguenos.*|seguici.*|bizi takip.*|ikuti .*(?:whatsapp|"
    r"google news|telegram).*|"
    r"cek berita .*|(?:latest|top|trending|more|featured|popular|recommended) (?:videos?|news|"
    r"stories|articles|headlines|posts)|"
    r"download (?:the )?(?:our )?app.*|get the app.*|"
    r"(?:also|please) (?:read|see|watch|listen)\b.{0,3}$|read (?:more|next|also|this)\b.{0,120}|see also\b.*|"
    r"related(?: (?:articles?|stories|content|coverage|news|topics|links|posts|videos?|roundup|reading))?\b.{0,80}|"
    r"more (?:on|from|about)\b.{0,60}|don['’]t miss:?|you (?:may|might) (?:also )?(?:like|"
    r"be interested).*|recommended(?: for you)?|"
    r"most (?:read|popular|viewed)\b.*|what to (?:read|know) next.*|up next\b.*|watch(?: now|"
    r" more| next| live)?:?|watch ?: .*|"
    r"listen(?: to this article| now)?\b.{0,40}|play(?: video)?|show (?:caption|more|less|"
    r"comments)|view (?:all|more|comments|gallery|image).{0,40}|"
    r"image \d+ (?:of|/) \d+|\d+ (?:of|/) \d+|photos?|hide caption|toggle caption|enlarge(?: this)? image|"
    r"lesen sie (?:auch|hier|dazu|mehr).*|mehr (?:zum thema|dazu|lesen|aus)\b.*|"
    r"auch interessant:?|lesetipp\w*:?.*|mehr:|weiterlesen.*|"
    r"weitere informationen|ende der weiteren informationen|zum thema:?|das könnte (?:sie|"
    r"dich) auch interessieren.*|"
    r"lire (?:aussi|la suite|également)\b.*|à lire aussi.*|voir aussi.*|"
    r"le[ae] también.*|te puede interesar.*|lee (?:más|también).*|más información.*|"
    r"leggi (?:anche|tutto|di più)\b.*|potrebbe interessarti.*|leia (?:também|mais)\b.*|saiba mais.*|veja também.*|"
    r"lees ook.*|les også.*|läs (?:också|mer|även).*|læs også.*|lue myös.*|czytaj (?:też|także|"
    r"również|więcej).*|zobacz (?:też|także).*|"
    r"čtěte (?:také|více|i).*|přečtěte si.*|baca juga.*|simak juga.*|ayrıca oku.*|ilgili haber.*|"
    r"читайте (?:также|ещё|еще).*|"
    r"читати також.*|関連記事|【関連記事】|関連(?:キーワード|リンク|ニュース|企業).*|"
    r"こちらもおすすめ.*|あわせて読みたい.*|"
    r"관련 ?기사.*|관련뉴스.*|相关(?:阅读|新闻|链接).*|اقرأ (?:أيضا|أيضًا|ايضا|المزيد).*|بیشتر بخوانید.*|"
    r"यह भी पढ़ें.*|আরও পড়ুন.*|อ่านเพิ่มเติม.*|"
    r"xem thêm.*|>>.{0,120}|"
    r"sign up (?:for|to|here)\b.*|subscribe\b.{0,160}|get (?:the|our) (?:latest|best|top)\b.*|"
    r"register (?:now|for free).*|log ?in\b.{0,60}|"
    r"your subscription (?:could|has).*|thank you for (?:subscribing|signing).*|"
    r"already (?:a )?(?:subscriber|member)\b.*|"
    r"enter your email.*|maybe later|no thanks|not now|"
    r"newsletter\b.{0,80}|abonn(?:ieren|ez|er)\b.{0,80}|jetzt (?:abonnieren|registrieren|testen).*|"
    r"(?:all rights reserved|alle rechte vorbehalten|tous droits réservés|todos los derechos reservados)\b.*|"
    r"(?:©|\(c\)|copyright)\s.{0,200}|"
    r"(?:instagram|twitter|facebook|tiktok|youtube|x) (?:content|post|embed|inhalt)|"
    r"this content (?:can also be|is not|isn['’]t|could not).*|"
    r"this (?:article|story) (?:was )?(?:originally )?(?:appeared|published).{0,120}|"
    r"(?:view|see) (?:this )?(?:post|profile|more) on (?:instagram|facebook|twitter|x)\b.*|a post shared by .*|"
    r"contribute:?|tell us what you think.*|leave a (?:comment|reply).*|comments?:?|kommentare?:?|"
    r"commentaires?:?|yorumlar?|コメント|댓글|"
    r"\d+ comments?|join the (?:conversation|discussion).*|have your say.*|what do you think\?.*|"
    r"privacy (?:overview|policy|notice)|terms (?:of|and) .{0,40}|report (?:ad|an error).*|"
    r"tags?:?|topics?:?|schlagworte:?|themen:?|mots[- ]clés:?|etiquetas:?|etiketler:?|теги:?|"
    r"published in|\d+ min(?:ute)?s? read|(?:\d+ )?(?:minute|hour|day|week|month|year)s? ago|"
    r"print|e-?mail|save|copy link|link kopieren|text size|a[-+]|top|back to top|nach oben|"
    r"image (?:source|caption|credit)s?:?.*|(?:media|video|picture) caption.*|getty(?: images)?|reuters|afp|ap|epa|"
    r"features?|opinion|home|news|news ?info|breaking news|featured stories|related stories|other news|"
    r"abone ol.*|en son haberler.*|son dakika.*)$",
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


_CORRECTION_BEGINS = re.compile(rf"^\W*{any_of('correction_begins')}\b", re.IGNORECASE)
_CORRECTION_SAYS = re.compile(any_of("correction_says"), re.IGNORECASE)
_CORRECTION_LABEL = re.compile(r"correction|corrected|clarification|erratum|korrektur|berichtigung|correctif|correcci")
#: a longer block is a paragraph about something else
_CORRECTION_LIMIT = 1_200


def is_correction(page: Outline, block: Block) -> bool:
    """Tell whether the block is a notice of correction: by its box's name, its first word, or what it says."""
    if len(block.text) > _CORRECTION_LIMIT:
        return False
    if _CORRECTION_SAYS.search(block.text):
        return True
    if not _CORRECTION_BEGINS.match(block.text):
        return bool(_CORRECTION_LABEL.search(page.boxes[block.box].label)) and len(block.text) > 20
    # "Correction" alone is a heading; a sentence that begins so and has no colon is news of a correction
    head = block.text[:60]
    return (
        ":" in head or "：" in head or block.strong > 5 or bool(_CORRECTION_LABEL.search(page.boxes[block.box].label))
    )
