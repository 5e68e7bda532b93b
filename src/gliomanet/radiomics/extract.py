"""Radiomic features of preprocessed cases, by pyradiomics.

Source: van Griethuysen et al., Cancer Research 77:e104 (2017), 10.1158/0008-5472.CAN-17-0339.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import SimpleITK as sitk  # noqa: N813 - SimpleITK's own short name
from numpy.typing import NDArray
from radiomics.featureextractor import RadiomicsFeatureExtractor

from gliomanet.files.nifti import read_written_nifti
from gliomanet.files.reading_back import read_written_json
from gliomanet.modalities import MODALITIES
from gliomanet.radiomics.table import KEYS, center_table

if TYPE_CHECKING:
    from gliomanet.config.analysis import Radiomics

INTENSITY_FAMILIES = ("firstorder", "glcm", "glrlm", "glszm", "gldm", "ngtdm")
"""pyradiomics' classes of the images' intensities; `shape` is of the mask alone."""

MOST_GREY_LEVELS = 2000
"""A co-occurrence matrix of more takes gigabytes: the intensities are then not normalised, or hold a spike."""

_MARGIN = 1  # voxels kept round the mask, as pyradiomics' own crop does


def extract_case(case_dir: Path, case_id: str, settings: Radiomics) -> tuple[pd.DataFrame, list[str]]:
    """All features of a case, one row per region.

    Args:
        case_dir: Folder of a preprocessed case: `<modality>.nii.gz` of those present, `tumour_mask.nii.gz`, and
            `preprocess.json`, whose status must be `ok` where it is there.
        case_id: Written into each row.
        settings: Bin width and regions.

    Returns:
        `case_id`, `region`, `mask_shape_<feature>`, `<modality>_<family>_<feature>`, …; and the reasons that a region
        or modality has no features, one sentence each. A case without a usable mask gives no row.
    """
    empty = pd.DataFrame(columns=list(KEYS))
    if reason := _not_usable(case_dir):
        return empty, [f"case {case_id!r}: {reason}"]
    image = read_written_nifti(case_dir / "tumour_mask.nii.gz", delete=case_dir)
    codes = np.asanyarray(image.dataobj)
    spacing = tuple(float(size) for size in image.header.get_zooms()[:3])
    box = _box(codes != 0)  # of all regions: each modality is cut to it once
    modalities = {name: _load_on_grid(case_dir / f"{name}.nii.gz", image, box) for name in _present(case_dir)}
    codes = codes[box]
    rows: list[dict[str, Any]] = []
    notes: list[str] = []
    parts_told = _record(case_dir).get("tumour_parts_told", True)
    for region, wanted in settings.regions.items():
        if not parts_told and set(wanted) != {1, 2, 4}:
            whole = "the mask outlines the whole tumour, its parts are not told"
            notes.append(f"case {case_id!r}, region {region!r} (codes {wanted}): {whole}")
            continue
        mask = np.isin(codes, wanted)
        try:
            row, found = _region_row(modalities, mask, spacing, settings.bin_width)
        except ValueError as error:
            notes.append(f"case {case_id!r}, region {region!r} (codes {wanted}): {error}")
            continue
        rows.append({"case_id": case_id, "region": region, **row})
        notes += [f"case {case_id!r}, region {region!r}, {note}" for note in found]
    return center_table([pd.DataFrame(rows)]) if rows else empty, notes


def region_features(
    image: NDArray[np.floating[Any] | np.integer[Any]],
    mask: NDArray[np.bool_],
    spacing: Sequence[float],
    settings: Mapping[str, Any],
    families: Sequence[str] = INTENSITY_FAMILIES,
) -> dict[str, float]:
    """`<family>_<feature>` → value of one image inside one mask.

    pyradiomics is given the box round the mask only, which changes no value and saves most of its time; settings that
    look beyond the mask (`normalize`, `resampledPixelSpacing`) are given the whole image.

    Args:
        image: (x, y, z) intensities.
        mask: (x, y, z) voxels of the region.
        spacing: Voxel size (x, y, z) in mm.
        settings: pyradiomics' settings, e.g. `{"binWidth": 0.25}`.
        families: pyradiomics' feature classes.

    Raises:
        ValueError: an empty mask, or one that pyradiomics refuses: a single voxel, a line or a plane.
    """
    if not mask.any():
        raise ValueError("the region is empty")
    looks_beyond = settings.get("normalize") or settings.get("resampledPixelSpacing")
    box = (slice(None),) * 3 if looks_beyond else _box(mask)
    # pyradiomics reports each step and each deprecated default on its root logger.
    logging.getLogger("radiomics").setLevel(logging.ERROR)
    extractor = RadiomicsFeatureExtractor(additionalInfo=False, **settings)
    extractor.disableAllFeatures()
    for family in families:
        extractor.enableFeatureClassByName(family)
    found = extractor.execute(_itk(image[box], spacing), _itk(mask[box].astype(np.uint8), spacing), label=1)
    return {
        name.removeprefix("original_"): float(value) for name, value in found.items() if name.startswith("original_")
    }


def _region_row(
    modalities: Mapping[str, NDArray[np.float64]], mask: NDArray[np.bool_], spacing: Sequence[float], bin_width: float
) -> tuple[dict[str, float], list[str]]:
    shape = region_features(mask.astype(np.float64), mask, spacing, {"binWidth": bin_width}, families=("shape",))
    row = {f"mask_{name}": value for name, value in shape.items()}
    notes = []
    for modality, image in modalities.items():
        inside = image[mask]
        if not np.isfinite(inside).all():
            notes.append(f"{modality}: {int((~np.isfinite(inside)).sum())} voxels are not finite; no features")
        elif (levels := np.ptp(inside) / bin_width) > MOST_GREY_LEVELS:
            notes.append(
                f"{modality}: {levels:.0f} grey levels of radiomics.bin_width {bin_width:g} (at most "
                f"{MOST_GREY_LEVELS}); no features: raise it or normalise the images"
            )
        else:
            features = region_features(image, mask, spacing, {"binWidth": bin_width})
            row |= {f"{modality}_{name}": value for name, value in features.items()}
    return row, notes


def _record(case_dir: Path) -> dict[str, Any]:
    """The case's `preprocess.json`; empty without one."""
    path = case_dir / "preprocess.json"
    return read_written_json(path, delete=case_dir) if path.is_file() else {}


