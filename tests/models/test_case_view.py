"""Views of a case: where the tumour is, windows around it, and the whole grid made small."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gliomanet.models.case_input import load_case
from gliomanet.models.case_view import (
    centre_on_grid,
    cut_window,
    put_window,
    shrunk,
    tumour_centre,
    window_start,
)
from tests.models.test_case_input import case

sizes = st.tuples(*[st.integers(1, 9)] * 3)


def test_the_centre_is_that_of_the_largest_piece():
    mask = np.zeros((20, 20, 20), np.uint8)
    assert tumour_centre(mask) is None
    mask[2:5, 4:7, 8:11] = 2
    mask[15, 15, 15] = 4
    assert tumour_centre(mask) == pytest.approx((3, 5, 9))


@pytest.mark.parametrize(
    ("centre", "grid", "shape", "start"),
    [
        ((5, 5, 5), (11, 11, 11), (3, 3, 3), (4, 4, 4)),
        ((4.5, 4.5, 4.5), (10, 10, 10), (4, 4, 4), (3, 3, 3)),
        ((0, 9, 5), (10, 10, 10), (4, 4, 4), (0, 6, 4)),
        ((5, 5, 5), (4, 5, 10), (6, 6, 6), (-1, 0, 3)),
    ],
    ids=["odd", "even", "moved inside", "larger than the grid"],
)
def test_a_window_lies_around_its_centre_and_inside_the_grid(centre, grid, shape, start):
    assert window_start(centre, grid, shape) == start


@given(sizes, sizes, st.tuples(*[st.floats(0, 8)] * 3))
def test_a_window_put_back_where_it_was_cut_changes_nothing(grid, shape, centre):
    array = np.random.default_rng(0).normal(size=(2, *grid))
    start = window_start(centre, grid, shape)
    window = cut_window(array, start, shape)
    assert window.shape == (2, *shape)
    np.testing.assert_array_equal(put_window(window, start, array), array)
    shared = np.prod([min(have, want) for have, want in zip(grid, shape, strict=True)])
    assert np.count_nonzero(window) == 2 * shared


def test_the_whole_grid_made_small_keeps_means_and_codes():
    array = np.random.default_rng(0).normal(size=(8, 6, 4)).astype(np.float32)
    np.testing.assert_allclose(shrunk(array, (4, 3, 2)).mean(), array.mean(), rtol=1e-4)
    codes = np.zeros((8, 6, 4), np.uint8)
    codes[4:] = 4
    assert np.unique(shrunk(codes, (4, 3, 2))).tolist() == [0, 4]
    assert shrunk(codes > 0, (4, 3, 2)).dtype == np.bool_


def test_a_place_in_the_small_view_is_the_same_place_on_the_grid():
    mask = np.zeros((40, 40, 40), np.uint8)
    mask[8:16, 20:28, 24:36] = 1
    small = tumour_centre(shrunk(mask, (10, 20, 20)))
    assert centre_on_grid(small, mask.shape, (10, 20, 20)) == pytest.approx(tumour_centre(mask))


def test_a_case_is_cropped_around_its_mask_or_centrally_aloud(tmp_path, capsys):
    grid, mask = (34, 32, 30), np.zeros((34, 32, 30), np.uint8)
    mask[26:29, 3:6, 20:23] = 4
    image = np.random.default_rng(0).normal(size=grid).astype(np.float32)
    folder = case(tmp_path / "a", t1c=image, brain_mask=np.ones(grid, np.uint8), tumour_mask=mask)
    found = load_case("p", folder, ("t1c",), (8, 8, 8), tumour=True, view="tumour")
    assert (found.tumour > 0).sum() == 27
    np.testing.assert_array_equal(found.image[0], image[24:32, 1:9, 18:26].astype(np.float16))
    assert load_case("p", folder, ("t1c",), (8, 8, 8), tumour=False, view="tumour").tumour is None
    same = load_case("p", folder, ("t1c",), (8, 8, 8), tumour=False, view=(27.0, 4.0, 21.0))
    np.testing.assert_array_equal(same.image, found.image)
    whole = load_case("p", folder, ("t1c",), (17, 16, 15), tumour=True, view="whole")
    assert whole.brain.all()
    assert whole.grid == grid
    assert not capsys.readouterr().out
    (folder / "tumour_mask.nii.gz").unlink()
    central = load_case("p", folder, ("t1c",), (8, 8, 8), tumour=False, view="tumour")
    assert "case p: no tumour mask to crop around" in capsys.readouterr().out
    np.testing.assert_array_equal(central.image, load_case("p", folder, ("t1c",), (8, 8, 8), tumour=False).image)
