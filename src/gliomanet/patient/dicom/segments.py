"""The parts of a result's masks as segments: what each is called, its codes in SNOMED CT, and its voxels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from highdicom.color import CIELabColor
from numpy.typing import NDArray
from pydicom.sr.coding import Code

from gliomanet.files.nifti import read_written_nifti
from gliomanet.patient.dicom.codes import ABNORMAL, ANATOMY, BRAIN, NEOPLASM, OEDEMA
from gliomanet.patient.dicom.context import SourceSeries
from gliomanet.patient.dicom.planes import on_planes
from gliomanet.prediction.segmentation_rows import TUMOUR_REGIONS


@dataclass(frozen=True)
class Part:
    """A kind of segment.

    Attributes:
        name: short, for UIDs.
        label: for readers.
        category: of its property.
        kind: of its property.
        modifier: what the kind leaves open, in words that no standard code says; "" for nothing.
        codes: of the tumour mask; of the brain mask all but 0.
        rgb: colour that viewers may show it in.
    """

    name: str
    label: str
    category: Code
    kind: Code
    modifier: str
    codes: tuple[int, ...]
    rgb: tuple[float, float, float]


BRAIN_PART = Part("brain", "Brain", ANATOMY, BRAIN, "", (), (0.6, 0.6, 0.6))
WHOLE = Part(
    *("whole", "Whole tumour, with oedema", ABNORMAL, NEOPLASM, "Whole tumour outline, oedema included"),
    *(TUMOUR_REGIONS["whole"], (1.0, 0.6, 0.0)),
)
PARTS = (
    Part("enhancing", "Enhancing tumour", ABNORMAL, NEOPLASM, "Enhancing", TUMOUR_REGIONS["enhancing"], (1.0, 0.85, 0)),
    Part(
        *("necrosis or non-enhancing core", "Necrosis or non-enhancing core", ABNORMAL, NEOPLASM),
        *("Necrotic or not enhancing", (1,), (0.85, 0.1, 0.1)),
    ),
    Part("oedema", "Oedema", ABNORMAL, OEDEMA, "May hold infiltrating tumour", (2,), (0.2, 0.7, 0.3)),
)
"""Parts of a tumour mask that tells them, by the names that a result's volumes have."""


@dataclass(frozen=True)
class Segment:
    """A part on the slices of a series.

    Attributes:
        part: what it is.
        pixels: (slice, row, column).
    """

    part: Part
    pixels: NDArray[np.bool_]

    @property
    def colour(self) -> CIELabColor:
        """Its colour."""
        return CIELabColor.from_rgb(*(255 * value for value in self.part.rgb))


def segments_of(native: Path, series: SourceSeries, *, tumour: bool, parts_told: bool) -> list[Segment]:
    """The segments of a series that hold a voxel; the brain last, so that viewers draw the tumour first.

    Args:
        native: the result's folder of masks on the scanner's grids.
        series: whose slices they are brought on.
        tumour: the tumour is outlined.
        parts_told: the tumour's outline tells its parts.
    """
    wanted: Mapping[str, tuple[Part, ...]] = {
        "tumour": (PARTS if parts_told else (WHOLE,)) if tumour else (),
        "brain": (BRAIN_PART,),
    }
    found = []
    for name, parts in wanted.items():
        if not parts:
            continue
        image = read_written_nifti(native / f"{series.modality}_{name}.nii.gz")
        mask, affine = np.asarray(image.dataobj), np.asarray(image.affine, dtype=np.float64)
        for part in parts:
            inside = np.isin(mask, part.codes) if part.codes else mask != 0
            if inside.any():
                found.append(Segment(part, on_planes(inside, affine, series.planes)))
    return found
