"""Weighted sum of the losses of several terms, tasks and segmentation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import torch
from torch import Tensor, nn

Weighting = Literal["uncertainty", "uncertainty_full", "fixed"]

REGULARISERS: dict[Weighting, float] = {"uncertainty": 0.5, "uncertainty_full": 1.0}
"""Factor of s in both documented forms."""


class UncertaintyWeighting(nn.Module):
    """Σ_t ½·exp(−s_t)·L_t + c·s_t over the terms that a batch has labels of, with a learnable s_t = log σ_t² each.

    Source: Kendall et al. 2018 (arXiv:1705.07115). c is ½ there and in Liu et al. 2025 (GMMAS); the code that GMMAS
    descends from adds the whole s_t.

    Args:
        terms: names of the losses.
        regulariser: c.
    """

    def __init__(self, terms: Sequence[str], *, regulariser: float) -> None:
        super().__init__()
        self.terms, self.regulariser = tuple(terms), regulariser
        self.log_variances = nn.Parameter(torch.zeros(len(self.terms)))

    def forward(self, losses: Tensor, known: Tensor) -> Tensor:
        """Losses (T,) and whether the batch has a label of each, bool (T,) → a scalar.

        A term without a label has no say: otherwise its s_t would fall for ever.
        """
        each = 0.5 * torch.exp(-self.log_variances) * losses + self.regulariser * self.log_variances
        return torch.where(known, each, 0.0).sum()

    def weights(self) -> dict[str, float]:
        """Term → what its loss is multiplied by now."""
        return dict(zip(self.terms, (0.5 * torch.exp(-self.log_variances.detach())).tolist(), strict=True))


class FixedWeighting(nn.Module):
    """Σ_t w_t·L_t with weights that are given.

    Args:
        terms: names of the losses.
        weights: term → w_t; 1 where not named.
    """

    factors: Tensor

    def __init__(self, terms: Sequence[str], weights: Mapping[str, float]) -> None:
        super().__init__()
        self.terms = tuple(terms)
        factors = torch.tensor([float(weights.get(term, 1.0)) for term in self.terms])
        self.register_buffer("factors", factors)

    def forward(self, losses: Tensor, known: Tensor) -> Tensor:
        """As `UncertaintyWeighting.forward`."""
        return torch.where(known, self.factors * losses, 0.0).sum()

    def weights(self) -> dict[str, float]:
        """Term → what its loss is multiplied by."""
        return dict(zip(self.terms, self.factors.tolist(), strict=True))


def weighting_of(
    kind: Weighting, terms: Sequence[str], weights: Mapping[str, float]
) -> UncertaintyWeighting | FixedWeighting:
    """The weighting of a model's settings; `weights` are for `fixed`."""
    if kind == "fixed":
        return FixedWeighting(terms, weights)
    return UncertaintyWeighting(terms, regulariser=REGULARISERS[kind])
