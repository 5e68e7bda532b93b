"""Learned convex fusion of the contrasts that a case has."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ConvexFusionStem(nn.Module):
    """A 3³ convolution a contrast, and their learned convex sum: Σ w_m conv_m(x_m) / Σ w_m, w_m = exp(v_m − 1).

    The sums run over the contrasts that a case has, so an absent one has no influence and the others' weights still
    sum to 1. Both steps are linear: the contrasts are weighted first and convolved together, which is the same sum in
    one convolution.

    Args:
        n_modalities: contrasts.
        channels: channels out.

    Source: Liu et al. 2025 (GMMAS), the modality stem.
    """

    def __init__(self, n_modalities: int, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv3d(n_modalities, channels, kernel_size=3, padding=1, bias=False)
        self.bias = nn.Parameter(torch.zeros(n_modalities, channels))
        self.significance = nn.Parameter(torch.ones(n_modalities))  # v_m

    def forward(self, x: Tensor, available: Tensor) -> Tensor:
        """(B, M, D, H, W) contrasts and bool (B, M), at least one a case → (B, channels, D, H, W)."""
        shares = self.shares(available)
        known = torch.where(available[:, :, None, None, None], x, x.new_zeros(()))  # not a product: NaN × 0 is NaN
        bias = shares @ self.bias
        return self.conv(known * shares[:, :, None, None, None]) + bias[:, :, None, None, None]  # type: ignore[no-any-return]

    def shares(self, available: Tensor) -> Tensor:
        """The weights w_m / Σ w_m of bool (B, M) contrasts: (B, M), 0 for an absent one."""
        weights = torch.where(available, torch.exp(self.significance - 1), 0.0)
        return weights / weights.sum(dim=1, keepdim=True)
