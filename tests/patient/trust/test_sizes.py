"""Heads of a child's and of an animal's size through a bundle, with the scanner's own noise."""

from __future__ import annotations

import nibabel as nib
import numpy as np
import pytest

from gliomanet.modalities import MODALITIES
from gliomanet.patient.predict import predict


@pytest.fixture
def sized(tiny_study, stack_bundle, tmp_path):
    """A prediction of the tiny study's patient as if its voxels had another size."""

    def of(factor: float):
        files = {}
        for name in MODALITIES:
            image = nib.load(tiny_study.images[name])
            affine = np.diag([factor, factor, factor, 1.0]) @ image.affine
            files[name] = tmp_path / f"{name}-{factor}.nii.gz"
            nib.save(nib.Nifti1Image(np.asarray(image.dataobj), affine), files[name])
        return predict(
            stack_bundle, files, tmp_path / f"out-{factor}", fast=True, page=False, accept_names=True
        ).content.trust

    return of


def test_small_heads_are_told_and_an_adults_is_not(sized):
    """A stripped head of 0.6 of a phantom's has 350 ml: extraction finds a brain of a larger volume around it."""
    told = {factor: [one.code for one in sized(factor).reasons] for factor in (1.0, 0.8, 0.6)}
    assert not [code for code in told[1.0] if "small" in code]
    assert "trust.small_first" in told[0.8]
    assert told[0.6][0] == "trust.small_far"
