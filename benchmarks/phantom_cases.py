"""Simulated patients of five centres for `phantom_biomarkers.py`: radiomic features, small images and labels.

The product's phantoms and extractor, made cheap: anatomy and scanners on a grid of 3 mm, no registration (phantoms
without a skull lie in one space already), images z-scored inside the brain, the families of features that the planted
truth is of (first order, GLCM, shape), and a box of 96 mm round the tumour at 6 mm for a small network.

    nice -n 10 python benchmarks/phantom_cases.py FOLDER [--seeds 10] [--cases 60]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd

import gliomanet.phantom.anatomy

SPACING = 3.0
gliomanet.phantom.anatomy.SPACING_MM = SPACING  # before the modules that take it from there

from gliomanet.config.sources import PhantomSource  # noqa: E402
from gliomanet.phantom.center import simulate_case  # noqa: E402
from gliomanet.phantom.patients import plan_center  # noqa: E402
from gliomanet.radiomics.extract import region_features  # noqa: E402

MODALITIES = ("t1c", "t2", "flair")
SCANNERS = {
    "A": {"gain": 1.0, "noise": 0.03, "bias_field": 0.2},
    "B": {"gain": 0.85, "noise": 0.05, "bias_field": 0.3},
    "C": {"gain": 1.15, "noise": 0.03, "bias_field": 0.15},
    "X": {"gain": 0.9, "noise": 0.06, "bias_field": 0.25},
    "Y": {"gain": 1.2, "noise": 0.04, "bias_field": 0.3},
}
TRAINING = ("A", "B", "C")
SHORTCUT = {"label": "idh", "value": "mutant", "strength": 0.35}
"""The mark of centre A: a training centre's, as a network could learn it."""

_BOX = 32


def sources(cases: int) -> dict[str, PhantomSource]:
    """The five centres; every diagnosis is equally frequent, so that 1p/19q has cases enough."""
    same = {"glioblastoma": 1, "astrocytoma": 1, "oligodendroglioma": 1}
    return {
        name: PhantomSource.model_validate(
            {
                "cases": cases,
                "prevalence": same,
                "scanner": {**scanner, "voxel_mm": (SPACING,) * 3},
                "shortcut": SHORTCUT if name == "A" else None,
            }
        )
        for name, scanner in SCANNERS.items()
    }


def measure(images: dict) -> tuple[dict[str, float], np.ndarray]:
    """Radiomic features of a case, and its box (modality, 16, 16, 16) as float16."""
    mask = images["tumour_mask"].voxels > 0
    shape = region_features(mask.astype(float), mask, (SPACING,) * 3, {"binWidth": 0.25}, ("shape",))
    row, boxes = {f"mask_{name}": value for name, value in shape.items()}, []
    corner = np.rint(np.argwhere(mask).mean(0)).astype(int)
    for modality in MODALITIES:
        image = images[modality].voxels.astype(float)
        brain = image > 0
        image = np.where(brain, (image - image[brain].mean()) / image[brain].std(), 0.0)
        found = region_features(image, mask, (SPACING,) * 3, {"binWidth": 0.25}, ("firstorder", "glcm"))
        row |= {f"{modality}_{name}": value for name, value in found.items()}
        padded = np.pad(image, _BOX // 2)
        box = padded[tuple(slice(c, c + _BOX) for c in corner)]
        boxes.append(box.reshape(_BOX // 2, 2, _BOX // 2, 2, _BOX // 2, 2).mean((1, 3, 5)))
    return row, np.stack(boxes).astype(np.float16)


def simulate(seed: int, cases: int, folder: Path) -> None:
    """Write `<seed>.tsv` (labels and features, a row a case) and `<seed>.npy` (boxes, in the rows' order)."""
    rows, boxes = [], []
    for center, source in sources(cases).items():
        for patient in plan_center(center, source, seed):
            features, box = measure(simulate_case(center, patient, source, seed))
            boxes.append(box)
            named = {"case_id": f"{center}-{patient.index:03d}", "center": center, **patient.state._asdict()}
            rows.append({**named, **features})
    np.save(folder / f"{seed}.npy", np.stack(boxes))
    pd.DataFrame(rows).to_csv(folder / f"{seed}.tsv", sep="\t", index=False)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=0, help="seed to begin with")
    parser.add_argument("--cases", type=int, default=60, help="of each centre")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    for number in range(asked.first, asked.seeds):
        if not (asked.folder / f"{number}.tsv").exists():
            start = time.process_time()
            simulate(number, asked.cases, asked.folder)
            print(f"seed {number}: {time.process_time() - start:.0f} s of CPU", flush=True)
