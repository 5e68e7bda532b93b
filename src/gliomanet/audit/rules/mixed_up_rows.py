"""Predictions that fit the labels of other rows, or of other classes, much better than those that they stand beside.

A table that was sorted by one column alone, pasted a row too low or joined by position keeps every number and is wrong
in every row; a swapped pair of columns mirrors every metric. Both leave labels that fit better elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from gliomanet.cohort.findings import Finding
from gliomanet.evaluation.predictions import Cases, Scored
from gliomanet.labels.vocabulary import MISSING

_SHIFTS = (-2, -1, 1, 2)
_LARGEST_Z = 3.5
"""Standard errors by which other rows may fit better: by chance one in 4,000 comparisons does."""
_FEWEST = 5
"""Cases of each class that a comparison needs."""
_FIT = 0.65
"""AUC that other rows have to reach: what fits nothing fits nothing better."""
_MOST_CLASSES = 5

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def fits_of_other_rows(
    answers: Scored, known: Cases, classes: tuple[str, ...], file_order: Integers, labels_order: Integers
) -> Iterator[Finding]:
    """Compare the fit of predictions to their own labels with that to others.

    Args:
        answers: one model's probabilities of one task.
        known: the cases.
        classes: the task's.
        file_order: places of the answers in the order of their file (cases,).
        labels_order: rows of `known` in the order of the labels' file.
    """
    truth = known.truth[answers.task]
    rows, probability = answers.rows[file_order], answers.probability[file_order]
    own = fit(probability, truth[rows])
    if own is None:
        return
    where = f"{answers.model}, {answers.stage}, {answers.scenario}, {answers.role} cases, {answers.task}"
    for what, other in _other_labels(rows, truth, labels_order):
        better = fit(probability, other)
        if better and _much_better(better, own):
            found = f"{where}: AUC {own[0]:.2f} with each case's own label, {better[0]:.2f} with {what}"
            action = "look at how the tables were made: rows that were shifted, sorted in part or joined by their order"
            yield Finding("warning", "other_rows_fit_better", "", "", "", found, action)
            return
    yield from _other_columns(where, probability, truth[rows], classes, own)


def fit(probability: Floats, truth: Integers) -> tuple[float, float] | None:
    """Mean AUC of one class against the others, and its standard error; None where classes are too small.

    Source of the error: Hanley and McNeil, Radiology 143:29 (1982), 10.1148/radiology.143.1.7063747.

    Args:
        probability: (cases, classes)
        truth: class index, `MISSING` where unknown (cases,).
    """
    from sklearn.metrics import roc_auc_score

    inside = truth != MISSING
    values, errors = [], []
    columns = [1] if probability.shape[1] == 2 else range(probability.shape[1])
    for index in columns:
        positive = truth[inside] == index
        m, n = int(positive.sum()), int((~positive).sum())
        if min(m, n) < _FEWEST:
            return None
        auc = float(roc_auc_score(positive, probability[inside, index]))
        q1, q2 = auc / (2 - auc), 2 * auc * auc / (1 + auc)
        variance = (auc * (1 - auc) + (m - 1) * (q1 - auc * auc) + (n - 1) * (q2 - auc * auc)) / (m * n)
        values.append(auc)
        errors.append(np.sqrt(max(variance, 1 / (4 * m * n))))
    return float(np.mean(values)), float(np.mean(errors))


def _much_better(other: tuple[float, float], own: tuple[float, float]) -> bool:
    return other[0] >= _FIT and other[0] - own[0] > _LARGEST_Z * np.hypot(other[1], own[1])


def _other_labels(rows: Integers, truth: Integers, labels_order: Integers) -> Iterator[tuple[str, Integers]]:
    """Labels of other rows, each with what it is in words."""
    for shift in _SHIFTS:
        many = "row" if abs(shift) == 1 else "rows"
        yield f"that of the case {abs(shift)} {many} {'below' if shift > 0 else 'above'}", np.roll(truth[rows], -shift)
    if rows.size == labels_order.size and not np.array_equal(rows, labels_order):
        yield "that of the row at its place in the table of labels", truth[labels_order]
        place = np.empty(truth.size, dtype=np.int64)
        place[labels_order] = np.arange(labels_order.size)
        for shift in _SHIFTS:
            many = "row" if abs(shift) == 1 else "rows"
            side = f"{abs(shift)} {many} {'below' if shift > 0 else 'above'} its own in the table of labels"
            yield f"that {side}", truth[labels_order[(place[rows] + shift) % labels_order.size]]


def _other_columns(
    where: str, probability: Floats, truth: Integers, classes: tuple[str, ...], own: tuple[float, float]
) -> Iterator[Finding]:
    """Classes whose columns fit better in another order."""
    if len(classes) > _MOST_CLASSES:
        return
    orders = [order for order in permutations(range(len(classes))) if order != tuple(range(len(classes)))]
    fits = {order: fit(probability[:, order], truth) for order in orders}
    best = max(orders, key=lambda order: (fits[order] or (0.0, 0.0))[0])
    better = fits[best]
    if better and _much_better(better, own):
        read = ", ".join(f"{classes[other]} for {classes[place]}" for place, other in enumerate(best) if place != other)
        found = f"{where}: AUC {own[0]:.2f}; with its columns in another order ({read}) {better[0]:.2f}"
        action = "look whether the columns or the codes of the classes are swapped, in the predictions or in the labels"
        yield Finding("warning", "swapped_classes_fit_better", "", "", "", found, action)
