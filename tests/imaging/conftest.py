"""Small synthetic heads made from the atlas, so that the truth of every step is known."""

import os

os.environ["ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"] = "1"

from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from gliomanet.imaging.atlas import atlas
from gliomanet.imaging.volume import Grid, Volume, resample

VOXEL_MM = 3.0
MODALITIES = ("t1", "t1c", "t2", "flair")


@pytest.fixture(scope="session")
def brain() -> tuple[Volume, np.ndarray]:
    """The atlas brain on a 3 mm grid with room around it, and its mask."""
    image, mask = atlas(VOXEL_MM)
    pad = 6
    affine = image.grid.affine.copy()
    affine[:3, 3] -= pad * VOXEL_MM
    array = np.pad(image.array, pad)
    return Volume.of(array, affine), np.pad(mask.array, pad) > 0


@pytest.fixture(scope="session")
def contrasts(brain: tuple[Volume, np.ndarray]) -> dict[str, np.ndarray]:
    """Four contrasts with different tissue curves, 0 outside the brain, with noise inside and a tumour in T1c and FLAIR."""
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


def tumour_of(brain: tuple[Volume, np.ndarray]) -> np.ndarray:
    """Balls in the right hemisphere: 1 inside 4 inside 2, as uint8."""
    image, inside = brain
    world = (
        np.einsum("ij,xyzj->xyzi", image.grid.affine[:3, :3], np.stack(np.indices(image.grid.shape), -1))
        + image.grid.affine[:3, 3]
    )
    distance = np.linalg.norm(world - [30.0, -10.0, 25.0], axis=-1)
    codes = np.select([distance < 6, distance < 12, distance < 20], [1, 4, 2], 0)
    return np.where(inside, codes, 0).astype(np.uint8)


@pytest.fixture
def write_case(tmp_path: Path, brain, contrasts) -> Callable[..., dict[str, str]]:
    """Write a stripped, aligned case and return its row; arguments change single files.

    `arrays`: column → array in place of the contrast's; `affines`: column → affine; `absent`: columns left empty.
    """
    image, inside = brain

    def write(
        case_id="case-1", *, arrays=None, affines=None, absent=(), tumour=True, brain_mask=False
    ) -> dict[str, str]:
        row = {
            "case_id": case_id,
            "center": "Here",
            "tumour_mask": "",
            "brain_mask": "",
            **dict.fromkeys(MODALITIES, ""),
        }
        files = dict(contrasts)
        if tumour:
            files["tumour_mask"] = tumour_of(brain)
        if brain_mask:
            files["brain_mask"] = inside.astype(np.uint8)
        files.update(arrays or {})
        folder = tmp_path / "raw" / case_id
        folder.mkdir(parents=True, exist_ok=True)
        for name, array in files.items():
            if name in absent:
                continue
            affine = (affines or {}).get(name, image.grid.affine)
            nib.save(nib.Nifti1Image(array, affine), folder / f"{name}.nii.gz")
            row[name] = str(folder / f"{name}.nii.gz")
        return row

    return write


def moved(volume: Volume, matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The image as a patient who lies elsewhere would give it: same voxels, world coordinates moved by `matrix`."""
    return volume.array, matrix @ volume.grid.affine


def with_skull(array: np.ndarray, inside: np.ndarray, scalp: float) -> np.ndarray:
    """Dark bone 4 to 10 mm around the brain, scalp of the given signal beyond it."""
    from scipy import ndimage

    distance = ndimage.distance_transform_edt(~inside, sampling=VOXEL_MM)
    return np.select([inside, distance <= 4, distance <= 9, distance <= 15], [array, 20, 4, scalp], 0).astype(
        np.float32
    )


__all__ = ["Grid", "Volume", "resample"]
