"""Measures enrichment on the labelled articles and the real pages: precision, recall, languages, CPU time.

    python bench/enrichment.py [--half dev] [--show STEP]

Prints tables and, last, one JSON line. `--show places` lists what was wrong or missed, page by page, in the dev half
alone: nobody looks at the held half's pages while making rules. CPU times are the process's own, warm.
"""

import argparse
import gzip
import json
import re
import statistics
import time
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from langdetect import DetectorFactory
from langdetect import detect_langs as langdetects

from news.article import Article
from news.outlet import Outlet
from pipelines.enrich import STEPS, enrich
from pipelines.enrich.text.analysed_text import AnalysedText
from pipelines.enrich.text.lexicon import key
from pipelines.language import detect, identify

ROOT = Path(__file__).parents[1]
PAGES = ROOT.parent / "shared" / "pages"
LABELS = ROOT / "tests" / "labels" / "enrichment.jsonl"
SETS = ("fundus", "aed", "zyte")
#: characters of a body that were read by whoever labelled it
LABELLED = 2_500

#: other work on the machine makes a round slower, never faster
ROUNDS = 3

#: what the issue asks for: precision and recall
ASKED = {"places": (0.90, 0.80), "people": (0.85, 0.70), "organisations": (0.85, 0.70)}


def main() -> None:
    """Print the tables and the JSON line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--half", choices=("dev", "held"), help="this half alone")
    parser.add_argument("--show", choices=(*ASKED, "about"), help="list the dev half's mistakes of one step")
    asked = parser.parse_args()
    truths = {truth["id"]: truth for truth in read_truths()}
    labels = [json.loads(line) for line in LABELS.read_text(encoding="utf-8").splitlines()]
    if asked.show:
        for label in labels:
            if label["half"] == "dev":
                show(asked.show, label, truths[label["id"]])
        return
    figures: dict[str, Any] = {}
    halves = (asked.half,) if asked.half else ("dev", "held")
    for half in halves:
        figures[half] = score([label for label in labels if label["half"] == half], truths, half)
    if not asked.half:
        figures["language"] = languages(list(truths.values()))
        figures["cpu"] = cpu(list(truths.values()))
    figures["falls_short"] = falls_short(figures)
    print(json.dumps(figures))


def read_truths() -> Iterator[dict[str, Any]]:
    """Yield the truth of each real page, with the name of its set."""
    for each in SETS:
        for line in (PAGES / each / "truth.jsonl").read_text(encoding="utf-8").splitlines():
            yield json.loads(line) | {"set": each}


def labelled_text(truth: dict[str, Any]) -> str:
    """Return the part of the body that was labelled: its first LABELLED characters, cut back to a line's end."""
    body = "\n".join(line for line in truth["body"].split("\n") if line.strip())
    if len(body) <= LABELLED:
        return body
    end = body.rfind("\n", 0, LABELLED)
    return body[: end if end > LABELLED * 0.5 else LABELLED]


def outlet_of(truth: dict[str, Any]) -> Outlet:
    """Return the page's outlet: what the truth or our list of outlets says of it, else its address's country."""
    host = urlsplit(truth["url"]).hostname or ""
    known = next((each for name, each in hosts().items() if host == name or host.endswith("." + name)), {})
    last = host.rpartition(".")[2]
    country = truth.get("country") or known.get("country") or (last if len(last) == 2 and last not in NOT_CC else "")
    languages = tuple(truth.get("languages") or known.get("languages") or ())
    name = truth.get("publisher") or known.get("name") or host
    return Outlet(slug="x", name=name, home=f"https://{host}", country=country.replace("uk", "gb"), languages=languages)


#: country domains that are sold to the world
NOT_CC = {"tv", "me", "io", "co", "ai", "us"}
_HOSTS: dict[str, dict[str, Any]] = {}


def hosts() -> dict[str, dict[str, Any]]:
    """Return the known outlets by host."""
    if not _HOSTS:
        for line in (PAGES.parent / "outlets.jsonl").read_text(encoding="utf-8").splitlines():
            outlet = json.loads(line)
            _HOSTS[(urlsplit(outlet["home"]).hostname or "").removeprefix("www.")] = outlet
    return _HOSTS


def article_of(truth: dict[str, Any], body: str) -> Article:
    """Return the page's article with its language identified as the digest does."""
    outlet = outlet_of(truth)
    language = identify(body, stated(truth), outlet.languages).code
    return Article(url=truth["url"], headline=truth.get("title", "").strip(), body=body, in_language=language)


