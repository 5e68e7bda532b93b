"""Slices of a DICOM series in space, and a mask on them.

The conversion to NIfTI may turn, flip and reorder an image. So a mask is brought back by places alone: the centre of
every pixel of every slice must be the centre of one voxel of the converted image, and takes that voxel's value.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from gliomanet.errors import CaseError, Problem

TOLERANCE = 0.05
"""Voxels by which a pixel's centre may lie beside a voxel's."""

_LPS_TO_RAS = np.array([-1.0, -1.0, 1.0])
_BY_HAND = "predict without --dicom-out, and bring the masks of native/ back by hand"


@dataclass(frozen=True)
class Plane:
    """A slice in space.

    Attributes:
        place: (3, 3) matrix, (column, row, 1) → mm in the scanner's space, axes right, front and up.
        rows, columns: size in pixels.
        pixel_mm: distance of rows, and of columns.
        thickness_mm: of the slice; 0 where the header does not say.
        frame: its place in a file of many frames, from 0; `None` where the file is the slice.
    """

    place: NDArray[np.float64]
    rows: int
    columns: int
    pixel_mm: tuple[float, float]
    thickness_mm: float
    frame: int | None = None

    @property
    def normal(self) -> NDArray[np.float64]:
        """The slice's normal, of length 1."""
        normal = np.cross(self.place[:, 0], self.place[:, 1])
        return np.asarray(normal / np.linalg.norm(normal))

    def indices(self, affine: NDArray[np.float64]) -> NDArray[np.float64]:
        """(3, 3) matrix, (column, row, 1) → voxel of an image with that affine."""
        to_voxels = np.linalg.inv(affine)
        whole = to_voxels[:3, :3] @ self.place
        whole[:, 2] += to_voxels[:3, 3]
        return np.asarray(whole)


def planes_of(
    files: Sequence[tuple[Path, Dataset]], image: Path, modality: str, case_id: str
) -> tuple[list[Dataset], list[Plane]]:
    """The headers that show an image, along the slices' axis, and the place of every slice.

    Args:
        files: of the series, each with its header.
        image: the NIfTI file that was made of it.
        modality: for messages.
        case_id: for messages.

    Raises:
        CaseError: a header without a place, or slices that are not the image's.
    """
    at = {"image": modality, "file": str(files[0][0].parent), "case": case_id}
    scan: Any = nib.load(image)
    affine, shape = np.asarray(scan.affine, dtype=np.float64), tuple(scan.shape[:3])
    found = [(path, header, plane) for path, header in files for plane in _planes(header, at)]
    framed = any(plane.frame is not None for *_, plane in found)
    if framed and len(files) > 1:
        raise _unlike("is made of several files of many frames", at)
    by_slice: dict[tuple[int, ...], list[tuple[Path, Dataset, Plane]]] = defaultdict(list)
    for path, header, plane in found:
        by_slice[_slice_of(plane, affine, shape, at)].append((path, header, plane))
    if len(by_slice) * found[0][2].rows * found[0][2].columns != np.prod(shape):
        raise _unlike(f"has slices at {len(by_slice)} places, and the image made of it has other ones", at)
    chosen = [_of_image(same, scan, at) for _, same in sorted(by_slice.items())]
    if framed:
        if len(chosen) != len(found):
            raise _unlike("has several frames at one place", at)
        return [chosen[0][1]], [plane for *_, plane in found]
    return [header for _, header, _ in chosen], [plane for *_, plane in chosen]


def on_planes(mask: NDArray[Any], affine: NDArray[np.float64], planes: Sequence[Plane]) -> NDArray[np.bool_]:
    """A mask of the converted image on the slices of its series: (slice, row, column).

    Args:
        mask: (x, y, z), on the grid of the image that `planes_of` held the slices against.
        affine: of that grid.
        planes: of that series.
    """
    found = []
    for plane in planes:
        column, row = np.meshgrid(np.arange(plane.columns), np.arange(plane.rows))
        whole = np.rint(plane.indices(affine))
        i, j, k = (np.rint(a * column + b * row + c).astype(int) for a, b, c in whole)
        found.append(mask[i, j, k] != 0)
    return np.stack(found)


