from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gliomanet.errors import CaseError
from gliomanet.imaging.mask_codes import contradiction, harmonize_codes, parts_told
from gliomanet.imaging.volume import Volume
from gliomanet.mask_conventions import NAMED, STORED, UNDECLARED, MaskConvention, convention_of

SHAPE = (60, 60, 60)
RADIUS = np.linalg.norm(np.indices(SHAPE) - 30.0, axis=0)
OEDEMA, ENHANCING, CORE = (RADIUS < 20) & (RADIUS >= 12), (RADIUS < 12) & (RADIUS >= 8), RADIUS < 8
TOLD = [name for name, convention in NAMED.items() if convention.tells_parts]


def volume(codes) -> Volume:
    return Volume.of(np.asarray(codes, np.uint8).reshape((*np.shape(codes), 1, 1)[:3]), np.eye(4))


def harmonized(codes, *convention):
    read, how = harmonize_codes(volume(codes), "c", Path("m.nii.gz"), *convention)
    return read.array.ravel().tolist(), how


def problem_of(codes, *convention):
    with pytest.raises(CaseError) as caught:
        harmonize_codes(volume(codes), "c", Path("m.nii.gz"), *convention)
    assert (caught.value.problem.rule, caught.value.problem.case) == ("unknown_mask_codes", "c")
    return caught.value.problem


def written(name: str, parts=None) -> np.ndarray:
    """The tumour of known parts, in the codes of a convention; the first of a part's codes."""
    parts = parts or {"core": CORE, "oedema": OEDEMA, "enhancing": ENHANCING}
    codes = np.zeros(SHAPE, np.uint8)
    for part, where in parts.items():
        codes[where] = NAMED[name].codes[part][0]
    return codes


@pytest.mark.parametrize("name", [name for name in TOLD if name != "hd-glio"])
def test_every_convention_gives_the_true_volumes(name):
    read, _ = harmonize_codes(volume(written(name)), "c", Path("m"), NAMED[name])
    assert {part: int((read.array == STORED[part]).sum()) for part in ("core", "oedema", "enhancing")} == {
        "core": CORE.sum(),
        "oedema": OEDEMA.sum(),
        "enhancing": ENHANCING.sum(),
    }


def test_necrosis_is_oedema_in_hd_glio_and_a_cavity_is_no_tumour_in_brats_2024():
    codes = written("hd-glio", {"oedema": OEDEMA | CORE, "enhancing": ENHANCING})
    read, _ = harmonize_codes(volume(codes), "c", Path("m"), NAMED["hd-glio"])
    assert ((read.array == 2) == (OEDEMA | CORE)).all()
    assert ((read.array == 4) == ENHANCING).all()
    cavity = RADIUS < 4
    codes = written("brats-2023", {"core": CORE, "oedema": OEDEMA, "enhancing": ENHANCING, "cavity": cavity})
    read, how = harmonize_codes(volume(codes), "c", Path("m"), NAMED["brats-2023"])
    assert (read.array[cavity] == 0).all()
    assert (read.array == 1).sum() == (CORE & ~cavity).sum()
    assert "4 → 0 cavity" in how


def test_a_mask_without_enhancing_voxels_reads_as_its_neighbours_of_the_centre():
    codes = written("nnunet", {"core": CORE, "oedema": OEDEMA})
    read, _ = harmonize_codes(volume(codes), "c", Path("m"), NAMED["nnunet"])
    assert ((read.array == 1) == CORE).all()
    assert ((read.array == 2) == OEDEMA).all()


@given(
    codes=st.lists(st.integers(1, 255), min_size=4, max_size=4, unique=True),
    voxels=st.lists(st.integers(0, 4), min_size=1, max_size=40),
)
def test_encoding_what_was_recoded_gives_the_mask_again(codes, voxels):
    parts = dict(zip(("core", "oedema", "enhancing", "cavity"), ((code,) for code in codes), strict=True))
    convention = MaskConvention("any", parts)
    mask = np.array([0, *codes], np.uint8)[voxels]
    read, _ = harmonized(mask, convention)
    back = {STORED[part]: of[0] for part, of in parts.items() if part != "cavity"}
    assert [back.get(code, 0) for code in read] == [0 if code == codes[3] else code for code in mask]


@pytest.mark.parametrize(
    ("found", "expected", "how", "told"),
    [
        ([0, 1, 2, 4], [0, 1, 2, 4], "codes kept", True),
        ([0, 2], [0, 2], "codes kept", True),
        ([0, 4], [0, 4], "codes kept", True),
        ([0, 1], [0, 1], "binary", False),
        ([0, 255], [0, 1], "binary", False),
        ([0, 0], [0, 0], "empty", True),
    ],
)
def test_what_is_not_declared_is_read_as_brats_2021_and_a_single_code_as_the_whole(found, expected, how, told):
    read, note = harmonized(found)
    assert read == expected
    assert note.startswith(how)
    assert parts_told(volume(found), UNDECLARED) is told


def test_code_1_alone_is_the_core_where_that_is_declared():
    assert parts_told(volume([0, 1]), NAMED["brats"])
    assert harmonized([0, 1], NAMED["nnunet"])[0] == [0, 2]


def test_a_code_that_is_not_of_the_convention_names_those_that_have_it():
    problem = problem_of([0, 1, 2, 3])
    assert all(name in problem.action for name in ("brats-2023", "nnunet", "msd", "brats-2013"))
    assert "hd-glio" not in problem.action
    assert "1, 2, 3" in problem.found
    assert "no convention is declared" in problem.found
    assert "binary" in problem_of([0, 255], NAMED["brats"]).action
    assert "no convention has them all" in problem_of([0, 1, 7]).action
    assert "hd-glio" in problem_of([0, 3], NAMED["hd-glio"]).found


