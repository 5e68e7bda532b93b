"""Region prompts: how CMTLNet learns where the tumour is, so that it needs no mask later (Chen et al. 2025).

With image X, brain B and tumour mask M, a tumour sample is one of [X·B, B], [X·B, M], [X·M, B]; a non-tumour sample
is one of [X·(B−M), B], [X·B, B−M]. At inference it is [X·B, B].
"""

from __future__ import annotations

import torch
from torch import Tensor

TUMOUR_PROMPTS = 3
NON_TUMOUR_PROMPTS = 2


def tumour_samples(image: Tensor, brain: Tensor, tumour: Tensor, choice: Tensor) -> Tensor:
    """[X·B, B] (choice 0), [X·B, M] (1) or [X·M, B] (2) for each case.

    Args:
        image: (B, M, D, H, W).
        brain: (B, 1, D, H, W) of 0 and 1.
        tumour: likewise.
        choice: int (B,). A case whose tumour mask is empty is given choice 0, whatever was drawn.

    Returns:
        (B, M + 1, D, H, W).
    """
    drawn = torch.where(tumour.flatten(1).any(dim=1), choice, 0)[:, None, None, None, None]
    region = torch.where(drawn == 2, tumour, brain)
    mask = torch.where(drawn == 1, tumour, brain)
    return torch.cat([image * region, mask.to(image.dtype)], dim=1)


def non_tumour_samples(image: Tensor, brain: Tensor, tumour: Tensor, choice: Tensor) -> Tensor:
    """[X·(B−M), B] (choice 0) or [X·B, B−M] (1) for each case; shapes as `tumour_samples`, no mask may be empty."""
    rest = brain * (1 - tumour)
    drawn = choice[:, None, None, None, None]
    region = torch.where(drawn == 0, rest, brain)
    mask = torch.where(drawn == 0, brain, rest)
    return torch.cat([image * region, mask.to(image.dtype)], dim=1)
