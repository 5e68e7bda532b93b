"""Training cases of the tiny study as images: the external patient's, each changed a little, and their deep features."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import ndimage

from gliomanet.files.nifti import read_written_nifti, write_nifti
from gliomanet.prediction.predict_center import predict_center
from gliomanet.tables.io import write_table
from gliomanet.tables.prediction import DEEP_FEATURES

if TYPE_CHECKING:
    from tests.bundled_study import TinyStudy


def write_looks(tiny: TinyStudy, like: Path, cases: pd.DataFrame) -> None:
    """Write preprocessed training cases like the one in `like`, and the network's deep features of them."""
    train = cases[cases["center"] == "A"]
    for number, case_id in enumerate(train["case_id"]):
        change_case(like, tiny.layout.case("A", case_id), np.random.default_rng(number))
    splits = pd.read_csv(tiny.layout.splits(), sep="\t", dtype=str)
    _, deep = predict_center(
        [tiny.member("net", fold) for fold in tiny.plan.folds_of("net")],
        splits[splits["center"] == "A"],
        train[["case_id", "center", "age", "sex"]],
        model="net",
        kind="mttunet",
        preprocessed=tiny.layout.case("A", "A-000").parents[1],
        features=None,
        threads=1,
        gpus=0,
    )
    write_table(deep, tiny.layout.deep_features("net", "A"), DEEP_FEATURES, exact=True)


def change_case(like: Path, folder: Path, rng: np.random.Generator) -> None:
    """A case like another, with contrast, noise and size of its own."""
    shutil.copytree(like, folder)
    for path in folder.glob("*.nii.gz"):
        if path.name.endswith("_mask.nii.gz"):
            continue
        image = read_written_nifti(path)
        values = np.asarray(image.dataobj, dtype=np.float32)
        own = ndimage.gaussian_filter(rng.normal(0, 3, values.shape), 2) + rng.normal(
            0, rng.uniform(0, 0.1), values.shape
        )
        changed = np.where(values != 0, values * rng.uniform(0.9, 1.1) + own, 0)
        write_nifti(changed.astype(np.float32), image.affine, path)
    record = json.loads((folder / "preprocess.json").read_text(encoding="utf-8"))
    record["qc"]["brain_volume_ml"] *= rng.uniform(0.9, 1.1)
    (folder / "preprocess.json").write_text(json.dumps(record), encoding="utf-8")
