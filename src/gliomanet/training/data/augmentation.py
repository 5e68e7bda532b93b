"""Random changes of a batch while training, on the device that trains.

Half of the cases are flipped left-right, half are turned, shifted and scaled a little, half have the modality of each
image bent as another scanner would (a power of the intensities, z-scored again), a quarter lose resolution along one
axis (thick slices), half are given noise; and each modality's intensities are scaled and shifted, inside the brain.
Images and masks move together. Powers and lost resolution are what nnU-Net trains with, too (Isensee et al., Nature
Methods 18:203, 2021); without them the networks fitted one scanner's grey values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

CHANCES = (0.5, 0.5, 0.5, 0.25, 0.5)
"""Of a case to be flipped; turned, shifted and scaled; bent in contrast; thick-sliced; given noise."""


@dataclass(frozen=True)
class Augmentation:
    """Amounts by which a case is changed; each is drawn uniformly from ± its value."""

    degrees: float = 10.0
    shift: float = 0.05
    """Share of half the field of view."""
    scale: float = 0.1
    gain: float = 0.1
    offset: float = 0.1
    """In units of the normalised intensities."""
    bend: float = 0.5
    """Of the natural logarithm of the power."""
    slices: int = 2
    """Voxels that a thick slice averages."""
    noise: float = 0.1
    """Largest standard deviation of the noise, in the same units."""


CROP_SHIFT = 0.15
"""`Augmentation.shift` of crops around tumours: in prediction a tumour is not found as exactly as a mask tells."""


def augment(
    image: Tensor,
    masks: Tensor,
    seed: int,
    settings: Augmentation = Augmentation(),
    *,
    ratio_maps: int = 0,
) -> tuple[Tensor, Tensor]:
    """A changed copy of a batch, a function of its arguments alone.

    Args:
        image: float32 (B, M, D, H, W), 0 outside the brain; absent channels are 0 and stay 0.
        masks: float32 (B, C, D, H, W) of codes; the first one is the brain, of 0 and 1.
        seed: what is drawn. Geometry is drawn on the CPU, so that it is the same on every device; noise is not.
        settings: how far a case is changed.
        ratio_maps: last channels whose intensities stay as they are: a scanner's gain has cancelled in them.

    Returns:
        Image and masks.
    """
    draws = torch.Generator().manual_seed(seed)
    batch, modalities = len(image), image.shape[1] - ratio_maps
    theta = affine_matrices(batch, image.shape[2:], draws, settings)
    amounts = (2 * torch.rand(3, batch, modalities, 1, 1, 1, generator=draws) - 1).to(image.device)
    powers = torch.exp(settings.bend * (2 * torch.rand(batch, modalities, generator=draws) - 1)).to(image.device)
    axes = torch.randint(2, 5, (batch,), generator=draws).tolist()
    chosen = torch.rand(len(CHANCES), batch, generator=draws) < torch.tensor(CHANCES)[:, None]
    flipped, moved, bent, thick, noisy = chosen.to(image.device)
    image, masks = image.clone(), masks.clone()
    for case in flipped.nonzero().flatten().tolist():
        image[case], masks[case] = image[case].flip(1), masks[case].flip(1)
    if moved.any():
        turns = theta.to(image.device)[moved]
        grid = F.affine_grid(turns, [len(turns), 1, *image.shape[2:]], align_corners=False)
        image[moved] = F.grid_sample(image[moved], grid, mode="bilinear", align_corners=False)
        masks[moved] = F.grid_sample(masks[moved], grid, mode="nearest", align_corners=False)
    for case in bent.nonzero().flatten().tolist() if settings.bend else ():
        image[case, :modalities] = bend_contrast(image[case, :modalities], masks[case, 0], powers[case])
    for case in thick.nonzero().flatten().tolist():
        image[case] = thick_slices(image[case], axes[case] - 1, settings.slices)
    # Only where there is signal: an absent modality must stay 0, and so must everything outside the brain.
    present = masks[:, :1] * (image.flatten(2).abs().amax(dim=2) > 0)[:, :, None, None, None]
    scanned = image[:, :modalities]
    scanned.mul_(1 + settings.gain * amounts[0]).add_(settings.offset * amounts[1])
    if noisy.any():
        noise_draws = torch.Generator(image.device).manual_seed(seed)
        noise = torch.randn(scanned[noisy].shape, generator=noise_draws, device=image.device)
        scanned[noisy] += noise * (settings.noise * amounts[2][noisy].abs())
    return image.mul_(present), masks


def bend_contrast(image: Tensor, brain: Tensor, powers: Tensor) -> Tensor:
    """Each modality's intensities inside the brain, put to [0, 1], raised to a power, and z-scored again.

    Args:
        image: float32 (M, D, H, W); a modality that is constant inside the brain stays as it is.
        brain: (D, H, W) of 0 and 1.
        powers: (M,) positive; 1 gives the z-scored image.

    Returns:
        (M, D, H, W), 0 outside the brain.
    """
    inside = brain > 0
    values = image[:, inside]
    if values.shape[1] < 2:
        return image
    low, high = values.amin(dim=1, keepdim=True), values.amax(dim=1, keepdim=True)
    flat = high - low <= 1e-6
    bent = ((values - low) / (high - low).clamp_min(1e-6)).pow(powers[:, None])
    bent = (bent - bent.mean(dim=1, keepdim=True)) / bent.std(dim=1, keepdim=True).clamp_min(1e-6)
    result = torch.zeros_like(image)
    result[:, inside] = torch.where(flat, values, bent)
    return result


def thick_slices(image: Tensor, axis: int, voxels: int) -> Tensor:
    """The image (M, D, H, W) averaged over `voxels` neighbours along a spatial axis (1 to 3), on its own grid still."""
    size = image.shape[axis] // voxels * voxels
    whole = image.narrow(axis, 0, size)
    slices = whole.reshape(*image.shape[:axis], -1, voxels, *image.shape[axis + 1 :])
    mean = slices.mean(dim=axis + 1).repeat_interleave(voxels, dim=axis)
    return torch.cat([mean, image.narrow(axis, size, image.shape[axis] - size)], dim=axis)


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


def drop_clinical(values: Tensor, rate: float, seed: int) -> Tensor:
    """Clinical data (B, C), all of a case's taken away at a rate in [0, 1): NaN then."""
    drawn = torch.rand(len(values), generator=torch.Generator().manual_seed(seed))
    return torch.where((drawn < rate).to(values.device)[:, None], torch.nan, values)


