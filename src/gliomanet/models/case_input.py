"""Input of an image network: one preprocessed case, cropped or padded to the network's input.

Training and prediction both read cases here, so that they cannot differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gliomanet.errors import CaseError, Problem
from gliomanet.files.nifti import read_written_nifti
from gliomanet.models.case_view import Centre, View, cut_window, shrunk, tumour_centre, window_start
from gliomanet.models.nyul import CommonHistogram
from gliomanet.models.ratio_maps import ratio_maps_of

Shape = tuple[int, int, int]


@dataclass(frozen=True)
class CaseImages:
    """One case on the network's grid; D, H, W are the atlas axes x, y, z.

    Attributes:
        image: (M, D, H, W) float16 modalities in the model's order, then its ratio maps; an absent one is 0.
        brain: (D, H, W) bool.
        tumour: (D, H, W) uint8 codes of the tumour mask, 0 where there is no tumour; `None` where the case has no
            tumour mask, an empty one, or it was not asked for.
        available: (M,) bool, which modalities and ratio maps the case has.
        grid: size of the preprocessed images before the crop; `spacing_mm` their voxel size.
        shrunk: true where it is the whole grid on fewer voxels, and no crop of it.
    """

    case_id: str
    image: NDArray[np.float16]
    brain: NDArray[np.bool_]
    tumour: NDArray[np.uint8] | None
    available: NDArray[np.bool_]
    grid: Shape
    spacing_mm: tuple[float, float, float]
    shrunk: bool = False


def crop_or_pad(array: NDArray[Any], shape: Sequence[int]) -> NDArray[Any]:
    """The centre of the last axes, zeros where the array is smaller: (…, X, Y, Z) → (…, *shape).

    With an odd difference the extra voxel is cut (or added) at the end of the axis.

    >>> crop_or_pad(np.arange(1, 6), (3,)).tolist(), crop_or_pad(np.arange(1, 3), (4,)).tolist()
    ([2, 3, 4], [0, 1, 2, 0])
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


def load_case(
    case_id: str,
    folder: Path,
    modalities: Sequence[str],
    shape: Shape,
    *,
    tumour: bool,
    histograms: Mapping[str, CommonHistogram] | None = None,
    ratio_maps: Sequence[str] = (),
    view: View | Centre = "centre",
) -> CaseImages:
    """Read a case's preprocessed images (`<modality>.nii.gz`, `brain_mask.nii.gz`, `tumour_mask.nii.gz`).

    Args:
        case_id: for errors.
        folder: the case's folder of `results/preprocessed`.
        modalities: modalities, in the order of the channel axis; files that are not there are absent modalities.
        shape: the network's input.
        tumour: read the tumour mask too, where there is one.
        histograms: modality → common histogram that its intensities inside the brain are mapped to, before the crop;
            outside the brain is then 0. `None` leaves the intensities as preprocessed.
        ratio_maps: ratios of two of the modalities, whose channels follow, see `ratio_maps_of`.
        view: what of the grid is seen, see `case_view`; or the voxel around which it is cropped. For `tumour` the
            tumour mask is read; a case without one is cropped centrally, and printed.

    Without a brain mask (sources declared as stripped), the brain is where any modality is not 0, as preprocessing
    leaves it.

    Raises:
        CaseError: none of the modalities is there, grids differ, a file is not 3D, values are not finite, or a
            modality cannot be mapped.
        ProblemError: a file is damaged, whose case must not be left out: preprocessing makes it again.
    """
    volumes, brain, spacing = _read_volumes(case_id, folder, modalities, _masks(tumour or view == "tumour"))
    given = np.rint(volumes["tumour_mask"]).astype(np.uint8) if "tumour_mask" in volumes else None
    seen = partial(_seen, view=_place(case_id, view, given), shape=shape)
    ratios = ratio_maps_of(case_id, folder, ratio_maps, volumes, brain)
    image = np.zeros((len(modalities) + len(ratio_maps), *shape), dtype=np.float16)
    for channel, name in enumerate(modalities):
        if name not in volumes:
            continue
        volume = volumes[name]
        if histograms is not None:
            try:
                inside = histograms[name].map(volume[brain])
            except ValueError as error:
                path = folder / f"{name}.nii.gz"
                raise CaseError(_problem(f"cannot be mapped: {error}", path, case_id, "no_common_histogram")) from error
            volume = np.zeros_like(volume)
            volume[brain] = inside
        image[channel] = seen(volume)
    for channel, name in enumerate(ratio_maps, start=len(modalities)):
        if name in ratios:
            image[channel] = seen(ratios[name])
    mask = None if given is None or not tumour else seen(given)
    if mask is not None and not mask.any():
        mask = None  # an empty mask says nothing of where the tumour is, and would make an empty region prompt
    available = np.array([name in volumes for name in modalities] + [name in ratios for name in ratio_maps])
    return CaseImages(case_id, image, seen(brain), mask, available, brain.shape, spacing, view == "whole")


