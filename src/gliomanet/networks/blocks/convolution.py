"""Convolution, batch norm and ReLU: whole, or through a bottleneck."""

from __future__ import annotations

from torch import nn


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
