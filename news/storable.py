"""placeholder"""

from typing import Any


def storable(value: Any) -> Any:
    return value
