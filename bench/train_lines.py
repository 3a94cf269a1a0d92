"""Learns which lines of a page are its article's, from the real pages beside the repository, and writes the model.

    python bench/train_lines.py

One command, no randomness: gradient-boosted trees over histograms (logistic loss). Besides the model of all pages it
writes one for each fold of domains, learned without them, by which bench/reading.py measures. No text goes into it.
"""

import json
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

if not __package__:
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from bench.line_examples import examples, fingerprint
from bench.real_pages import FOLDS, HELD_OUT, sets
from pipelines.extract.line_model import FEATURES, MODEL

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]
#: of the trees: chosen by cross-validation on the wide sets
TREES, DEPTH, RATE, BINS, LEAST_WEIGHT, RIDGE = 40, 5, 0.28, 40, 60.0, 20.0


class Trees:
    """Boosted trees that are being learned: features by line, binned once."""

    def __init__(self, data: Matrix, labels: Vector, weights: Vector) -> None:
        self.edges = [np.unique(np.quantile(column, np.linspace(0, 1, BINS + 1)[1:-1])) for column in data.T]
        self.binned = np.stack(
            [np.searchsorted(edges, column, side="left") for edges, column in zip(self.edges, data.T, strict=True)]
        ).astype(np.int64)
        self.labels, self.weights = labels, weights
        rate = (labels * weights).sum() / weights.sum()
        self.base = float(np.log(rate / (1 - rate)))
        self.trees: list[list[Any]] = []

    def learn(self) -> dict[str, Any]:
        """Return the model: a base, and trees of nested lists [feature, edge, at most, above] or leaves."""
        score = np.full(len(self.labels), self.base)
        for _ in range(TREES):
            chance = 1 / (1 + np.exp(-score))
            slope = (self.labels - chance) * self.weights
            bend = chance * (1 - chance) * self.weights
            leaves = np.zeros(len(score))
            tree = self._grow(np.arange(len(score)), slope, bend, DEPTH, leaves)
            score += leaves
            self.trees.append(tree)
        return {"base": round(self.base, 4), "trees": self.trees}

    def _grow(self, rows: npt.NDArray[np.int64], slope: Vector, bend: Vector, depth: int, leaves: Vector) -> Any:
        own_slope, own_bend = slope[rows], bend[rows]
        whole = own_slope.sum() ** 2 / (own_bend.sum() + RIDGE)
        best = (1e-6, -1, -1)
        for feature in range(len(self.edges)) if depth else ():
            if not len(self.edges[feature]):
                continue
            bins = self.binned[feature][rows]
            slopes = np.cumsum(np.bincount(bins, own_slope, BINS + 1))[:-1]
            bends = np.cumsum(np.bincount(bins, own_bend, BINS + 1))[:-1]
            sizes = np.cumsum(np.bincount(bins, self.weights[rows], BINS + 1))[:-1]
            weight = self.weights[rows].sum()
            rest, rest_bend = own_slope.sum() - slopes, own_bend.sum() - bends
            gains = slopes**2 / (bends + RIDGE) + rest**2 / (rest_bend + RIDGE) - whole
            gains[(sizes < LEAST_WEIGHT) | (weight - sizes < LEAST_WEIGHT)] = 0
            at = int(np.argmax(gains))
            if gains[at] > best[0] and at < len(self.edges[feature]):
                best = (float(gains[at]), feature, at)
        if best[1] < 0:
            value = float(RATE * own_slope.sum() / (own_bend.sum() + RIDGE))
            leaves[rows] = value
            return round(value, 4)
        low = self.binned[best[1]][rows] <= best[2]
        below = self._grow(rows[low], slope, bend, depth - 1, leaves)
        above = self._grow(rows[~low], slope, bend, depth - 1, leaves)
        return [best[1], round(float(self.edges[best[1]][best[2]]), 4), below, above]


def _learned(task: tuple[Matrix, Vector, Vector]) -> dict[str, Any]:
    return Trees(*task).learn()


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{path.stat().st_size:,} bytes in {path}")


def main() -> None:
    """Write the model of all pages and those of the folds."""
    pages = [page for of_set in sets().values() for page in of_set]
    with ProcessPoolExecutor(2) as pool:
        found = list(pool.map(examples, pages, chunksize=8))
        folds = np.concatenate([np.full(len(each), page.fold) for page, each in zip(pages, found, strict=True)])
        data = np.array([row for each in found for row, _, _ in each], dtype=float)
        labels = np.array([label for each in found for _, label, _ in each])
        weights = np.array([weight for each in found for _, _, weight in each])
        weights /= weights.mean()
        learned = [folds >= 0, *(folds != fold for fold in range(FOLDS))]
        tasks = [(data[rows], labels[rows], weights[rows]) for rows in learned]
        models = list(pool.map(_learned, tasks))
    print(f"{len(labels):,} lines of {len(pages)} pages")
    _write(MODEL, {"features": FEATURES, "fingerprint": fingerprint()} | models[0])
    _write(HELD_OUT, models[1:])


if __name__ == "__main__":
    main()
