"""What a notice of correction says was wrong and is right, and which version of the article it speaks of."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from news.article import Article
from news.quotations import folded
from news.version import Version, plain_text
from news.words import words

#: a notice of more characters is read so far; so is each sentence of it
MOST_CHARACTERS, MOST_OF_SENTENCE = 1_200, 400
#: a contrast of more words is a sentence about something else
MOST_WRONG_WORDS, MOST_DENIED_WORDS = 12, 6
#: this part of the words of what was wrong stands in a sentence that said it
HELD_RATIO = 0.6
#: words that are written otherwise behind so many letters are one word in another form
STEM = 5
#: one language's forms stand under another's name
_ALIASES = {"nb": "no", "nn": "no", "iw": "he", "in": "id", "bs": "hr", "sh": "sr", "gl": "pt"}
_SENTENCE_ENDS = re.compile(r"(?<=[.!?])[\"'”’)]?\s+|(?<=[。！？])|\n")
_CLAUSE_ENDS = re.compile(r"\s*(?:[;；)\]）]|[,،] |，|[.。।!?]\s*$|$)")
_STATEMENT_ENDS = re.compile(r"\s*(?:[;；]\s*|[.。]?\s*[)\]）]|[.。!?][\"'”’]?\s*$|$)")
_LABEL = re.compile(r"^.*(?::\s|：)\s*")
_EDGES = " \t\"'“”„‚‘’«»「」『』‹›(（[.,،，。।:："
_FORM_ENDS = r"(?=\s*(?:[;；)\]）.。!?！？](?:\s|$)|[,،，。]|$))"


@dataclass(frozen=True, kw_only=True)
class StatedCorrection:
    """What a sentence says was wrong and what is right, in its own words; "" for what it does not state."""

    wrong: str = ""
    right: str = ""


@dataclass(frozen=True, kw_only=True)
class Correction:
    """One correction by a notice that was not there in the version before."""

    #: number of the version that the notice was first seen in
    version: int
    #: the notice
    text: str
    wrong: str = ""
    right: str = ""
    #: number of the latest version before it that holds what was wrong; None: that is not stated, or in no version
    speaks_of: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the correction in JSON's types."""
        return asdict(self)


def corrections(versions: Sequence[Version]) -> tuple[Correction, ...]:
    """Return the corrections that notices in these versions of one article make, in their order.

    A notice that stands in the version before, on the page or in its JSON-LD, is not a new one. `versions` is the
    history, the first one first. Of a notice that states nothing that was wrong there is one Correction without it.
    """
    found: list[Correction] = []
    known: frozenset[str] = frozenset()
    for place, version in enumerate(versions):
        notices = _notices(version.article)
        texts = [text for key, text in notices.items() if key not in known]
        known = frozenset(notices)
        for text in texts:
            stated = stated_corrections(text, version.article.in_language) or (StatedCorrection(),)
            for each in stated:
                speaks_of = _speaks_of(each, versions[:place], version.article) if each.wrong else None
                found.append(
                    Correction(
                        version=version.number, text=text, wrong=each.wrong, right=each.right, speaks_of=speaks_of
                    )
                )
    return tuple(found)


def stated_corrections(notice: str, language: str = "und") -> tuple[StatedCorrection, ...]:
    """Return what a notice says was wrong and is right, each in its words; `language` is a BCP 47 tag.

    The forms of the language are tried, of an unknown one those of all.

    >>> stated_corrections("An earlier version said that five died. Seven did.", "en")
    (StatedCorrection(wrong='five died', right='Seven did'),)
    >>> stated_corrections("Korrektur: Die Wahl war am Dienstag, nicht am Montag.", "de")
    (StatedCorrection(wrong='am Montag', right='Die Wahl war am Dienstag'),)
    """
    primary = language.partition("-")[0].lower()
    primary = _ALIASES.get(primary, primary)
    every = _forms()
    tried = [every[primary]] if primary in every else list(every.values())
    sentences = [each[:MOST_OF_SENTENCE] for each in _SENTENCE_ENDS.split(notice[:MOST_CHARACTERS]) if each.strip()]
    for forms in tried:
        if found := tuple(forms.read(sentences)):
            return found
    return ()


