"""The body of a 3D DenseNet, tapped after every stage (Huang et al. 2017, arXiv:1608.06993)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn


class DenseLayer(nn.Module):
    """BN, ReLU, 1³ convolution, BN, ReLU, 3³ convolution; its `growth` channels are appended to the input.

    Args:
        in_channels: channels in.
        growth: channels added.
        expansion: the 1³ convolution goes to `expansion * growth` channels.
    """

    RECOMPUTED: ClassVar[bool] = True

    def __init__(self, in_channels: int, growth: int, *, expansion: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.BatchNorm3d(in_channels),
            nn.ReLU(),
            nn.Conv3d(in_channels, expansion * growth, kernel_size=1, bias=False),
            nn.BatchNorm3d(expansion * growth),
            nn.ReLU(),
            nn.Conv3d(expansion * growth, growth, kernel_size=3, padding=1, bias=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.layers(x)], dim=1)


class DenseEncoder(nn.Module):
    """Dense stages; between them a transition halves the channels and the grid.

    Args:
        in_channels: channels of the stem's output.
        growth: channels that a layer adds.
        expansion: see `DenseLayer`.
        stages: layers of each stage.
        dropout: rate of the channels that are dropped after each transition.

    Attributes:
        tap_channels: channels of what `forward` returns, in order.
    """

    def __init__(
        self, in_channels: int, *, growth: int, expansion: int, stages: Sequence[int], dropout: float = 0.0
    ) -> None:
        super().__init__()
        blocks, endings, taps = [], [], []
        channels = in_channels
        for index, n_layers in enumerate(stages):
            width = channels + growth * n_layers
            blocks.append(
                nn.Sequential(
                    *(DenseLayer(channels + growth * layer, growth, expansion=expansion) for layer in range(n_layers))
                )
            )
            is_last = index == len(stages) - 1
            channels = width if is_last else width // 2
            endings.append(_final_norm(width) if is_last else _transition(width, channels, dropout))
            taps.append(channels)
        self.blocks = nn.ModuleList(blocks)
        self.endings = nn.ModuleList(endings)
        self.tap_channels = tuple(taps)

    def forward(self, x: Tensor) -> list[Tensor]:
        """(B, in, D, H, W) → one map a stage: after each transition, and the normalised end of the last stage."""
        taps = []
        for block, ending in zip(self.blocks, self.endings, strict=True):
            x = ending(block(x))
            taps.append(x)
        return taps


def _transition(in_channels: int, out_channels: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(
        nn.BatchNorm3d(in_channels),
        nn.ReLU(),
        nn.Conv3d(in_channels, out_channels, kernel_size=1, bias=False),
        nn.AvgPool3d(kernel_size=2, stride=2),
        nn.Dropout3d(dropout),
    )


def _final_norm(channels: int) -> nn.Sequential:
    return nn.Sequential(nn.BatchNorm3d(channels), nn.ReLU())
