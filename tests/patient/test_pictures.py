"""Pictures: the right slices in the scanner's own grid, the right side at the left, and a ruler that measures."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from gliomanet.files.nifti import write_nifti
from gliomanet.imaging.quality.pictures.planes import AXIAL, CORONAL, SAGITTAL
from gliomanet.imaging.volume import Volume
from gliomanet.patient.pictures.draw import ORANGE, YELLOW, draw_case
from gliomanet.patient.pictures.planes import LETTERS, MARGIN_MM, SIDE, slices_of

SPACING = (1.0, 1.0, 3.0)


def head() -> tuple[np.ndarray, np.ndarray]:
    """A brain with a tumour in its right, front, upper part (x high, y high, z high)."""
    brain, tumour = np.zeros((60, 70, 24), np.uint8), np.zeros((60, 70, 24), np.uint8)
    brain[8:52, 8:62, 3:21] = 1
    tumour[38:46, 45:55, 12:16], tumour[40:44, 48:52, 13:15] = 2, 4
    return brain, tumour


def test_slices_are_those_with_most_tumour_and_else_the_middle():
    brain, tumour = head()
    tumour[30:50, 30:60, 9] = 2
    axial, coronal, sagittal = slices_of(tumour, brain > 0, SPACING)
    assert (axial.axis, axial.index) == (AXIAL, 9)
    assert (coronal.axis, sagittal.axis) == (CORONAL, SAGITTAL)
    empty = slices_of(np.zeros_like(tumour), brain > 0, SPACING)
    assert empty[0].index == pytest.approx(12, abs=1)


def test_a_plane_is_in_radiological_convention_and_true_to_scale():
    brain, tumour = head()
    axial, coronal, sagittal = slices_of(tumour, brain > 0, SPACING)
    volume = Volume.of((tumour > 0).astype(np.float32), np.diag([*SPACING, 1.0]))
    for one, side in ((axial, "left"), (coronal, "left"), (sagittal, "left")):
        plane = one.of(volume, smooth=False)
        rows, columns = np.nonzero(plane > 0.5)
        assert columns.mean() < plane.shape[1] / 2, side  # the patient's right, or the front, is at the left
        assert rows.mean() < plane.shape[0] / 2  # the front, or the crown, is above
    plane = axial.of(volume, smooth=False)
    columns = np.nonzero((plane > 0.5).any(axis=0))[0]
    assert (columns.max() - columns.min() + 1) * axial.pixel_mm == pytest.approx(8, abs=2 * axial.pixel_mm)
    longest = 54 + 2 * MARGIN_MM
    assert axial.pixel_mm == pytest.approx(longest / (SIDE - 2 * LETTERS), rel=0.05)


@pytest.fixture
def case(tmp_path):
    """A case's folders, whose file runs from right to left."""
    brain, tumour = head()
    image = 100 * brain.astype(np.float32) + 10 * np.random.default_rng(1).random(brain.shape).astype(np.float32)
    affine = np.diag([*SPACING, 1.0])
    turned = np.diag([-1.0, 1, 3, 1])
    turned[0, 3] = 59
    for folder in ("atlas", "native"):
        (tmp_path / folder).mkdir()
    write_nifti(image[::-1], turned, tmp_path / "t1c.nii.gz")
    write_nifti(tumour[::-1], turned, tmp_path / "native/t1c_tumour.nii.gz")
    write_nifti(brain[::-1], turned, tmp_path / "native/t1c_brain.nii.gz")
    write_nifti(image, affine, tmp_path / "atlas/t1c.nii.gz")
    write_nifti(brain, affine, tmp_path / "atlas/brain_mask.nii.gz")
    write_nifti(tumour, affine, tmp_path / "atlas/segmentation.nii.gz")
    return tmp_path


def draw(case, *, outlined: bool = True):
    record = {"case_id": "p", "modalities": ["t1c"], "reference": "t1c"}
    outline = case / "atlas/segmentation.nii.gz" if outlined else None
    files = {"t1c": case / "t1c.nii.gz"}
    return draw_case(case / "atlas", case / "native", files, record, outline, case / "pictures")


def near(path, color) -> np.ndarray:
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"), dtype=int)
    return np.argwhere(np.abs(pixels - color).sum(axis=-1) < 60)


def test_pictures_lie_where_they_say_and_outline_what_they_say(case):
    found = draw(case)
    assert [(one.space, one.plane) for one in found] == [
        (space, plane) for space in ("scanner", "atlas") for plane in ("axial", "coronal", "sagittal")
    ]
    for one in found:
        with Image.open(case / one.file) as image:
            assert image.size == (one.width, one.height) == (SIDE, SIDE)
        assert one.outlined == ("whole", "enhancing")
        for color in (YELLOW, ORANGE):
            places = near(case / one.file, color)
            assert len(places) > 5
            assert places[:, 1].mean() < SIDE / 2
            assert places[:, 0].mean() < SIDE / 2
    first = found[0]
    assert (first.slice, first.slices) == (15, 24)
    assert first.position_mm == pytest.approx(42)


def test_equal_cases_give_equal_bytes_and_without_an_outline_none_is_drawn(case):
    before = {one.file: (case / one.file).read_bytes() for one in draw(case)}
    assert {one.file: (case / one.file).read_bytes() for one in draw(case)} == before
    bare = draw(case, outlined=False)
    assert all(one.outlined == () for one in bare)
    assert not len(near(case / bare[0].file, YELLOW))
    json.dumps([one.model_dump() for one in bare])
