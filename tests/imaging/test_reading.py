"""Every defective file is named; its words are in tests/messages/golden.txt."""

import nibabel as nib
import numpy as np
import pytest

from gliomanet.errors import CaseError
from gliomanet.imaging.reading import background_value, read_mask, read_modality
from tests.messages.images import GRIDS, MASKS, MODALITIES, SHAPE, image, write


@pytest.mark.parametrize("name", MODALITIES)
def test_a_defective_file_is_named_with_its_case_and_rule(name, tmp_path):
    write_file, rule = MODALITIES[name]
    path = write_file(tmp_path / "x.nii.gz")
    with pytest.raises(CaseError) as caught:
        read_modality(path, "P-7", "t2")
    problem = caught.value.problem
    assert (problem.rule, problem.file, problem.image, problem.case) == (rule, str(path), "t2", "P-7")
    assert problem.action


@pytest.mark.parametrize("keep", [0, 5, 200, 3000])
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_a_truncated_file(suffix, keep, tmp_path):
    path = write(tmp_path / f"x{suffix}", image())
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CaseError) as caught:
        read_modality(path, "P-7", "t2")
    assert (caught.value.problem.rule, caught.value.problem.file) == ("unreadable_file", str(path))


@pytest.mark.parametrize("name", MASKS)
def test_a_file_that_is_no_mask_of_the_case(name, tmp_path):
    write_file, rule = MASKS[name]
    path = write_file(tmp_path / "m.nii.gz")
    with pytest.raises(CaseError) as caught:
        read_mask(path, "P-7", "tumour_mask", GRIDS)
    problem = caught.value.problem
    assert (problem.rule, problem.file, problem.image, problem.case) == (rule, str(path), "tumour_mask", "P-7")


def test_a_mask_of_floats_is_read_as_codes_and_knows_its_modality(tmp_path):
    codes = np.zeros(SHAPE, np.float32)
    codes[2:4], codes[4:6] = 0.9999997, 4.0002
    mask, home = read_mask(write(tmp_path / "m.nii.gz", codes), "P-7", "tumour_mask", GRIDS)
    assert (mask.array.dtype, set(np.unique(mask.array)), home) == (np.uint8, {0, 1, 4}, "t1c")


def test_a_fourth_axis_of_one_and_float64_are_read_and_noted(tmp_path):
    array = image().astype(np.float64)
    modality = read_modality(write(tmp_path / "x.nii.gz", array[..., None]), "P-7", "t2")
    np.testing.assert_allclose(modality.volume.array, array, rtol=1e-6)
    assert [note.rule for note in modality.notes] == ["four_dimensional", "float64"]


def test_any_orientation_comes_out_as_ras_in_the_same_place(tmp_path):
    affine = np.array([[0, 0, -4, 50], [-3, 0, 0, 20], [0, 3, 0, -10], [0, 0, 0, 1.0]])
    modality = read_modality(write(tmp_path / "x.nii.gz", image(), affine), "P-7", "t2")
    assert modality.orientation == "PSL"
    assert nib.aff2axcodes(modality.volume.grid.affine) == ("R", "A", "S")
    index = np.array([4, 5, 6, 1.0])
    found = np.rint(np.linalg.inv(modality.volume.grid.affine) @ affine @ index).astype(int)
    assert modality.volume.array[tuple(found[:3])] == image()[4, 5, 6]
    np.testing.assert_allclose(modality.file_grid.affine, affine, atol=1e-5)


def test_a_background_that_most_of_the_border_shares_is_moved_to_zero(tmp_path):
    array = np.full(SHAPE, -3.5, np.float32)
    array[3:-3, 3:-3, 3:-3] = image()[3:-3, 3:-3, 3:-3]
    modality = read_modality(write(tmp_path / "x.nii.gz", array), "P-7", "t2")
    assert modality.background == -3.5
    assert [(note.rule, note.severity) for note in modality.notes] == [("background_not_zero", "note")]
    assert modality.volume.array[0, 0, 0] == 0
    assert modality.volume.array[5, 5, 5] == pytest.approx(image()[5, 5, 5] + 3.5)
    assert background_value(image()) == 0
