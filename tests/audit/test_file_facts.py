"""Facts of names and headers."""

from pathlib import Path

import numpy as np
import pytest

from gliomanet.audit.file_facts import claim_of_name, oblique_degrees


@pytest.mark.parametrize(
    ("name", "claim"),
    [
        ("t1c_unstripped.nii.gz", "with skull"),
        ("P1_T1_withskull.nii.gz", "with skull"),
        ("flair-with-skull.nii", "with skull"),
        ("t1_brain.nii.gz", "stripped"),
        ("P1_skull-stripped_t2.nii.gz", "stripped"),
        ("UCSF-PDGM-0004_T1c_bias.nii.gz", ""),
        ("BraTS2021_00495_t1ce.nii.gz", ""),
        ("brainlab_t1.nii.gz", ""),
        ("better_t1.nii.gz", ""),
    ],
)
def test_the_claim_of_a_name(name, claim):
    assert claim_of_name(Path("brain") / name) == claim


def test_degrees_of_a_tilt_whatever_the_storage_order():
    angle = np.deg2rad(12)
    tilt = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    affine = np.eye(4)
    affine[:3, :3] = tilt @ np.diag([0.9, 0.9, 5.0])
    assert oblique_degrees(affine) == pytest.approx(12)
    affine[:3, :3] = -affine[:3, [2, 0, 1]]
    assert oblique_degrees(affine) == pytest.approx(12)
    assert oblique_degrees(np.diag([-1, -1, 1, 1.0])) == 0
