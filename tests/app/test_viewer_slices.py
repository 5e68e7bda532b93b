"""The server's slices: orientation, window, and overlays as they were planted."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from gliomanet.app.viewer.display_copies import Info
from gliomanet.app.viewer.slices import COLORS, Drawn, Look, draw, forget, value_at
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
