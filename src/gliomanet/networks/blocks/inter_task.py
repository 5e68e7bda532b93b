"""Classification of several tasks at once, each from the maps of all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gliomanet.networks.blocks.convolution import average_and_max
from gliomanet.networks.blocks.heads import TaskHeads
from gliomanet.networks.blocks.residual_unet import conv_norm_relu


@dataclass(frozen=True)
class ClassifierWidths:
    """Widths of an `InterTaskClassifier`, a task.

    Attributes:
        shallow: channels to which the shallow map is convolved.
        deep: channels to which the deep map is convolved.
        merged: channels that the task takes from all tasks' maps.
        hidden: length of its deep feature.
        bottleneck: 1 for full 3³ convolutions; n to do them at 1/n of the channels.
    """

    shallow: int
    deep: int
    merged: int
    hidden: int
    bottleneck: int


class InterTaskClassifier(nn.Module):
    """Each task convolves a shallow and a deep map; the maps of all tasks together are what each one decides from.

    A task: 1³ convolution of all tasks' maps, average and maximum over the voxels, dropout, a hidden layer whose
    output is the deep feature, and a linear layer. The tasks' convolutions are the parts of one.

    Args:
        shallow_channels: channels of the shallow map.
        deep_channels: channels of the deep map, on the same grid.
        tasks: task → classes.
        widths: see `ClassifierWidths`.
        dropout: rate behind the pooling.

    Source: Liu et al. 2025 (GMMAS), the classifier.
    """

    def __init__(
        self,
        shallow_channels: int,
        deep_channels: int,
        tasks: Mapping[str, int],
        widths: ClassifierWidths,
        *,
        dropout: float,
    ) -> None:
        super().__init__()
        n = len(tasks)
        self.shallow = conv_norm_relu(shallow_channels, n * widths.shallow, bottleneck=widths.bottleneck, parts=n)
        self.deep = conv_norm_relu(deep_channels, n * widths.deep, bottleneck=widths.bottleneck, parts=n)
        self.merge = conv_norm_relu(n * (widths.shallow + widths.deep), n * widths.merged, kernel=1, parts=n)
        self.dropout = nn.Dropout(dropout)
        self.hidden = TaskHeads(tasks, lambda _: nn.Sequential(nn.Linear(2 * widths.merged, widths.hidden), nn.ReLU()))
        self.heads = TaskHeads(tasks, lambda k: nn.Linear(widths.hidden, k))

    def forward(self, shallow: Tensor, deep: Tensor) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Logits (B, K) and deep features (B, hidden) a task, from (B, C, D, H, W) and (B, C', D, H, W)."""
        of_all = torch.cat([self.shallow(shallow), self.deep(deep)], dim=1)
        own = self.merge(of_all).chunk(len(self.heads.tasks), dim=1)
        features = self.hidden(self.dropout(average_and_max(maps)) for maps in own)
        return self.heads(features.values()), features


def orthogonal_component(features: Tensor, reference: Tensor, *, eps: float = 1e-6) -> Tensor:
    """F' − (⟨F', F⟩ / (⟨F, F⟩ + ε)) · F, for every sample and channel over its voxels.

    Args:
        features: F', (B, C, D, H, W).
        reference: F, of the same shape.
        eps: ε; a reference channel of zeros takes nothing away.

    Returns:
        (B, C, D, H, W) in float32: an inner product over a volume loses its digits in half precision.

    Source: Chen et al. 2025, Medical Image Analysis 101:103435, the task-unique features.
    """
    features, reference = features.float(), reference.float()
    inner = (features * reference).sum(dim=(2, 3, 4), keepdim=True)
    energy = reference.square().sum(dim=(2, 3, 4), keepdim=True)
    return features - inner / (energy + eps) * reference


class TaskConditionedConv(nn.Module):
    """3³ convolution of [features, one-hot task broadcast over the grid], for every task at once.

    A convolution is a sum over its input channels, so the features' part is computed once and only the constant
    one-hot part a task: the same numbers as a pass a task, at one pass's cost.

    Args:
        in_channels: channels of the features; the convolution has `in_channels + n_tasks` inputs.
        out_channels: channels out.
        n_tasks: number of tasks.
    """

    def __init__(self, in_channels: int, out_channels: int, n_tasks: int) -> None:
        super().__init__()
        self.conv = nn.Conv3d(in_channels + n_tasks, out_channels, kernel_size=3, padding=1, bias=False)
        self.in_channels = in_channels
        self.n_tasks = n_tasks

    def forward(self, features: Tensor) -> Tensor:
        """(B, in, D, H, W) → (T·B, out, D, H, W), all of the first task's samples first."""
        weight = self.conv.weight
        grid = features.shape[2:]
        one_hot = torch.eye(self.n_tasks, dtype=features.dtype, device=features.device)
        one_hot = one_hot[:, :, None, None, None].expand(-1, -1, *grid)
        shared = F.conv3d(features, weight[:, : self.in_channels], padding=1)  # (B, out, …)
        own = F.conv3d(one_hot, weight[:, self.in_channels :], padding=1)  # (T, out, …); grid-wide, for the borders
        return (own[:, None] + shared[None]).flatten(0, 1)
