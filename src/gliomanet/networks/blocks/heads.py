"""Last layers: cosines for margin losses, and one head a task."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def check_tasks(tasks: Mapping[str, int]) -> None:
    """Raise ValueError where a network's tasks (name → classes) are none, or one has fewer than two classes."""
    if not tasks:
        raise ValueError("a network needs at least one task")
    for task, n_classes in tasks.items():
        if n_classes < 2:
            raise ValueError(f"task {task!r} has {n_classes} classes; a network needs at least two")


class CosineHead(nn.Module):
    """Cosine between a feature vector and each class's learned direction: (B, F) → (B, K), in [-1, 1].

    What a large-margin cosine loss (CosFace, arXiv:1801.09414) takes. Always float32: times a scale of 64, the
    rounding of half precision would be as large as the margin's effect.
    """

    def __init__(self, in_features: int, n_classes: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(nn.init.xavier_normal_(torch.empty(n_classes, in_features)))

    def forward(self, x: Tensor) -> Tensor:
        # not a matrix product of unit vectors: autocast would do that in half precision
        return F.cosine_similarity(x.float()[:, None], self.weight.float(), dim=2)


class TaskHeads(nn.Module):
    """One head a task, by the task's name.

    Args:
        n_classes: task → classes of its head.
        make: makes a head from its number of classes.
    """

    def __init__(self, n_classes: Mapping[str, int], make: Callable[[int], nn.Module]) -> None:
        super().__init__()
        # the prefix: a task may be named like a member of ModuleDict (`type`, `keys`), which torch refuses
        self.by_task = nn.ModuleDict({f"task_{task}": make(k) for task, k in n_classes.items()})
        self.tasks = tuple(n_classes)

    def __getitem__(self, task: str) -> nn.Module:
        return self.by_task[f"task_{task}"]

    def forward(self, features: Tensor | Iterable[Tensor]) -> dict[str, Tensor]:
        """Task → its head's output, from one (B, F) for all tasks or from one (B, F) a task, in their order."""
        if isinstance(features, Tensor):
            features = [features] * len(self.tasks)
        return {task: self[task](own) for task, own in zip(self.tasks, features, strict=True)}


def linear_heads_of(heads: TaskHeads) -> dict[str, tuple[Tensor, Tensor]]:
    """Task → (weight (K, F), bias (K,)) of linear heads, detached copies on the CPU in float32."""
    found = {}
    for task in heads.tasks:
        head = heads[task]
        assert isinstance(head, nn.Linear)
        found[task] = (head.weight.detach().float().cpu().clone(), head.bias.detach().float().cpu().clone())
    return found
