"""Names that images' appearance contradicts: each fact alone, every permutation, and no word where nothing is plain."""

from itertools import permutations

import numpy as np
import pytest

from gliomanet.imaging.modality_check import naming
from gliomanet.imaging.modality_check.appearance import Appearance
from gliomanet.imaging.modality_check.naming import FLUID_BRIGHT, UNLIKE_FLAIR, WHITE_APART, misnamed

T1, T1C = (-0.55, -0.5), (-0.4, -0.35)
LOOKS = {
    "t1": (T1, (0.2, 0.18)),
    "t1c": (T1C, (0.12, 0.1)),
    "t2": ((0.6, 0.7), (-0.2, -0.2)),
    "flair": ((-0.4, -0.4), (-0.02, -0.01)),
}


def appearance(fluid, white, contrast=0.0):
    return Appearance(fluid, white, np.full(1, contrast, np.float32))


@pytest.fixture
def case(monkeypatch):
    """The four modalities, of which T1c alone holds contrast agent."""
    monkeypatch.setattr(naming, "enhancement", lambda first, second: (float(second.values[0] - first.values[0]),) * 2)
    return {name: appearance(*LOOKS[name], contrast=float(name == "t1c")) for name in LOOKS}


@pytest.mark.parametrize("order", list(permutations(LOOKS)))
def test_every_permutation_is_named(order, case):
    found = misnamed({name: case[held] for name, held in zip(LOOKS, order, strict=True)})
    truth = {name: (held,) for name, held in zip(LOOKS, order, strict=True) if name != held}
    assert (dict(found.looks) if found else {}) == truth


def test_without_enhancement_t1_and_t1c_are_not_told_apart(case, monkeypatch):
    monkeypatch.setattr(naming, "enhancement", lambda first, second: (0.25, -0.25))
    assert misnamed({**case, "t1": case["t1c"], "t1c": case["t1"]}) is None
    found = misnamed({**case, "t1": case["t2"], "t2": case["t1"]})
    assert dict(found.looks) == {"t1": ("t2",), "t2": ("t1", "t1c")}


@pytest.mark.parametrize(
    ("name", "fluid", "white", "looks"),
    [
        ("t1c", (0.5, 0.6), (-0.2, -0.2), ("t2",)),
        ("flair", (0.5, 0.6), (0.0, 0.0), ("t2",)),
        ("t2", (-0.5, -0.4), (0.1, 0.1), ("t1", "t1c", "flair")),
        ("t1", (-0.5, -0.4), (-0.1, -0.2), ("flair",)),
        ("flair", (-0.5, -0.4), (0.3, 0.3), ("t1", "t1c")),
    ],
)
def test_one_image_alone_is_judged_too(name, fluid, white, looks):
    assert dict(misnamed({name: appearance(fluid, white)}).looks) == {name: looks}


@pytest.mark.parametrize(
    ("name", "fluid", "white"),
    [
        ("t1", (FLUID_BRIGHT - 0.01, 0.6), (0.1, 0.1)),  # fluid bright in one hemisphere
        ("t2", (0.08, 0.0), (-0.1, -0.1)),  # a ventricle that a tumour pressed shut
        ("flair", (-0.3, -0.3), (UNLIKE_FLAIR - 0.01, 0.5)),
        ("t1c", (-0.3, -0.3), (0.0, -0.4)),  # oedema of the white matter in one hemisphere
    ],
)
def test_what_one_hemisphere_shows_contradicts_nothing(name, fluid, white):
    assert misnamed({name: appearance(fluid, white)}) is None


def test_white_matter_is_compared_within_the_case(case):
    weak, strong = appearance(T1, (0.02, 0.02)), appearance(T1, (0.02 + WHITE_APART, 0.15))
    assert misnamed({"t1c": strong, "flair": weak}) is None
    assert dict(misnamed({"t1c": weak, "flair": strong}).looks) == {"t1c": ("flair",), "flair": ("t1c",)}


def test_two_images_of_one_modality_are_judged_each_by_itself(case):
    assert dict(misnamed({**case, "t1c": case["t2"]}).looks) == {"t1c": ("t2",)}


def test_images_without_a_sure_pose_may_be_anything(case):
    assert misnamed(dict.fromkeys(LOOKS)) is None
    found = misnamed({**case, "t1": None, "t2": case["flair"], "flair": case["t2"]})
    assert dict(found.looks) == {"t2": ("t1", "flair"), "flair": ("t2",)}
