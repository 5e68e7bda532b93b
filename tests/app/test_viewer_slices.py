"""The server's slices: orientation, window, and overlays as they were planted."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from gliomanet.app.viewer.display_copies import Info, info_of
from gliomanet.app.viewer.slices import COLORS, Drawn, Look, draw, forget, value_at
from gliomanet.app.viewer.sources import Source
from gliomanet.files.nifti import write_nifti

SHAPE = (8, 8, 8)


def copy(tmp_path, name, kind, voxels):
    path = tmp_path / f"{name}.nii.gz"
    write_nifti(voxels, np.eye(4), path)
    identity = tuple(tuple(float(one) for one in row) for row in np.eye(4))
    facts = {"digest": name, "bytes": 1, "spacing": (1, 1, 1), "offset": (0, 0, 0), "windows": {}}
    facts |= {"shape": SHAPE, "full_shape": SHAPE, "affine": identity, "inverse": identity}
    return Info(name=name, kind=kind, slope=2.0, intercept=-2.0, **facts), path


@pytest.fixture
def image(tmp_path):
    forget()
    voxels = np.ones(SHAPE, np.int16)
    voxels[7, 0, 3] = 101  # the patient's right, back: RAS+
    voxels[0, 7, 3] = 0  # outside of the brain
    return copy(tmp_path, "image", "image", voxels)


def drawn(image, overlays=(), **look):
    info, path = image
    content = draw(info.model_dump_json(), path, "axial", 3, overlays, Look(0.0, 200.0, size=64, **look))
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def test_the_patients_right_is_at_the_left_and_the_back_below(image):
    pixels = drawn(image)
    assert pixels.shape == (64, 64, 3)
    assert (pixels[60, 3] == 255).all()
    assert (pixels[4, 60] == 0).all()


def test_an_inverted_picture_exchanges_black_and_white(image):
    assert drawn(image).astype(int) + drawn(image, invert=True) == pytest.approx(255, abs=1)


def test_a_part_has_its_colour_and_its_line(image, tmp_path):
    codes = np.zeros(SHAPE, np.uint8)
    codes[2:6, 2:6, 3] = 2
    info, path = copy(tmp_path, "parts", "parts", codes)
    part = Drawn("oedema", info.kind, info.digest, path)
    pixels = drawn(image, (part,), outline=True)
    assert tuple(pixels[16, 32]) == COLORS["oedema"]
    assert (pixels[32, 32] == 0).all()
    filled = drawn(image, (part,), opacity=0.5)
    assert filled[32, 32, 0] == pytest.approx(120, abs=1)


def test_values_are_in_the_images_units_and_none_outside_of_the_brain(image):
    assert value_at(*image, (7, 0, 3)) == 200.0
    assert value_at(*image, (0, 7, 3)) is None
    assert value_at(*image, (8, 0, 0)) is None


def test_grey_values_are_interpolated_and_parts_are_not(tmp_path):
    forget()
    voxels = np.ones(SHAPE, np.int16)
    voxels[4:] = 101
    codes = np.zeros(SHAPE, np.uint8)
    codes[4:] = 2
    info, path = copy(tmp_path, "parts", "parts", codes)
    image = copy(tmp_path, "step", "image", voxels)
    row = drawn(image)[32, :, 0].astype(int)
    assert {row[0], row[-1]} == {0, 255}
    assert sorted(row, reverse=True) == row.tolist()  # the patient's right, which is bright, is at the left
    between = row[(row > 0) & (row < 255)]
    assert len(between) == 8  # from the middle of one voxel to that of the next
    part = Drawn("oedema", info.kind, info.digest, path)
    tinted = drawn(image, (part,), opacity=1.0)[32]
    assert (tinted[:32] == COLORS["oedema"]).all()
    assert (tinted[32:, 0] == row[32:]).all()


def test_a_viewer_opens_amid_the_largest_slice_of_an_outline(tmp_path):
    codes = np.zeros(SHAPE, np.uint8)
    codes[1:3, 1:3, 1] = 2
    codes[2:7, 3:6, 4] = 4
    affine = np.diag([2.0, 2.0, 3.0, 1.0])
    affine[:3, 3] = -10
    for name, voxels in {"outline": codes, "brain": np.ones(SHAPE, np.uint8)}.items():
        write_nifti(voxels, affine, tmp_path / f"{name}.nii.gz")
    found = info_of(
        Source("atlas-parts", "atlas", "parts", "parts", tmp_path / "outline.nii.gz", tmp_path / "brain.nii.gz"),
        tmp_path,
    )
    assert found.largest == (-10 + 2 * 4, -10 + 2 * 4, -10 + 3 * 4)


def test_an_empty_outline_opens_nowhere(tmp_path):
    for name, value in {"outline": 0, "brain": 1}.items():
        write_nifti(np.full(SHAPE, value, np.uint8), np.eye(4), tmp_path / f"{name}.nii.gz")
    empty = Source("atlas-parts", "atlas", "parts", "parts", tmp_path / "outline.nii.gz", tmp_path / "brain.nii.gz")
    assert info_of(empty, tmp_path).largest is None
