"""A stranger's text in, what a terminal, a log line or a line of JSON can carry without being commanded by it."""

import re

#: the C0 controls but newline and tab, DEL and C1 command a terminal; a lone surrogate cannot be encoded
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
#: marks that turn the direction of what follows: embeddings and overrides end with PDF, isolates with PDI (UAX 9)
_EMBEDDINGS, _PDF = "\u202a\u202b\u202d\u202e", "\u202c"
_ISOLATES, _PDI = "\u2066\u2067\u2068", "\u2069"
_TURNS = re.compile(f"[{_EMBEDDINGS}{_PDF}{_ISOLATES}{_PDI}]")
#: what JSON may carry, but no terminal that shows it; with the line ends that only Unicode has
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """Return `text` without what commands a terminal; newlines and tabs stay.

    Marks of direction that are paired within their line stay, for right-to-left text needs them; an unpaired one would
    turn what others print behind it, and goes. A carriage return becomes a newline.

    >>> printable("a\\x1b[31mb\\x9b2J"), printable("\\u202eevil"), len(printable("\\u2067שלום\\u2069"))
    ('a[31mb2J', 'evil', 6)
    """
    if _CONTROLS.search(text):
        text = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    if _TURNS.search(text):
        text = "\n".join(map(_paired, text.split("\n")))
    return text


def one_line(text: str) -> str:
    """Return `text` printable and without line ends, for a cell, or an event of a log: it begins no line of its own.

    >>> one_line("Harbour opens\\r\\nINFO all is well\\t!")
    'Harbour opens INFO all is well !'
    """
    return " ".join(printable(text).split()) if re.search(r"[^\S ]|[\x00-\x1f]", text) else printable(text)


def escaped(document: str) -> str:
    """Return a JSON `document` that says the same, with what would command a terminal written as escapes.

    >>> escaped('"\\x9b2J"')
    '"\\\\u009b2J"'
    """
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", document)


def _paired(line: str) -> str:
    """Return a line without the marks that open or close nothing."""
    open_: list[int] = []
    kept = set()
    for place, mark in enumerate(line):
        if mark in _EMBEDDINGS or mark in _ISOLATES:
            open_.append(place)
        elif mark == _PDF and open_ and line[open_[-1]] in _EMBEDDINGS:
            kept |= {open_.pop(), place}
        elif mark == _PDI and any(line[each] in _ISOLATES for each in open_):
            # an isolate's end ends the embeddings within it, too
            while line[open_[-1]] in _EMBEDDINGS:
                open_.pop()
            kept |= {open_.pop(), place}
    return "".join(mark for place, mark in enumerate(line) if place in kept or not _TURNS.match(mark))