def _place(case_id: str, view: View | Centre, tumour: NDArray[np.uint8] | None) -> Literal["whole"] | Centre | None:
    """The voxel that is cropped around, `None` for the grid's centre; or the whole grid."""
    if view != "tumour":
        return None if view == "centre" else view
    centre = None if tumour is None else tumour_centre(tumour)
    if centre is None:
        print(f"case {case_id}: no tumour mask to crop around; its central crop is taken", flush=True)
    return centre


def _seen(array: NDArray[Any], *, view: Literal["whole"] | Centre | None, shape: Shape) -> NDArray[Any]:
    """The part of an array on the case's grid that a view shows."""
    if view is None:
        return crop_or_pad(array, shape)
    if view == "whole":
        return shrunk(array, shape)
    return cut_window(array, window_start(view, array.shape, shape), shape)


def brain_intensities(case_id: str, folder: Path, modalities: Sequence[str]) -> dict[str, NDArray[np.float32]]:
    """Modality → a case's intensities inside the brain as preprocessed, (voxels,); what a histogram is learnt from.

    Raises:
        CaseError: as in `load_case`.
    """
    # The tumour mask too, so that a case is refused here for whatever refuses it as a training case.
    volumes, brain, _ = _read_volumes(case_id, folder, modalities, _masks(tumour=True))
    return {name: volumes[name][brain] for name in modalities if name in volumes}


def network_input(case: CaseImages, *, prompt: bool = True) -> tuple[Tensor, Tensor]:
    """A case as a network is given it at inference, a batch of one.

    Args:
        case: with M modalities.
        prompt: with the region prompt's mask, the brain, as the last channel: [X·B, B]; without: X·B.

    Returns:
        float32 (1, M + 1, D, H, W) or (1, M, D, H, W), and bool (1, M).
    """
    x = case.image.astype(np.float32) * case.brain
    if prompt:
        x = np.concatenate([x, case.brain[None].astype(np.float32)])
    return torch.from_numpy(x[None]), torch.from_numpy(case.available[None].copy())


def _read_volumes(
    case_id: str, folder: Path, modalities: Sequence[str], masks: Sequence[str]
) -> tuple[dict[str, NDArray[np.float32]], NDArray[np.bool_], tuple[float, float, float]]:
    """A case's modalities and masks by name, its brain, and the voxel size."""
    if not any((folder / f"{name}.nii.gz").is_file() for name in modalities):
        found = f"none of {', '.join(modalities)} (.nii.gz) is in {folder}"
        action = "see its preprocess.json, or choose other modalities for the model"
        raise CaseError(Problem(found, action, case=case_id, rule="no_modality_of_the_model"))
    volumes: dict[str, NDArray[np.float32]] = {}
    grid, spacing = (0, 0, 0), (0.0, 0.0, 0.0)
    for name in (*modalities, *masks):
        path = folder / f"{name}.nii.gz"
        if not path.is_file():
            continue
        data, found_spacing = _read(case_id, path)
        if not volumes:
            grid, spacing = data.shape, found_spacing
        elif data.shape != grid:
            found = f"has grid {data.shape}, and the case's first modality {grid}"
            raise CaseError(_problem(found, path, case_id, "grids_differ"))
        volumes[name] = data
    if "brain_mask" in volumes:
        brain = volumes["brain_mask"] > 0
    else:
        brain = np.any([volumes[name] != 0 for name in modalities if name in volumes], axis=0)
    return volumes, brain, spacing


def _problem(found: str, path: Path, case_id: str, rule: str) -> Problem:
    image, action = path.name.removesuffix(".nii.gz"), "preprocess the case again"
    return Problem(found, action, image=image, file=str(path), case=case_id, rule=rule)


def _masks(tumour: bool) -> tuple[str, ...]:
    return ("brain_mask", "tumour_mask") if tumour else ("brain_mask",)


def _read(case_id: str, path: Path) -> tuple[NDArray[np.float32], tuple[float, float, float]]:
    volume = read_written_nifti(path, delete=path.parent)
    data = np.asarray(volume.dataobj, dtype=np.float32)
    if data.ndim != 3:
        found = f"has {data.ndim} axes, {data.shape}, and one 3-D volume is needed"
        raise CaseError(_problem(found, path, case_id, "not_three_dimensional"))
    if not np.isfinite(data).all():
        raise CaseError(_problem("holds values that are not finite", path, case_id, "not_finite"))
    x, y, z = (round(float(size), 4) for size in volume.header.get_zooms()[:3])
    return data, (x, y, z)
