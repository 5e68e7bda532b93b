"""Findings that need no training cases, told of a case made of the atlas itself."""

from __future__ import annotations

import json
from itertools import combinations

import numpy as np
import pytest

from gliomanet.files.nifti import write_nifti
from gliomanet.imaging.registration.head_pose import tissue_maps
from gliomanet.patient.trust.judge import judge
from gliomanet.patient.trust.metrics import metrics_of
from gliomanet.patient.trust.physical import Finding, physical_findings
from gliomanet.patient.trust.reference import TrustReference
from tests.patient.trust.test_look import SPACING, images_of
from tests.patient.trust.training_cases import fitted

GRID, _, _, BRAIN = tissue_maps(SPACING, 0)


def findings(tmp_path, images, *, matrix=None, brain=BRAIN, slices=None, volume=1500.0) -> list[Finding]:
    """The findings on a case whose files have the atlas's grid, or some of its slices: modality → first and last + 1."""
    for name, image in {**images, "brain_mask": brain.astype(np.uint8)}.items():
        write_nifti(image, GRID.affine, tmp_path / f"{name}.nii.gz")
    transforms = {}
    for name in images:
        first, last = (slices or {}).get(name, (0, GRID.shape[2]))
        affine = GRID.affine.copy()
        affine[:3, 3] += affine[:3, 2] * first
        transforms[name] = {
            "matrix": (np.eye(4) if matrix is None else matrix).tolist(),
            "affine": affine.tolist(),
            "shape": [60, 70, 60] if matrix is not None else [*GRID.shape[:2], last - first],
        }
    record = {"modalities": list(images), "reference": "t1c", "transforms": transforms}
    record["qc"] = {"brain_volume_ml": volume}
    (tmp_path / "preprocess.json").write_text(json.dumps(record))
    return list(physical_findings(tmp_path, SPACING))


def codes(found: list[Finding]) -> list[str]:
    return [one.says.code for one in found]


@pytest.mark.parametrize("names", [("t1", "t1c", "t2", "flair"), ("t1c", "flair"), ("t1c",)])
def test_a_good_head_has_none_with_any_modalities(tmp_path, names):
    assert findings(tmp_path, {name: image for name, image in images_of().items() if name in names}) == []


@pytest.mark.parametrize(
    ("of_another", "group", "rest"),
    [
        (("flair",), ("flair",), ("t1", "t1c", "t2")),
        (("t2",), ("t2",), ("t1", "t1c", "flair")),
        (("t2", "flair"), ("t2", "flair"), ("t1", "t1c")),
        (("t1c", "t2"), ("t1c", "t2"), ("t1", "flair")),
    ],
)
def test_modalities_of_another_head_lie_apart(tmp_path, of_another, group, rest):
    (found,) = findings(tmp_path, {name: images_of(name in of_another)[name] for name in images_of()})
    values = found.says.values
    assert (found.says.code, found.far) == ("trust.two_heads", False)
    assert (values["group"], values["rest"]) == (group, rest)
    assert values["one"] in group
    assert values["other"] in rest
    assert values["share"] > values["most"]


def test_of_two_modalities_of_two_heads_one_is_named(tmp_path):
    (found,) = findings(tmp_path, {"t1c": images_of(0)["t1c"], "flair": images_of(1)["flair"]})
    assert (found.says.values["group"], found.says.values["rest"]) == (("flair",), ("t1c",))


@pytest.mark.parametrize(
    ("shares", "groups"),
    [  # of T1 and T1c, T1 and T2, T1 and FLAIR, T1c and T2, T1c and FLAIR, T2 and FLAIR
        ([0.1, 0.2, 0.7, 0.7, 0.7, 0.4], []),  # a chain
        ([0.1, 0.9, 0.8, 0.9, 0.7, 0.4], [("t2", "flair")]),
        ([0.1, 0.9, 0.8, 0.9, 0.7, 0.6], [("t2",), ("flair",)]),
        ([None] * 6, []),
        ([0.9, 0.9, 0.9, 0.9, 0.9, None], [("t1c",), ("t1",)]),  # T2 and FLAIR, not judged, count as together
        ([None, 0.9, 0.9, 0.9, None, 0.9], [("t2",)]),
    ],
)
def test_a_pair_that_is_not_judged_parts_nothing(tmp_path, monkeypatch, shares, groups):
    told = iter(shares)
    monkeypatch.setattr("gliomanet.patient.trust.physical._share_moved", lambda *_: next(told))
    found = findings(tmp_path, images_of())
    assert sorted(one.says.values["group"] for one in found) == sorted(groups)
    for one in found:
        assert one.says.values["share"] == min(
            share
            for pair, share in zip(combinations(images_of(), 2), shares, strict=True)
            if (pair[0] in one.says.values["group"]) != (pair[1] in one.says.values["group"])
        )


