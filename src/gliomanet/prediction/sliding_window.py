"""Sliding windows of a segmentation: overlapping windows, and GMMAS's overlapping crops, averaged.

A window has the network's input shape, so that it sees what it saw in training; a volume of that shape is one window.
GMMAS looks closely at crops of each window, its head net at the whole of it (Liu et al. 2025: overlapping 128³ tiles).
Overlaps are averaged with Gaussian importance, because a network knows least at a window's borders.

Classes have no windows: they are decided from one crop (`gliomanet.prediction.image`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import torch
from monai.inferers.utils import sliding_window_inference
from torch import Tensor

from gliomanet.prediction.test_time_augmentation import FLIPPED_AXES

if TYPE_CHECKING:
    from gliomanet.config.types import Flips
    from gliomanet.networks.gmmas import GMMAS
    from gliomanet.networks.image_network import ImageNetwork

OVERLAP = 0.5
"""Of neighbouring windows or crops, as a share of their size; at a volume's end they are moved inside it."""


def region_probabilities(
    network: ImageNetwork, x: Tensor, available: Tensor, *, window: Sequence[int], flips: Flips = "none"
) -> Tensor:
    """Probability of every region in every voxel, averaged over windows, crops and flips.

    Args:
        network: one that segments, in evaluation mode.
        x: (1, M, D, H, W) modalities of one case, no side smaller than the window's.
        available: bool (1, M).
        window: the network's input shape.
        flips: mirror images that are segmented as well, and turned back.

    Returns:
        float64 (R, D, H, W), R regions of the network's `REGIONS`. Sums are taken in a fixed order and, over flips, in
        double precision: equal passes have exactly their own mean.

    Raises:
        ValueError: the volume is smaller than the window, or the network does not segment.
    """
    if any(size < side for size, side in zip(x.shape[2:], window, strict=True)):
        raise ValueError(f"volume {tuple(x.shape[2:])} is smaller than the window {tuple(window)}: pad it")
    passes = FLIPPED_AXES[flips]
    total = torch.zeros(1, dtype=torch.float64, device=x.device)
    for axes in passes:
        total = total + _all_windows(network, x.flip(axes), available, tuple(window)).flip(axes).double()
    return total[0] / len(passes)


def _all_windows(network: ImageNetwork, x: Tensor, available: Tensor, window: tuple[int, ...]) -> Tensor:
    """(1, R, D, H, W)."""
    if tuple(x.shape[2:]) == window:
        return _one_window(network, x, available)
    inside = sliding_window_inference(
        x, window, 1, lambda part: _one_window(network, part, available), overlap=OVERLAP, mode="gaussian"
    )
    assert isinstance(inside, Tensor)
    return inside


def _one_window(network: ImageNetwork, x: Tensor, available: Tensor) -> Tensor:
    if getattr(network, "CROPS", False):
        return _all_crops(cast("GMMAS", network), x, available)
    logits = network(x, available).segmentation if network.REGIONS else None
    if logits is None:
        raise ValueError(f"this {type(network).__name__} does not segment: it was trained without segmentation")
    return logits.sigmoid()  # type: ignore[no-any-return]


def _all_crops(network: GMMAS, x: Tensor, available: Tensor) -> Tensor:
    segment, crop = network.crop_segmenter(x, available), network.window(x)
    if crop == tuple(x.shape[2:]):
        return segment(torch.zeros(1, 3, dtype=torch.int64, device=x.device)).sigmoid()

    def one_crop(_: Tensor, places: Sequence[Sequence[slice]]) -> Tensor:
        return segment(torch.tensor([[axis.start for axis in places[0][2:]]], device=x.device)).sigmoid()

    inside = sliding_window_inference(x, crop, 1, one_crop, overlap=OVERLAP, mode="gaussian", with_coord=True)
    assert isinstance(inside, Tensor)
    return inside