@dataclass(frozen=True, kw_only=True)
class _Forms:
    """The forms of one language."""

    before: re.Pattern[str] | None
    contrast: re.Pattern[str] | None
    denial: re.Pattern[str] | None
    #: a plain negation: it makes a contrast behind a comma alone
    no: re.Pattern[str] | None
    opens: re.Pattern[str] | None
    whole: tuple[re.Pattern[str], ...]

    def read(self, sentences: Sequence[str]) -> Iterator[StatedCorrection]:
        """Yield what the sentences state, each sentence once."""
        taken = -1
        for place, sentence in enumerate(sentences):
            if place <= taken:
                continue
            following = sentences[place + 1] if place + 1 < len(sentences) else ""
            if earlier := self._of_earlier(sentence, following):
                taken = place + (following != "" and earlier.right != "" and earlier.right in following)
                yield earlier
            elif found := self._of_form(sentence) or self._of_denial(sentence) or self._of_contrast(sentence):
                yield found

    def _of_earlier(self, sentence: str, following: str) -> StatedCorrection | None:
        """Read "an earlier version said that X; it is Y", the second half perhaps in the next sentence."""
        said = self.before.search(sentence) if self.before else None
        if said is None:
            return None
        end = _STATEMENT_ENDS.search(sentence, said.end())
        assert end is not None, "a text's end is one"
        wrong, rest = sentence[said.end() : end.start()].strip(_EDGES), sentence[end.end() :].strip(_EDGES)
        if contrast := self._of_contrast(wrong):  # "said that it was on Monday, not on Tuesday"
            return StatedCorrection(wrong=contrast.right, right=contrast.wrong)
        right = rest or following.strip().rstrip(_EDGES)
        right = self._opened(right.strip(_EDGES + ")]）"))
        return StatedCorrection(wrong=wrong, right=right) if _is_statement(wrong) else None

    def _of_form(self, sentence: str) -> StatedCorrection | None:
        for form in self.whole:
            for text in dict.fromkeys((_LABEL.sub("", sentence), sentence)):
                if found := form.search(text):
                    wrong, right = found["wrong"].strip(_EDGES), self._opened(found["right"])
                    if _is_statement(wrong) and _is_statement(right):
                        return StatedCorrection(wrong=wrong, right=right)
        return None

    def _of_denial(self, sentence: str) -> StatedCorrection | None:
        """Read "not X but Y"."""
        found = self.denial.search(sentence) if self.denial else None
        if found is None or len(words(found["wrong"])) > MOST_DENIED_WORDS:
            return None
        right = sentence[found.end() : _end(sentence, found.end())]
        return _stated(found["wrong"], right)

    def _of_contrast(self, sentence: str) -> StatedCorrection | None:
        """Read "Y, not X"."""
        for found in self.contrast.finditer(sentence) if self.contrast else ():
            bare = found[0].strip()
            if self.no and bare[:1] not in ",،" and self.no.fullmatch(bare):
                continue
            wrong = sentence[found.end() : _end(sentence, found.end())]
            if len(words(wrong)) > MOST_WRONG_WORDS:
                continue
            if stated := _stated(wrong, self._opened(_LABEL.sub("", sentence[: found.start()]))):
                return stated
        return None

    def _opened(self, text: str) -> str:
        """Return a statement without the words that lead to it: "to say that"."""
        if self.opens:
            for found in self.opens.finditer(text):
                if _is_statement(text[found.end() :]):
                    return text[found.end() :].strip(_EDGES)
        return text.strip(_EDGES)


