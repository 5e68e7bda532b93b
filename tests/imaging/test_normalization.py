import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gliomanet.imaging.normalization import normalize

SHAPE = (40, 40, 40)
INSIDE = np.ones(SHAPE, bool)
INSIDE[:5] = False


def brain(white: float, grey: float, *, lesion: float = 300.0) -> np.ndarray:
    """Three fifths grey, a third white matter, and a lesion, with noise of 5."""
    rng = np.random.default_rng(0)
    tissue = rng.choice([white, grey, lesion], size=SHAPE, p=[0.36, 0.6, 0.04])
    return (tissue + rng.normal(0, 5, SHAPE)).astype(np.float32)


def test_z_scores_have_mean_0_and_deviation_1_inside_and_are_0_outside():
    found = normalize(brain(200, 100), INSIDE, "zscore", "t1")
    assert found.flag is None
    assert found.array.dtype == np.float32
    assert abs(found.array[INSIDE].mean()) < 1e-4
    assert found.array[INSIDE].std() == pytest.approx(1, abs=1e-4)
    assert not found.array[~INSIDE].any()


def test_none_keeps_the_values_inside():
    image = brain(200, 100)
    np.testing.assert_array_equal(normalize(image, INSIDE, "none", "t1").array, np.where(INSIDE, image, 0))


@pytest.mark.parametrize("how", ["zscore", "whitestripe"])
def test_a_constant_brain_is_0_and_no_division_by_it(how):
    found = normalize(np.full(SHAPE, 7.0), INSIDE, how, "t1")
    assert not found.array.any()
    reason = "t1: WhiteStripe found no white matter (the brain is constant); z-scored instead"
    assert found.flag == (reason if how == "whitestripe" else None)


@pytest.mark.parametrize(
    ("modality", "white", "other"),
    [("t1", 200, 100), ("t1c", 200, 100), ("t2", 100, 160), ("flair", 100, 160)],
)
def test_white_matter_becomes_0_where_the_modality_has_it(modality, white, other):
    """On T1 it is the brightest peak, however large grey matter's is; on T2 and FLAIR the package takes the largest."""
    largest = modality in ("t2", "flair")
    image = brain(other, white) if largest else brain(white, other)
    found = normalize(image, INSIDE, "whitestripe", modality)
    assert found.flag is None
    assert image[INSIDE & (np.abs(found.array) < 0.5)].mean() == pytest.approx(white, abs=5)
    assert not found.array[~INSIDE].any()


@settings(max_examples=10, deadline=None)
@given(st.floats(1e-3, 1e3), st.floats(-50, 50))
def test_gain_and_offset_of_the_scanner_do_not_show(gain, offset):
    image = brain(200, 100).astype(np.float64)
    for how in ("zscore", "whitestripe"):
        here, there = (normalize(i, INSIDE, how, "t1").array for i in (image, image * gain + offset))
        np.testing.assert_allclose(here, there, atol=2e-3)


@pytest.mark.parametrize("how", ["zscore", "whitestripe", "none"])
def test_offset_and_scale_give_the_intensities_back(how):
    image = brain(200, 100)
    found = normalize(image, INSIDE, how, "t1")
    np.testing.assert_allclose(found.array[INSIDE] * found.scale + found.offset, image[INSIDE], rtol=1e-4)
