"""Agency texts reworded by other outlets, and reports on the same matter that are none; our own, labelled by hand."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from news.signature import Signature, bands, is_copy

LABELS = Path(__file__).parents[1] / "tests" / "labels"


def found_reworded(sign: Callable[[str], Signature]) -> dict[str, float]:
    """Return, by half, the share of rewordings that are found, and other reports that are taken for one.

    Those without a quotation are a half of their own, `unquoted`, and those in scripts without capitals are three.
    """
    texts = _texts("reworded.toml") + [
        text | {"half": f"caseless_{text['half']}"} for text in _texts("reworded_caseless.toml")
    ]
    texts += [text | {"half": "unquoted"} for text in _texts("reworded_unquoted.toml")]
    figures: dict[str, float] = {}
    taken = 0
    for half in ("dev", "held", "unquoted", "caseless_dev", "caseless_held", "caseless_last"):
        found = count = 0
        for text in texts:
            if text["half"] == half:
                source = sign(text["original"])
                for reworded in text["reworded"]:
                    count += 1
                    found += _is_found(source, sign(reworded))
                taken += bool(text["other"]) and _is_found(source, sign(text["other"]))
        figures[f"recall_reworded_{half}"] = round(found / count, 3)
    for pair in _labels("reworded_unquoted.toml")["reports"] + _labels("reworded_caseless.toml")["reports"]:
        taken += _is_found(sign(pair["one"]), sign(pair["two"]))
    return figures | {"other_reports_taken": taken}


def _texts(name: str) -> list[dict[str, Any]]:
    texts: list[dict[str, Any]] = _labels(name)["texts"]
    return texts


def _labels(name: str) -> dict[str, Any]:
    return tomllib.loads((LABELS / name).read_text(encoding="utf-8"))


def _is_found(one: Signature, other: Signature) -> bool:
    return bool(set(bands(one)) & set(bands(other))) and is_copy(one, other)
