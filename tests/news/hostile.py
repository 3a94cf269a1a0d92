"""What strangers put where a text, an address or a number belongs, by name, for tests of every door."""

import random
import string

_random = random.Random(13)
LETTERS = "".join(_random.choices(string.ascii_letters, k=4_000))
CJK = "".join(chr(_random.randint(0x4E00, 0x9FA5)) for _ in range(3_000))

#: texts that no store carries as they are
UNSTORABLE = {
    "NUL": "a\x00b",
    "lone high surrogate": "a\ud800b",
    "lone low surrogate": "a\udc00b",
    "C0": "a\x01\x07\x08\x0b\x0c\x1b[31mb",
    "DEL": "a\x7fb",
    "C1": "a\x85\x9bb",
}
#: texts that are odd, and a store's matter
ODD = {"bidi": "a\u202eb\u2066c\u200f", "long": LETTERS, "CJK": CJK, "newline and tab": "a\nb\tc", "empty": ""}
TEXTS = UNSTORABLE | ODD
#: numbers that fit into no column
NUMBERS = (2**63, -(2**63) - 1, 2**64, 10**30, float("nan"), float("inf"), float("-inf"))
#: dates of which no clock is right
YEARS = ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1970-01-01T00:00:00Z")
