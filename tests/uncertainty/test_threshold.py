import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import matthews_corrcoef

from gliomanet.uncertainty.threshold import best_threshold


def test_separable_classes_are_cut_midway():
    assert best_threshold(np.array([False, False, True]), np.array([0.1, 0.2, 0.3])) == (pytest.approx(0.25), 1.0)


@pytest.mark.parametrize("positive", [[True, True], [False, False], [True, False]])
def test_nothing_to_choose_from(positive):
    assert best_threshold(np.array(positive), np.array([0.4, 0.4])) is None


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 20)), min_size=4, max_size=40))
def test_no_other_cut_between_cases_is_better(pairs):
    positive, p = np.array([a for a, _ in pairs]), np.array([b / 20 for _, b in pairs])
    best = best_threshold(positive, p)
    if best is None:
        return
    assert matthews_corrcoef(positive, p >= best[0]) == pytest.approx(best[1])
    assert all(matthews_corrcoef(positive, p >= cut) <= best[1] + 1e-12 for cut in np.unique(p)[1:])
