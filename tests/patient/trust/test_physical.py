"""What is wrong with a head whatever the training cases were, told of a case made of the atlas itself."""

from __future__ import annotations

import json

import numpy as np
import pytest

from gliomanet.files.nifti import write_nifti
from gliomanet.imaging.registration.head_pose import tissue_maps
from gliomanet.patient.trust.judge import judge
from gliomanet.patient.trust.physical import Finding, physical_findings
from tests.patient.trust.test_look import SPACING, images_of

GRID, _, _, BRAIN = tissue_maps(SPACING, 0)


def findings(tmp_path, images, *, matrix=None, brain=BRAIN, ends_below=None) -> list[Finding]:
    """The findings on a case whose files have the atlas's grid, cut at a voxel along z where one is told."""
    for name, image in {**images, "brain_mask": brain.astype(np.uint8)}.items():
        write_nifti(image, GRID.affine, tmp_path / f"{name}.nii.gz")
    shape = [*GRID.shape[:2], ends_below or GRID.shape[2]]
    at = {
        "matrix": (np.eye(4) if matrix is None else matrix).tolist(),
        "affine": GRID.affine.tolist(),
        "shape": [60, 70, 60] if matrix is not None else shape,
    }
    record = {"modalities": list(images), "reference": "t1c", "transforms": dict.fromkeys(images, at)}
    (tmp_path / "preprocess.json").write_text(json.dumps(record))
    return list(physical_findings(tmp_path, SPACING))


def codes(found: list[Finding]) -> list[str]:
    return [one.says.code for one in found]


@pytest.mark.parametrize("names", [("t1", "t1c", "t2", "flair"), ("t1c", "flair"), ("t1c",)])
def test_a_good_head_has_none_with_any_modalities(tmp_path, names):
    assert findings(tmp_path, {name: image for name, image in images_of().items() if name in names}) == []


def test_flair_of_another_head_fits_no_other_modality(tmp_path):
    (found,) = findings(tmp_path, {**images_of(0), "flair": images_of(1)["flair"]})
    assert (found.says.code, found.says.values["one"], found.far) == ("trust.two_heads", "flair", False)
    assert found.says.values["share"] > found.says.values["most"]


def test_of_two_modalities_of_two_heads_one_is_named(tmp_path):
    assert codes(findings(tmp_path, {"t1c": images_of(0)["t1c"], "flair": images_of(1)["flair"]})) == [
        "trust.two_heads"
    ]


@pytest.mark.parametrize(("kept", "expected"), [(1.0, False), (0.97, False), (0.75, True)])
def test_a_brain_that_ends_with_the_image_is_cut(tmp_path, kept, expected):
    top = int(np.flatnonzero(BRAIN.any(axis=(0, 1)))[-1]) + 1
    ends = round(kept * top)
    shown = BRAIN.copy()
    shown[:, :, ends:] = False
    images = {name: np.where(shown, image, 0) for name, image in images_of().items()}
    found = findings(tmp_path, images, brain=shown, ends_below=ends)
    assert codes(found) == ["trust.cut"] * (4 if expected else 0)
    for one in found:  # counted by hand
        assert one.says.values["section"] == pytest.approx(BRAIN[:, :, ends - 1].sum() * SPACING**2 / 100)


@pytest.mark.parametrize(
    ("scales", "expected", "far"),
    [
        ((1, 1, 1), [], False),
        ((0.9, 0.95, 0.88), [], False),  # an adult's
        ((1.15, 1.1, 1.1), [], False),
        ((0.8, 0.8, 0.8), ["trust.small_head"], False),
        ((0.55, 0.55, 0.55), ["trust.small_head"], False),
        ((1.2, 1.0, 0.85), ["trust.astray"], True),
    ],
)
def test_sizes_that_no_adult_has(tmp_path, scales, expected, far):
    found = findings(tmp_path, images_of(), matrix=np.diag([*scales, 1.0]))
    assert [code for code in codes(found) if code != "trust.cut"] == expected
    assert any(one.far for one in found) == far


def test_the_verdict_rests_on_them_with_and_without_training_cases(tmp_path):
    cut = findings(tmp_path, {**images_of(0), "flair": images_of(1)["flair"]})
    astray = findings(tmp_path, images_of(), matrix=np.diag([1.2, 1.0, 0.85, 1.0]))
    for found, verdict in (
        ([], "not judged"),
        (cut, "look first"),
        (astray, "do not use"),
        (cut + astray, "do not use"),
    ):
        trust = judge(None, {}, ("t1c", "flair"), {}, lacks={}, findings=found)
        assert trust.verdict == verdict
        assert {one.code for one in trust.reasons} == set(codes(found))
    assert trust.reasons[0].code == "trust.astray"  # the worst first
