"""Fitting the multi-task network on features: an ensemble of seeds, its tasks' inputs in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from gliomanet.labels.joint_decoding import Combinations, combinations_of
from gliomanet.labels.vocabulary import MISSING
from gliomanet.models.devices import torch_threads
from gliomanet.models.tabular import TabularInputs
from gliomanet.models.tabular_net import NetEnsemble
from gliomanet.networks.tabular import TabularNet
from gliomanet.tracking.event_log import EventLog
from gliomanet.training.losses.joint_likelihood import joint_likelihood
from gliomanet.training.losses.losses import class_weights, masked_cross_entropy
from gliomanet.training.training_set import Fit, TrainingSet, check_classes, check_inputs, known_of

if TYPE_CHECKING:
    from gliomanet.config.feature_models import TabularNetModel
    from gliomanet.labels.tasks import Task
    from gliomanet.models.combat import Combat


def fit(
    data: TrainingSet,
    tasks: Mapping[str, Task],
    model: TabularNetModel,
    seed: int,
    log: EventLog,
    harmonization: Combat | None,
) -> Fit:
    """The fitted ensemble.

    Args:
        data: training cases.
        tasks: those that the model learns.
        model: settings.
        seed: of the first network; the others' follow it.
        log: gets the first network's loss per epoch.
        harmonization: what the rows went through.
    """
    check_classes(data.targets, tasks)
    shared, dropped = TabularInputs.fit(data.rows[data.fitting], equal_blocks=True, limit=model.clip or np.inf)
    check_inputs({"": shared}, model.inputs)
    x, classes = shared.transform(data.rows), {name: task.class_names for name, task in tasks.items()}
    joint = combinations_of(tasks) if model.joint_likelihood_weight else None
    arguments: dict[str, Any] = {
        "n_features": x.shape[1],
        "tasks": {name: len(labels) for name, labels in classes.items()},
        "hidden": tuple(model.hidden),
        "dropout": model.dropout,
    }
    members = []
    with torch_threads(1), torch.random.fork_rng(devices=[]):
        for member in range(model.ensemble):
            torch.manual_seed(seed + member)
            members.append(_fit_network(arguments, x, data.targets, model, log if member == 0 else None, joint))
    ensemble = NetEnsemble(shared, classes, arguments, tuple(members), harmonization)
    learnt = {task: int(known_of(target).sum()) for task, target in data.targets.items()}
    return Fit(ensemble, dict.fromkeys(tasks, shared), dict.fromkeys(tasks, dropped), learnt)


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
