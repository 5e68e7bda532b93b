import os

import numpy as np
import pytest

from gliomanet.errors import RegistrationError
from gliomanet.imaging.registration import ants as registration
from gliomanet.imaging.registration.ants import ants_module, orthonormal, register
from gliomanet.imaging.registration.atlas import atlas
from gliomanet.imaging.volume import Grid, Volume
from tests.imaging.conftest import turned


def test_itk_is_kept_to_one_thread():
    ants_module()
    assert os.environ["ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"] == "1"


def test_ants_imported_with_threads_is_refused(monkeypatch):
    ants_module()
    monkeypatch.setenv("ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS", "4")
    with pytest.raises(
        RuntimeError,
        match=r"ants was imported with ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS='4', and then gives different voxels at "
        r"each run; set ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS=1 in the environment before anything imports ants",
    ):
        ants_module()


def test_the_matrix_leads_from_the_fixed_to_the_moving_world():
    image = atlas(6.0)[0]
    pose = turned(5, [6, -4, 3])
    elsewhere = Volume(image.array, Grid(image.grid.shape, pose @ image.grid.affine))
    found = register(image, elsewhere, "Rigid", seed=1)
    points = np.array([[0, 0, 0, 1], [40, 30, 20, 1], [-40, -60, 30, 1.0]])
    assert np.abs((found - pose) @ points.T).max() < 1.0


def test_an_empty_image_cannot_be_registered():
    image = atlas(6.0)[0]
    with pytest.raises(RegistrationError, match="rigid registration did not converge: "):
        register(image, image.with_array(np.zeros_like(image.array)), "Rigid", seed=1)


def test_a_rounded_header_becomes_a_rotation():
    rounded = np.round(turned(12, [0, 0, 0])[:3, :3], 2) * 0.9
    nearest = orthonormal(rounded)
    np.testing.assert_allclose(nearest @ nearest.T, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(nearest, turned(12, [0, 0, 0])[:3, :3], atol=0.01)


def test_the_end_is_never_less_alike_than_the_start():
    """ANTs samples its metric, and may walk away from a good start; what comes back is then the start."""
    fixed = Volume.of(np.random.default_rng(0).random((16, 16, 16)).astype(np.float32), np.diag([4.0, 4.0, 4.0, 1.0]))
    shift = np.eye(4)
    shift[:3, 3] = 20
    assert np.array_equal(registration._more_alike(fixed, fixed, None, np.eye(4), shift), np.eye(4))
    assert np.array_equal(registration._more_alike(fixed, fixed, None, shift, np.eye(4)), np.eye(4))
