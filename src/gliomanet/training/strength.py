"""The strength of a penalty, chosen on training cases alone by how well centres are predicted that did not teach."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold

from gliomanet.labels.vocabulary import MISSING
from gliomanet.models.artifact import Strength

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Cases = NDArray[np.bool_]

STRENGTHS = tuple(float(value) for value in 10.0 ** np.arange(-4, 2.5, 0.5))
"""Inverse strengths C that are tried, the strongest penalty first."""

MARGIN = 0.003
"""Of all C whose AUC comes within this of the best, the strongest penalty is taken."""

FEWEST_OF_CLASS = 5
"""A centre is left out by itself where it has so many cases of every class."""

FOLDS = 5


def choose_strength(
    target: Integers,
    centers: NDArray[np.str_],
    patients: NDArray[np.str_],
    seed: int,
    path: Callable[[Cases, Cases], Iterator[Floats] | None],
) -> Strength:
    """The strongest penalty that predicts left-out cases nearly as well as the best.

    Args:
        target: (cases,) class indices; cases of unknown class are not tested.
        centers: (cases,).
        patients: (cases,), unique over the centres: never divided between folds.
        seed: of the folds.
        path: cases that may teach, whatever is known of them, and cases that test → the tested ones' probabilities
            (cases, classes) for each of `STRENGTHS`; `None` where those that teach lack a class.

    Raises:
        ValueError: no division of the cases has every class on both sides.
    """
    by, divisions = _divisions(target, centers, patients, seed)
    scores = []
    for teaching, tested in divisions:
        answers = path(teaching, tested)
        if answers is not None:
            scores.append([_auc(target[tested], probability) for probability in answers])
    if not scores:
        raise ValueError(
            "C: auto finds no division of the training cases with every class on both sides; give C a number"
        )
    mean = np.mean(scores, axis=0)
    chosen = int(np.argmax(mean >= mean.max() - MARGIN))
    auc: Mapping[str, float] = {f"{value:.3g}": round(float(m), 4) for value, m in zip(STRENGTHS, mean, strict=True)}
    return Strength(C=STRENGTHS[chosen], by=by, auc=dict(auc))


def _divisions(
    target: Integers, centers: NDArray[np.str_], patients: NDArray[np.str_], seed: int
) -> tuple[str, list[tuple[Cases, Cases]]]:
    """In words, and pairs of cases that teach and are tested: each centre with every class left out, or folds."""
    known = target != MISSING
    classes = np.unique(target[known])
    names = [
        str(center)
        for center in np.unique(centers[known])
        if min(int((target[centers == center] == label).sum()) for label in classes) >= FEWEST_OF_CLASS
    ]
    if len(names) > 1:
        pairs = [(centers != name, known & (centers == name)) for name in names]
        return f"leaving out {', '.join(names)} in turn", pairs
    places = np.flatnonzero(known)
    smallest = int(np.bincount(target[known], minlength=1)[classes].min()) if len(classes) else 0
    if smallest < 2:
        return "", []
    number = min(FOLDS, smallest)
    split = StratifiedGroupKFold(number, shuffle=True, random_state=seed % 2**32)
    pairs = []
    for _, part in split.split(places, target[places], patients[places]):
        tested = np.isin(np.arange(len(target)), places[part])
        if len(np.unique(target[tested])) == len(classes):
            pairs.append((~np.isin(patients, patients[tested]), tested))
    return f"{number} folds of patients", pairs


def _auc(truth: Integers, probability: Floats) -> float:
    """Of the positive class, or the mean over classes against the rest."""
    if probability.shape[1] == 2:
        return float(roc_auc_score(truth, probability[:, 1]))
    each = [roc_auc_score(truth == label, probability[:, label]) for label in range(probability.shape[1])]
    return float(np.mean(each))
