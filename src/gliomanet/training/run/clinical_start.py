"""First weights of an image network's clinical layers, and what its clinical data are standardised by.

The layers begin as the logistic regression of the fold's labelled training cases. Learning rates that suit millions of
weights of an image would take a handful of clinical ones nowhere in the steps that there are (with Adam, steps × rate
at most).

Pseudo-labels move neither, as they move no histogram and no feature's median: so all stages of a fold begin alike, and
what a centre without labels has for ages is no unit of anything.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from gliomanet.labels.tasks import Task
from gliomanet.labels.vocabulary import MISSING
from gliomanet.models.ridge_logistic import RidgeLogistic
from gliomanet.networks.image_network import ImageNetwork
from gliomanet.training.data.batches import ImageCases

STRENGTH = 1.0
"""Inverse strength of the L2 penalty: slight, and weights stay finite where a few cases are separated."""
NOTHING_KNOWN = "clinical data are known of no labelled training case of a class; they start by saying nothing"


def standards(cases: ImageCases) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation (C,) of the clinical data of the cases with a measured label.

    Of the known values; 0 and 1 where they tell nothing apart.
    """
    values, _ = _labelled(cases)
    known = np.isfinite(values)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, values, 0).sum(axis=0, dtype=np.float64) / count
    std = np.sqrt(np.where(known, (values - mean) ** 2, 0).sum(axis=0, dtype=np.float64) / count)
    return mean, np.where(std > 0, std, 1.0)


def _labelled(cases: ImageCases) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Clinical data (n, C) and measured labels (n, T) of the cases that have one, each once."""
    assert cases.clinical is not None, "the cases were read without their clinical data"
    labels = cases.labels_measured()
    chosen = cases.each_once() & (labels != MISSING).any(axis=1)
    return cases.clinical[chosen], labels[chosen]


def start_clinical(network: ImageNetwork, cases: ImageCases, tasks: dict[str, Task]) -> None:
    """Start a network's clinical layers from its labelled training cases; nothing for a network without.

    Args:
        network: not trained yet.
        cases: training cases.
        tasks: those that the network learns, in the order of the labels. One of which a class has no labelled case
            with known clinical data starts from zeros, and is printed.
    """
    if network.clinical is None:
        return
    mean, std = standards(cases)
    values, labels = _labelled(cases)
    x = np.nan_to_num((values - mean) / std)
    some = np.isfinite(values).any(axis=1)
    layers = {}
    for column, (task, definition) in enumerate(tasks.items()):
        target = labels[:, column]
        taught = (target != MISSING) & some
        if len(np.unique(target[taught])) < len(definition.classes):
            print(f"task {task}: {NOTHING_KNOWN}")
            continue
        fitted = RidgeLogistic(STRENGTH).fit(x[taught], target[taught])
        weight, bias = fitted.coef_, fitted.intercept_
        if len(definition.classes) == 2:  # one log-odds is the difference of two logits
            weight, bias = np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
        layers[task] = torch.from_numpy(weight).float(), torch.from_numpy(bias).float()
    network.clinical.start(torch.from_numpy(mean).float(), torch.from_numpy(std).float(), layers)
