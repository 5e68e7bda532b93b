"""Fitting the multi-task network on features: an ensemble of seeds, its tasks' inputs in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from gliomanet.labels.joint_decoding import Combinations, combinations_of
from gliomanet.labels.vocabulary import MISSING
from gliomanet.models.tabular import TabularInputs
from gliomanet.models.tabular_net import NetEnsemble
from gliomanet.models.void_features import Void
from gliomanet.networks.tabular import TabularNet
from gliomanet.tracking.event_log import EventLog
from gliomanet.training.losses.joint_likelihood import joint_likelihood
from gliomanet.training.losses.losses import class_weights, masked_cross_entropy

if TYPE_CHECKING:
    from gliomanet.config.models import TabularNetModel
    from gliomanet.labels.tasks import Task
    from gliomanet.models.combat import Combat

OUTLIER_LIMIT = 3.0
"""Standard deviations beyond which the network's inputs are cut: other scanners' features lie far outside the
training range, where a network's answer would be an extrapolation."""


def fit_inputs(
    rows: pd.DataFrame, fitting: NDArray[np.bool_], target: NDArray[np.int64]
) -> tuple[TabularInputs, dict[str, Void]]:
    """The inputs of a task, which are those of every task, and the features dropped.

    Args:
        rows: training cases × features.
        fitting: (cases,) those that move medians and deviations.
        target: (cases,) class indices of the task.
    """
    return TabularInputs.fit(rows[fitting], equal_blocks=True, limit=OUTLIER_LIMIT)


def fit(
    inputs: Mapping[str, TabularInputs],
    rows: pd.DataFrame,
    targets: Mapping[str, NDArray[np.int64]],
    tasks: Mapping[str, Task],
    model: TabularNetModel,
    seed: int,
    log: EventLog,
    harmonization: Combat | None,
) -> NetEnsemble:
    """The fitted ensemble.

    Args:
        inputs: task → its inputs.
        rows: training cases × features, harmonised.
        targets: task → (cases,) class indices.
        tasks: those that the model learns.
        model: settings.
        seed: of the first network; the others' follow it.
        log: gets the first network's loss per epoch.
        harmonization: what the rows went through.
    """
    shared = next(iter(inputs.values()))
    x, classes = shared.transform(rows), {name: task.class_names for name, task in tasks.items()}
    joint = combinations_of(tasks) if model.joint_likelihood_weight else None
    arguments: dict[str, Any] = {
        "n_features": x.shape[1],
        "tasks": {name: len(labels) for name, labels in classes.items()},
        "hidden": tuple(model.hidden),
        "dropout": model.dropout,
    }
    members = []
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # sums of several threads come in another order each time
    try:
        with torch.random.fork_rng(devices=[]):
            for member in range(model.ensemble):
                torch.manual_seed(seed + member)
                members.append(_fit_network(arguments, x, targets, model, log if member == 0 else None, joint))
    finally:
        torch.set_num_threads(threads)
    return NetEnsemble(shared, classes, arguments, tuple(members), harmonization)


def _fit_network(
    arguments: Mapping[str, Any],
    x: NDArray[np.float64],
    targets: Mapping[str, NDArray[np.int64]],
    model: TabularNetModel,
    log: EventLog | None,
    joint: Combinations | None,
) -> dict[str, NDArray[np.float32]]:
    """One member's state after full-batch AdamW on the tasks' mean balanced cross-entropy, and the joint likelihood."""
    network = TabularNet(**arguments)
    batch = torch.from_numpy(x.astype(np.float32))
    labels = {name: torch.from_numpy(target) for name, target in targets.items()}
    weights = {
        name: class_weights(np.bincount(target[target != MISSING], minlength=arguments["tasks"][name]).tolist())
        for name, target in targets.items()
    }
    optimizer = torch.optim.AdamW(network.parameters(), lr=model.learning_rate, weight_decay=model.weight_decay)
    for epoch in range(model.epochs):
        network.train()
        optimizer.zero_grad()
        logits = network(batch)[0]
        losses = {n: masked_cross_entropy(logits[n], labels[n], class_weights=weights[n]) for n in labels}
        loss = torch.stack(list(losses.values())).mean()
        if joint is not None:
            loss = loss + model.joint_likelihood_weight * joint_likelihood(logits, labels, joint, class_weights=weights)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        if log is not None:
            log.metric("train/loss", loss.item(), epoch)
    return {name: values.detach().numpy().copy() for name, values in network.state_dict().items()}