_STATED: dict[str, str | None] = {}


def stated(truth: dict[str, Any]) -> str | None:
    """Return the language in the page's `<html lang>`."""
    if truth["id"] not in _STATED:
        with gzip.open(PAGES / truth["set"] / f"{truth['id']}.html.gz") as page:
            head = page.read(100_000).decode("utf-8", "replace")
        found = re.search(r"<html[^>]*\slang=[\"']?([\w-]+)", head, re.IGNORECASE)
        _STATED[truth["id"]] = found[1] if found else None
    return _STATED[truth["id"]]


def found_names(step: str, document: dict[str, Any]) -> list[dict[str, str]]:
    """Return what a step found, as name, the name as displayed, and for places the code."""
    return [
        {"name": each["name"], "display": each.get("display", each["name"]), "code": each.get("code", "")}
        | {"kind": each.get("kind", "")}
        for each in document.get(step, ())
    ]


def meets(step: str, found: dict[str, str], form: str) -> bool:
    """Return whether what was found is what one form of a label names (tests/labels/README.md)."""
    if step == "places":
        code, _, town = form.partition(" ")
        if not town:
            return found["code"] == code and found["kind"] != "city"
        names = {key(found["name"]), key(found["display"])}
        return found["code"][:2] == code and key(town) in names
    wanted = bare(form)
    for name in {bare(found["name"]), bare(found["display"])}:
        one, other = set(name.split()), set(wanted.split())
        if name == wanted or (one and other and (one <= other or other <= one)):
            return True
    return False


def bare(name: str) -> str:
    """Return a name's looked-up form without accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", key(name)) if not unicodedata.combining(c))


def judge(step: str, label: dict[str, Any], document: dict[str, Any]) -> tuple[list[str], list[str], list[str]]:
    """Return the names that are right, wrong and missed."""
    wanted = [name for name in label[step] if not name.startswith("?")]
    optional = [name[1:] for name in label[step] if name.startswith("?")]
    right, wrong = [], []
    open_labels = list(wanted)
    for found in found_names(step, document):
        match = next((name for name in open_labels if any(meets(step, found, form) for form in name.split("|"))), None)
        if match is not None:
            open_labels.remove(match)
            right.append(found["name"])
        elif not any(meets(step, found, form) for name in optional for form in name.split("|")):
            wrong.append(f"{found['display']} ({found['code'] or 'x'})")
    return right, wrong, open_labels


def about(label: dict[str, Any], document: dict[str, Any]) -> bool | None:
    """Return whether the country is right; None where neither label nor document has one."""
    found = document.get("about_country")
    if not label["about"] and not found:
        return None
    return found in label["about"] if found or label["about"] else None


def score(labels: list[dict[str, Any]], truths: dict[str, Any], half: str) -> dict[str, Any]:
    """Print and return precision and recall of each step, whole and by language."""
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for label in labels:
        truth = truths[label["id"]]
        document = enrich(article_of(truth, labelled_text(truth)), outlet_of(truth))
        for step in ASKED:
            right, wrong, missed = judge(step, label, document)
            for language in ("all", label["language"]):
                counts[step, language].update(right=len(right), wrong=len(wrong), missed=len(missed))
        good = about(label, document)
        for language in ("all", label["language"]):
            if good is not None:
                wrong_about = not good and document.get("about_country") is not None
                counts["about", language].update(right=int(good), wrong=int(wrong_about), missed=int(not good))
    figures: dict[str, Any] = {}
    print(f"\n{half}: {len(labels)} articles\n{'step':15}{'language':10}{'right':>6}{'wrong':>6}{'missed':>7}   P    R")
    for (step, language), count in sorted(counts.items(), key=lambda e: (e[0][0], e[0][1] != "all", e[0][1])):
        if count.total():
            precision = count["right"] / ((count["right"] + count["wrong"]) or 1)
            recall = count["right"] / ((count["right"] + count["missed"]) or 1)
            numbers = f"{count['right']:6}{count['wrong']:6}{count['missed']:7}"
            print(f"{step:15}{language:10}{numbers}  {precision:.2f} {recall:.2f}")
            if language == "all":
                figures[step] = {"precision": round(precision, 3), "recall": round(recall, 3)}
    return figures


def show(step: str, label: dict[str, Any], truth: dict[str, Any]) -> None:
    """Print one article's mistakes."""
    document = enrich(article_of(truth, labelled_text(truth)), outlet_of(truth))
    if step == "about":
        if about(label, document) is False:
            print(f"{label['id'][:30]:30} {label['language']} {document.get('about_country')} wanted {label['about']}")
        return
    _, wrong, missed = judge(step, label, document)
    if wrong or missed:
        print(f"{label['id'][:30]:30} {label['language']} WRONG {wrong} MISSED {missed}")


