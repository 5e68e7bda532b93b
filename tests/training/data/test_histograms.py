import shutil
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
import pytest

from gliomanet.models.case_input import brain_intensities
from gliomanet.models.nyul import CommonHistogram
from gliomanet.training.data.fold_cases import learn_histograms


def test_each_modalities_histogram_is_the_mean_of_the_cases_that_have_it(cohort):
    rows = cohort.iloc[2:5]  # case-03 has no T2
    found = learn_histograms(rows, ("t1c", "t2"))
    images = {
        i: brain_intensities(i, Path(f), ("t1c", "t2")) for i, f in zip(rows["case_id"], rows["folder"], strict=True)
    }
    assert list(images["case-03"]) == ["t1c"]
    each = [CommonHistogram.of_image(image["t2"]) for image in images.values() if "t2" in image]
    assert len(each) == 2
    assert found["t2"] == CommonHistogram.mean(each)


def test_a_case_that_cannot_teach_moves_nothing(cohort, tmp_path):
    rows = cohort.iloc[:2]
    flat = tmp_path / "flat"
    shutil.copytree(rows["folder"].iloc[0], flat)
    image = nib.load(flat / "t2.nii.gz")
    nib.save(nib.Nifti1Image(np.ones(image.shape, np.float32), image.affine), flat / "t2.nii.gz")
    more = pd.DataFrame({"case_id": ["flat", "gone"], "folder": [str(flat), str(tmp_path / "gone")]})
    assert learn_histograms(pd.concat([rows, more]), ("t1c", "t2")) == learn_histograms(rows, ("t1c", "t2"))
    with pytest.raises(ValueError, match="no training case has a histogram of t1c, t2 to learn from"):
        learn_histograms(more, ("t1c", "t2"))
