"""Conditional classification: one set of weights for all tasks, told which task is asked."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


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
