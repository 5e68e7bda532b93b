"""Time of a model's metrics with their draws against a loop over scikit-learn, and that both give equal values.

    python benchmarks/evaluation.py [--cases 1800] [--draws 2000]

Both sides compute the same numbers: every metric of the drawn confusion matrices, and AUC and Brier score of the cases
with their intervals. scikit-learn has no interval of an AUC or a mean: its side resamples patients for these, as the
product did, and its AUC is held against the product's on the same resamples.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from sklearn import metrics as sk

from gliomanet.evaluation.estimates import Sample, estimate
from gliomanet.evaluation.metrics.classification import auc
from gliomanet.evaluation.metrics.registry import METRICS
from gliomanet.evaluation.statistics.bootstrap import resample_weights

COUNTED = ("mcc", "balanced_accuracy", "sensitivity", "specificity", "f1", "ppv", "npv")
OTHERS = ("auc", "brier", "ece")


def loop_over_counts(counts: np.ndarray) -> dict[str, np.ndarray]:
    """Every metric of every drawn matrix: its four cells are four weighted cases."""
    truth, called = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    rows = []
    for matrix in np.moveaxis(counts, 2, 0):
        given = {"sample_weight": matrix.ravel()}
        rows.append(
            (
                sk.matthews_corrcoef(truth, called, **given),
                sk.balanced_accuracy_score(truth, called, **given),
                sk.recall_score(truth, called, **given),
                sk.recall_score(truth, called, pos_label=0, **given),
                sk.f1_score(truth, called, **given),
                sk.precision_score(truth, called, **given),
                sk.precision_score(truth, called, pos_label=0, **given),
            )
        )
    return dict(zip(COUNTED, np.array(rows).T, strict=True))


def loop_over_resamples(truth: np.ndarray, p: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """AUC and Brier score of every resample (2, 1 + draws)."""
    rows = [
        (sk.roc_auc_score(truth, p, sample_weight=w), sk.brier_score_loss(truth, p, sample_weight=w)) for w in weights.T
    ]
    return np.array(rows).T


def main() -> None:
    """Print both times and the largest difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1800)
    parser.add_argument("--draws", type=int, default=2000)
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    truth = (rng.random(arguments.cases) < 0.3).astype(int)
    p = 1 / (1 + np.exp(-(rng.normal(size=truth.size) + 2 * truth - 1.5)))
    probability = np.stack([1 - p, p], 1)

    def sample() -> Sample:
        patients, classes = np.arange(truth.size), ("no", "yes")
        return Sample(truth, probability, patients, classes, arguments.draws, 0.95, lambda _: np.random.default_rng(1))

    times = []
    for _ in range(20):
        start, one = time.perf_counter(), sample()
        for name in (*COUNTED, *OTHERS):
            estimate(METRICS[name], one, "external")
        times.append(time.perf_counter() - start)
    ours = float(np.median(times))
    weights = resample_weights(np.arange(truth.size).astype(str), truth, arguments.draws, rng)
    start = time.perf_counter()
    theirs = loop_over_counts(one.confusion.counts)
    of_cases = loop_over_resamples(truth, p, weights)
    loop = time.perf_counter() - start
    gaps = [np.abs(METRICS[name].of_counts(one.confusion) - theirs[name]).max() for name in COUNTED]
    gaps.append(np.abs(auc(truth == 1, p, weights) - of_cases[0]).max())
    gaps.append(np.abs(one.plain.mean(METRICS["brier"].of_terms(truth, probability)) - of_cases[1][0]).max())
    print(
        f"{arguments.cases} cases, {arguments.draws} draws: {ours * 1000:.1f} ms; loop over scikit-learn {loop:.1f} s"
    )
    print(f"{loop / ours:.0f} times as fast; largest difference of a value {max(gaps):.1e}")


if __name__ == "__main__":
    main()
