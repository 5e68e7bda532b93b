"""Metrics of one epoch of a phase, gathered over its steps.

Those of validation cases are events to look at. They decide nothing: the learning rate follows the training loss or the
epoch alone, no phase ends early, and the last epoch is kept, because a choice on the fold that is then reported would
flatter it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from sklearn.metrics import matthews_corrcoef
from torch import Tensor

from gliomanet.labels.decision import last_largest
from gliomanet.labels.vocabulary import MISSING
from gliomanet.training.distributed.collectives import mean_over_processes


@dataclass
class EpochMetrics:
    """Sums over one epoch's steps; made anew at every epoch's start."""

    losses: list[Tensor] = field(default_factory=list)
    validation_losses: list[Tensor] = field(default_factory=list)
    scores: list[dict[str, Tensor]] = field(default_factory=list)
    labels: list[Tensor] = field(default_factory=list)
    distillation: list[dict[str, Tensor]] = field(default_factory=list)
    joint: list[Tensor] = field(default_factory=list)
    """Every step's joint likelihood, before it is weighted."""
    pasted: list[Tensor] = field(default_factory=list)
    """Every step's share of cases that got another's tumour."""

    def of_training(self) -> dict[str, float]:
        """The mean loss of the training steps, and of what some phases gather besides."""
        found = {"train/loss": mean_of_steps(self.losses)}
        if self.joint:
            found["train/loss/joint"] = mean_of_steps(self.joint)
        if self.pasted:
            found["train/pasted"] = mean_of_steps(self.pasted)
        return found

    def of_distillation(self) -> dict[str, float]:
        """The means of what distillation measures; empty where there is none."""
        names = self.distillation[0] if self.distillation else {}
        return {f"train/{name}": mean_of_steps([step[name] for step in self.distillation]) for name in names}

    def of_validation(self, tasks: Sequence[str]) -> dict[str, float]:
        """The loss of the validation cases, and the MCC of each task of which they have two classes."""
        if not self.labels:
            return {}
        labels = torch.cat(self.labels).numpy()
        found = {"validation/loss": float(torch.stack(self.validation_losses).double().sum() / len(labels))}
        for column, task in enumerate(tasks):
            truth = labels[:, column]
            known = truth != MISSING
            if task in self.scores[0] and len(np.unique(truth[known])) > 1:
                predicted = last_largest(torch.cat([scores[task] for scores in self.scores]).numpy())
                found[f"validation/mcc/{task}"] = float(matthews_corrcoef(truth[known], predicted[known]))
        return found


def mean_of_steps(values: list[Tensor]) -> float:
    """The mean of a metric over the steps, and over the processes that train together."""
    return float(mean_over_processes(torch.stack(values).double()).mean())