def test_the_places_of_the_parts_say_which_of_them_fits():
    assert "nnunet or msd" in problem_of(written("nnunet")).action.split(")")[0]
    assert "brats-2013 or brats-2023" in problem_of(written("brats-2023")).action.split(")")[0]


def test_a_binary_mask_has_one_code_whichever_it_is():
    assert harmonized([0, 3, 3], NAMED["binary"])[0] == [0, 1, 1]
    assert "1, 2" in problem_of([0, 1, 2], NAMED["binary"]).found
    lesions = convention_of("tumour=1+2")
    assert harmonized([0, 1, 2], lesions)[0] == [0, 1, 1]
    assert not parts_told(volume([0, 1, 2]), lesions)


def test_an_image_in_the_place_of_a_mask_is_not_listed_code_by_code():
    assert "200 different codes" in problem_of(list(range(201))).found


@pytest.mark.parametrize("name", TOLD)
def test_a_mask_read_in_its_own_convention_contradicts_nothing(name):
    parts = {"core": CORE, "oedema": OEDEMA, "enhancing": ENHANCING}
    if name == "hd-glio":
        parts = {"oedema": OEDEMA | CORE, "enhancing": ENHANCING}
    assert contradiction(volume(written(name, parts)), NAMED[name]) is None


@pytest.mark.parametrize(
    ("name", "read_as", "better"),
    [
        ("nnunet", NAMED["brats-2023"], "nnunet"),
        ("brats-2023", NAMED["nnunet"], "brats-2023"),
        ("msd", NAMED["brats-2013"], "nnunet"),
    ],
)
def test_exchanged_parts_contradict_their_codes(name, read_as, better):
    problem = contradiction(volume(written(name)), read_as)
    assert problem.rule == "mask_contradicts_codes"
    assert better in problem.action


def test_hd_glio_and_a_mask_without_enhancement_are_found_though_their_codes_are_those_of_brats():
    parts = {"oedema": OEDEMA | CORE, "enhancing": ENHANCING | CORE}
    assert "hd-glio" in contradiction(volume(written("hd-glio", parts)), UNDECLARED).action
    parts = {"core": CORE | ENHANCING, "oedema": OEDEMA}
    assert "nnunet" in contradiction(volume(written("nnunet", parts)), UNDECLARED).action


@pytest.mark.parametrize(
    "codes",
    [
        pytest.param(np.where(RADIUS < 15, 4, 0), id="all enhancing"),
        pytest.param(np.where(RADIUS < 15, 1, 0), id="core alone"),
        pytest.param(np.where(RADIUS < 8, 1, np.where(RADIUS < 12, 4, 0)), id="no oedema"),
        pytest.param(np.where(RADIUS < 15, 1, np.where((RADIUS < 18) & (np.indices(SHAPE)[0] < 20), 2, 0)), id="cap"),
        pytest.param(np.where(RADIUS < 15, np.where(np.indices(SHAPE)[0] < 30, 1, 2), 0), id="side by side"),
        pytest.param(np.where(RADIUS < 15, 1, np.where(RADIUS < 16, 2, 0)), id="thin oedema"),
        pytest.param(np.where(np.indices(SHAPE)[0] < 30, written("brats"), 0), id="cut by the border"),
        pytest.param(np.where(np.indices(SHAPE)[2] % 3, 0, written("brats")), id="every third slice"),
        pytest.param(np.where(RADIUS < 2, 1, np.where(RADIUS < 3, 2, 0)), id="tiny"),
    ],
)
def test_right_masks_of_every_shape_contradict_nothing(codes):
    assert contradiction(volume(codes), NAMED["brats"]) is None


@pytest.mark.parametrize("spacing", [(1, 1, 1), (0.5, 0.5, 5), (3.6, 3.6, 3.6)])
def test_thick_slices_change_nothing(spacing):
    codes = written("brats")[:, :, :: 4 if spacing[2] == 5 else 1]
    right = Volume.of(codes, np.diag([*spacing, 1]))
    exchanged = Volume.of(np.array([0, 2, 1, 0, 4], np.uint8)[codes], np.diag([*spacing, 1]))
    assert contradiction(right, NAMED["brats"]) is None
    assert contradiction(exchanged, NAMED["brats"]) is not None


def test_labels_that_were_interpolated_linearly_are_told():
    fine = np.repeat(np.repeat(np.repeat(written("brats")[10:50:2, 10:50:2, 10:50:2], 2, 0), 2, 1), 2, 2)
    codes = fine.astype(float)
    for axis in range(3):
        codes = (codes + np.roll(codes, 1, axis)) / 2
    blurred = np.rint(codes).astype(np.uint8)
    assert {1, 2, 3, 4} <= set(np.unique(blurred))
    assert "interpolated linearly" in problem_of(blurred).found
    assert "nearest neighbour" in contradiction(volume(blurred), NAMED["brats-2013"]).action
    assert contradiction(volume(fine), NAMED["brats"]) is None


@pytest.mark.parametrize("code", [2, 4])
def test_one_code_that_nobody_has_declared_is_in_doubt(code):
    mask = volume((written("brats") > 0) * code)
    problem = contradiction(mask, UNDECLARED)
    assert (problem.rule, f"code {code} alone" in problem.found) == ("mask_of_one_code", True)
    assert contradiction(mask, NAMED["brats"]) is None
    assert contradiction(volume(written("brats") > 0), UNDECLARED) is None  # 1 is the whole tumour