def drop_modalities(
    image: Tensor,
    available: Tensor,
    rate: float,
    seed: int,
    *,
    one_goes: bool = False,
    ratio_maps: Sequence[tuple[int, int]] = (),
) -> tuple[Tensor, Tensor]:
    """Take each modality of each case away with a given probability; a case that would lose all keeps one of its own.

    Args:
        image: (B, M, D, H, W).
        available: bool (B, M).
        rate: the probability, in [0, 1).
        seed: what is drawn; on the CPU, so that it is the same on every device.
        one_goes: of a case of several modalities one goes at least.
        ratio_maps: of the last channels, each the ratio of the two modalities at these places: it goes with either.

    Returns:
        The image, 0 where a modality was taken away, and what is still available.
    """
    ratios, available = available[:, len(available[0]) - len(ratio_maps) :], available[:, : -len(ratio_maps) or None]
    draws = torch.rand(available.shape, generator=torch.Generator().manual_seed(seed)).to(available.device)
    kept = available & (draws >= rate)
    if one_goes:
        first = torch.where(available, draws, 2.0).argmin(dim=1, keepdim=True)
        kept = kept & ~torch.zeros_like(available).scatter(1, first, True)
    # of a case's modalities the one of the largest draw goes last: it is as likely to be one as another
    last = torch.where(available, draws, -1.0).argmax(dim=1, keepdim=True)
    kept = kept | (torch.zeros_like(available).scatter(1, last, True) & available)
    for place, (over, under) in enumerate(ratio_maps):
        kept = torch.cat([kept, (ratios[:, place] & kept[:, over] & kept[:, under])[:, None]], dim=1)
    return torch.where(kept[:, :, None, None, None], image, image.new_zeros(())), kept
