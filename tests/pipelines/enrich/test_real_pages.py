"""What the issue asks of enrichment, on the seed's article and on the labelled real pages."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langdetect import DetectorFactory
from langdetect import detect_langs as langdetects

from bench.enrichment import article_of, judge, labelled_text, outlet_of, stated
from news.article import Article
from news.outlet import Outlet
from pipelines.enrich import enrich
from pipelines.language import detect, identify
from tests.shared_files import shared

ROOT = Path(__file__).parents[3]
LABELS = ROOT / "tests" / "labels" / "enrichment.jsonl"


@pytest.fixture(scope="module")
def truths() -> dict[str, dict[str, Any]]:
    return {truth["id"]: truth for truth in read_truths()}


def read_truths() -> Iterator[dict[str, Any]]:
    for name in ("fundus", "aed", "zyte"):
        for line in shared(f"pages/{name}/truth.jsonl").read_text(encoding="utf-8").splitlines():
            yield json.loads(line) | {"set": name}


@pytest.fixture(scope="module")
def seed() -> dict[str, Any]:
    lines = [line.strip() for line in shared("seed/asianet-newsable.txt").read_text(encoding="utf-8").splitlines()]
    headline, standfirst, *body = [line for line in lines if len(line) > 70]
    article = Article(
        url="https://newsable.asianetnews.com/world/us-airstrike-eliminates-commander",
        headline=headline,
        standfirst=standfirst,
        body="\n".join(line for line in body if line != headline),
        in_language="en",
    )
    outlet = Outlet(slug="newsable", name="Asianet Newsable", home="https://newsable.asianetnews.com/", country="in")
    return enrich(article, outlet)


def test_the_seed_article_is_about_iraq(seed: dict[str, Any]) -> None:
    assert seed["about_country"] == "IQ"
    assert seed["section"] == "world"


def test_the_seed_article_names_its_places(seed: dict[str, Any]) -> None:
    assert {each["name"] for each in seed["places"]} == {"Iraq", "Baghdad", "al-Mashtal", "Iran", "United States"}


def test_the_seed_article_names_each_body_once(seed: dict[str, Any]) -> None:
    names = [each["name"] for each in seed["organisations"]]
    assert {"United States Central Command", "Kata'ib Hezbollah", "Islamic State"} <= set(names)
    assert len(names) == len(set(names))
    assert not [name for name in names if "CENTCOM" in name or "’" in name]


@pytest.mark.parametrize("half", ["dev", "held"])
@pytest.mark.parametrize(
    ("step", "precision", "recall"),
    [("places", 0.90, 0.80), ("people", 0.85, 0.70), ("organisations", 0.85, 0.70)],
)
def test_names_are_right_and_found_on_the_labelled_pages(
    truths: dict[str, dict[str, Any]], half: str, step: str, precision: float, recall: float
) -> None:
    counts: Counter[str] = Counter()
    for line in LABELS.read_text(encoding="utf-8").splitlines():
        label = json.loads(line)
        if label["half"] == half:
            truth = truths[label["id"]]
            found = enrich(article_of(truth, labelled_text(truth)), outlet_of(truth))
            right, wrong, missed = judge(step, label, found)
            counts.update(right=len(right), wrong=len(wrong), missed=len(missed))
    assert counts["right"] / (counts["right"] + counts["wrong"]) >= precision
    assert counts["right"] / (counts["right"] + counts["missed"]) >= recall


def test_the_detectors_labels_are_langdetects(truths: dict[str, dict[str, Any]]) -> None:
    DetectorFactory.seed = 0
    bodies = [truth["body"] for truth in truths.values()]
    same = sum(detect(body)[0].code == langdetects(body)[0].lang.split("-")[0] for body in bodies)
    assert same / len(bodies) >= 0.995


def test_with_its_witnesses_the_language_is_the_outlets(truths: dict[str, dict[str, Any]]) -> None:
    written = [truth for truth in truths.values() if truth.get("languages")]
    right = sum(
        identify(truth["body"], stated(truth), tuple(truth["languages"])).code in truth["languages"]
        for truth in written
    )
    assert right / len(written) >= 0.985
