"""Orthogonal projection: what one feature map says that another one does not."""

from __future__ import annotations

from torch import Tensor


def orthogonal_component(features: Tensor, reference: Tensor, *, eps: float = 1e-6) -> Tensor:
    """F' − (⟨F', F⟩ / (⟨F, F⟩ + ε)) · F, for every sample and channel over its voxels.

    Args:
        features: F', (B, C, D, H, W).
        reference: F, of the same shape.
        eps: ε; a reference channel of zeros takes nothing away.

    Returns:
        (B, C, D, H, W) in float32: an inner product over a volume loses its digits in half precision.

    Source: Chen et al. 2025, Medical Image Analysis 101:103435, the task-unique features.
    """
    features, reference = features.float(), reference.float()
    inner = (features * reference).sum(dim=(2, 3, 4), keepdim=True)
    energy = reference.square().sum(dim=(2, 3, 4), keepdim=True)
    return features - inner / (energy + eps) * reference
