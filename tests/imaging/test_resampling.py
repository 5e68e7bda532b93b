"""Each quick way of interpolating gives what scipy's plain formula gives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from scipy.spatial.transform import Rotation

from gliomanet.imaging.resampling import interpolated, occupied, seen


def _plain(array, pull, shape, sigma, fill):
    smooth = ndimage.gaussian_filter(array.astype(np.float32), sigma, truncate=3, mode="nearest")
    return ndimage.affine_transform(
        smooth, pull[:3, :3], pull[:3, 3], output_shape=shape, output=np.float32, order=1, cval=fill
    )


def _image(kind, shape=(23, 19, 26)):
    array = np.random.default_rng(1).random(shape).astype(np.float32)
    if kind == "stripped":
        array[:6] = array[17:] = array[:, :4] = array[:, :, 20:] = 0
    return array > 0.5 if kind == "mask" else array


def _pull(turn, scale, shift):
    pull = np.eye(4)
    pull[:3, :3] = Rotation.from_rotvec(turn).as_matrix() @ np.diag(scale)
    pull[:3, 3] = shift
    return pull


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["head", "stripped", "mask"]),
    st.one_of(st.just((0.0, 0.0, 0.0)), st.tuples(*[st.floats(-0.5, 0.5)] * 3)),
    st.tuples(*[st.floats(0.4, 2.5)] * 3),
    st.tuples(*[st.floats(-9.13, 9.13)] * 3),
    st.sampled_from([(0.0, 0.0, 0.0), (0.8, 0.8, 0.8), (0.0, 1.7, 0.4)]),
    st.sampled_from([0.0, -3.0]),
)
def test_values_are_those_of_the_plain_formula(kind, turn, scale, shift, sigma, fill):
    array, pull, shape = _image(kind), _pull(turn, scale, shift), (17, 21, 15)
    found = interpolated(array, pull, shape, sigma=np.array(sigma), fill=fill)
    assert found.dtype == np.float32
    # A place within rounding of the outermost centres may fall on either side.
    index = np.stack(np.indices(shape), -1) @ pull[:3, :3].T + pull[:3, 3]
    last = np.array(array.shape) - 1
    sure = (np.minimum(np.abs(index), np.abs(index - last)) > 1e-5).all(axis=-1)
    np.testing.assert_allclose(found[sure], _plain(array, pull, shape, sigma, fill)[sure], atol=1e-5)


def test_a_rounded_header_leaves_no_gap_at_the_faces():
    array = _image("head")
    pull = np.eye(4)
    pull[:3, 3] = [-1e-9, 1e-9, 0]
    np.testing.assert_allclose(interpolated(array, pull, array.shape, fill=-5), array, atol=1e-5)


def test_elsewhere_there_is_only_the_fill():
    pull = np.eye(4)
    pull[:3, 3] = 500
    assert (interpolated(_image("head"), pull, (4, 5, 6), fill=2.5) == 2.5).all()


@pytest.mark.parametrize("turn", [(0, 0, 0), (0.3, -0.2, 0.4), (0, 0, np.pi / 2), (0, np.pi, 0)])
def test_what_is_seen_lies_between_the_outermost_centres(turn):
    source, shape, pull = (11, 7, 13), (16, 17, 18), _pull(turn, (0.9, 1.1, 0.7), (-2.2, 3.3, 1.4))
    index = np.stack(np.indices(shape), -1) @ pull[:3, :3].T + pull[:3, 3]
    expected = ((index >= -1e-3) & (index <= np.array(source) - 1 + 1e-3)).all(axis=-1)
    np.testing.assert_array_equal(seen(source, pull, shape, 1e-3), expected)


def test_occupied_is_the_box_with_its_margin():
    array = np.zeros((9, 8, 7))
    array[3, 2, 6] = array[5, 2, 5] = -1
    assert occupied(array, np.array([0, 1, 3])) == (slice(3, 6), slice(1, 4), slice(2, 7))
    assert occupied(np.zeros((2, 3, 4)), np.zeros(3, int)) == (slice(0, 2), slice(0, 3), slice(0, 4))
