import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gliomanet.imaging.registration.similarity import normalized_mutual_information as alike

RNG = np.random.default_rng(1)
IMAGE = RNG.random((20, 20, 20))
ALL = np.ones(IMAGE.shape, bool)


def test_an_image_is_wholly_like_itself_and_its_negative():
    assert alike(IMAGE, IMAGE, ALL) > 0.999
    assert alike(IMAGE, -3 * IMAGE + 2, ALL) > 0.9


def test_noise_is_not_like_noise():
    assert alike(IMAGE, RNG.random(IMAGE.shape), ALL) < 0.03


def test_constant_or_empty_is_zero():
    assert alike(IMAGE, np.ones(IMAGE.shape), ALL) == 0
    assert alike(IMAGE, IMAGE, ~ALL) == 0


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.floats(0, 2))
def test_symmetric_and_between_zero_and_one(seed, noise):
    other = IMAGE + noise * np.random.default_rng(seed).random(IMAGE.shape)
    assert abs(alike(IMAGE, other, ALL) - alike(other, IMAGE, ALL)) < 1e-12
    assert 0 <= alike(IMAGE, other, ALL) <= 1
