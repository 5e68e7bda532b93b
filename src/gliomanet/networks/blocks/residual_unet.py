"""The parts of a residual 3D U-Net with group norm: layers, encoder, and one level of a decoder."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn


def group_norm(channels: int, *, parts: int = 1) -> nn.GroupNorm:
    """Group norm of eight groups, fewer where a group would have less than two channels.

    It knows no batch, so that cases with other modalities beside them, or none, are normalised alike.

    Args:
        channels: channels, in `parts` equal parts.
        parts: no group reaches across two parts.
    """
    return nn.GroupNorm(parts * max(min(8, channels // parts // 2), 1), channels)


def conv_norm_relu(
    in_channels: int, out_channels: int, *, kernel: int = 3, bottleneck: int = 1, parts: int = 1
) -> nn.Sequential:
    """Convolution + group norm + ReLU, keeping the grid: (B, in, D, H, W) → (B, out, D, H, W).

    Args:
        in_channels: channels in.
        out_channels: channels out.
        kernel: size of the convolution, odd.
        bottleneck: n > 1 does it at `out_channels // n` channels, after a 1³ convolution and before another one.
        parts: see `group_norm`.
    """
    if bottleneck == 1:
        return nn.Sequential(
            nn.Conv3d(in_channels, out_channels, kernel, padding=kernel // 2, bias=False),
            group_norm(out_channels, parts=parts),
            nn.ReLU(),
        )
    narrow = max(out_channels // bottleneck, 2)
    return nn.Sequential(
        *conv_norm_relu(in_channels, narrow, kernel=1),
        *conv_norm_relu(narrow, narrow, kernel=kernel),
        *conv_norm_relu(narrow, out_channels, kernel=1, parts=parts),
    )


class ResidualBlock(nn.Module):
    """x + two times (group norm, ReLU, 3³ convolution): (B, C, D, H, W) → the same shape.

    Source: He et al. 2016, identity mappings (arXiv:1603.05027).
    """

    RECOMPUTED: ClassVar[bool] = True

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            group_norm(channels),
            nn.ReLU(),
            nn.Conv3d(channels, channels, kernel_size=3, padding=1, bias=False),
            group_norm(channels),
            nn.ReLU(),
            nn.Conv3d(channels, channels, kernel_size=3, padding=1, bias=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)  # type: ignore[no-any-return]


class ResidualEncoder(nn.Module):
    """Levels of residual blocks; a strided 3³ convolution halves the grid before each level but the first.

    Args:
        channels: channels of every level; the input has the first's.
        blocks: residual blocks of every level.
    """

    def __init__(self, channels: Sequence[int], blocks: Sequence[int]) -> None:
        super().__init__()
        self.down = nn.ModuleList(
            nn.Conv3d(before, after, kernel_size=3, stride=2, padding=1, bias=False)
            for before, after in pairwise(channels)
        )
        self.levels = nn.ModuleList(
            nn.Sequential(*(ResidualBlock(width) for _ in range(n_blocks)))
            for width, n_blocks in zip(channels, blocks, strict=True)
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        """(B, C_0, D, H, W) → one map a level; sizes must be multiples of 2 to the power of the levels but one."""
        maps = [self.levels[0](x)]
        for down, level in zip(self.down, list(self.levels)[1:], strict=True):
            maps.append(level(down(maps[-1])))
        return maps


class UpBlock(nn.Module):
    """A decoder's level: doubles the grid, takes the encoder's map beside it, then residual blocks.

    Args:
        in_channels: channels of the coarser map.
        channels: channels of the encoder's map at this level, and out.
        blocks: residual blocks.
    """

    RECOMPUTED: ClassVar[bool] = True

    def __init__(self, in_channels: int, channels: int, *, blocks: int) -> None:
        super().__init__()
        self.up = nn.ConvTranspose3d(in_channels, channels, kernel_size=2, stride=2)
        self.merge = nn.Conv3d(2 * channels, channels, kernel_size=3, padding=1, bias=False)
        self.blocks = nn.Sequential(*(ResidualBlock(channels) for _ in range(blocks)))

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """(B, in, D/2, H/2, W/2) and (B, C, D, H, W) → (B, C, D, H, W)."""
        return self.blocks(self.merge(torch.cat([self.up(x), skip], dim=1)))  # type: ignore[no-any-return]


def region_logits(channels: int, regions: int) -> nn.Sequential:
    """The last layers of a segmentation: group norm, ReLU, 1³ convolution to one logit a region."""
    return nn.Sequential(group_norm(channels), nn.ReLU(), nn.Conv3d(channels, regions, kernel_size=1))
