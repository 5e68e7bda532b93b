"""The search for the atlas' brain, in heads whose true pose is known."""

import numpy as np
import pytest

from gliomanet.imaging.registration.atlas import atlas
from gliomanet.imaging.registration.brain_pose import brain_pose
from gliomanet.imaging.volume import Volume, resample
from tests.imaging.conftest import turned


def bowed(degrees: float, shift: list[float]) -> np.ndarray:
    """A turn about the axis from ear to ear, and a shift in mm."""
    angle = np.radians(degrees)
    matrix = np.eye(4)
    matrix[1:3, 1:3] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    matrix[:3, 3] = shift
    return matrix


@pytest.mark.parametrize("pose", [np.eye(4), turned(10, [8, -12, 10]), bowed(20, [0, 15, -25]), bowed(-15, [0, 0, 30])])
@pytest.mark.parametrize("inverted", [False, True])
def test_a_turned_atlas_is_found_again(pose, inverted):
    template, mask = atlas(4.0)
    array = np.where(mask.array > 0, 1.2 - template.array if inverted else template.array, 0)
    image = Volume.of(array, np.linalg.inv(pose) @ template.grid.affine)
    found = brain_pose(image, np.eye(4))
    inside = np.argwhere(mask.array > 0)[::50] @ image.grid.affine[:3, :3].T + image.grid.affine[:3, 3]
    off = inside @ (found - pose)[:3, :3].T + (found - pose)[:3, 3]
    assert np.linalg.norm(off, axis=1).max() < 5


def test_the_pose_is_a_rotation_and_a_shift():
    template, _ = atlas(4.0)
    found = brain_pose(template, np.eye(4))
    np.testing.assert_allclose(found[:3, :3] @ found[:3, :3].T, np.eye(3), atol=1e-9)
    assert np.linalg.det(found[:3, :3]) == pytest.approx(1)


def test_an_empty_image_stays_where_it_starts():
    template, _ = atlas(6.0)
    empty = template.with_array(np.zeros(template.grid.shape, np.float32))
    start = turned(5, [1, 2, 3])
    found = brain_pose(empty, start)
    assert np.isfinite(found).all()
    assert not resample(empty, template.grid, found).any()
