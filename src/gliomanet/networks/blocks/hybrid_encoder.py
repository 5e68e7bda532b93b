"""Residual encoder and transformer: the encoder of MTTU-Net and of GMMAS."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from gliomanet.networks.blocks.residual_unet import ResidualEncoder, conv_norm_relu
from gliomanet.networks.blocks.transformer import VoxelTransformer


@dataclass(frozen=True)
class HybridWidths:
    """Widths of a `HybridEncoder`.

    Attributes:
        channels: channels of the four levels; the stem yields the first's.
        blocks: residual blocks of each.
        grid: voxels along one side of the deepest level for which positions are learned.
        tokens: length of the transformer's tokens.
        layers: attention layers.
        heads: attention heads.
        hidden: units of the transformer's MLPs.
        dropout: rate in the transformer.
        bottleneck: 1 for a full 3³ convolution to the tokens; n to do it at 1/n of the channels.
    """

    channels: tuple[int, int, int, int]
    blocks: tuple[int, int, int, int]
    grid: int
    tokens: int
    layers: int
    heads: int
    hidden: int
    dropout: float
    bottleneck: int


class HybridEncoder(nn.Module):
    """Four residual levels; the last one's voxels become the tokens of a transformer."""

    STRIDE = 8

    def __init__(self, widths: HybridWidths) -> None:
        super().__init__()
        self.cnn = ResidualEncoder(widths.channels, widths.blocks)
        self.to_tokens = conv_norm_relu(widths.channels[-1], widths.tokens, bottleneck=widths.bottleneck)
        self.transformer = VoxelTransformer(
            widths.tokens,
            grid=(widths.grid,) * 3,
            layers=widths.layers,
            heads=widths.heads,
            hidden=widths.hidden,
            dropout=widths.dropout,
        )

    def forward(self, x: Tensor) -> tuple[list[Tensor], Tensor]:
        """The stem's (B, C_0, D, H, W) → the levels' maps, and the transformer's (B, tokens, D/8, H/8, W/8)."""
        maps = self.cnn(x)
        return maps, self.transformer(self.to_tokens(maps[-1]))
