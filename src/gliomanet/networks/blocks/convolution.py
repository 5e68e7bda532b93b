"""Convolution, batch norm and ReLU: whole, or through a bottleneck."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def conv_block(in_channels: int, out_channels: int, *, bottleneck: int = 1) -> nn.Sequential:
    """3³ convolution + batch norm + ReLU, keeping the grid: (B, in, D, H, W) → (B, out, D, H, W).

    Args:
        in_channels: channels in.
        out_channels: channels out.
        bottleneck: 1 for the plain convolution; n > 1 does it at `out_channels // n` channels between two 1³
            convolutions, as in ResNet (arXiv:1512.03385), for about 27 × in × n / (in + out + 27 out / n)
            times fewer parameters.
    """
    if bottleneck == 1:
        return _normalised(in_channels, out_channels, kernel=3)
    narrow = max(out_channels // bottleneck, 1)
    return nn.Sequential(
        *_normalised(in_channels, narrow, kernel=1),
        *_normalised(narrow, narrow, kernel=3),
        *_normalised(narrow, out_channels, kernel=1),
    )


def _normalised(in_channels: int, out_channels: int, *, kernel: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv3d(in_channels, out_channels, kernel, padding=kernel // 2, bias=False),
        nn.BatchNorm3d(out_channels),
        nn.ReLU(),
    )


class AvailableConv(nn.Module):
    """3³ convolution of the modalities; an absent one counts as zeros, whatever it holds, and adds a learned bias.

    Args:
        n_modalities: modalities.
        channels: channels out.
    """

    def __init__(self, n_modalities: int, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv3d(n_modalities, channels, kernel_size=3, padding=1, bias=False)
        self.absent_bias = nn.Parameter(torch.zeros(n_modalities, channels))

    def forward(self, x: Tensor, available: Tensor) -> Tensor:
        """(B, M, D, H, W) modalities and bool (B, M) → (B, channels, D, H, W)."""
        features = self.conv(torch.where(available[:, :, None, None, None], x, x.new_zeros(())))  # NaN × 0 is NaN
        bias = (~available).to(features.dtype) @ self.absent_bias.to(features.dtype)
        return features + bias[:, :, None, None, None]  # type: ignore[no-any-return]


def initialise_convolutions(module: nn.Module) -> None:
    """He initialisation (arXiv:1502.01852) of every 3D convolution, zero biases; drawn from torch's generator.

    Torch's own default is a third of this variance: with no residual paths, 100 layers of it fade the signal.
    """
    for layer in module.modules():
        if isinstance(layer, nn.Conv3d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def average_and_max(maps: Tensor) -> Tensor:
    """Global average and global maximum, one behind the other: (B, C, D, H, W) → (B, 2C)."""
    return torch.cat([maps.mean(dim=(2, 3, 4)), maps.amax(dim=(2, 3, 4))], dim=1)
