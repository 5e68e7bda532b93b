"""Poses that are known beforehand: of the atlas itself, moved."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from gliomanet.imaging.registration.atlas import atlas
from gliomanet.imaging.registration.head_pose import find_pose, pooled
from gliomanet.imaging.volume import Grid, Volume, resample


@pytest.mark.parametrize("curve", ["t1", "t2"])
def test_the_atlas_is_found_where_it_was_put(curve):
    template, mask = atlas(2.0)
    array = template.array if curve == "t1" else np.where(mask.array > 0, 1.2 - template.array, 0)
    middle = np.array([0.0, -18.0, 5.0])
    move = np.eye(4)
    move[:3, :3] = Rotation.from_euler("xyz", [-22, 14, 24], degrees=True).as_matrix()
    move[:3, 3] = middle - move[:3, :3] @ middle + [18, -21, 10]
    affine = np.diag([2.0, 2, 2, 1])
    affine[:3, 3] = middle - 130
    grid = Grid((130, 130, 130), affine)
    image = Volume(resample(Volume(array.astype(np.float32), template.grid), grid, move), grid)
    found = find_pose(pooled(image)).matrix
    points = np.array([[0, -18, 5], [50, 0, 20], [-50, 0, 20], [0, 40, 0], [0, -80, 10]], dtype=float)
    there = points @ found[:3, :3].T + found[:3, 3]
    truth = np.linalg.inv(move)
    assert np.abs(there - (points @ truth[:3, :3].T + truth[:3, 3])).max() < 2.0


def test_pooling_keeps_the_place_of_things():
    array = np.zeros((31, 30, 9), np.float32)
    array[12:15, 9:12, 3] = 5
    affine = np.diag([1.0, 1.0, 6.0, 1.0])
    image = pooled(Volume.of(array, affine))
    assert image.grid.spacing == pytest.approx((3, 3, 3))
    voxel = np.array(np.unravel_index(int(image.array.argmax()), image.grid.shape))
    assert image.grid.affine[:3, :3] @ voxel + image.grid.affine[:3, 3] == pytest.approx([13, 10, 18])
