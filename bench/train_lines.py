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
Rows = npt.NDArray[np.intp]
#: slope, bend and weight of each line
Sums = tuple[Vector, Vector, Vector]
#: of the trees: chosen by cross-validation on the wide sets
TREES, DEPTH, RATE, BINS, LEAST_WEIGHT, RIDGE, LEAST_GAIN = 60, 5, 0.28, 40, 90.0, 20.0, 1e-6


class Trees:
    """Boosted trees that are being learned: features by line, binned once."""

    def __init__(self, data: Matrix, labels: Vector, weights: Vector) -> None:
        self.edges = [np.unique(np.quantile(column, np.linspace(0, 1, BINS + 1)[1:-1])) for column in data.T]
        self.binned = np.stack(
            [np.searchsorted(edges, column, side="left") for edges, column in zip(self.edges, data.T, strict=True)]
        ).astype(np.intp)
        self.labels, self.weights = labels, weights
        rate = (labels * weights).sum() / weights.sum()
        self.base = float(np.log(rate / (1 - rate)))
        self.trees: list[list[Any]] = []

    def learn(self) -> dict[str, Any]:
        """Return the model: a base, and trees of nested lists [feature, edge, at most, above] or leaves."""
        score = np.full(len(self.labels), self.base)
        everything = np.arange(len(score))
        for _ in range(TREES):
            chance = 1 / (1 + np.exp(-score))
            slope = (self.labels - chance) * self.weights
            bend = chance * (1 - chance) * self.weights
            sums = (slope, bend, self.weights)
            leaves = np.zeros(len(score))
            tree = self._grow(everything, sums, self._histograms(everything, sums), DEPTH, leaves)
            score += leaves
            self.trees.append(tree)
        return {"base": round(self.base, 4), "trees": self.trees}

    def _histograms(self, rows: Rows, sums: Sums) -> Matrix:
        """Return slope, bend and weight of the rows by feature and bin."""
        of_rows = [each[rows] for each in sums]
        found = np.empty((len(sums), len(self.edges), BINS + 1))
        for feature, binned in enumerate(self.binned):
            bins = binned[rows]
            for at, each in enumerate(of_rows):
                found[at, feature] = np.bincount(bins, each, BINS + 1)
        return found

    def _grow(self, rows: Rows, sums: Sums, held: Matrix, depth: int, leaves: Vector) -> Any:
        whole_slope, whole_bend, whole = held[:, 0].sum(axis=1)
        slopes, bends, sizes = np.cumsum(held, axis=2)[:, :, :-1]
        gains = slopes**2 / (bends + RIDGE) + (whole_slope - slopes) ** 2 / (whole_bend - bends + RIDGE)
        gains -= whole_slope**2 / (whole_bend + RIDGE)
        gains[(sizes < LEAST_WEIGHT) | (whole - sizes < LEAST_WEIGHT)] = 0
        feature, at = divmod(int(np.argmax(gains)), BINS)
        if not depth or gains[feature, at] < LEAST_GAIN:
            value = float(RATE * whole_slope / (whole_bend + RIDGE))
            leaves[rows] = value
            return round(value, 4)
        low = self.binned[feature][rows] <= at
        sides = rows[low], rows[~low]
        smaller = int(len(sides[1]) < len(sides[0]))
        parts = [held, held]
        if depth > 1:  # of the larger side they are what is left
            parts[smaller] = self._histograms(sides[smaller], sums)
            parts[1 - smaller] = held - parts[smaller]
        else:
            parts = [self._whole(side, sums) for side in sides]
        below, above = (
            self._grow(side, sums, part, depth - 1, leaves) for side, part in zip(sides, parts, strict=True)
        )
        return [feature, round(float(self.edges[feature][at]), 4), below, above]

    def _whole(self, rows: Rows, sums: Sums) -> Matrix:
        """Return the sums over the rows as histograms of one bin: all that a leaf needs."""
        found = np.zeros((len(sums), len(self.edges), BINS + 1))
        found[:, 0, 0] = [each[rows].sum() for each in sums]
        return found


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