def spacing_mm(planes: Sequence[Plane]) -> float:
    """Distance of neighbouring slices' centres, gaps among them; of one slice its thickness."""
    along = np.sort([float(plane.normal @ plane.place[:, 2]) for plane in planes])
    return round(float(np.median(np.diff(along))), 6) if len(along) > 1 else planes[0].thickness_mm


def _planes(header: Dataset, at: dict[str, str]) -> Iterator[Plane]:
    """Every slice that a file holds."""
    if "PerFrameFunctionalGroupsSequence" not in header:
        yield _plane(header, header, header, header, at)
        return
    shared = header.SharedFunctionalGroupsSequence[0] if header.get("SharedFunctionalGroupsSequence") else Dataset()
    for frame, own in enumerate(header.get("PerFrameFunctionalGroupsSequence") or ()):
        position, orientation, measures = (
            next((items[0] for items in (own.get(name), shared.get(name)) if items), Dataset())
            for name in ("PlanePositionSequence", "PlaneOrientationSequence", "PixelMeasuresSequence")
        )
        yield _plane(header, position, orientation, measures, at, frame)


def _plane(
    header: Dataset,
    position: Dataset,
    orientation: Dataset,
    measures: Dataset,
    at: dict[str, str],
    frame: int | None = None,
) -> Plane:
    try:
        origin = np.array([float(v) for v in position.ImagePositionPatient])
        turned = np.array([float(v) for v in orientation.ImageOrientationPatient]).reshape(2, 3)
        between_rows, between_columns = (float(v) for v in measures.PixelSpacing)
    except (AttributeError, TypeError, ValueError):
        missing = "ImagePositionPatient, ImageOrientationPatient or PixelSpacing"
        raise _unlike(f"has an image without {missing}", at) from None
    place = np.stack([turned[0] * between_columns, turned[1] * between_rows, origin], axis=1) * _LPS_TO_RAS[:, None]
    thickness = float(measures.get("SliceThickness") or 0)
    return Plane(place, int(header.Rows), int(header.Columns), (between_rows, between_columns), thickness, frame)


def _slice_of(plane: Plane, affine: NDArray[np.float64], shape: tuple[int, ...], at: dict[str, str]) -> tuple[int, ...]:
    """The image's slice that a plane is: its voxels, from the first corner's to the last one's."""
    whole = plane.indices(affine)
    corners = np.array([[c, r, 1] for c in (0, plane.columns - 1) for r in (0, plane.rows - 1)], dtype=np.float64)
    voxels = corners @ whole.T
    beside = float(np.abs(voxels - np.rint(voxels)).max())
    near = np.rint(voxels).astype(int)
    if beside > TOLERANCE or (near < 0).any() or (near >= np.array(shape)).any():
        raise _unlike("has a slice that is none of the image made of it (tilted, or a mosaic)", at)
    return tuple(np.concatenate([near.min(axis=0), near.max(axis=0)]).tolist())


def _of_image(same: list[tuple[Path, Dataset, Plane]], scan: Any, at: dict[str, str]) -> tuple[Path, Dataset, Plane]:
    """Of several images at one place, such as echoes, the one whose pixels the converted image has."""
    if len(same) == 1 or same[0][2].frame is not None:
        return same[0]
    affine = np.asarray(scan.affine, dtype=np.float64)
    for path, header, plane in same:
        try:
            pixels = pydicom.dcmread(path, force=True).pixel_array.astype(np.float64)
        except (AttributeError, NotImplementedError, RuntimeError, ValueError) as error:
            raise _unlike(f"has several images at one place, whose pixels cannot be read ({error})", at) from None
        pixels = pixels * float(header.get("RescaleSlope") or 1) + float(header.get("RescaleIntercept") or 0)
        column, row = np.meshgrid(np.arange(plane.columns), np.arange(plane.rows))
        i, j, k = (np.rint(a * column + b * row + c).astype(int) for a, b, c in plane.indices(affine))
        if np.allclose(np.asarray(scan.dataobj)[i, j, k], pixels, rtol=1e-4, atol=1e-3):
            return path, header, plane
    raise _unlike("has several images at one place, and none has the voxels of the image made of it", at)


def _unlike(found: str, at: dict[str, str]) -> CaseError:
    return CaseError(Problem(found, _BY_HAND, rule="dicom_slices_unlike_image").at(**at))
