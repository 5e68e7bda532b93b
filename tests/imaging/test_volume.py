import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gliomanet.imaging.volume import Grid, Volume, resample, resample_labels


def _volume(shape=(12, 10, 9), spacing=1.0):
    rng = np.random.default_rng(0)
    return Volume.of(rng.random(shape).astype(np.float32), np.diag([spacing, spacing, spacing, 1.0]))


def test_same_grid_is_the_same_image():
    volume = _volume()
    np.testing.assert_allclose(resample(volume, volume.grid), volume.array, atol=1e-6)


@settings(max_examples=20, deadline=None)
@given(st.tuples(*[st.integers(-3, 3)] * 3))
def test_translation_by_whole_voxels_moves_whole_voxels(shift):
    volume = _volume()
    matrix = np.eye(4)
    matrix[:3, 3] = shift
    expected = np.zeros_like(volume.array)
    source = np.stack(np.indices(volume.array.shape), -1) + np.array(shift)
    valid = ((source >= 0) & (source < volume.array.shape)).all(axis=-1)
    expected[valid] = volume.array[tuple(source[valid].T)]
    np.testing.assert_allclose(resample(volume, volume.grid, matrix), expected, atol=1e-5)


def test_composing_equals_moving_twice_on_a_linear_ramp():
    x = np.indices((20, 20, 20))[0].astype(np.float32)
    volume = Volume.of(x, np.eye(4))
    a, b = np.eye(4), np.eye(4)
    a[0, 3], b[0, 3] = 1.25, 2.5
    once = resample(volume, volume.grid, a @ b)
    np.testing.assert_allclose(once[2:12], x[2:12] + 3.75, atol=1e-4)


def test_growing_voxels_average_before_they_sample():
    checkers = (np.indices((30, 30, 30)).sum(axis=0) % 2).astype(np.float32)
    volume = Volume.of(checkers, np.eye(4))
    coarse = resample(volume, volume.grid.isotropic(3.0))
    assert np.abs(coarse[2:-2, 2:-2, 2:-2] - 0.5).max() < 0.05  # sampling alone would give zeros and ones


def test_isotropic_grid_keeps_centre_and_covers_the_box():
    grid = Grid((10, 20, 5), np.array([[0.9, 0, 0, 3], [0, 0.9, 0, -4], [0, 0, 5.5, 7], [0, 0, 0, 1.0]]))
    cubes = grid.isotropic(2.0)
    assert cubes.shape == (5, 9, 14)
    assert cubes.spacing == pytest.approx((2, 2, 2))
    centre = grid.affine @ [4.5, 9.5, 2, 1]
    np.testing.assert_allclose(cubes.affine @ [2, 4, 6.5, 1], centre)


def test_labels_vote_and_keep_their_codes():
    codes = np.zeros((12, 12, 12), np.uint8)
    codes[2:8, 2:8, 2:8] = 2
    codes[4:8, 4:8, 4:8] = 4
    volume = Volume.of(codes, np.eye(4))
    np.testing.assert_array_equal(resample_labels(volume, volume.grid), codes)
    assert set(np.unique(resample_labels(volume, volume.grid.isotropic(1.7)))) == {0, 2, 4}
    assert not resample_labels(volume.with_array(np.zeros_like(codes)), volume.grid).any()


def test_grids_match_within_the_tolerance():
    grid = _volume().grid
    off = grid.affine.copy()
    off[0, 3] += 0.02
    assert grid.matches(grid)
    assert not grid.matches(Grid(grid.shape, off))
    assert grid.matches(Grid(grid.shape, off), tolerance_mm=0.1)
    assert not grid.matches(Grid((12, 10, 8), grid.affine))


def test_array_of_another_shape_is_refused():
    with pytest.raises(ValueError, match="array of shape"):
        _volume().with_array(np.zeros((2, 2, 2)))


@settings(max_examples=10, deadline=None)
@given(st.tuples(*[st.floats(-4, 4)] * 3), st.floats(0.8, 3.5))
def test_labels_are_the_same_in_the_box_that_they_can_reach(shift, spacing):
    """Only a part of the grid is computed: what a vote on the whole grid gives."""
    codes = np.zeros((20, 22, 18), np.uint8)
    codes[6:12, 7:15, 5:9] = 1
    codes[8:11, 9:12, 6:8] = 4
    volume, matrix = Volume.of(codes, np.diag([1, 1.2, 2, 1])), np.eye(4)
    matrix[:3, 3] = shift
    grid = volume.grid.isotropic(spacing)
    shares = np.stack([resample(volume.with_array(codes == code), grid, matrix) for code in (1, 4)])
    largest = np.where(shares.max(axis=0) > 1 - shares.sum(axis=0), np.array([1, 4])[shares.argmax(axis=0)], 0)
    found = resample_labels(volume, grid, matrix)
    sure = np.abs(np.sort(np.concatenate([shares, 1 - shares.sum(axis=0, keepdims=True)]), axis=0)[-1] - 0.5) > 1e-3
    np.testing.assert_array_equal(found[sure], largest[sure])


def test_smoothing_a_part_is_smoothing_the_whole():
    array = np.zeros((40, 40, 40), np.float32)
    array[15:22, 14:25, 18:21] = np.random.default_rng(0).random((7, 11, 3))
    volume = Volume.of(array, np.eye(4))
    grid = volume.grid.isotropic(2.5)
    # Another background is not cropped: the same image, shifted by a constant.
    lifted = resample(volume.with_array(array + 1), grid, fill=1.0) - 1
    inner = (slice(2, -2),) * 3
    np.testing.assert_allclose(resample(volume, grid)[inner], lifted[inner], atol=1e-5)
