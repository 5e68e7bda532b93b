"""The first layers of an image network: modalities that may be absent, and one that is always there, the mask."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn


class AvailabilityStem(nn.Module):
    """Strided convolution + batch norm + ReLU + max-pool, which knows of modalities that are absent.

    The channel of an absent modality is replaced by zeros, whatever it holds, and a learned bias for it is added to
    the convolution's output. So a missing scan is told apart from one that is zero (the mean, after z-scoring).

    Args:
        n_modalities: image modalities; the input has one channel more, the last: the region prompt's mask.
        channels: channels out.
        kernel: size of the strided convolution; odd.
    """

    RECOMPUTED: ClassVar[bool] = True

    def __init__(self, n_modalities: int, channels: int, *, kernel: int) -> None:
        super().__init__()
        self.conv = nn.Conv3d(n_modalities + 1, channels, kernel, stride=2, padding=kernel // 2, bias=False)
        self.absent_bias = nn.Parameter(torch.zeros(n_modalities, channels))
        self.norm = nn.BatchNorm3d(channels)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool3d(kernel_size=3, stride=2, padding=1)

    def forward(self, x: Tensor, available: Tensor) -> Tensor:
        """Features on a quarter of the grid.

        Args:
            x: (B, n_modalities + 1, D, H, W).
            available: bool (B, n_modalities).

        Returns:
            (B, channels, D/4, H/4, W/4).
        """
        absent = ~available
        used = torch.cat([available, available.new_ones(len(x), 1)], dim=1)[:, :, None, None, None]
        features = self.conv(torch.where(used, x, x.new_zeros(())))  # not a product: NaN × 0 is NaN
        bias = absent.to(features.dtype) @ self.absent_bias.to(features.dtype)
        return self.pool(self.relu(self.norm(features + bias[:, :, None, None, None])))  # type: ignore[no-any-return]
