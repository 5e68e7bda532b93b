"""Names, headers and reading errors in the audit's words."""

from pathlib import Path

import numpy as np
import pytest

from gliomanet.audit.file_facts import oblique_degrees, verdict_of, whose_name


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
def test_what_a_name_claims(name, claim):
    assert whose_name(Path("brain") / name) == claim


def test_a_status_has_rule_finding_and_action():
    message = "case P-7: t2 (x.nii.gz) holds 1 voxels that are NaN or infinite; export it again, or fill them knowingly"
    assert verdict_of(message) == (
        "not_finite",
        "t2 (x.nii.gz) holds 1 voxels that are NaN or infinite",
        "export it again, or fill them knowingly",
    )


def test_a_question_counts_as_the_finding():
    message = (
        "case P-7: t2 (x.nii.gz) holds only 2 different values (0, 1): a mask in the place of an image? Put it there"
    )
    rule, found, action = verdict_of(message)
    assert rule == "mask_in_place_of_image"
    assert found.endswith("a mask in the place of an image?")
    assert action == "Put it there"


def test_a_wording_that_no_rule_knows_is_kept_whole():
    assert verdict_of("case P-7: something else") == (
        "unusable_file",
        "something else",
        "correct the file, or leave the cell empty",
    )


def test_degrees_of_a_tilt_whatever_the_storage_order():
    angle = np.deg2rad(12)
    tilt = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    affine = np.eye(4)
    affine[:3, :3] = tilt @ np.diag([0.9, 0.9, 5.0])
    assert oblique_degrees(affine) == pytest.approx(12)
    affine[:3, :3] = -affine[:3, [2, 0, 1]]
    assert oblique_degrees(affine) == pytest.approx(12)
    assert oblique_degrees(np.diag([-1, -1, 1, 1.0])) == 0
