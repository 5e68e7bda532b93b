"""A tiny cohort on disk in the layout of `results/preprocessed`, whose IDH label can be seen in the images."""

from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
import pytest

GRID = (36, 32, 30)


def write_case(folder: Path, seed: int, *, bright: bool, modalities=("t1c", "t2"), tumour: bool = True) -> None:
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    brain = np.zeros(GRID, dtype=np.uint8)
    brain[4:-4, 4:-4, 4:-4] = 1
    mask = np.zeros(GRID, dtype=np.uint8)
    x, y, z = rng.integers(10, 16, size=3)
    mask[x : x + 7, y : y + 7, z : z + 7] = 4
    affine = np.diag([4.0, 4.0, 4.0, 1.0])
    for modality in modalities:
        image = rng.normal(0, 0.5, GRID).astype(np.float32) + (3 if bright else -3) * (mask > 0)
        nib.save(nib.Nifti1Image((image * brain).astype(np.float32), affine), folder / f"{modality}.nii.gz")
    nib.save(nib.Nifti1Image(brain, affine), folder / "brain_mask.nii.gz")
    if tumour:
        nib.save(nib.Nifti1Image(mask, affine), folder / "tumour_mask.nii.gz")


@pytest.fixture(scope="session")
def cohort(tmp_path_factory) -> pd.DataFrame:
    """Eight training, four validation and two unlabelled cases; one lacks T2, one its tumour mask."""
    root = tmp_path_factory.mktemp("preprocessed")
    rows = []
    for number in range(14):
        mutant = number % 2 == 1
        part = "train" if number < 8 else "validation" if number < 12 else "unlabelled"
        folder = root / f"case-{number:02}"
        write_case(
            folder,
            number,
            bright=mutant,
            modalities=("t1c",) if number == 3 else ("t1c", "t2"),
            tumour=number != 4,
        )
        rows.append(
            {
                "case_id": folder.name,
                "center": "here",
                "part": part,
                "folder": str(folder),
                "idh": "mutant" if mutant else "wildtype",
                "codel_1p19q": "" if number % 4 == 2 else "codeleted" if number % 4 == 1 else "intact",
                "grade": "2" if mutant else "4",
            }
        )
    return pd.DataFrame(rows)
