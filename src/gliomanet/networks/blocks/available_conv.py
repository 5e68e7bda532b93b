"""A network's first convolution over contrasts that may be absent, without a prompt channel."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class AvailableConv(nn.Module):
    """3³ convolution of the contrasts; an absent one counts as zeros, whatever it holds, and adds a learned bias.

    Args:
        n_modalities: contrasts.
        channels: channels out.
    """

    def __init__(self, n_modalities: int, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv3d(n_modalities, channels, kernel_size=3, padding=1, bias=False)
        self.absent_bias = nn.Parameter(torch.zeros(n_modalities, channels))

    def forward(self, x: Tensor, available: Tensor) -> Tensor:
        """(B, M, D, H, W) contrasts and bool (B, M) → (B, channels, D, H, W)."""
        features = self.conv(torch.where(available[:, :, None, None, None], x, x.new_zeros(())))  # NaN × 0 is NaN
        bias = (~available).to(features.dtype) @ self.absent_bias.to(features.dtype)
        return features + bias[:, :, None, None, None]  # type: ignore[no-any-return]
