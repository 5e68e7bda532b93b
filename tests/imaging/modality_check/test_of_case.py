"""Preprocessing flags a real case whose files are in one another's place, or hold one image twice."""

import nibabel as nib
import numpy as np
import pytest

from gliomanet.config.preprocessing import Preprocessing
from gliomanet.imaging.quality.center_table import collect_qc
from gliomanet.modalities import MODALITIES
from tests.imaging.conftest import run

SETTINGS = Preprocessing(spacing_mm=6, bias_correction=False, coregistration=False, brain_extraction="none")


@pytest.mark.parametrize(
    ("changed", "flagged"),
    [
        ({}, ()),
        ({"t1": ("t1c", 1), "t1c": ("t1", 1)}, ("looks like t1c", "looks like t1")),
        ({"t2": ("flair", 1), "flair": ("t2", 1)}, ("looks like flair", "looks like t2")),
        ({"t1c": ("t1", 1)}, ("hold the same voxels",)),
        ({"t1c": ("t1", 1.7)}, ("hold the same voxels but for a gain",)),
    ],
)
def test_files_in_one_anothers_place_are_flagged(shared_data, tmp_path, changed, flagged):
    row = {"case_id": "c", "center": "A"}
    for name in MODALITIES:
        held, gain = changed.get(name, (name, 1))
        image = nib.load(shared_data / "real-mri" / "BraTS2021_00495" / f"{held}.nii.gz")
        array = np.asarray(image.dataobj, np.float32)[::2, ::2, ::2] * np.float32(gain)
        row[name] = str(tmp_path / f"{name}.nii.gz")
        nib.save(nib.Nifti1Image(array, image.affine @ np.diag([2, 2, 2, 1])), row[name])
    record = run(row, SETTINGS, tmp_path / "out")
    assert record["status"] == "ok"
    assert len(record["qc"]["flags"]) == bool(flagged)
    assert all(text in record["qc"]["flags"][0] for text in flagged)
    assert collect_qc([tmp_path / "out"], 0.0)["decision"].tolist() == ["review" if flagged else "keep"]
