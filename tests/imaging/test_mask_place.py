"""Masks drawn in programs that read an image's header otherwise: they lie where they were drawn."""

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from gliomanet.errors import CaseError
from gliomanet.imaging.reading import read_mask, read_modality
from tests.imaging.headers import AFFINE, ASIDE, ASIDE_MIRRORED, MIRRORED, image, mark, write

TURNED = AFFINE @ np.array([[0, 1, 0, 0], [-1, 0, 0, 13], [0, 0, 1, 0], [0, 0, 0, 1.0]])
HEADERS = {
    "mirrored in one box": {"sform": (AFFINE, 2), "qform": (MIRRORED, 1)},
    "mirrored in two boxes": {"sform": (ASIDE, 2), "qform": (ASIDE_MIRRORED, 1)},
    "axes turned": {"sform": (AFFINE, 2), "qform": (TURNED, 1)},
    "no code": {"sform": (AFFINE, 0), "qform": (AFFINE, 0)},
    "voxel sizes": {"qform": (AFFINE, 0), "fields": {("pixdim", 1): 2}},
}


def drawn_in_itk(picture, path):
    """The mark of an image outlined in a program on ITK."""
    seen = sitk.ReadImage(str(picture))
    mask = sitk.GetImageFromArray((sitk.GetArrayFromImage(seen) > 600).astype("uint8"))
    mask.CopyInformation(seen)
    sitk.WriteImage(mask, str(path))
    return path


def found(picture, mask):
    """Modality and mask as read, and the rules of what was noted."""
    modality = read_modality(picture, "P-7", "t1c")
    noted = []
    read, home = read_mask(mask, "P-7", "tumour_mask", {"t1c": modality.volume.grid}, noted)
    assert home == "t1c"
    return modality.volume, read, [(note.severity, note.rule) for note in noted]


@pytest.mark.parametrize("name", HEADERS)
def test_a_mask_drawn_in_itk_lies_where_it_was_drawn(name, tmp_path):
    picture = write(tmp_path / "t1c.nii", image(), **HEADERS[name])
    modality, mask, noted = found(picture, drawn_in_itk(picture, tmp_path / "m.nii.gz"))
    np.testing.assert_array_equal(mask.array > 0, modality.array > 600)
    assert noted == [("warning", "mask_by_another_reading")]


@pytest.mark.parametrize("name", HEADERS)
def test_a_mask_made_with_nibabel_lies_where_it_was_drawn(name, tmp_path):
    picture = write(tmp_path / "t1c.nii", image(), **HEADERS[name])
    nib.save(nib.Nifti1Image(mark(), nib.load(picture).affine), tmp_path / "m.nii.gz")
    modality, mask, _ = found(picture, tmp_path / "m.nii.gz")
    np.testing.assert_array_equal(mask.array > 0, modality.array > 600)


def test_a_mask_with_the_header_of_its_image_lies_on_it(tmp_path):
    header = HEADERS["mirrored in two boxes"]
    picture = write(tmp_path / "t1c.nii", image(), **header)
    modality, mask, noted = found(picture, write(tmp_path / "m.nii", mark(), **header))
    np.testing.assert_array_equal(mask.array > 0, modality.array > 600)
    assert noted == [("warning", "orientation_forms_disagree")]


def test_a_mask_whose_own_forms_disagree_is_laid_by_the_one_that_fits(tmp_path):
    picture = write(tmp_path / "t1c.nii", image(), sform=(ASIDE, 1), qform=(ASIDE, 1))
    drawn = write(tmp_path / "m.nii", mark(), sform=(ASIDE_MIRRORED, 2), qform=(ASIDE, 1))
    modality, mask, noted = found(picture, drawn)
    np.testing.assert_array_equal(mask.array > 0, modality.array > 600)
    assert ("warning", "mask_by_another_reading") in noted


def test_a_mask_in_another_order_of_voxels_that_fits_both_ways_is_in_doubt(tmp_path):
    picture = write(tmp_path / "t1c.nii", image(), **HEADERS["mirrored in one box"])
    mask = nib.Nifti1Image(mark(), AFFINE)
    turned = mask.as_reoriented(nib.orientations.axcodes2ornt("LPI"))
    nib.save(turned, tmp_path / "m.nii.gz")
    with pytest.raises(CaseError) as caught:
        found(picture, tmp_path / "m.nii.gz")
    assert caught.value.problem.rule == "mask_in_doubt"


@pytest.mark.parametrize("codes", ["RAS", "LPS", "LPI", "PSL"])
def test_where_headers_agree_a_mask_in_any_order_lies_on_its_image_without_a_word(codes, tmp_path):
    picture = write(tmp_path / "t1c.nii", image())
    start, end = nib.io_orientation(AFFINE), nib.orientations.axcodes2ornt(codes)
    turned = nib.Nifti1Image(mark(), AFFINE).as_reoriented(nib.orientations.ornt_transform(start, end))
    nib.save(turned, tmp_path / "m.nii.gz")
    modality, mask, noted = found(picture, tmp_path / "m.nii.gz")
    np.testing.assert_array_equal(mask.array > 0, modality.array > 600)
    assert noted == []
