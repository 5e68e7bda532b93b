"""What an image network is given: one preprocessed case, cropped or padded to the network's input.

Training and prediction both read cases here, so that they cannot differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Shape = tuple[int, int, int]


class CaseError(ValueError):
    """A case that cannot be given to a network; says which one, why, and what to do."""


@dataclass(frozen=True)
class CaseImages:
    """One case on the network's grid; D, H, W are the atlas axes x, y, z.

    Attributes:
        image: (M, D, H, W) float16 contrasts in the model's order; an absent one is 0.
        brain: (D, H, W) bool.
        tumour: (D, H, W) bool; `None` where the case has no tumour mask, an empty one, or it was not asked for.
        available: (M,) bool, which contrasts the case has.
        grid: size of the preprocessed images before the crop; `spacing_mm` their voxel size.
    """

    case_id: str
    image: NDArray[np.float16]
    brain: NDArray[np.bool_]
    tumour: NDArray[np.bool_] | None
    available: NDArray[np.bool_]
    grid: Shape
    spacing_mm: tuple[float, float, float]


def crop_or_pad(array: NDArray[Any], shape: Sequence[int]) -> NDArray[Any]:
    """The centre of the last axes, zeros where the array is smaller: (…, X, Y, Z) → (…, *shape).

    With an odd difference the extra voxel is cut (or added) at the end of the axis.
    """
    lead = array.ndim - len(shape)
    if lead < 0:
        raise ValueError(f"an array of shape {array.shape} has fewer axes than the target {tuple(shape)}")
    result = np.zeros((*array.shape[:lead], *shape), dtype=array.dtype)
    source, target = [slice(None)] * lead, [slice(None)] * lead
    for have, want in zip(array.shape[lead:], shape, strict=True):
        size = min(have, want)
        source.append(slice((have - size) // 2, (have - size) // 2 + size))
        target.append(slice((want - size) // 2, (want - size) // 2 + size))
    result[tuple(target)] = array[tuple(source)]
    return result


def load_case(case_id: str, folder: Path, modalities: Sequence[str], shape: Shape, *, tumour: bool) -> CaseImages:
    """Read a case's preprocessed images (`<modality>.nii.gz`, `brain_mask.nii.gz`, `tumour_mask.nii.gz`).

    Args:
        case_id: for errors.
        folder: the case's folder of `results/preprocessed`.
        modalities: contrasts, in the order of the channel axis; files that are not there are absent contrasts.
        shape: the network's input.
        tumour: read the tumour mask too, where there is one.

    Without a brain mask (sources declared as stripped), the brain is where any contrast is not 0, as preprocessing
    leaves it.

    Raises:
        CaseError: none of the contrasts is there, grids differ, a file is not 3D, or values are not finite.
    """
    paths = {name: folder / f"{name}.nii.gz" for name in modalities}
    available = np.array([path.is_file() for path in paths.values()])
    if not available.any():
        raise CaseError(
            f"case {case_id}: none of {', '.join(modalities)} (.nii.gz) is in {folder}; "
            "see its preprocess.json, or choose other modalities for the model"
        )
    volumes: dict[str, NDArray[np.float32]] = {}
    grid, spacing = (0, 0, 0), (0.0, 0.0, 0.0)
    for name, path in [*paths.items(), *((m, folder / f"{m}.nii.gz") for m in _masks(tumour))]:
        if not path.is_file():
            continue
        data, found_spacing = _read(case_id, path)
        if not volumes:
            grid, spacing = data.shape, found_spacing
        elif data.shape != grid:
            raise CaseError(
                f"case {case_id}: {path} has grid {data.shape}, its first contrast {grid}; preprocess it again"
            )
        volumes[name] = data
    image = np.zeros((len(modalities), *shape), dtype=np.float16)
    for channel, name in enumerate(modalities):
        if name in volumes:
            image[channel] = crop_or_pad(volumes[name], shape)
    brain = crop_or_pad(volumes["brain_mask"] > 0, shape) if "brain_mask" in volumes else (image != 0).any(axis=0)
    mask = crop_or_pad(volumes["tumour_mask"] > 0, shape) if "tumour_mask" in volumes else None
    if mask is not None and not mask.any():
        mask = None  # an empty mask says nothing of where the tumour is, and would make an empty region prompt
    return CaseImages(case_id, image, brain.astype(bool), mask, available, grid, spacing)


def network_input(case: CaseImages) -> tuple[Tensor, Tensor]:
    """A case as the network is given it at inference, a batch of one, with the region prompt [X·B, B].

    Returns:
        float32 (1, M + 1, D, H, W) and bool (1, M).
    """
    x = np.concatenate([case.image.astype(np.float32) * case.brain, case.brain[None].astype(np.float32)])
    return torch.from_numpy(x[None]), torch.from_numpy(case.available[None].copy())


def _masks(tumour: bool) -> tuple[str, ...]:
    return ("brain_mask", "tumour_mask") if tumour else ("brain_mask",)


def _read(case_id: str, path: Path) -> tuple[NDArray[np.float32], tuple[float, float, float]]:
    volume: Any = nib.load(path)
    data = np.asarray(volume.dataobj, dtype=np.float32)
    if data.ndim != 3:
        raise CaseError(f"case {case_id}: {path} has {data.ndim} axes, {data.shape}; one 3D volume a file is needed")
    if not np.isfinite(data).all():
        raise CaseError(f"case {case_id}: {path} holds values that are not finite; preprocess the case again")
    x, y, z = (round(float(size), 4) for size in volume.header.get_zooms()[:3])
    return data, (x, y, z)
