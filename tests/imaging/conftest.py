"""Small synthetic heads made from the atlas, so that the truth of every step is known."""

import json
import os

os.environ["ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"] = "1"

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest

from gliomanet.config.preprocessing import Preprocessing
from gliomanet.imaging.preprocess import preprocess_case
from gliomanet.imaging.registration.atlas import atlas
from gliomanet.imaging.volume import Grid, Volume

VOXEL_MM = 4.0
MODALITIES = ("t1", "t1c", "t2", "flair")
FAST = {"spacing_mm": 6, "bias_correction": False}
STRIPPED = Preprocessing(**FAST, coregistration=False, brain_extraction="none")
IN_ATLAS_SPACE = STRIPPED.model_copy(update={"atlas_registration": "none"})

Head = tuple[Volume, np.ndarray]


@pytest.fixture(scope="session")
def brain() -> Head:
    """The atlas brain with room around it, and its mask."""
    image, mask = atlas(VOXEL_MM)
    pad = 4
    affine = image.grid.affine.copy()
    affine[:3, 3] -= pad * VOXEL_MM
    array = np.pad(image.array, pad)
    return Volume.of(array, affine), np.pad(mask.array, pad) > 0


@pytest.fixture(scope="session")
def modalities(brain: Head) -> dict[str, np.ndarray]:
    """Four modalities with different tissue curves, 0 outside the brain, with noise inside and a tumour in T1c and FLAIR."""
    image, inside = brain
    rng = np.random.default_rng(3)
    t1 = image.array
    curves = {"t1": t1, "t1c": t1**1.3 + 0.05, "t2": 1.15 - t1, "flair": 0.3 + 0.6 * np.sin(2.5 * t1)}
    tumour = tumour_of(brain)
    curves["t1c"] = curves["t1c"] + 0.6 * (tumour == 4)
    curves["flair"] = curves["flair"] + 0.5 * (tumour == 2)
    return {
        name: np.where(inside, np.maximum(100 * curve + rng.normal(0, 1.5, t1.shape), 0.5), 0).astype(np.float32)
        for name, curve in curves.items()
    }


def tumour_of(brain: Head) -> np.ndarray:
    """Balls in the right hemisphere: 1 inside 4 inside 2, as uint8."""
    image, inside = brain
    world = (
        np.einsum("ij,xyzj->xyzi", image.grid.affine[:3, :3], np.stack(np.indices(image.grid.shape), -1))
        + image.grid.affine[:3, 3]
    )
    distance = np.linalg.norm(world - [30.0, -10.0, 25.0], axis=-1)
    codes = np.select([distance < 10, distance < 18, distance < 28], [1, 4, 2], 0)
    return np.where(inside, codes, 0).astype(np.uint8)


def write_files(
    folder: Path, files: Mapping[str, np.ndarray], affines: Mapping[str, np.ndarray], case_id: str = "case-1"
) -> dict[str, str]:
    """Write a case's images, and return its row of the case table."""
    row = {"case_id": case_id, "center": "Here", **dict.fromkeys((*MODALITIES, "tumour_mask", "brain_mask"), "")}
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in files.items():
        nib.save(nib.Nifti1Image(array, affines[name]), folder / f"{name}.nii.gz")
        row[name] = str(folder / f"{name}.nii.gz")
    return row


@pytest.fixture
def write_case(tmp_path: Path, brain: Head, modalities: dict[str, np.ndarray]) -> Callable[..., dict[str, str]]:
    """Write a stripped, aligned case and return its row; arguments change single files.

    `arrays`: column → array in place of the modality's; `affines`: column → affine; `absent`: columns left empty.
    """

    def write(
        case_id: str = "case-1",
        *,
        arrays: Mapping[str, np.ndarray] | None = None,
        affines: Mapping[str, np.ndarray] | None = None,
        absent: Collection[str] = (),
    ) -> dict[str, str]:
        files = {**modalities, "tumour_mask": tumour_of(brain), **(arrays or {})}
        files = {name: array for name, array in files.items() if name not in absent}
        placed = {**dict.fromkeys(files, brain[0].grid.affine), **(affines or {})}
        return write_files(tmp_path / "raw" / case_id, files, placed, case_id)

    return write


def run(row: Mapping[str, str], settings: Preprocessing, out: Path, seed: int = 1) -> dict[str, Any]:
    """Preprocess a case and return its record."""
    preprocess_case(row, settings, out, seed=seed)
    return json.loads((out / "preprocess.json").read_text(encoding="utf-8"))


def load(path: Path) -> np.ndarray:
    return np.asarray(nib.load(path).dataobj)


def volume_of(path: Path | str) -> Volume:
    image = nib.load(path)
    return Volume.of(np.asarray(image.dataobj), image.affine)


def to_native(record: Mapping[str, Any], name: str) -> tuple[Grid, np.ndarray]:
    """What `preprocess.json` says of a modality's file: its grid, and the matrix that brings atlas images onto it."""
    entry = record["transforms"][name]
    return Grid(tuple(entry["shape"]), np.array(entry["affine"])), np.linalg.inv(entry["matrix"])


def to_atlas(record: Mapping[str, Any], name: str) -> tuple[Grid, np.ndarray]:
    """The atlas grid, and the matrix that brings images in the space of a modality's file onto it."""
    entry = record["transforms"]["atlas"]
    return Grid(tuple(entry["shape"]), np.array(entry["affine"])), np.array(record["transforms"][name]["matrix"])


def dice(a: np.ndarray, b: np.ndarray) -> float:
    return float(2 * (a & b).sum() / (a.sum() + b.sum()))


def turned(degrees: float, shift: list[float]) -> np.ndarray:
    """A turn about z and a shift, in mm: the pose of a patient who lies elsewhere."""
    angle = np.radians(degrees)
    matrix = np.eye(4)
    matrix[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    matrix[:3, 3] = shift
    return matrix
