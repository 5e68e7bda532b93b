"""Contrasts that a training case has are taken away at random, so that a network learns to do without."""

from __future__ import annotations

import torch
from torch import Tensor


def drop_contrasts(
    image: Tensor, available: Tensor, rate: float, seed: int, *, one_goes: bool = False
) -> tuple[Tensor, Tensor]:
    """Take each contrast of each case away with a given probability; a case that would lose all keeps one of its own.

    Args:
        image: (B, M, D, H, W).
        available: bool (B, M).
        rate: the probability, in [0, 1).
        seed: what is drawn; on the CPU, so that it is the same on every device.
        one_goes: of a case of several contrasts one goes at least.

    Returns:
        The image, 0 where a contrast was taken away, and what is still available.
    """
    draws = torch.rand(available.shape, generator=torch.Generator().manual_seed(seed)).to(available.device)
    kept = available & (draws >= rate)
    if one_goes:
        first = torch.where(available, draws, 2.0).argmin(dim=1, keepdim=True)
        kept = kept & ~torch.zeros_like(available).scatter(1, first, True)
    # of a case's contrasts the one of the largest draw goes last: it is as likely to be one as another
    last = torch.where(available, draws, -1.0).argmax(dim=1, keepdim=True)
    kept = kept | (torch.zeros_like(available).scatter(1, last, True) & available)
    return torch.where(kept[:, :, None, None, None], image, image.new_zeros(())), kept
