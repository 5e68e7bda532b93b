"""A window of a volume, one place a case: found, cut out, looked up in coarser maps, and put back."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def tumour_centres(coarse: Tensor) -> Tensor:
    """Centre of mass of the voxels that some region claims; the volume's centre where none does.

    Args:
        coarse: logits (B, R, d, h, w) of the regions.

    Returns:
        float32 (B, 3) as shares of the volume's sizes, in [0, 1].
    """
    claimed = (coarse.amax(dim=1) > 0).float()
    centres = []
    for axis in (1, 2, 3):
        along = claimed.sum(dim=[other for other in (1, 2, 3) if other != axis])  # (B, n)
        n = along.shape[1]
        places = (torch.arange(n, dtype=torch.float32, device=coarse.device) + 0.5) / n
        count = along.sum(dim=1)
        centres.append(torch.where(count > 0, (along * places).sum(dim=1) / count.clamp(min=1), 0.5))
    return torch.stack(centres, dim=1)


def window_corners(centres: Tensor, *, volume: Sequence[int], window: Sequence[int]) -> Tensor:
    """First voxels of windows around these centres, moved inside the volume.

    Args:
        centres: (B, 3) in voxels; 0 is the middle of the first voxel. A window of even size around a voxel reaches
            one voxel further down than up, as slices around an index do.
        volume: (D, H, W).
        window: its size, nowhere larger than the volume.

    Returns:
        int64 (B, 3).
    """
    size = centres.new_tensor(window, dtype=torch.float32)
    last = centres.new_tensor(volume, dtype=torch.float32) - size
    corners = torch.ceil(centres.float() - size / 2)
    return torch.minimum(corners.clamp(min=0), last).long()


def cut_window(volume: Tensor, corners: Tensor, window: Sequence[int]) -> Tensor:
    """(B, C, D, H, W) and int64 corners (B, 3) → (B, C, *window); the volume itself where it is the window."""
    if tuple(window) == tuple(volume.shape[2:]):
        return volume
    return torch.stack([one[:, *_slices(at, window)] for one, at in zip(volume, corners.tolist(), strict=True)])


def put_back(window: Tensor, corners: Tensor, volume: Tensor) -> Tensor:
    """A copy of the volume (B, C, D, H, W) with each case's window in its place; the window where it is all."""
    if window.shape == volume.shape:
        return window
    result = volume.clone()
    for case, at in enumerate(corners.tolist()):
        result[case][:, *_slices(at, window.shape[2:])] = window[case].to(volume.dtype)
    return result


def look_up(maps: Tensor, corners: Tensor, *, window: Sequence[int], stride: int, size: Sequence[int]) -> Tensor:
    """Maps of the whole volume on a coarse grid, interpolated trilinearly on a grid over each case's window.

    A window's sides are parallel to the volume's, so that the interpolation is one small matrix an axis.

    Args:
        maps: (B, C, d, h, w); a voxel of it covers `stride`³ of the volume's.
        corners: int64 (B, 3), the windows' first voxels in the volume.
        window: the windows' size in the volume's voxels.
        stride: of the maps.
        size: the grid over the window.

    Returns:
        (B, C, *size).
    """
    for axis, (extent, n) in enumerate(zip(window, size, strict=True)):
        steps = (torch.arange(n, dtype=torch.float32, device=maps.device) + 0.5) * (extent / n)
        m = maps.shape[2 + axis]
        places = (corners[:, axis, None].to(maps.device) + steps) / stride - 0.5  # (B, n) in voxels of the maps
        distances = places.clamp(0, m - 1)[:, :, None] - torch.arange(m, dtype=torch.float32, device=maps.device)
        weights = (1 - distances.abs()).clamp(min=0).to(maps.dtype)  # (B, n, m)
        maps = torch.einsum(("bcmhw,bnm->bcnhw", "bcdmw,bnm->bcdnw", "bcdhm,bnm->bcdhn")[axis], maps, weights)
    return maps


def _slices(corner: Sequence[int], window: Sequence[int]) -> tuple[slice, ...]:
    return tuple(slice(start, start + size) for start, size in zip(corner, window, strict=True))
