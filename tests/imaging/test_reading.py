"""What is said of every defective file, word for word."""

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from gliomanet.errors import CaseError
from gliomanet.imaging.reading import background_value, read_mask, read_modality
from gliomanet.imaging.volume import Grid

SHAPE = (10, 12, 14)
AFFINE = np.diag([3.0, 3.0, 4.0, 1.0])
GRIDS = {"t1c": Grid(SHAPE, AFFINE), "t2": Grid((8, 8, 8), AFFINE)}


def image(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(SHAPE).astype(np.float32)


def write(path: Path, array: np.ndarray, affine: np.ndarray = AFFINE) -> Path:
    nib.save(nib.Nifti1Image(array, affine), path)
    return path


def write_with_sform(path: Path, affine: np.ndarray) -> Path:
    """A file with an affine that nibabel itself would refuse to write."""
    header = nib.Nifti1Image(image(), AFFINE).header.copy()
    header.set_qform(AFFINE, code=0)
    header["sform_code"] = 1
    for row, name in enumerate(("srow_x", "srow_y", "srow_z")):
        header[name] = affine[row]
    header["vox_offset"] = 352
    path.write_bytes(header.binaryblock + bytes(4) + image().tobytes(order="F"))
    return path


def with_voxel(array: np.ndarray, value: float) -> np.ndarray:
    array[2, 3, 4] = value
    return array


CONTENTS = {
    "NaN": (
        with_voxel(image(), np.nan),
        "holds 1 voxels that are NaN or infinite; export it again, or fill them knowingly",
    ),
    "infinite": (
        with_voxel(image(), np.inf),
        "holds 1 voxels that are NaN or infinite; export it again, or fill them knowingly",
    ),
    "four axes": (
        np.stack([image()] * 3, -1),
        "has shape 10 x 12 x 14 x 3; one 3-D volume is allowed: split the series, name one file",
    ),
    "a slice": (image()[:, :, 0], "has shape 10 x 12; one 3-D volume is allowed: split the series, name one file"),
    "thin": (image()[:, :, :4], "has shape 10 x 12 x 4; at least 8 voxels an axis are needed"),
    "complex": (image().astype(np.complex64), "holds voxels of type complex64; real numbers are allowed"),
    "constant": (
        np.full(SHAPE, 7, np.int16),
        "holds 7 in every voxel: an image without a brain; export it again or leave the cell empty",
    ),
    "negative": (
        -1 - image(),
        "holds no voxel above its background of 0: an image without a brain; export it again or leave the cell empty",
    ),
    "mask": (
        (image() > 0.5).astype(np.uint8),
        "holds only 2 different values (0, 1): a mask in the place of an image? Put the image's file there",
    ),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_contents_that_are_no_modality(name, tmp_path):
    array, message = CONTENTS[name]
    path = write(tmp_path / "x.nii.gz", array)
    with pytest.raises(CaseError) as caught:
        read_modality(path, "P-7", "t2")
    assert str(caught.value) == f"case P-7: t2 ({path}) {message}"


def test_a_flipped_bit_that_only_the_checksum_knows_of(tmp_path):
    path = write(tmp_path / "x.nii.gz", image())
    content = bytearray(path.read_bytes())
    content[-6] ^= 1  # in the stored checksum, which comes after all voxels
    path.write_bytes(content)
    with pytest.raises(CaseError, match="cannot be read as NIfTI: CRC check failed.*copy or export it again"):
        read_modality(path, "P-7", "t2")


AFFINES = {
    "flat": (
        np.diag([3, 3, 0, 1.0]),
        "has an affine that cannot be inverted ([[3.0, 0.0, 0.0, 0.0], [0.0, 3.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]]); repair its header",
    ),
    "centimetres": (
        np.diag([30, 3, 3, 1.0]),
        "has voxels of 30 x 3 x 3 mm; allowed: 0.2 to 15 mm an axis; repair its header",
    ),
    "tilted gantry": (
        np.array([[3, 0.3, 0, 0], [0, 3, 0, 0], [0, 0, 3, 0], [0, 0, 0, 1.0]]),
        "has axes that are not perpendicular (cosine 0.100; allowed 0.02): a gantry tilt is left in the header; resample it to perpendicular axes",
    ),
}


@pytest.mark.parametrize("name", AFFINES)
def test_headers_that_place_no_image(name, tmp_path):
    affine, message = AFFINES[name]
    path = write_with_sform(tmp_path / "x.nii", affine)
    with pytest.raises(CaseError) as caught:
        read_modality(path, "P-7", "t2")
    assert str(caught.value) == f"case P-7: t2 ({path}) {message}"


def test_an_absent_file(tmp_path):
    path = tmp_path / "x.nii.gz"
    with pytest.raises(CaseError) as caught:
        read_modality(path, "P-7", "t2")
    assert str(caught.value) == (
        f"case P-7: t2 ({path}) does not exist; correct the path in the case table, or leave the cell empty"
    )


@pytest.mark.parametrize("keep", [0, 5, 200, 3000])
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_a_truncated_file(suffix, keep, tmp_path):
    path = write(tmp_path / f"x{suffix}", image())
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CaseError) as caught:
        read_modality(path, "P-7", "t2")
    assert str(caught.value).startswith(f"case P-7: t2 ({path}) cannot be read as NIfTI: ")
    assert str(caught.value).endswith("; copy or export it again")


def test_a_file_of_another_kind(tmp_path):
    path = tmp_path / "x.nii.gz"
    path.write_text("not an image")
    with pytest.raises(
        CaseError, match=r"case P-7: t2 \(.*x.nii.gz\) cannot be read as NIfTI: .*; copy or export it again"
    ):
        read_modality(path, "P-7", "t2")


MASKS = {
    "an image": (
        image() * 3,
        f"holds values between {(image() * 3).min():g} and {(image() * 3).max():g} that are no integer codes: an image in the place of a mask? Put the mask's file there",
    ),
    "negative": (
        with_voxel(np.zeros(SHAPE, np.int16), -1),
        "holds values between -1 and 0 that are no integer codes: an image in the place of a mask? Put the mask's file there",
    ),
    "large": (
        with_voxel(np.zeros(SHAPE, np.int16), 300),
        "holds values between 0 and 300 that are no integer codes: an image in the place of a mask? Put the mask's file there",
    ),
}


@pytest.mark.parametrize("name", MASKS)
def test_values_that_are_no_codes(name, tmp_path):
    array, message = MASKS[name]
    path = write(tmp_path / "m.nii.gz", array)
    with pytest.raises(CaseError) as caught:
        read_mask(path, "P-7", "tumour_mask", GRIDS)
    assert str(caught.value) == f"case P-7: tumour_mask ({path}) {message}"


@pytest.mark.parametrize(
    ("shape", "origin", "found"),
    [
        ((9, 12, 14), 0, "9 x 12 x 14 voxels of 3 x 3 x 4 mm from (0.0, 0.0, 0.0)"),
        (SHAPE, 5, "10 x 12 x 14 voxels of 3 x 3 x 4 mm from (5.0, 0.0, 0.0)"),
    ],
)
def test_a_mask_on_a_grid_of_its_own(shape, origin, found, tmp_path):
    affine = AFFINE.copy()
    affine[0, 3] = origin
    path = write(tmp_path / "m.nii.gz", np.ones(shape, np.uint8), affine)
    with pytest.raises(CaseError) as caught:
        read_mask(path, "P-7", "tumour_mask", GRIDS)
    assert str(caught.value) == (
        f"case P-7: tumour_mask ({path}) lies on a grid of {found}, which no modality of the case has (t1c 10 x 12 x 14 "
        "voxels of 3 x 3 x 4 mm from (0.0, 0.0, 0.0); t2 8 x 8 x 8 voxels of 3 x 3 x 4 mm from (0.0, 0.0, 0.0)); draw "
        "or resample it on the grid of one of them"
    )


def test_a_mask_of_floats_is_read_as_codes_and_knows_its_modality(tmp_path):
    codes = np.zeros(SHAPE, np.float32)
    codes[2:4], codes[4:6] = 0.9999997, 4.0002
    mask, home = read_mask(write(tmp_path / "m.nii.gz", codes), "P-7", "tumour_mask", GRIDS)
    assert (mask.array.dtype, set(np.unique(mask.array)), home) == (np.uint8, {0, 1, 4}, "t1c")


def test_a_fourth_axis_of_one_and_float64_are_read_and_noted(tmp_path):
    array = image().astype(np.float64)
    modality = read_modality(write(tmp_path / "x.nii.gz", array[..., None]), "P-7", "t2")
    np.testing.assert_allclose(modality.volume.array, array, rtol=1e-6)
    assert modality.notes == ("t2: 10 x 12 x 14 x 1 squeezed to three axes", "t2: float64 read as float32")


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
    assert modality.notes == ("t2: background -3.5 moved to 0",)
    assert modality.volume.array[0, 0, 0] == 0
    assert modality.volume.array[5, 5, 5] == pytest.approx(image()[5, 5, 5] + 3.5)
    assert background_value(image()) == 0
