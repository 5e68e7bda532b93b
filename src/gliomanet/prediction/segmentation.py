"""One case's tumour as its networks segment it: on the preprocessed grid, in the codes of tumour masks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch.nn import functional as F

from gliomanet.files.nifti import read_written_nifti, write_nifti
from gliomanet.models.case_input import CaseImages, Shape, crop_or_pad, network_input
from gliomanet.models.case_view import cut_window, put_window, tumour_centre, window_start
from gliomanet.models.devices import told_of_memory
from gliomanet.networks.outputs import Regions
from gliomanet.prediction.image import ImageModel, check_grid, find_tumour, reproducible
from gliomanet.prediction.sliding_window import region_probabilities

if TYPE_CHECKING:
    from gliomanet.config.types import Flips


_CPU = torch.device("cpu")


@dataclass(frozen=True)
class SegmentedCase:
    """A case's tumour on its preprocessed grid, D, H, W being the atlas axes x, y, z.

    Attributes:
        codes: uint8 (D, H, W): 1 core or necrosis, 2 oedema, 4 enhancing; 1 for all where the network tells no parts.
        brain: bool (D, H, W).
        reference: uint8 (D, H, W) the case's own tumour mask; `None` where it has none, or an empty one.
        spacing_mm: size of a voxel.
    """

    codes: NDArray[np.uint8]
    brain: NDArray[np.bool_]
    reference: NDArray[np.uint8] | None
    spacing_mm: tuple[float, float, float]


def segment_case(
    models: Sequence[ImageModel],
    case_id: str,
    folder: Path,
    *,
    flips: Flips = "none",
    min_component_fraction: float = 0.0,
    threads: int = 1,
    device: torch.device = _CPU,
) -> SegmentedCase:
    """Segment a preprocessed case by the mean probability of some networks, the folds of an ensemble or one alone.

    A network sees the central crop that it sees in training where the whole brain is inside it; else windows of that
    size over the whole grid; one of `crop: tumour` its crop, and beyond it what its first pass found. What is outside
    the brain, which no network is shown, is no tumour.

    Args:
        models: of one kind; their networks are on `device`.
        case_id: for errors.
        folder: the preprocessed case. A tumour mask in it is handed on for comparison; no network sees it, but one of
            `crop_from: mask` is told by it where to look. A case without one is then cropped centrally, and printed.
        flips: see `region_probabilities`.
        min_component_fraction: see `drop_small_pieces`.
        threads: CPU threads.
        device: where to compute.

    Raises:
        CaseError: the case cannot be given to one of the networks, see `load_case`.
        ValueError: no model, or the case lies on another grid than the models were trained on.
    """
    if not models:
        raise ValueError(f"case {case_id}: no model to segment it with; give one at least")
    total, case = np.zeros(()), None
    for model in models:
        case = _loaded(model, case_id, folder)
        probabilities_of = partial(_probabilities, model, flips=flips, threads=threads, device=device)
        if model.crop == "tumour":
            found = _around_tumour(model, case, folder, probabilities_of, threads=threads)
        else:
            found = probabilities_of(_cut(case, _seen(case, model.shape)))
        total = total + crop_or_pad(found, case.grid)
    assert case is not None
    brain = crop_or_pad(case.brain, case.grid)
    codes = region_codes(total / len(models), models[0].network.REGIONS) * brain
    return SegmentedCase(
        drop_small_pieces(codes, min_component_fraction),
        brain,
        None if case.tumour is None else crop_or_pad(case.tumour, case.grid),
        case.spacing_mm,
    )


def region_codes(probabilities: NDArray[np.float64], regions: Regions) -> NDArray[np.uint8]:
    """The most probable part above one half, by the first of its codes; 0 where there is none.

    Args:
        probabilities: (R, D, H, W).
        regions: the R regions' codes; (1, 2, 4), the whole tumour, becomes 1, as in masks that tell no parts.
    """
    codes = np.array([region[0] for region in regions], dtype=np.uint8)
    return np.where(probabilities.max(axis=0) > 0.5, codes[probabilities.argmax(axis=0)], np.uint8(0))


def drop_small_pieces(codes: NDArray[np.uint8], share: float) -> NDArray[np.uint8]:
    """Without the connected pieces (26 neighbours) of the tumour that are too small beside the largest one.

    Gliomas can have several foci, so that the largest piece alone, as GMMAS keeps it, is one end of the scale.

    Args:
        codes: (D, H, W), 0 where there is no tumour.
        share: of the largest piece's volume that a piece must reach to stay. 1: the largest alone stays (and what is
            exactly as large); 0: all do. Something always stays of what is not empty.
    """
    pieces, _ = ndimage.label(codes, structure=np.ones((3, 3, 3)))
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    kept: NDArray[np.bool_] = sizes >= share * sizes.max()
    return np.where(kept[pieces], codes, np.uint8(0))


def write_segmentation(codes: NDArray[np.uint8], like: Path, path: Path) -> None:
    """Write codes as `.nii.gz` with the affine of another file on the same grid; equal codes are equal bytes."""
    source = read_written_nifti(like, delete=like.parent)
    sform_code, qform_code = int(source.header["sform_code"]), int(source.header["qform_code"])
    write_nifti(codes, source.affine, path, sform_code=sform_code, qform_code=qform_code)


def _loaded(model: ImageModel, case_id: str, folder: Path) -> CaseImages:
    """The whole case, padded where its grid is smaller than the network's input."""
    sizes = tuple(max(have, want) for have, want in zip(model.grid, model.shape, strict=True))
    covering: Shape = (sizes[0], sizes[1], sizes[2])
    case = model.load(case_id, folder, tumour=True, shape=covering)
    check_grid(model, case, folder)
    return case


