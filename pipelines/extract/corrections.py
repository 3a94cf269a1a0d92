"""An outlet's own words that it corrected its article."""

import re

from pipelines.extract.blocks import Block, Outline

_BEGINS = re.compile(
    r"^\W*(?:correction|corrections|clarification|corrected|editor['’]?s['’]? note|erratum|"
    r"korrektur|berichtigung|richtigstellung|"
    r"anmerkung der redaktion|hinweis der redaktion|transparenzhinweis|correctif|rectificatif|erratum|corrección|"
    r"fe de errores|rectificación|errata|correzione|rettifica|correção|errata|correctie|rättelse|rettelse|oikaisu|"
    r"sprostowanie|oprava|düzeltme|tashih|исправление|уточнение|поправка|訂正|お詫びと訂正|정정|바로잡습니다|更正|تصحيح|تصويب|"
    r"اصلاحیه|सुधार|সংশোধনী|แก้ไข|đính chính|koreksi|ralat)\b",
    re.IGNORECASE,
)
_SAYS = re.compile(
    r"(?:an )?(?:earlier|previous|original) versions? of this (?:article|story|report|post)|"
    r"this (?:article|story|post) (?:has been|was) "
    r"(?:corrected|amended|updated to correct)|in einer (?:früheren|vorherigen|ersten) (?:version|"
    r"fassung)|une (?:première )?version "
    r"(?:antérieure|précédente)|una versión (?:anterior|previa)|una versione precedente|uma versão anterior|"
    r"bu haberin önceki|在此前的版本|記事の(?:一部|当初)",
    re.IGNORECASE,
)
_LABEL = re.compile(r"correction|corrected|clarification|erratum|korrektur|berichtigung|correctif|correcci")
#: a longer block is a paragraph about something else
_LIMIT = 1_200


def is_correction(page: Outline, block: Block) -> bool:
    """Tell whether the block is a notice of correction: by its box's name, its first word, or what it says."""
    if len(block.text) > _LIMIT:
        return False
    if _SAYS.search(block.text):
        return True
    if not _BEGINS.match(block.text):
        return bool(_LABEL.search(page.boxes[block.box].label)) and len(block.text) > 20
    # "Correction" alone is a heading; a sentence that begins so and has no colon is news of a correction
    head = block.text[:60]
    return ":" in head or "：" in head or block.strong > 5 or bool(_LABEL.search(page.boxes[block.box].label))