def languages(truths: list[dict[str, Any]]) -> dict[str, Any]:
    """Print and return how often the detector agrees with langdetect, how much faster it is, and who is right."""
    DetectorFactory.seed = 0
    bodies = [truth["body"] for truth in truths]
    langdetects(bodies[0]), detect(bodies[0])
    slow, theirs = timed(lambda: [langdetects(body)[0].lang[:2] for body in bodies])
    fast, ours = timed(lambda: [detect(body)[0].code for body in bodies])
    same = sum(one == other for one, other in zip(ours, theirs, strict=True)) / len(bodies)
    written = [truth for truth in truths if truth.get("languages")]
    named = [(identify(t["body"], stated(t), tuple(t["languages"])).code, t) for t in written]
    right = sum(code in truth["languages"] for code, truth in named) / len(named)
    alone = sum(detect(t["body"])[0].code in t["languages"] for t in written) / len(written)
    print(f"\nlanguage: equals langdetect on {same:.2%} of {len(bodies)}, {slow / fast:.0f} times as fast")
    print(f"with witnesses right on {right:.2%} of {len(named)} against the outlets' languages, alone {alone:.2%}")
    for code, truth in named:
        if code not in truth["languages"]:
            print(f"  {truth['id']}: {code}, its outlet writes {truth['languages']}")
    return {"same": round(same, 4), "times_as_fast": round(slow / fast, 1), "right": round(right, 4)}


def timed(work: Callable[[], list[Any]]) -> tuple[float, list[Any]]:
    """Return the CPU seconds and the result of some work."""
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def cpu(truths: list[dict[str, Any]]) -> dict[str, Any]:
    """Print and return CPU milliseconds of each step and of all, over whole bodies, warm, the best of ROUNDS."""
    pairs = [(article_of(truth, truth["body"]), outlet_of(truth)) for truth in truths]
    for article, outlet in pairs[:20]:
        enrich(article, outlet)
    spent: dict[str, list[float]] = defaultdict(list)
    for article, outlet in pairs:
        rounds = [one_round(article, outlet) for _ in range(ROUNDS)]
        for step in STEPS:
            spent[step.__name__].append(min(times[step.__name__] for times in rounds))
        spent["all"].append(min(sum(times.values()) for times in rounds))
    print("\nCPU ms an article    median    p95")
    figures = {}
    for name, times in spent.items():
        median, p95 = statistics.median(times), sorted(times)[int(len(times) * 0.95)]
        print(f"{name:18}{median:9.3f}{p95:8.3f}")
        figures[name] = {"median": round(median, 3), "p95": round(p95, 3)}
    return figures


def one_round(article: Article, outlet: Outlet) -> dict[str, float]:
    """Return the CPU milliseconds of each step on one article, read anew."""
    reading = AnalysedText(article, outlet)
    times = {}
    for step in STEPS:
        start = time.process_time()
        step(reading)
        times[step.__name__] = (time.process_time() - start) * 1e3
    return times


def falls_short(figures: dict[str, Any]) -> list[str]:
    """Name each figure that is below what was asked."""
    short = []
    for half in ("dev", "held"):
        for step, (precision, recall) in ASKED.items():
            found = figures.get(half, {}).get(step, {"precision": 0, "recall": 0})
            if half in figures:
                short += [f"{half} {step} precision {found['precision']}"] if found["precision"] < precision else []
                short += [f"{half} {step} recall {found['recall']}"] if found["recall"] < recall else []
    if language := figures.get("language"):
        for name, least in (("same", 0.995), ("times_as_fast", 30), ("right", 0.985)):
            short += [f"language {name} {language[name]}"] if language[name] < least else []
    if "cpu" in figures and figures["cpu"]["all"]["median"] > 5:
        short.append(f"cpu median {figures['cpu']['all']['median']} ms")
    return short


if __name__ == "__main__":
    main()
