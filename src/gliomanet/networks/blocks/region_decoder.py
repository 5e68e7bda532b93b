"""From the deepest map back to a segmentation on the input's grid."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from gliomanet.networks.blocks.fusion import ChannelFusion
from gliomanet.networks.blocks.residual_unet import ResidualBlock, UpBlock, conv_norm_relu, region_logits


class RegionDecoder(nn.Module):
    """Three up-blocks with skips; each skip may first be fused with another network's map by channel attention.

    Args:
        deep_channels: channels of the deepest map.
        channels: the encoder's four levels.
        blocks: residual blocks of the three up-blocks, finest first.
        regions: channels of the segmentation.
        other_channels: channels of the other maps, finest first; `None` for skips alone.
        bottleneck: 1 for a full 3³ convolution of the deepest map; n to do it at 1/n of the channels.
    """

    def __init__(
        self,
        deep_channels: int,
        channels: Sequence[int],
        *,
        blocks: Sequence[int],
        regions: int,
        other_channels: Sequence[int] | None = None,
        bottleneck: int = 1,
    ) -> None:
        super().__init__()
        self.entry = nn.Sequential(
            *conv_norm_relu(deep_channels, channels[-1], bottleneck=bottleneck), ResidualBlock(channels[-1])
        )
        self.ups = nn.ModuleList(
            UpBlock(channels[level + 1], channels[level], blocks=blocks[level]) for level in range(3)
        )
        self.fusions = (
            nn.ModuleList(
                ChannelFusion(width, other) for width, other in zip(channels[:-1], other_channels, strict=True)
            )
            if other_channels is not None
            else None
        )
        self.logits = region_logits(channels[0], regions)

    def forward(self, deep: Tensor, maps: Sequence[Tensor], others: Sequence[Tensor] | None = None) -> Tensor:
        """Logits (B, regions, D, H, W).

        Args:
            deep: (B, deep_channels, D/8, H/8, W/8).
            maps: the encoder's levels, finest first; the last one is not used.
            others: the other network's maps on the grids of the three finest, where there are `other_channels`.
        """
        x = self.entry(deep)
        for level in (2, 1, 0):
            skip = maps[level]
            if self.fusions is not None and others is not None:
                skip = self.fusions[level](skip, others[level])
            x = self.ups[level](x, skip)
        return self.logits(x)  # type: ignore[no-any-return]