def _probabilities(
    model: ImageModel, case: CaseImages, *, flips: Flips, threads: int, device: torch.device
) -> NDArray[np.float64]:
    """(R, D, H, W) of a case as it is given, in windows where it is larger than the network's input."""
    x, available = network_input(case, prompt=False)
    with reproducible(threads), torch.inference_mode(), told_of_memory(f"case {case.case_id}", device):
        given = x.to(device), available.to(device)
        return region_probabilities(model.network, *given, window=model.shape, flips=flips).cpu().numpy()


def _around_tumour(
    model: ImageModel,
    case: CaseImages,
    folder: Path,
    probabilities_of: Callable[[CaseImages], NDArray[np.float64]],
    *,
    threads: int,
) -> NDArray[np.float64]:
    """(R, D, H, W) on the case's grid: the crop's inside it; beyond, the first pass's, or 0 where there was none."""
    outside = np.zeros((len(model.network.REGIONS), *case.grid))
    if model.finds_tumours:
        whole = model.load(case.case_id, folder, view="whole")
        centre, coarse = find_tumour(model, whole, threads=threads)
        given = torch.from_numpy(coarse)[None]
        outside = F.interpolate(given, size=case.grid, mode="trilinear", align_corners=False)[0].numpy()
    else:
        centre = None if case.tumour is None else tumour_centre(crop_or_pad(case.tumour, case.grid))
        if centre is None:
            print(f"case {case.case_id}: no tumour mask to crop around; its central crop is taken", flush=True)
    if centre is None:
        x, y, z = ((size - 1) / 2 for size in case.grid)
        centre = (x, y, z)
    start = window_start(centre, case.grid, model.shape)
    inside = probabilities_of(
        _mapped(case, lambda array: cut_window(crop_or_pad(array, case.grid), start, model.shape))
    )
    return put_window(inside, start, outside)


def _seen(case: CaseImages, shape: Shape) -> Shape:
    """The part of the volume that is looked at: the central crop if it holds the brain, else everything."""
    d, h, w = case.brain.shape
    return shape if crop_or_pad(case.brain, shape).sum() == case.brain.sum() else (d, h, w)


def _cut(case: CaseImages, shape: Shape) -> CaseImages:
    return _mapped(case, lambda array: crop_or_pad(array, shape))


def _mapped(case: CaseImages, cut: Callable[[NDArray[Any]], NDArray[Any]]) -> CaseImages:
    """The case with every array cut."""
    tumour = None if case.tumour is None else cut(case.tumour)
    return replace(case, image=cut(case.image), brain=cut(case.brain), tumour=tumour)