def _end(sentence: str, start: int) -> int:
    end = _CLAUSE_ENDS.search(sentence, start)
    return end.start() if end else len(sentence)


def _stated(wrong: str, right: str) -> StatedCorrection | None:
    wrong, right = wrong.strip(_EDGES), right.strip(_EDGES)
    return StatedCorrection(wrong=wrong, right=right) if _is_statement(wrong) and _is_statement(right) else None


def _is_statement(text: str) -> bool:
    return any(map(str.isalnum, text))


@cache
def _forms() -> Mapping[str, _Forms]:
    """Return language -> its forms, read once a process."""
    stated = tomllib.loads((files("news") / "data" / "corrections.toml").read_text(encoding="utf-8"))
    return {language: _compiled(lists) for language, lists in stated.items()}


def _compiled(lists: dict[str, Any]) -> _Forms:
    def pattern(text: str) -> re.Pattern[str]:
        return re.compile(text, re.IGNORECASE)

    earlier, said, no = (lists.get(name) for name in ("earlier", "said", "no"))
    return _Forms(
        before=pattern(rf"\b(?:{earlier})\b.{{0,80}}?\b(?:{said})(?:,?\s+|(?<=['’])|(?<=:))") if said else None,
        contrast=pattern(rf"(?:{lists['not']})\b\s*") if "not" in lists else None,
        denial=pattern(rf"\b(?:{no})\s+(?P<wrong>[^.;]{{1,100}}?)(?:{lists['but']})\s+") if "but" in lists else None,
        no=pattern(no) if no else None,
        opens=pattern(rf"\b(?:{lists['opens']})\s+") if "opens" in lists else None,
        whole=tuple(pattern(_form(form)) for form in lists.get("forms", ())),
    )


def _form(form: str) -> str:
    """Return the pattern of a whole form; one that begins with a statement begins with the sentence."""
    made = form.replace("{wrong}", "(?P<wrong>[^;；]{1,150}?)").replace("{right}", "(?P<right>[^;；]{1,200}?)")
    return ("^" if form.startswith("{") else "") + made + (_FORM_ENDS if "}" in form[-1:] or form[-1:] in ")?" else "")


def _notices(article: Article) -> dict[str, str]:
    """Return the notices of an article by their folded text: those on the page, a line each, then those of JSON-LD."""
    texts = [*article.correction.splitlines(), *(notice.text for notice in article.correction_notices)]
    return {key: text.strip() for text in reversed(texts) if (key := folded(text))}


def _speaks_of(stated: StatedCorrection, before: Sequence[Version], after: Article) -> int | None:
    """Return the number of the latest version that holds what was wrong where `after` has other words."""
    now = set(_sentences(after))
    denied = _stems(stated.wrong)
    figures = {word for word in words(stated.wrong) if word[0].isdecimal()}
    context = _stems(stated.right) - denied
    for version in reversed(before):
        for sentence in _sentences(version.article):
            if sentence in now:
                continue
            found = _stems(sentence)
            if not figures <= set(words(sentence)) or len(found & denied) < HELD_RATIO * len(denied):
                continue
            # of a word or two the rest of the sentence has to be the one that is put right
            if len(denied) > 2 or not context or found & context:
                return version.number
    return None


def _sentences(article: Article) -> Iterator[str]:
    """Yield the sentences of an article without its notices, as texts are compared."""
    article = replace(article, correction="")
    texts = [article.headline, article.standfirst, article.body]
    texts += [text for entry in article.entries for text in (entry.headline, entry.body)]
    for text in texts:
        for sentence in _SENTENCE_ENDS.split(plain_text(text, keep_lines=True)):
            if sentence.strip():
                yield sentence.strip()


def _stems(text: str) -> set[str]:
    """Return the words of a text by their first letters, without the shortest ones."""
    return {word[:STEM] for word in words(text) if len(word) > 2 or word[0].isdecimal() or not word.isascii()}
