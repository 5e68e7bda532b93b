"""Clinical data beside an image: values that join a network's last layers.

Late fusion. Where image and clinical data are independent given the class, the log-odds of both together are the sum of
the log-odds of each (Bayes): so each says its own, and where one is missing the other stands as it is.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from gliomanet.networks.blocks.heads import TaskHeads


class ClinicalHeads(nn.Module):
    """One linear layer a task on standardised clinical data; nothing is added before `start` was called.

    Args:
        inputs: C, number of values a case.
        tasks: task → number of classes.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, inputs: int, tasks: Mapping[str, int]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(inputs))
        self.register_buffer("std", torch.ones(inputs))
        self.heads = TaskHeads(tasks, lambda k: ClinicalHead(inputs, k))

    @torch.no_grad()
    def start(self, mean: Tensor, std: Tensor, layers: Mapping[str, tuple[Tensor, Tensor]]) -> None:
        """Set what standardises, and each task's first weights.

        What stands for values that are not known begins where the layer says of no class more than of another: nothing
        is known of a patient, then.

        Args:
            mean: (C,) of the training cases.
            std: (C,) likewise, none 0.
            layers: task → weight (K, C) and bias (K,); a task without stays as it is.
        """
        self.mean.copy_(mean)
        self.std.copy_(std)
        for task, (weight, bias) in layers.items():
            head = self.heads[task]
            assert isinstance(head, ClinicalHead)
            head.weight.copy_(weight)
            head.bias.copy_(bias)
            apart, shift = weight - weight.mean(dim=0), bias - bias.mean()
            head.unknown.copy_(-torch.linalg.pinv(apart.double()).to(shift.dtype) @ shift)

    def forward(self, values: Tensor) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Task → logits (B, K) to add, and task → features (B, C), from values (B, C), NaN = not known."""
        standard = (values - self.mean) / self.std
        found = {task: self.heads[task](standard) for task in self.heads.tasks}
        return {task: logits for task, (logits, _) in found.items()}, {task: own for task, (_, own) in found.items()}


class ClinicalHead(nn.Module):
    """Linear layer on standardised values; each that is not known is a learnt one."""

    def __init__(self, inputs: int, classes: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(classes, inputs))
        self.bias = nn.Parameter(torch.zeros(classes))
        self.unknown = nn.Parameter(torch.zeros(inputs))

    def forward(self, standard: Tensor) -> tuple[Tensor, Tensor]:
        features = torch.where(standard.isnan(), self.unknown, standard)
        # no matrix product: autocast would do that in half precision
        return (features[:, None] * self.weight).sum(dim=2) + self.bias, features
