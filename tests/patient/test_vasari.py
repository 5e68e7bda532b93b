"""VASARI's features of outlines whose truth is known beforehand."""

from __future__ import annotations

import numpy as np
import pytest

from gliomanet.files.nifti import write_nifti
from gliomanet.patient.diameters import largest_diameters
from gliomanet.patient.statements.statement import state
from gliomanet.patient.vasari import margin_thickness, scale_of, vasari_of

AFFINE = np.array([[1.0, 0, 0, -40], [0, 1, 0, -40], [0, 0, 1, -40], [0, 0, 0, 1]])
PLACES = np.indices((81, 81, 81)) - 40.0


def ball(x, y, z, radius):
    return ((PLACES - np.array([x, y, z])[:, None, None, None]) ** 2).sum(axis=0) <= radius**2


def lesion(x=15):
    """A core of 8 mm in an enhancing rim of 2 mm, in oedema up to 14 mm."""
    codes = np.where(ball(x, 0, 0, 14), 2, 0)
    codes[ball(x, 0, 0, 10)] = 4
    codes[ball(x, 0, 0, 8)] = 1
    return codes.astype(np.uint8)


@pytest.fixture
def told(tmp_path):
    def told(codes, affine=AFFINE, **how):
        write_nifti(codes, affine, tmp_path / "mask.nii.gz")
        return vasari_of(
            tmp_path / "mask.nii.gz", tmp_path / "mask.nii.gz", **({"parts_told": True, "seen": None} | how)
        )

    return told


def words_of(features, *codes):
    return [features[code].value.text for code in codes]


def by_code(found):
    return {one.code: one for one in found.features}


def test_an_outline_tells_proportions_side_and_rim(told):
    features = by_code(told(lesion()))
    whole = 14.0**3
    assert features["f5"].measured == pytest.approx((10**3 - 8**3) / whole, abs=0.01)
    assert features["f6+f7"].measured == pytest.approx(8**3 / whole, abs=0.01)
    assert features["f14"].measured == pytest.approx(1 - 10**3 / whole, abs=0.01)
    assert words_of(features, "f5", "f14") == ["6 to 33 %", "34 to 67 %"]
    assert words_of(features, "f2", "f4", "f9") == ["right", "present", "focal"]
    assert words_of(features, "f11") == ["thin"]
    assert features["f11"].measured == pytest.approx(2, abs=0.7)
    assert words_of(features, "f15", "f22", "f23", "f24") == ["no", "no", "no", "none"]


def test_every_feature_before_an_operation_is_named_once_and_the_untold_say_why(told):
    found = told(lesion())
    codes = [code for one in found.features for code in one.code.split("+")]
    assert codes == [f"f{number}" for number in range(1, 26)]
    untold = [one for one in found.features if one.value is None]
    assert {one.code for one in untold} >= {"f1", "f3", "f8", "f16", "f19", "f25"}
    assert all(one.note and one.measured is None for one in untold)


def test_sides_and_midline(told):
    assert words_of(by_code(told(lesion(-20))), "f2") == ["left"]
    middle = by_code(told(lesion(0)))
    assert words_of(middle, "f2") == ["centre or bilateral"]
    assert words_of(middle, "f15", "f22", "f23") == ["yes", "no", "no"]
    large = np.where(ball(0, 0, 0, 12), 4, 0).astype(np.uint8)
    assert words_of(by_code(told(large)), "f15", "f22", "f23") == ["none there", "none there", "yes"]
    pushed = by_code(told(lesion(10)))  # reaches 4 mm beyond the midline: no more than a shift may
    assert words_of(pushed, "f15") == ["no"]


def test_foci_and_satellites_are_pieces_large_enough(told):
    codes = lesion(20)
    codes[ball(-20, 0, 0, 7)] = 2
    assert words_of(by_code(told(codes)), "f9") == ["multifocal or multicentric"]
    codes = lesion(20)
    codes[ball(-20, 0, 0, 3)] = 4  # 0.1 ml: no focus, and not in the lesion: no satellite
    assert words_of(by_code(told(codes)), "f9", "f24") == ["focal", "none"]
    codes = np.where(ball(20, 0, 0, 20), 2, 0).astype(np.uint8)
    codes[ball(28, 0, 0, 6)], codes[ball(10, 0, 0, 3)] = 4, 4
    assert words_of(by_code(told(codes)), "f24") == ["present"]
    assert by_code(told(codes))["f24"].measured == 1


def test_what_nobody_could_see_is_not_told(told):
    without = by_code(told(lesion(), seen=("t2", "flair")))
    assert all(without[code].value is None for code in ("f4", "f5", "f6+f7", "f11", "f22", "f23", "f24"))
    assert without["f5"].note.code == "vasari.note.no_t1c"
    assert without["f14"].value is not None
    alone = told((lesion() > 0).astype(np.uint8), parts_told=False)
    assert [one.region for one in alone.diameters] == ["whole"]
    assert {one.code for one in alone.features if one.value is not None} == {"f2", "f9"}
    assert by_code(told(lesion(), seen=("t1c",)))["f14"].value is None
    assert told(np.zeros((5, 5, 5), np.uint8)) is None
    thick = AFFINE @ np.diag([1, 1, 5, 1])
    assert by_code(told(lesion(), thick))["f11"].note == state("vasari.note.coarse", voxel=5.0, margin=3.0)


@pytest.mark.parametrize("thickness", [2, 4, 7])
def test_the_thickness_of_a_shell(thickness):
    shell = ball(0, 0, 0, 25) & ~ball(0, 0, 0, 25 - thickness)
    assert margin_thickness(shell, np.ones(3)) == pytest.approx(thickness, abs=0.7)


def test_the_scale_of_proportions():
    shares = [0, 0.03, 0.2, 0.5, 0.8, 0.99, 1]
    words = ["none", "up to 5 %", "6 to 33 %", "34 to 67 %", "68 to 95 %", "more than 95 %", "all"]
    assert [state(f"vasari.value.{scale_of(share)}").text for share in shares] == words


def test_diameters_are_those_of_a_turned_ellipse_in_the_slices_of_the_scanner():
    x, y, z = np.indices((60, 90, 9)).astype(float)
    x, y = (x - 30) * 1.0, (y - 45) * 0.5
    turn = np.deg2rad(30)
    along, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    inside = (along / 20) ** 2 + (across / 8) ** 2 + ((z - 4) / 3.5) ** 2 <= 1
    found = largest_diameters("whole", inside, np.diag([1.0, 0.5, 6, 1]))
    assert (found.axis, found.slice, found.slice_mm) == (2, 4, 6)
    assert found.largest_mm == pytest.approx(40, abs=1.5)
    assert found.perpendicular_mm == pytest.approx(16, abs=1.5)
    assert largest_diameters("whole", inside & False, np.eye(4)) is None
