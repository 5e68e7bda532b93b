"""A transformer over the voxels of a feature map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class AttentionLayer(nn.Module):
    """Self-attention and an MLP, each normalised before and added to what came in: (B, N, C) → (B, N, C).

    Dropout is behind both and inside the MLP, in modules of its own, so that stochastic passes can switch it on alone
    (torch's own layer has a fast path that would pass it by); the attention's weights have none, which lets the
    fused kernels work.

    Args:
        channels: length of a token.
        heads: attention heads; must divide `channels`.
        hidden: units of the MLP.
        dropout: rate.

    Source: Vaswani et al. 2017 (arXiv:1706.03762), normalised before (arXiv:2002.04745).
    """

    RECOMPUTED: ClassVar[bool] = True

    def __init__(self, channels: int, *, heads: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.attention_norm = nn.LayerNorm(channels)
        self.queries_keys_values = nn.Linear(channels, 3 * channels)
        self.out = nn.Sequential(nn.Linear(channels, channels), nn.Dropout(dropout))
        self.mlp = nn.Sequential(
            nn.LayerNorm(channels),
            nn.Linear(channels, hidden),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, channels),
            nn.Dropout(dropout),
        )

    def forward(self, tokens: Tensor) -> Tensor:
        projected = self.queries_keys_values(self.attention_norm(tokens))  # (B, N, 3 · heads · C/heads)
        queries, keys, values = projected.unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(queries, keys, values)  # (B, heads, N, C/heads)
        tokens = tokens + self.out(attended.transpose(1, 2).flatten(2))
        return tokens + self.mlp(tokens)  # type: ignore[no-any-return]


class VoxelTransformer(nn.Module):
    """Every voxel of a map is a token; learned positions, then layers of attention: the map's shape is kept.

    Args:
        channels: channels of the map, the tokens' length.
        grid: (D, H, W) for which positions are learned; for another grid they are interpolated trilinearly.
        layers: number of attention layers.
        heads: attention heads; must divide `channels`.
        hidden: units of each layer's MLP.
        dropout: rate in every layer, and behind the positions.
    """

    def __init__(
        self, channels: int, *, grid: Sequence[int], layers: int, heads: int, hidden: int, dropout: float
    ) -> None:
        super().__init__()
        self.positions = nn.Parameter(nn.init.trunc_normal_(torch.empty(1, channels, *grid), std=0.02))
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.Sequential(
            *(AttentionLayer(channels, heads=heads, hidden=hidden, dropout=dropout) for _ in range(layers))
        )
        self.norm = nn.LayerNorm(channels)

    def forward(self, maps: Tensor) -> Tensor:
        """(B, C, D, H, W) → (B, C, D, H, W)."""
        grid = maps.shape[2:]
        tokens = self.dropout(maps + self.positions_on(grid)).flatten(2).transpose(1, 2)
        return self.norm(self.layers(tokens)).transpose(1, 2).unflatten(2, grid)  # type: ignore[no-any-return]

    def positions_on(self, grid: Sequence[int]) -> Tensor:
        """The learned positions, (1, C, D, H, W), on this grid."""
        if tuple(grid) == tuple(self.positions.shape[2:]):
            return self.positions
        return F.interpolate(self.positions, size=tuple(grid), mode="trilinear", align_corners=False)
