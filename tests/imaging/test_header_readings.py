"""Places that headers give: one that is used, those of other programs, and what is said where they differ."""

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from gliomanet.errors import CaseError
from gliomanet.imaging.reading import read_modality
from tests.imaging.headers import AFFINE, ASIDE, MIRRORED, image, write

SHIFTED = AFFINE.copy()
SHIFTED[1, 3] += 25
METRES = np.diag([1e-3, 1e-3, 1e-3, 1]) @ AFFINE
MICRONS = np.diag([1e3, 1e3, 1e3, 1]) @ AFFINE
ROUNDED = AFFINE.copy()
ROUNDED[:3, 3] += 0.2


def read(path, **header):
    return read_modality(write(path / "t1c.nii", image(), **header), "P-7", "t1c")


def said(modality):
    return [(note.severity, note.rule) for note in modality.notes]


def affine_by_itk(path):
    """Voxel index → RAS mm as ITK reads it."""
    read_image = sitk.ReadImage(str(path))
    affine = np.eye(4)
    affine[:3, :3] = np.reshape(read_image.GetDirection(), (3, 3)) * read_image.GetSpacing()
    affine[:3, 3] = read_image.GetOrigin()
    return np.diag([-1, -1, 1, 1]) @ affine


@pytest.mark.parametrize("code", [1, 2, 3, 4])
@pytest.mark.parametrize("other", [MIRRORED, SHIFTED], ids=["mirrored", "shifted"])
def test_forms_that_disagree_are_both_named_and_the_sform_is_used(code, other, tmp_path):
    modality = read(tmp_path, sform=(AFFINE, code), qform=(other, 1))
    (note,) = modality.notes
    assert (note.severity, note.rule) == ("warning", "orientation_forms_disagree")
    assert f"sform (code {code})" in note.text
    assert "qform (code 1)" in note.text
    assert "".join(nib.aff2axcodes(other)) in note.text
    np.testing.assert_allclose(modality.file_grid.affine, AFFINE)
    (kept,) = modality.file_grid.others
    np.testing.assert_allclose(kept, other, atol=1e-4)


@pytest.mark.parametrize("sform_code", [0, 1, 2, 4])
@pytest.mark.parametrize("qform_code", [0, 1, 2])
def test_the_reading_of_itk_is_among_those_that_are_known(sform_code, qform_code, tmp_path):
    path = write(tmp_path / "x.nii", image(), sform=(AFFINE, sform_code), qform=(MIRRORED, qform_code))
    grid = read_modality(path, "P-7", "t1c").file_grid
    known = [np.abs(one - affine_by_itk(path)).max() for one in (grid.affine, *grid.others)]
    assert min(known) < 1e-3


@pytest.mark.parametrize("codes", [(1, 1), (2, 1), (4, 2), (0, 1), (1, 0), (2, 0)])
def test_forms_that_agree_to_a_tenth_of_a_voxel_are_one(codes, tmp_path):
    modality = read(tmp_path, sform=(AFFINE, codes[0]), qform=(ROUNDED, codes[1]))
    assert said(modality) == []
    assert modality.file_grid.others == ()


def test_without_any_code_left_and_right_are_a_guess_as_nibabel_makes_it(tmp_path):
    modality = read(tmp_path, sform=(AFFINE, 0), qform=(AFFINE, 0))
    assert said(modality) == [("warning", "orientation_is_a_guess")]
    assert modality.orientation == "LAS"
    np.testing.assert_allclose(modality.file_grid.affine, nib.load(tmp_path / "t1c.nii").affine)


@pytest.mark.parametrize(
    "header",
    [
        {"sform": (np.diag([0, 0, 0, 1.0]), 1)},
        {"fields": {("srow_y", 1): np.nan}},
        {"fields": {("pixdim", 2): 0}},
        {"fields": {("pixdim", 2): -4}},
        {"fields": {("pixdim", 0): np.nan}},
        {"fields": {"quatern_b": 0.9, "quatern_c": 0.9}},
    ],
    ids=["singular sform", "NaN in sform", "voxel of 0", "voxel below 0", "NaN for qfac", "no rotation"],
)
def test_where_one_form_cannot_be_used_the_other_is(header, tmp_path):
    modality = read(tmp_path, **header)
    assert said(modality) == [("warning", "form_not_usable")]
    np.testing.assert_allclose(modality.file_grid.affine, AFFINE, atol=1e-5)


@pytest.mark.parametrize(
    "fields",
    [{("pixdim", 3): 0}, {("pixdim", 1): -4}, {("pixdim", 0): 0.5}, {"quatern_b": 0.9, "quatern_c": 0.9}],
    ids=["voxel of 0", "voxel below 0", "qfac of 0.5", "no rotation"],
)
def test_a_qform_that_cannot_be_used_and_no_other_is_an_error(fields, tmp_path):
    with pytest.raises(CaseError) as caught:
        read(tmp_path, sform=(AFFINE, 0), fields=fields)
    assert caught.value.problem.rule == "affine_not_invertible"


def test_a_qfac_of_0_stands_for_1(tmp_path):
    modality = read(tmp_path, sform=(AFFINE, 0), fields={("pixdim", 0): 0})
    assert said(modality) == []
    np.testing.assert_allclose(modality.file_grid.affine, AFFINE, atol=1e-5)


def test_voxel_sizes_that_only_pixdim_has_are_those_of_itk(tmp_path):
    modality = read(tmp_path, qform=(AFFINE, 0), fields={("pixdim", 1): 2})
    assert said(modality) == [("warning", "voxel_sizes_disagree")]
    np.testing.assert_allclose(modality.file_grid.affine, AFFINE)
    np.testing.assert_allclose(modality.file_grid.others[0], affine_by_itk(tmp_path / "t1c.nii"), atol=1e-4)


@pytest.mark.parametrize(("affine", "unit"), [(METRES, 1), (MICRONS, 3)], ids=["metres", "microns"])
def test_a_unit_that_the_header_names_is_converted(affine, unit, tmp_path):
    modality = read(tmp_path, sform=(affine, 1), qform=(affine, 1), fields={"xyzt_units": unit})
    assert said(modality) == [("note", "unit_not_mm")]
    np.testing.assert_allclose(modality.file_grid.affine, AFFINE, rtol=1e-5)


def test_a_unit_that_cannot_be_true_is_not_believed(tmp_path):
    modality = read(tmp_path, fields={"xyzt_units": 1})
    assert said(modality) == [("warning", "unit_not_mm")]
    np.testing.assert_allclose(modality.file_grid.affine, AFFINE)


def test_a_unit_that_nothing_names_is_an_error_that_names_it(tmp_path):
    with pytest.raises(CaseError) as caught:
        read(tmp_path, sform=(METRES, 1), qform=(METRES, 1), fields={"xyzt_units": 0})
    assert caught.value.problem.rule == "absurd_spacing"
    assert "metres" in caught.value.problem.found


def test_an_mgh_file_without_axes_says_so(tmp_path):
    path = tmp_path / "t1c.mgh"
    nib.save(nib.MGHImage(image().astype(np.int32), ASIDE), path)
    assert said(read_modality(path, "P-7", "t1c")) == []
    whole = bytearray(path.read_bytes())
    whole[28:30] = b"\0\0"
    path.write_bytes(whole)
    assert said(read_modality(path, "P-7", "t1c")) == [("warning", "orientation_is_a_guess")]
