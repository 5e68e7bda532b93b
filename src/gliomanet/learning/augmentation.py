"""Random changes of a batch while training, on the device that trains.

Half of the cases are flipped left-right, half are turned, shifted and scaled a little, half are given noise, and
each contrast's intensities are scaled and shifted, inside the brain. Images and masks move together.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

CHANCES = (0.5, 0.5, 0.5)
"""Of a case to be flipped, to be turned, shifted and scaled, and to be given noise."""


@dataclass(frozen=True)
class Augmentation:
    """How far a case is changed; every amount is drawn uniformly from ± its value."""

    degrees: float = 10.0
    shift: float = 0.05
    """Share of half the field of view."""
    scale: float = 0.1
    gain: float = 0.1
    offset: float = 0.1
    """In units of the normalised intensities."""
    noise: float = 0.1
    """Largest standard deviation of the noise, in the same units."""


def augment(
    image: Tensor,
    masks: Tensor,
    seed: int,
    settings: Augmentation = Augmentation(),
) -> tuple[Tensor, Tensor]:
    """A changed copy of a batch, a function of its arguments alone.

    Args:
        image: float32 (B, M, D, H, W), 0 outside the brain; absent contrasts are 0 and stay 0.
        masks: float32 (B, C, D, H, W) of 0 and 1, the first one the brain.
        seed: what is drawn. Geometry is drawn on the CPU, so that it is the same on every device; noise is not.
        settings: how far a case is changed.

    Returns:
        Image and masks.
    """
    draws = torch.Generator().manual_seed(seed)
    batch, contrasts = image.shape[:2]
    theta = affine_matrices(batch, image.shape[2:], draws, settings)
    amounts = (2 * torch.rand(3, batch, contrasts, 1, 1, 1, generator=draws) - 1).to(image.device)
    flipped, moved, noisy = (torch.rand(3, batch, generator=draws) < torch.tensor(CHANCES)[:, None]).to(image.device)
    image, masks = image.clone(), masks.clone()
    for case in flipped.nonzero().flatten().tolist():
        image[case], masks[case] = image[case].flip(1), masks[case].flip(1)
    if moved.any():
        turns = theta.to(image.device)[moved]
        grid = F.affine_grid(turns, [len(turns), 1, *image.shape[2:]], align_corners=False)
        image[moved] = F.grid_sample(image[moved], grid, mode="bilinear", align_corners=False)
        masks[moved] = F.grid_sample(masks[moved], grid, mode="nearest", align_corners=False)
    # Only where there is signal: an absent contrast must stay 0, and so must everything outside the brain.
    present = masks[:, :1] * (image.flatten(2).abs().amax(dim=2) > 0)[:, :, None, None, None]
    image.mul_(1 + settings.gain * amounts[0]).add_(settings.offset * amounts[1])
    if noisy.any():
        noise_draws = torch.Generator(image.device).manual_seed(seed)
        noise = torch.randn(image[noisy].shape, generator=noise_draws, device=image.device)
        image[noisy] += noise * (settings.noise * amounts[2][noisy].abs())
    return image.mul_(present), masks


def affine_matrices(batch: int, size: tuple[int, ...], draws: torch.Generator, settings: Augmentation) -> Tensor:
    """(B, 3, 4) matrices for `affine_grid`: rotation, scale, shift.

    `affine_grid` measures each axis in half fields of view, so a turn is made in voxels and converted back:
    otherwise it would shear where the axes differ in length.
    """
    amounts = 2 * torch.rand(batch, 7, generator=draws) - 1
    angles = torch.deg2rad(settings.degrees * amounts[:, :3])
    matrix = torch.eye(3).repeat(batch, 1, 1)
    for axis, (a, b) in enumerate(((1, 2), (0, 2), (0, 1))):
        turn = torch.eye(3).repeat(batch, 1, 1)
        cos, sin = angles[:, axis].cos(), angles[:, axis].sin()
        turn[:, a, a], turn[:, a, b], turn[:, b, a], turn[:, b, b] = cos, -sin, sin, cos
        matrix = matrix @ turn
    matrix = matrix * (1 + settings.scale * amounts[:, 3])[:, None, None]
    extent = torch.tensor([float(n) for n in reversed(size)])  # affine_grid's order: last axis first
    matrix = matrix * extent[None, None, :] / extent[None, :, None]
    return torch.cat([matrix, settings.shift * amounts[:, 4:, None]], dim=2)