@pytest.mark.parametrize(("kept", "expected"), [(1.0, False), (0.97, False), (0.75, True)])
def test_a_brain_that_ends_with_the_image_is_cut(tmp_path, kept, expected):
    top = int(np.flatnonzero(BRAIN.any(axis=(0, 1)))[-1]) + 1
    ends = round(kept * top)
    shown = BRAIN.copy()
    shown[:, :, ends:] = False
    images = {name: np.where(shown, image, 0) for name, image in images_of().items()}
    found = findings(tmp_path, images, brain=shown, slices=dict.fromkeys(images, (0, ends)))
    assert codes(found) == ["trust.cut"] * (4 if expected else 0)
    for one in found:  # counted by hand
        assert one.says.values["section"] == pytest.approx(BRAIN[:, :, ends - 1].sum() * SPACING**2 / 100)


@pytest.mark.parametrize("end", ["top", "bottom"])
def test_of_a_whole_brain_the_section_where_one_modality_ends_is_told(tmp_path, end):
    """What other modalities show beyond the end is no part of the section."""
    inside = np.flatnonzero(BRAIN.any(axis=(0, 1)))
    middle = int(inside[len(inside) // 2])
    flair = (0, middle + 1) if end == "top" else (middle, GRID.shape[2])
    (found,) = findings(tmp_path, images_of(), slices={"flair": flair})
    assert (found.says.code, found.says.values["one"]) == ("trust.cut", "flair")
    assert found.says.values["section"] == pytest.approx(BRAIN[:, :, middle].sum() * SPACING**2 / 100)


@pytest.mark.parametrize(
    ("scales", "expected"),
    [
        ((1, 1, 1), []),
        ((0.9, 0.95, 0.88), []),  # smaller than the atlas
        ((1.15, 1.1, 1.1), []),
        ((1.2, 1.0, 0.85), ["trust.astray"]),
    ],
)
def test_a_head_that_is_pulled_out_of_shape(tmp_path, scales, expected):
    found = findings(tmp_path, images_of(), matrix=np.diag([*scales, 1.0]))
    assert codes(found) == expected
    assert any(one.far for one in found) == bool(expected)


@pytest.mark.parametrize(
    ("volume", "expected", "far"),
    [
        (1246.0, [], False),
        (922.0, ["trust.small_first"], False),
        (520.0, ["trust.small_far"], True),
    ],
)
def test_small_brains(tmp_path, volume, expected, far):
    found = findings(tmp_path, images_of(), volume=volume)
    assert (codes(found), any(one.far for one in found)) == (expected, far)
    assert [one.says.values["least"] for one in found] == [750.0 if far else 1000.0] * len(expected)


@pytest.fixture(scope="module")
def reference() -> TrustReference:
    return fitted()


@pytest.mark.parametrize("with_cases", [False, True])
def test_the_verdict_rests_on_them_with_and_without_training_cases(tmp_path, reference, with_cases):
    strangers = findings(tmp_path, {**images_of(0), "flair": images_of(1)["flair"]})
    astray = findings(tmp_path, images_of(), matrix=np.diag([1.2, 1.0, 0.85, 1.0]))
    calm = "usable" if with_cases else "not judged"
    names = ("t1c", "flair")
    look = dict.fromkeys(metrics_of(names), 10.0)
    for found, verdict, expected in (
        ([], calm, []),
        (strangers, "look first", ["trust.two_heads"]),
        (astray, "do not use", ["trust.astray"]),
        (strangers + astray, "do not use", ["trust.astray", "trust.two_heads"]),  # the worst first
    ):
        trust = judge(reference if with_cases else None, look, names, {}, lacks={}, findings=found, flags=["odd"])
        assert [one.code for one in trust.reasons] == [*expected, "trust.flag"]
        assert trust.verdict == (verdict if found else "look first")
        trust = judge(reference if with_cases else None, look, names, {}, lacks={}, findings=found)
        assert trust.verdict == verdict


def test_findings_stand_before_what_is_unlike_the_training_cases(tmp_path, reference):
    found = findings(tmp_path, {**images_of(0), "flair": images_of(1)["flair"]})
    look = dict.fromkeys(metrics_of(("flair",)), 10.0) | {"explained_flair": -50.0}
    trust = judge(reference, look, ("flair",), {}, lacks={}, findings=found)
    assert trust.verdict == "do not use"
    assert [one.code for one in trust.reasons][:2] == ["trust.two_heads", "trust.look_far"]