def _not_usable(case_dir: Path) -> str | None:
    record = _record(case_dir)
    if record.get("status", "ok") != "ok":
        return f"preprocessing {record['status']}: {record.get('reason') or 'no reason given'}"
    if not (case_dir / "tumour_mask.nii.gz").is_file():
        return "no tumour mask"
    if not _present(case_dir):
        return f"no modality; looked for {', '.join(f'{name}.nii.gz' for name in MODALITIES)}"
    return None


def _present(case_dir: Path) -> list[str]:
    return [name for name in MODALITIES if (case_dir / f"{name}.nii.gz").is_file()]


def _load_on_grid(path: Path, mask: Any, box: tuple[slice, ...]) -> NDArray[np.float64]:
    image = read_written_nifti(path, delete=path.parent)
    if image.shape != mask.shape or not np.allclose(image.affine, mask.affine, atol=1e-3):
        raise ValueError(
            f"{path}: not on the grid of its tumour mask (shape {image.shape}, "
            f"the mask's {mask.shape}); preprocess it again"
        )
    # The whole image as it is stored, and only the box as float64.
    return np.asarray(np.asanyarray(image.dataobj)[box], dtype=np.float64)


def _box(mask: NDArray[np.bool_]) -> tuple[slice, ...]:
    """The box round a mask, with a margin; an empty mask's is empty."""
    along = (np.flatnonzero(mask.any(axis=tuple(a for a in range(3) if a != axis))) for axis in range(3))
    return tuple(
        slice(max(int(places[0]) - _MARGIN, 0), int(places[-1]) + _MARGIN + 1) if places.size else slice(0)
        for places in along
    )


def _itk(array: NDArray[Any], spacing: Sequence[float]) -> Any:
    """(x, y, z) array as an ITK image; where it lies and how it is turned is nothing to a feature."""
    image: Any = sitk.GetImageFromArray(np.ascontiguousarray(array.T))
    image.SetSpacing(tuple(spacing))
    return image
