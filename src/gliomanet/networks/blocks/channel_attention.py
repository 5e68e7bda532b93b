"""Fusion of two feature maps by channel attention."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gliomanet.networks.blocks.residual_unet import conv_norm_relu


class ChannelFusion(nn.Module):
    """A map and another one beside it, every channel of both weighted by what the two hold, to one map.

    The other map is convolved to the first's channels. Both are averaged over their voxels; an MLP makes of the
    averages a weight in (0, 1) for each channel (squeeze and excitation, arXiv:1709.01507); a 1³ convolution of the
    weighted channels is added to the first map.

    Args:
        channels: channels of the map, and out.
        other_channels: channels of the other map.
        reduction: the MLP's hidden layer has `2 * channels // reduction` units, at least 4.
        bottleneck: see `conv_norm_relu`.
    """

    def __init__(self, channels: int, other_channels: int, *, reduction: int = 16, bottleneck: int = 1) -> None:
        super().__init__()
        hidden = max(2 * channels // reduction, 4)
        self.align = conv_norm_relu(other_channels, channels, bottleneck=bottleneck)
        self.attention = nn.Sequential(
            nn.Linear(2 * channels, hidden), nn.ReLU(), nn.Linear(hidden, 2 * channels), nn.Sigmoid()
        )
        self.merge = nn.Conv3d(2 * channels, channels, kernel_size=1)

    def forward(self, maps: Tensor, other: Tensor) -> Tensor:
        """(B, C, D, H, W) and (B, C', D, H, W) → (B, C, D, H, W)."""
        both = torch.cat([maps, self.align(other)], dim=1)
        weights = self.attention(both.mean(dim=(2, 3, 4)))
        return maps + self.merge(both * weights[:, :, None, None, None])  # type: ignore[no-any-return]
