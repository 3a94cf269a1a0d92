"""Character references in a feed or sitemap that no XML parser takes: one of them would lose the whole list."""

import re

_REFERENCE = re.compile(rb"&#(?:x([0-9a-f]{1,8})|([0-9]{1,10}));", re.IGNORECASE)
_PAIR = re.compile(
    rb"&#(?:x(d[89ab][0-9a-f]{2})|(5[56][0-9]{3}));&#(?:x(d[c-f][0-9a-f]{2})|(5[67][0-9]{3}));", re.IGNORECASE
)
_SURROGATES = range(0xD800, 0xE000)


def mended(content: bytes) -> bytes:
    """Return a list's bytes without references to what is no character of XML 1.0 (section 2.2).

    A character beyond the first plane that was written as two surrogates, as some systems write emoji, becomes that
    character; a lone surrogate, a control character and a number past Unicode's end go.

    >>> mended(b"<title>&#xD83D;&#xDE00; &#x26; &#xD800; &#0;</title>")
    b'<title>&#x1F600; &#x26;  </title>'
    """
    if b"&#" not in content:
        return content
    return _REFERENCE.sub(_possible, _PAIR.sub(_joined, content))


def _number(hexadecimal: bytes | None, decimal: bytes | None) -> int:
    return int(hexadecimal, 16) if hexadecimal else int(decimal or b"0")


def _joined(match: re.Match[bytes]) -> bytes:
    high, low = _number(match[1], match[2]), _number(match[3], match[4])
    if not (0xD800 <= high < 0xDC00 <= low < 0xE000):
        return match[0]
    return b"&#x%X;" % (0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))


def _possible(match: re.Match[bytes]) -> bytes:
    number = _number(match[1], match[2])
    is_control = number < 0x20 and number not in (9, 10, 13)
    return b"" if is_control or number in _SURROGATES or number in (0xFFFE, 0xFFFF) or number > 0x10FFFF else match[0]
