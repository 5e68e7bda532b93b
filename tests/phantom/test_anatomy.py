import numpy as np
import pytest

from gliomanet.phantom.anatomy import draw_anatomy, smooth_field


@pytest.fixture(scope="module")
def stripped():
    return draw_anatomy((32, 40, 26), 4.0, False, np.random.default_rng(1))


def test_tissue_shares_are_shares_of_the_brain(stripped):
    total = stripped.gm + stripped.wm + stripped.csf
    assert min(t.min() for t in (stripped.gm, stripped.wm, stripped.csf)) >= 0
    assert np.abs(total - stripped.brain)[stripped.brain > 0.5].max() < 1e-4


def test_the_brain_is_of_human_size_and_inside_the_grid(stripped):
    litres = (stripped.brain >= 0.5).sum() * 8e-6
    assert 1.3 < litres < 2.5
    for axis in range(3):
        assert np.take(stripped.brain, [0, -1], axis=axis).max() == 0


def test_a_head_surrounds_the_brain():
    anatomy = draw_anatomy((32, 40, 26), 0.0, True, np.random.default_rng(1))
    brain, head = anatomy.brain >= 0.5, anatomy.head < 0
    assert (head & brain).sum() > 0.999 * brain.sum()
    assert head.sum() > 1.4 * brain.sum()
    assert not head[:, :, -1].any()


def test_equal_generators_give_equal_anatomies(stripped):
    again = draw_anatomy((32, 40, 26), 4.0, False, np.random.default_rng(1))
    other = draw_anatomy((32, 40, 26), 4.0, False, np.random.default_rng(2))
    assert np.array_equal(again.wm, stripped.wm)
    assert not np.array_equal(other.wm, stripped.wm)


def test_a_smooth_field_is_standardised_and_smooth():
    field = smooth_field((60, 80, 40), 4, np.random.default_rng(0))
    assert field.shape == (60, 80, 40)
    assert field.std() == pytest.approx(1, abs=1e-3)
    assert abs(field.mean()) < 1e-3
    assert max(np.abs(np.diff(field, axis=a)).max() for a in range(3)) < 0.5
