"""A multi-task network on a row of numbers: radiomic features, age."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor, nn

from gliomanet.networks.blocks.heads import TaskHeads, check_tasks, linear_heads_of


class TabularNet(nn.Module):
    """A trunk that the tasks share, of linear, layer norm, ReLU and dropout, then one linear head a task.

    Layer norm and not batch norm: the same case has the same features in any batch, and batches of one work.

    Args:
        n_features: numbers a case; standardised and complete.
        tasks: task → number of classes.
        hidden: widths of the trunk; the last is the deep feature.
        dropout: rate before every linear layer but the first.

    Raises:
        ValueError: no feature, no hidden width, no task, or a task of fewer than two classes.

    First weights depend on torch's generator alone: call `torch.manual_seed` before.
    """

    def __init__(self, *, n_features: int, tasks: Mapping[str, int], hidden: Sequence[int], dropout: float) -> None:
        super().__init__()
        if n_features < 1:
            raise ValueError(f"tabular_net needs at least one feature, found n_features={n_features}")
        if not hidden or min(hidden) < 1:
            raise ValueError(f"tabular_net needs a trunk of positive widths, found hidden={tuple(hidden)}")
        check_tasks(tasks)
        layers: list[nn.Module] = []
        for before, after in zip((n_features, *hidden[:-1]), hidden, strict=True):
            if layers:
                layers.append(nn.Dropout(dropout))
            layers += [nn.Linear(before, after), nn.LayerNorm(after), nn.ReLU()]
        self.n_features = n_features
        self.deep_feature_size = hidden[-1]
        self.trunk = nn.Sequential(*layers)
        self.dropout = nn.Dropout(dropout)
        self.task_heads = TaskHeads(tasks, lambda k: nn.Linear(hidden[-1], k))

    def forward(self, x: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        """(B, n_features) → task → logits (B, K), and the deep feature (B, hidden[-1]) before dropout.

        Raises:
            ValueError: the input has another shape.
        """
        if x.ndim != 2 or x.shape[1] != self.n_features:
            raise ValueError(f"input has shape {tuple(x.shape)}; this tabular_net takes (batch, {self.n_features})")
        features = self.trunk(x)
        return self.task_heads(self.dropout(features)), features

    def heads(self) -> dict[str, tuple[Tensor, Tensor]]:
        """Task → weight (K, F) and bias (K,) of its last layer, which takes the deep feature; copies on the CPU."""
        return linear_heads_of(self.task_heads)
