"""A stranger's values in, what every store and every reader can carry out."""

import math
import re
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any, TypeVar, cast

T = TypeVar("T")

#: NUL, which PostgreSQL refuses; the other C0 controls but newline and tab, DEL and C1, which command a terminal and
#: mean nothing in a text; surrogates, which UTF-8 lacks. Bidirectional marks stay: right-to-left text needs them
_UNSTORABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
#: PostgreSQL's bigint and the search index's long end here
_LEAST, _MOST = -(2**63), 2**63 - 1


def storable(value: T) -> T:
    """Return `value` without what a store refuses: texts cleaned, numbers that fit nowhere as None.

    Goes into lists, tuples, dicts (keys, too) and dataclasses, and returns the same types; what is clean already comes
    back as it is. A character that was written as two surrogates (`&#xD83D;&#xDE00;`) becomes that character; a
    carriage return becomes a newline. An integer beyond 64 bits and a float that is no number become None: nothing
    near them would be true.

    >>> storable("a\\x00b\\x1b[31m\\ud800"), storable("\\ud83d\\ude00"), storable([1, 2**64, float("nan"), "x"])
    ('ab[31m', '😀', [1, None, None, 'x'])
    """
    return cast(T, _storable(value))


def is_storable(value: object) -> bool:
    """Say whether `storable` would leave `value` as it is."""
    return _storable(value) is value


def _storable(value: Any) -> Any:
    # nearly all values are texts, and few texts hold any of it
    if isinstance(value, str):
        return _text(value) if _UNSTORABLE.search(value) else value
    match value:
        case bool() | None:
            return value
        case int():
            return value if _LEAST <= value <= _MOST else None
        case float():
            return value if math.isfinite(value) else None
        case list():
            cleaned = [_storable(each) for each in value]
            return cleaned if _differ(cleaned, value) else value
        case tuple():
            cleaned = [_storable(each) for each in value]
            if not _differ(cleaned, value):
                return value
            # a named tuple is made of its fields
            return type(value)(*cleaned) if hasattr(value, "_fields") else tuple(cleaned)
        case dict():
            pairs = {_storable(name): _storable(each) for name, each in value.items()}
            same = not _differ(list(pairs), list(value)) and not _differ(list(pairs.values()), list(value.values()))
            return value if same else pairs
        case _ if is_dataclass(value) and not isinstance(value, type):
            changed = {
                name: new
                for name in _made_of(type(value))
                if (new := _storable(old := getattr(value, name))) is not old
            }
            return replace(cast(Any, value), **changed) if changed else value
        case _:
            return value


@cache
def _made_of(kind: type[Any]) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind) if each.init)


def _differ(one: list[Any], other: list[Any] | tuple[Any, ...]) -> bool:
    return len(one) != len(other) or any(new is not old for new, old in zip(one, other, strict=True))


def _text(text: str) -> str:
    text = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    # two surrogates that are a pair become their character, a lone one goes
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
