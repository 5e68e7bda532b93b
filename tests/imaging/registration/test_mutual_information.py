import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from gliomanet.errors import RegistrationError
from gliomanet.imaging.registration.atlas import atlas
from gliomanet.imaging.registration.mutual_information import Level, fit
from gliomanet.imaging.volume import Grid, Volume

POINTS = np.array([[0, 0, 0, 1], [40, 30, 20, 1], [-40, -60, 30, 1.0]])


def other_modality(image: Volume, pose: np.ndarray) -> Volume:
    """The same anatomy with another curve of grey, seen from another place; 0 outside the brain."""
    array = np.where(image.array > 0, 1.2 - image.array, 0).astype(np.float32)
    return Volume(array, Grid(image.grid.shape, pose @ image.grid.affine))


@settings(max_examples=4, deadline=None)
@given(st.tuples(*[st.floats(-0.15, 0.15)] * 3), st.tuples(*[st.floats(-12, 12)] * 3))
def test_a_rigid_pose_is_found_across_modalities(turn, shift):
    image, mask = atlas(4.0)
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = Rotation.from_rotvec(turn).as_matrix(), shift
    moving = other_modality(image, pose)
    found = fit(image, moving, "rigid", inside=mask.array > 0, start=np.eye(4))
    assert np.abs((found - pose) @ POINTS.T).max() < 1.0
    np.testing.assert_allclose(found[:3, :3] @ found[:3, :3].T, np.eye(3), atol=1e-9)
    np.testing.assert_array_equal(found, fit(image, moving, "rigid", inside=mask.array > 0, start=np.eye(4)))


def test_an_affine_finds_sizes_and_shears():
    image, mask = atlas(4.0)
    pose = np.array([[1.08, 0.03, 0, 4], [0, 0.95, 0.04, -3], [0, 0, 1.05, 2], [0, 0, 0, 1.0]])
    found = fit(image, other_modality(image, pose), "affine", inside=mask.array > 0, start=np.eye(4))
    assert np.abs((found - pose) @ POINTS.T).max() < 1.0


def test_what_cannot_be_compared_is_said():
    image, mask = atlas(6.0)
    inside, levels = mask.array > 0, (Level(0.0, 1000, 5),)
    start = np.eye(4)
    start[0, 3] = 900
    with pytest.raises(RegistrationError, match="the images do not overlap"):
        fit(image, image, "rigid", inside=inside, start=start, levels=levels)
    with pytest.raises(RegistrationError, match="an image is constant where they are to be compared"):
        fit(image, image.with_array(np.zeros_like(image.array)), "rigid", inside=inside, start=np.eye(4), levels=levels)
    with pytest.raises(RegistrationError, match="no voxel to compare: the fixed image is empty"):
        fit(image, image, "rigid", inside=np.zeros_like(inside), start=np.eye(4), levels=levels)
