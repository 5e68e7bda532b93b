"""GMMAS's head net: a small residual U-Net that sees the whole volume at half its resolution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gliomanet.networks.blocks.fusion import ConvexFusionStem
from gliomanet.networks.blocks.residual_unet import ResidualEncoder, UpBlock, region_logits


class HeadMaps(NamedTuple):
    """The head net's view of a batch.

    `coarse`: logits (B, R, D/2, H/2, W/2), `None` without regions; `middle`: the deepest map, (B, C, D/32, H/32, W/32);
    `decoded`: maps of its decoder at strides 2, 4 and 8, finest first, empty without regions.
    """

    coarse: Tensor | None
    middle: Tensor
    decoded: tuple[Tensor, ...]


class HeadNet(nn.Module):
    """Coarse segmentation and context of the whole volume; can be trained alone.

    Args:
        n_modalities: modalities.
        channels: channels of its five levels.
        blocks: residual blocks of each.
        up_blocks: residual blocks of its decoder's four levels, finest first.
        regions: channels of the coarse segmentation; 0 for the encoder alone.
    """

    STRIDE = 32
    FACTOR = 2  # the volume is averaged over 2³ voxels

    def __init__(
        self,
        n_modalities: int,
        *,
        channels: Sequence[int],
        blocks: Sequence[int],
        up_blocks: Sequence[int],
        regions: int,
    ) -> None:
        super().__init__()
        self.stem = ConvexFusionStem(n_modalities, channels[0])
        self.encoder = ResidualEncoder(channels, blocks)
        self.ups = nn.ModuleList(
            UpBlock(channels[level + 1], channels[level], blocks=up_blocks[level])
            for level in (range(len(channels) - 1) if regions else ())
        )
        self.logits = region_logits(channels[0], regions) if regions else None

    def forward(self, x: Tensor, available: Tensor) -> HeadMaps:
        """(B, M, D, H, W) modalities, sizes in multiples of 32, and bool (B, M)."""
        known = torch.where(available[:, :, None, None, None], x, x.new_zeros(()))
        *maps, middle = self.encoder(self.stem(F.avg_pool3d(known, self.FACTOR), available))
        if self.logits is None:
            return HeadMaps(coarse=None, middle=middle, decoded=())
        decoded = [middle]
        for up, skip in zip(reversed(self.ups), reversed(maps), strict=True):
            decoded.append(up(decoded[-1], skip))
        finest_first = tuple(reversed(decoded[1:]))
        return HeadMaps(coarse=self.logits(finest_first[0]), middle=middle, decoded=finest_first[:3])
