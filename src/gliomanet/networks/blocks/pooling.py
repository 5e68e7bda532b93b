"""Feature maps to vectors."""

from __future__ import annotations

import torch
from torch import Tensor


def average_and_max(maps: Tensor) -> Tensor:
    """Global average and global maximum, one behind the other: (B, C, D, H, W) → (B, 2C)."""
    return torch.cat([maps.mean(dim=(2, 3, 4)), maps.amax(dim=(2, 3, 4))], dim=1)
